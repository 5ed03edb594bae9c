"""Statements of the whole spec: `equality`, `seed`, `prefer`, `nf`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar, assert_never

from rss_dsl import codes
from rss_dsl.check.items import header, repeated
from rss_dsl.check.names import Names, Packet, resolve
from rss_dsl.check.ports import key_of
from rss_dsl.check.report import Report
from rss_dsl.problem import Port
from rss_dsl.source import Span
from rss_dsl.spec import Equality, KeyBits, KeyNear, KeyStyle, Literal, Nf, NfItem, PacketName, Prefer, Seed

EQUALITIES = ("auto", "hash", "index")
KEY_STYLES = ("ones", "random")
STRATEGIES = ("shared-nothing", "locks", "tm", "sequential", "auto")
MAX_SEED = (1 << 64) - 1

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")

One = TypeVar("One", Equality, Seed, Nf)


def single(found: Sequence[One], what: str, report: Report) -> One | None:
    """The first of statements that may stand once; the others are reported."""
    for other in found[1:]:
        repeated(what, _where(other), _where(found[0]), report)
    return found[0] if found else None


def _where(statement: Equality | Seed | Nf) -> Span:
    return header(statement) if isinstance(statement, Nf) else statement.span


def _known_word(word: str, known: Sequence[str], what: str, span: Span, report: Report) -> None:
    if word not in known:
        listed = ", ".join(f"`{w}`" for w in known)
        help_text = report.did_you_mean(word, known, f"write one of {listed}")
        report.add(codes.UNKNOWN_WORD, f"unknown {what} `{word}`", span, help=help_text)


def check_equality(found: Sequence[Equality], report: Report) -> str:
    """The mode, `auto` unless the spec says otherwise."""
    statement = single(found, "`equality`", report)
    if statement is None:
        return "auto"
    _known_word(statement.mode, EQUALITIES, "equality", statement.span, report)
    return statement.mode


def check_seed(found: Sequence[Seed], report: Report) -> int:
    """The seed, 0 unless the spec says otherwise."""
    statement = single(found, "`seed`", report)
    if statement is None:
        return 0
    if statement.value > MAX_SEED:
        message = f"seed {statement.value} has more than 64 bits"
        report.add(codes.NUMBER_RANGE, message, statement.span, help=f"write at most {MAX_SEED}")
    return statement.value


# --- nf ---------------------------------------------------------------------------------------------


def check_nf(found: Sequence[Nf], report: Report) -> Nf | None:
    """The `nf` block; its parameters are checked against the template by whoever instantiates it."""
    block = single(found, "an `nf` block", report)
    for one in found:
        _nf_items(one, report)
    if block is not None and not _NAME.fullmatch(block.name):
        report.add(
            codes.BAD_NAME,
            f"`{block.name}` cannot name a network function",
            header(block),
            help="it becomes part of C names: letters, digits, `_` and `-`, not beginning with a digit",
        )
    return block


def _nf_items(block: Nf, report: Report) -> None:
    first: dict[str, NfItem] = {}
    for item in block.items:
        kept = first.setdefault(item.name, item)
        if kept is not item:
            repeated(f"`{item.name}`", item.span, kept.span, report)
        if item.name == "strategy":
            _known_word(str(item.value.value), STRATEGIES, "strategy", item.span, report)


# --- prefer -----------------------------------------------------------------------------------------


def check_preferences(
    found: Sequence[Prefer], names: Names, templates: dict[str, Port | None], report: Report
) -> None:
    """Report wishes about keys that no port has."""
    for statement in found:
        if statement.weight is not None and statement.weight < 1:
            message = f"weight {statement.weight} makes the wish void"
            report.add(codes.NUMBER_RANGE, message, statement.span, help="weights are 1 or more")
        match statement.wish:
            case KeyBits() as wish:
                for port in _ports(wish.port, names, templates, report):
                    _key_bits(wish, port, report)
            case KeyNear() as wish:
                for port in _ports(wish.port, names, templates, report):
                    key_of(wish.digits, port.nic.key_bytes.value, port.nic.name, wish.span, report)
            case KeyStyle() as wish:
                _known_word(wish.style, KEY_STYLES, "style of key", wish.span, report)
            case _:
                assert_never(statement.wish)


def _ports(name: PacketName, names: Names, templates: dict[str, Port | None], report: Report) -> list[Port]:
    """A port of every declaration the wish is about, as far as they are sound."""
    if name.primes:
        message = f"`{name.name}` is a port here, not a packet"
        report.add(codes.PACKET_COUNT, message, name.span, help=f"write `{name.name}.key`, without a prime")
        return []
    packet = resolve(name, names, report) or Packet((name.name, 0), ())
    found = (templates[member.declaration.name] for member in packet.members[:1])
    return [port for port in found if port is not None]


def _key_bits(wish: KeyBits, port: Port, report: Report) -> None:
    start, stop = wish.slice or (0, port.key_bits)
    if not 0 <= start < stop <= port.key_bits:
        report.add(
            codes.BAD_SLICE,
            f"slice `[{start}:{stop}]` does not fit the key of `{port.nic.name}`",
            wish.span,
            help=f"it has {port.key_bits} bits; a slice is half-open and not empty",
        )
        return
    _fits(wish.value, stop - start, report)


def _fits(value: Literal, bits: int, report: Report) -> None:
    if value.value.bit_length() > bits or value.prefix is not None:
        report.add(
            codes.LITERAL_RANGE,
            f"literal `{value.text}` does not fit {bits} bits",
            value.span,
            help="widen the slice or shorten the literal",
        )
