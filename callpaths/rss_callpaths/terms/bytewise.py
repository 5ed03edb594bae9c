"""Terms byte by byte: which symbol, constant or computation each byte of a value is."""

from __future__ import annotations

from collections.abc import Iterator

from rss_callpaths.terms import Apply, Array, Const, Op, Pool, Read, Term

Symbol = tuple[Array, int]
"""One byte of a symbolic array."""


def symbols(term: Term) -> frozenset[Symbol]:
    """The bytes of symbolic arrays that a term reads.

    A read at an index that is no constant stands for every byte of its array.
    """
    found: set[Symbol] = set()
    for node in nodes(term):
        if isinstance(node, Read) and node.array.contents is None:
            found |= _read(node)
    return frozenset(found)


class Symbols:
    """`symbols`, kept for each term."""

    def __init__(self) -> None:
        self._known: dict[Term, frozenset[Symbol]] = {}

    def __call__(self, term: Term) -> frozenset[Symbol]:
        """The bytes of symbolic arrays that a term reads."""
        found = self._known.get(term)
        if found is None:
            self._known[term] = found = symbols(term)
        return found


def _read(read: Read) -> set[Symbol]:
    if isinstance(read.index, Const):
        return {(read.array, read.index.value)}
    return {(read.array, at) for at in range(read.array.size or 1)}


def nodes(term: Term) -> Iterator[Term]:
    """Every distinct node of a term, from the root, operands in printed order."""
    seen: set[Term] = set()
    stack = [term]
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        yield node
        match node:
            case Apply():
                stack += reversed(node.args)
            case Read():
                stack += [part for pair in reversed(node.updates) for part in reversed(pair)]
                stack.append(node.index)
            case Const():
                pass


def bytes_of(term: Term, pool: Pool) -> tuple[Term, ...]:
    """The bytes of a term, the least significant first; a term of no whole number of bytes is zero-extended.

    Looks through concatenation, extension, extraction, shifts by whole bytes and bitwise operators with
    constants, so that a byte which is a packet byte is that very `Read`.
    """
    return tuple(_byte(term, at, pool) for at in range((term.width + 7) // 8))


def _byte(term: Term, at: int, pool: Pool) -> Term:
    """Byte `at` of a term: eight bits from bit `8 * at`, zeros past its end."""
    while True:
        low = 8 * at
        if low >= term.width:
            return pool.const(0, 8)
        match term:
            case Const(value):
                return pool.const(value >> low & 0xFF, 8)
            case Read():
                return term
        if term.op is Op.CONCAT:
            step = _into_concat(term, at)
        elif term.op is Op.ZEXT and (term.args[0].width % 8 == 0 or low >= term.args[0].width):
            step = (term.args[0], at)
        elif term.op is Op.EXTRACT and term.offset % 8 == 0 and term.width >= low + 8:
            step = (term.args[0], at + term.offset // 8)
        elif term.op is Op.NOT_OPTIMIZED:
            step = (term.args[0], at)
        elif term.op in (Op.SHL, Op.LSHR):
            step = _into_shift(term, at)
        elif term.op in (Op.AND, Op.OR, Op.XOR) and term.width % 8 == 0:
            return _bitwise(term, at, pool)
        else:
            step = None
        if step is None:
            return _cut(term, low, pool)
        term, at = step
        if at < 0:
            return pool.const(0, 8)


def _cut(term: Apply, low: int, pool: Pool) -> Term:
    width = min(8, term.width - low)
    if term.width == 8 and low == 0:
        return term
    part = term if width == term.width else pool.apply(Op.EXTRACT, width, (term,), low)
    return part if width == 8 else pool.apply(Op.ZEXT, 8, (part,))


def _into_concat(term: Apply, at: int) -> tuple[Term, int] | None:
    for part in reversed(term.args):
        if part.width % 8:
            return None
        if at < part.width // 8:
            return part, at
        at -= part.width // 8
    return None


def _into_shift(term: Apply, at: int) -> tuple[Term, int] | None:
    value, by = term.args
    if not isinstance(by, Const) or by.value % 8 or term.width % 8:
        return None
    if by.value >= term.width:
        return value, -1
    return value, at + (by.value // 8 if term.op is Op.LSHR else -(by.value // 8))


def _bitwise(term: Apply, at: int, pool: Pool) -> Term:
    first, second = (_byte(part, at, pool) for part in term.args)
    if isinstance(first, Const) and isinstance(second, Const):
        both = {Op.AND: first.value & second.value, Op.OR: first.value | second.value}
        return pool.const(both.get(term.op, first.value ^ second.value), 8)
    for known, other in ((first, second), (second, first)):
        if isinstance(known, Const):
            if known.value == (0xFF if term.op is Op.AND else 0):
                return other
            if known.value == (0 if term.op is Op.AND else 0xFF) and term.op is not Op.XOR:
                return known
    return pool.apply(term.op, 8, (first, second))
