"""Terms in words: packet bytes by the names of their fields, operators as C writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rss_callpaths.accesses.access import Accesses
from rss_callpaths.bdd.plain import Plain
from rss_callpaths.kquery.print import print_term
from rss_callpaths.packet.parts import DEVICE, LENGTHS, PACKET
from rss_callpaths.terms import COMPARISONS, Apply, Const, Op, Pool, Read, Term
from rss_callpaths.terms.bytewise import bytes_of
from rss_callpaths.terms.deep import Deep, deeply
from rss_dsl.fields import width

_INFIX = {
    Op.ADD: "+",
    Op.SUB: "-",
    Op.MUL: "*",
    Op.UDIV: "/",
    Op.SDIV: "/",
    Op.UREM: "%",
    Op.SREM: "%",
    Op.AND: "&",
    Op.OR: "|",
    Op.XOR: "^",
    Op.SHL: "<<",
    Op.LSHR: ">>",
    Op.ASHR: ">>",
    Op.EQ: "==",
    Op.NE: "!=",
    Op.ULT: "<",
    Op.ULE: "<=",
    Op.UGT: ">",
    Op.UGE: ">=",
    Op.SLT: "<",
    Op.SLE: "<=",
    Op.SGT: ">",
    Op.SGE: ">=",
}
_LOGIC = {Op.AND: "&&", Op.OR: "||", Op.XOR: "!="}
_CHAINED = (Op.AND, Op.OR, Op.ADD)
_SUMS = (Op.ADD, Op.SUB, Op.MUL)
_LONGEST, _DEEPEST = 4000, 100
"""Terms of more nodes, or more levels, are shown by their size."""
_NAMES = {DEVICE: "port", **dict.fromkeys(LENGTHS, "length")}


class Phrases:
    """Words for the terms of one network function."""

    def __init__(self, accesses: Accesses, pool: Pool, ports: Mapping[int, str]) -> None:
        """`ports`: names of devices."""
        self.pool, self._plain, self._ports = pool, Plain(pool), ports
        self._fields = _fields(accesses)

    def __call__(self, term: Term) -> str:
        """A value or condition."""
        return _bare(self._text(self._plain(term)))

    def field(self, byte: int) -> str | None:
        """The field that a byte of the packet belongs to, where all packets agree on that."""
        return self._fields[byte][0] if byte in self._fields else None

    def _text(self, term: Term) -> str:
        if isinstance(term, Const):
            return _number(term.value)
        levels, size = deeply(self._measured(term, {}))
        if levels > _DEEPEST or size > _LONGEST:
            return f"a term of {term.width} bits"
        return self._shown(term)

    def _measured(self, term: Term, known: dict[Term, tuple[int, int]]) -> Deep[tuple[int, int]]:
        """How deep a term nests, but for chains of one operator, and how many nodes are shown of it."""
        if term not in known:
            levels, size = 0, 1
            for part in term.args if isinstance(term, Apply) else ():
                inner = yield self._measured(part, known)
                levels = max(levels, inner[0] + (not _chained(term, part)))
                size += inner[1]
            known[term] = levels, size
        return known[term]

    def _shown(self, term: Term) -> str:
        if isinstance(term, Const):
            return _number(term.value)
        if term.width % 8 == 0 and (isinstance(term, Read) or term.op in (Op.CONCAT, Op.EXTRACT, Op.ZEXT)):
            named = self._named(term)
            if named is not None:
                return named
        if isinstance(term, Read):
            return print_term(term)
        if term.op is Op.ZEXT:
            return self._shown(term.args[0])
        if term.op is Op.NOT:
            return f"{'!' if term.width == 1 else '~'}{self._shown(term.args[0])}"
        if term.op is Op.SELECT:
            texts = [self._shown(part) for part in term.args]
            return f"({texts[0]} ? {texts[1]} : {texts[2]})"
        if term.op in _INFIX:
            return self._infix(term)
        if term.op is Op.CONCAT:
            return f"{{{', '.join(self._pieces(bytes_of(term, self.pool)))}}}"
        inner = ", ".join(self._shown(part) for part in term.args)
        if term.op is not Op.EXTRACT:
            return f"{term.op.lower()}({inner})"
        if term.width == 8 and term.offset % 8 == 0:
            return f"byte {term.offset // 8} of {inner}"
        first, last = term.offset, term.offset + term.width - 1
        return f"bits {first} to {last} of {inner}" if term.width > 1 else f"bit {first} of {inner}"

    def _infix(self, term: Apply) -> str:
        first, second = term.args
        op = _LOGIC[term.op] if term.width == 1 and term.op in _LOGIC else _INFIX[term.op]
        if op in ("==", "!=") and isinstance(second, Const):
            known = self._equated(first, second)
            if known is not None:
                return f"({known[0]} {op} {known[1]})"
        if isinstance(first, Const) and op in ("+", "*", "&", "|"):
            first, second = second, first
        if op == "+" and isinstance(second, Const) and second.value >> (second.width - 1):
            return f"({self._operand(first, term)} - {_number((1 << second.width) - second.value)})"
        if term.op in _CHAINED:
            parts = sorted(_chain(term), key=lambda part: isinstance(part, Const))
            return f"({f' {op} '.join(self._operand(part, term) for part in parts)})"
        return f"({self._operand(first, term)} {op} {self._operand(second, term)})"

    def _operand(self, part: Term, of: Apply) -> str:
        """An operand, in parentheses where it binds no closer than everybody knows."""
        text = self._shown(part)
        if not isinstance(part, Apply):
            return text
        joins = of.width == 1 and of.op in (Op.AND, Op.OR)
        closer = joins and part.op in COMPARISONS
        closer |= of.op in COMPARISONS and part.op in _SUMS
        return _bare(text) if closer else text

    def _equated(self, term: Term, value: Const) -> tuple[str, str] | None:
        """A port and its name, or a field of the packet and the number in it as the wire has it."""
        if term.width % 8:
            return None
        if self._shown(term) == _NAMES[DEVICE] and value.value in self._ports:
            return _NAMES[DEVICE], self._ports[value.value]
        return self._big_endian(term, value)

    def _big_endian(self, term: Term, value: Const) -> tuple[str, str] | None:
        """A field of the packet, and the number in it as the wire has it."""
        parts = bytes_of(term, self.pool)
        name = self._field(parts[::-1])
        if name is not None or len(parts) == 1:
            return None
        name = self._field(parts)
        if name is None:
            return None
        return name, _number(int.from_bytes(value.value.to_bytes(len(parts), "little"), "big"))

    def _named(self, term: Term) -> str | None:
        """Bytes that stand together in a field or a symbol."""
        parts = bytes_of(term, self.pool)
        while len(parts) > 1 and isinstance(parts[-1], Const) and parts[-1].value == 0:
            parts = parts[:-1]
        field = self._field(parts[::-1]) or self._field(parts)
        if field is not None:
            return field
        places = [place_of(part) for part in parts]
        known = [place for place in places if place is not None]
        if len(known) < len(places):
            return None
        name, ats = known[0][0], [at for _, at in known]
        upwards, downwards = (
            list(range(ats[0], ats[0] + len(ats))),
            list(range(ats[0], ats[0] - len(ats), -1)),
        )
        if any(other != name for other, _ in known) or ats not in (upwards, downwards):
            return f"{{{', '.join(self._pieces(parts))}}}"
        if ats == upwards and ats[0] == 0 and name != PACKET:
            return _NAMES.get(name, name)
        return _stretch(name, min(ats), len(ats))

    def _pieces(self, parts: Sequence[Term]) -> Iterator[str]:
        """Bytes of several places, in their order in memory, by the longest runs that have a name."""
        at = 0
        while at < len(parts):
            end, text = self._piece(parts, at)
            yield text
            at = end

    def _piece(self, parts: Sequence[Term], at: int) -> tuple[int, str]:
        """The next run, and where it ends."""
        for end in range(len(parts), at + 1, -1):
            found = self._field(parts[at:end]) or self._number_of(parts[at:end])
            if found is not None:
                return end, found
        end = at + 1
        while end < len(parts) and _follows(parts[end - 1], parts[end]) and not self._field(parts[end:]):
            end += 1
        field, place, first = self._field(parts[at:end]), place_of(parts[at]), parts[at]
        if field is not None or place is None or not isinstance(first, Read):
            return end, field or self._shown(first)
        whole = place[1] == 0 and end - at == first.array.size
        return end, place[0] if whole else _stretch(*place, end - at)

    def _number_of(self, parts: Sequence[Term]) -> str | None:
        """The computed number that bytes are all of, or the low ones."""
        found = [_byte_of(part) for part in parts]
        number = found[0][0] if found[0] else None
        if number is None or len(parts) == 1:
            return None
        order = [at for whole, at in filter(None, found) if whole is number]
        text = _bare(self._shown(number))
        if number.width != 8 * len(parts):
            text = f"low {8 * len(parts)} bits of {self._shown(number)}"
        if order == list(range(len(parts))):
            return text
        return f"swapped({text})" if order == list(range(len(parts)))[::-1] else None

    def _field(self, parts: Sequence[Term]) -> str | None:
        """The field that bytes are, in the order of the wire; None if they are none or a part of one."""
        found = [
            self._fields.get(place[1]) if place and place[0] == PACKET else None
            for place in map(place_of, parts)
        ]
        first = found[0] if found else None
        if first is None or 8 * len(parts) != width(first[0]):
            return None
        wanted = [(first[0], 8 * at) for at in range(len(parts))]
        return first[0] if found == wanted else None


def _chained(term: Term, part: Term) -> bool:
    """Whether an operand is more of the same, which needs no parentheses."""
    if not isinstance(term, Apply) or not isinstance(part, Apply):
        return False
    return term.op in _CHAINED and part.op is term.op and part.width == term.width


def _chain(term: Apply) -> Iterator[Term]:
    """The operands of a chain of one operator."""
    waiting: list[Term] = [term]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Apply) and (node is term or _chained(term, node)):
            waiting += reversed(node.args)
        else:
            yield node


def place_of(part: Term) -> tuple[str, int] | None:
    """The array and index that a byte is read from."""
    if isinstance(part, Read) and isinstance(part.index, Const) and not part.updates:
        return part.array.name, part.index.value
    return None


def _byte_of(part: Term) -> tuple[Term, int] | None:
    """The term that a byte is cut out of, and which byte of that it is."""
    if isinstance(part, Apply) and part.op is Op.EXTRACT and part.width == 8 and part.offset % 8 == 0:
        return part.args[0], part.offset // 8
    return None


def _stretch(name: str, first: int, count: int) -> str:
    """Bytes of an array."""
    if name in _NAMES and first == 0:
        return _NAMES[name]
    shown = "packet" if name == PACKET else name
    return f"{shown}[{first}]" if count == 1 else f"{shown}[{first}:{first + count}]"


def _follows(one: Term, other: Term) -> bool:
    """Whether a byte comes right behind another."""
    first, second = place_of(one), place_of(other)
    return first is not None and second is not None and (first[0], first[1] + 1) == second


def _fields(accesses: Accesses) -> dict[int, tuple[str, int]]:
    """Byte of the packet → the field's common name and bit, where all paths and kinds of packets agree."""
    found: dict[int, set[tuple[str, int] | None]] = {}
    for path in accesses.paths:
        for reading in path.readings:
            if reading.options or reading.vlan:
                continue
            for byte, place in reading.places.items():
                name = place.field
                for protocol in ("tcp_", "udp_", "sctp_"):
                    name = f"l4_{name[len(protocol) :]}" if name and name.startswith(protocol) else name
                known = (name, place.first) if name and place.width == 8 else None
                found.setdefault(byte, set()).add(known)
    agreed = {
        byte: next(iter(places - {None})) for byte, places in found.items() if len(places - {None}) == 1
    }
    return {byte: place for byte, place in agreed.items() if place is not None}


def _number(value: int) -> str:
    return str(value) if value < 4096 else hex(value)


def _bare(text: str) -> str:
    depth = 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return text[1:-1] if text.startswith("(") and at == len(text) - 1 else text
    return text
