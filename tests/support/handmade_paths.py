"""Call paths put together by hand: a packet, some conditions, some calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rss_callpaths.accesses.analyse import analyse
from rss_callpaths.callpath import Argument, Call, CallPath, Extra, Pointee, Result, Variant
from rss_callpaths.library import Library
from rss_callpaths.library.file import vigor
from rss_callpaths.terms import Op, Pool, Term
from rss_callpaths.terms.multibyte import multibyte

SLOT = 41
P0, CHUNKS = 5000, 6000


class Hand:
    """Makes terms and calls of one pool."""

    def __init__(self) -> None:
        self.pool = Pool()
        self.packet = self.pool.array("packet_chunks", 205)

    def bytes(self, start: int, count: int) -> Term:
        return multibyte(self.pool, self.packet, self.const(start), count)

    def const(self, value: int, width: int = 32) -> Term:
        return self.pool.const(value, width)

    def symbol(self, name: str, count: int = 4) -> Term:
        return multibyte(self.pool, self.pool.array(name, count), self.const(0), count)

    def eq(self, first: Term, value: int) -> Term:
        return self.pool.apply(Op.EQ, 1, (self.const(value, first.width), first))

    def negation(self, term: Term) -> Term:
        return self.pool.apply(Op.EQ, 1, (self.pool.const(0, 1), term))

    def call(
        self, name: str, *, result: Term | None = None, extras: Sequence[Extra] = (), **arguments
    ) -> Call:
        made = []
        for argument, value in arguments.items():
            if isinstance(value, tuple):
                address, before, after = value
                pointee = Pointee(before, after)
                made.append(Argument(argument, self.const(address, 64), pointee=pointee, pointer=True))
            else:
                made.append(Argument(argument, value if not isinstance(value, int) else self.const(value)))
        return Call(name, tuple(made), Result(result), tuple(extras), source_line=7, file_line=3)

    def receive(self, device: Term | int = 0) -> Call:
        devices = self.const(device, 16) if isinstance(device, int) else device
        return self.call("packet_receive", result=self.pool.const(1, 1), src_devices=devices, p=P0)

    def borrow(self, slot: int, length: int, asked: Term | None = None, content: Term | None = None) -> Call:
        content = content or self.bytes(SLOT * slot, length)
        extra = Extra("the_chunk", CHUNKS + SLOT * slot, Pointee(None, content))
        length_term = asked or self.const(length)
        return self.call("packet_borrow_next_chunk", extras=[extra], p=P0, length=length_term, chunk=0)

    def give_back(self, slot: int, content: Term) -> Call:
        chunk = (CHUNKS + SLOT * slot, content, None)
        return self.call("packet_return_chunk", p=P0, the_chunk=chunk)

    def send(self, device: Term | int) -> Call:
        to = self.const(device, 16) if isinstance(device, int) else device
        return self.call("packet_send", p=P0, dst_device=to)

    def path(self, calls: Sequence[Call], conditions: Sequence[Term] = ()) -> CallPath:
        numbered = tuple(replace(call, file_line=10 + at) for at, call in enumerate(calls))
        return CallPath("hand.call_path", Variant.COLON, (), tuple(conditions), numbered)

    def analyse(self, calls: Sequence[Call], conditions: Sequence[Term] = (), library: Library | None = None):
        return analyse([self.path(calls, conditions)], library or vigor(), self.pool)

    def is_ipv4(self, protocol: int | None = None) -> list[Term]:
        facts = [self.eq(self.bytes(12, 2), 0x0008)]
        return facts if protocol is None else [*facts, self.eq(self.bytes(SLOT + 9, 1), protocol)]

    def ipv4_chunks(self) -> list[Call]:
        return [self.borrow(0, 14), self.borrow(1, 20), self.borrow(2, 4)]
