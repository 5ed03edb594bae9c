"""Random terms and call paths."""

from __future__ import annotations

from hypothesis import strategies as st

from rss_callpaths.callpath import Argument, Call, CallPath, Extra, Field, Pointee, Result, Variant
from rss_callpaths.files.printer import complete
from rss_callpaths.terms import COMPARISONS, Const, Op
from rss_callpaths.terms.multibyte import multibyte

BINARY = [
    op
    for op in Op
    if op not in COMPARISONS
    and op not in (Op.CONCAT, Op.EXTRACT, Op.ZEXT, Op.SEXT, Op.SELECT, Op.NOT, Op.NOT_OPTIMIZED)
]
WIDTHS = (1, 5, 8, 16, 24, 32, 64, 104)
NAMES = ("packet_chunks", "a", "b", "VIGOR_DEVICE", "vector_data_reset_1", "new-index.2")


class Maker:
    """Draws terms of a pool; earlier ones are used again, so that labels are needed."""

    def __init__(self, data, pool):
        self.draw = data.draw
        self.pool = pool
        self.made = {}
        contents = tuple(self.draw(st.lists(st.integers(0, 255), min_size=1, max_size=4)))
        self.arrays = [pool.array(name, 41 + len(name)) for name in NAMES]
        self.arrays.append(pool.array("table", len(contents), contents))

    def term(self, width, depth=3):
        known = self.made.get(width, [])
        if known and self.draw(st.integers(0, 3)) == 0:
            return known[self.draw(st.integers(0, len(known) - 1))]
        term = self._term(width, depth)
        assert term.width == width
        self.made.setdefault(width, []).append(term)
        return term

    def _term(self, width, depth):
        choices = ["const"]
        if width % 8 == 0:
            choices += ["read", "read"]
        if depth:
            choices += ["binary", "select", "not", "extract"]
            choices += ["extend", "concat", "concat"] if width > 1 else ["compare", "compare"]
        match self.draw(st.sampled_from(choices)):
            case "const":
                return self.pool.const(self.draw(st.integers(0, (1 << width) - 1)), width)
            case "read":
                return self._read(width // 8, depth)
            case "binary":
                op = self.draw(st.sampled_from(BINARY))
                return self.pool.apply(op, width, [self.term(width, depth - 1) for _ in range(2)])
            case "compare":
                op = self.draw(st.sampled_from(sorted(COMPARISONS)))
                inner = self.draw(st.sampled_from(WIDTHS))
                return self.pool.apply(op, 1, [self.term(inner, depth - 1) for _ in range(2)])
            case "select":
                args = (self.term(1, depth - 1), self.term(width, depth - 1), self.term(width, depth - 1))
                return self.pool.apply(Op.SELECT, width, args)
            case "not":
                op = self.draw(st.sampled_from((Op.NOT, Op.NOT_OPTIMIZED)))
                return self.pool.apply(op, width, [self.term(width, depth - 1)])
            case "extract":
                offset = self.draw(st.integers(0, 9))
                inner = self.term(width + offset + self.draw(st.integers(0, 3)), depth - 1)
                return self.pool.apply(Op.EXTRACT, width, [inner], offset)
            case "extend":
                inner = self.term(self.draw(st.integers(1, width)), depth - 1)
                return self.pool.apply(self.draw(st.sampled_from((Op.ZEXT, Op.SEXT))), width, [inner])
            case _:
                low = self.draw(st.integers(1, width - 1))
                args = (self.term(width - low, depth - 1), self.term(low, depth - 1))
                return self.pool.apply(Op.CONCAT, width, args)

    def _index(self, array, count, depth):
        if depth and self.draw(st.booleans()):
            index = self.term(32, depth - 1)
            if not isinstance(index, Const):
                return index
        return self.pool.const(self.draw(st.integers(0, array.size - count)), 32)

    def _read(self, count, depth):
        array = self.draw(st.sampled_from([array for array in self.arrays if array.size >= count]))
        updates = []
        if depth and self.draw(st.booleans()):
            for _ in range(self.draw(st.integers(1, 2))):
                updates.append((self.term(32, depth - 1), self.term(8, depth - 1)))
            shared = self.made.setdefault("updates", [])
            if shared and self.draw(st.booleans()):
                array, tail = shared[self.draw(st.integers(0, len(shared) - 1))]
                updates += tail
            shared.append((array, tuple(updates)))
        if count > array.size:
            array, updates = self.arrays[0], []
        index = self._index(array, count, depth)
        little = self.draw(st.booleans())
        return multibyte(self.pool, array, index, count, updates, little_endian=little)


def _names():
    return st.sampled_from(("map", "key", "value_out", "src_ip", "p", "elem0", "true_", "len"))


def pointees(make, width):
    """A pointee with both sides, one or none."""
    sides = [make.term(width, 1) if make.draw(st.booleans()) else None for _ in range(2)]
    return Pointee(*sides)


def call(make, variant):
    """A random call."""
    draw = make.draw
    arguments = tuple(_argument(make, variant) for _ in range(draw(st.integers(0, 3))))
    extras = tuple(_extra(make, variant) for _ in range(draw(st.integers(0, 2))))
    name = draw(st.sampled_from(("map_get", "vector_borrow", "nf_process", "x")))
    return Call(name, arguments, _result(make), extras, draw(st.integers(0, 9999)))


def _argument(make, variant):
    draw = make.draw
    name = draw(_names())
    match draw(st.integers(0, 4)):
        case 0:
            return Argument(name, make.term(draw(st.sampled_from(WIDTHS)), 2))
        case 1:
            return Argument(name, make.term(64, 1), function="FlowId_eq", pointer=True)
        case 2:
            return Argument(name, make.term(64, 1), pointer=True)
        case _:
            fields = [
                Field(
                    draw(st.one_of(_names(), st.sampled_from(("0", "17")))),
                    pointees(make, draw(st.sampled_from((1, *WIDTHS)))) if draw(st.integers(0, 4)) else None,
                )
                for _ in range(draw(st.integers(0, 3)))
            ]
            pointee = pointees(make, draw(st.sampled_from(WIDTHS)))
            return Argument(name, make.term(64, 1), pointee=pointee, pointer=True, fields=tuple(fields))


def _extra(make, variant):
    draw = make.draw
    kind = draw(st.sampled_from(("DS", "PCV", "MBUF"))) if variant is Variant.TAGGED else None
    if kind and draw(st.booleans()):
        return Extra("map_occurence2", 0, Pointee(None, None), kind, make.term(32, 1))
    return Extra("the_chunk", draw(st.integers(0, 2**64 - 1)), pointees(make, 64), kind)


def _result(make):
    draw = make.draw
    match draw(st.integers(0, 4)):
        case 0:
            return Result()
        case 1:
            return Result(make.term(draw(st.sampled_from(WIDTHS)), 2))
        case 2:
            return Result(make.term(64, 1), function="f", pointer=True)
        case 3:
            return Result(make.term(64, 1), pointer=True)
        case _:
            fields = tuple(
                (draw(_names()), make.term(16, 1) if draw(st.integers(0, 3)) else None)
                for _ in range(draw(st.integers(0, 2)))
            )
            # Without fields there is no telling it from a pointer whose pointee was not traced.
            pointee = make.term(32, 1) if not fields or draw(st.booleans()) else None
            return Result(make.term(64, 1), pointee=pointee, pointer=True, fields=fields)


def call_path(data, pool, variant):
    """A random path, complete with values and declarations."""
    make = Maker(data, pool)
    calls = tuple(call(make, variant) for _ in range(data.draw(st.integers(0, 4))))
    constraints = tuple(make.term(1) for _ in range(data.draw(st.integers(0, 4))))
    tags = (("traversal", "hit = 1"), ("x", "")) if variant is Variant.TAGGED else ()
    return complete(CallPath("test000001.call_path", variant, (), constraints, calls, tags=tags))
