"""What trees are shown with: conditions and calls in words, packet bytes by the names of their fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rss_callpaths.accesses.access import Accesses, StateObject
from rss_callpaths.accesses.objects import address_of
from rss_callpaths.bdd.plain import Plain
from rss_callpaths.bdd.tree import Fate, Leaf
from rss_callpaths.callpath import Call
from rss_callpaths.kquery.print import print_term
from rss_callpaths.library import PacketRole
from rss_callpaths.library.roles import given, outputs
from rss_callpaths.packet.parts import DEVICE, LENGTHS, PACKET
from rss_callpaths.terms import Apply, Const, Op, Pool, Read, Term
from rss_callpaths.terms.bytewise import bytes_of, nodes
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
_LONGEST = 4000
"""Terms of more nodes are shown by their size."""
_NAMES = {DEVICE: "port", **dict.fromkeys(LENGTHS, "length")}


class Words:
    """Words for the terms and calls of one network function."""

    def __init__(self, accesses: Accesses, pool: Pool, ports: Sequence[tuple[int, str]] = ()) -> None:
        """`ports`: names of devices."""
        self.pool, self.plain = pool, Plain(pool)
        self.ports = dict(ports)
        self._library = accesses.library
        self._objects: dict[int, StateObject] = {each.address: each for each in accesses.objects}
        self._fields = _fields(accesses)

    def condition(self, term: Term) -> str:
        """A condition."""
        return _bare(self._text(self.plain(term)))

    def opposite(self, term: Term) -> str:
        """What holds where a condition does not."""
        return _bare(self._text(self.plain.negated(self.plain(term))))

    def term(self, term: Term) -> str:
        """A value."""
        return _bare(self._text(self.plain(term)))

    def leaf(self, leaf: Leaf) -> str:
        """Where a packet goes."""
        if leaf.fate is not Fate.FORWARD or leaf.port is None:
            return leaf.fate.value
        if isinstance(leaf.port, Const):
            return f"forward to {self.port(leaf.port.value)}"
        return f"forward to the port {self.term(leaf.port)}"

    def port(self, device: int) -> str:
        """A port's name."""
        return self.ports.get(device, f"P{device}")

    def call(self, call: Call) -> str:
        """A call with what it is given, and what it hands out."""
        given_texts = list(self._arguments(call))
        handed = list(dict.fromkeys(self._handed(call)))
        arrow = f" -> {', '.join(handed)}" if handed else ""
        return f"{call.function}({', '.join(given_texts)}){arrow}"

    def changes_nothing(self, call: Call) -> bool:
        """Whether it returns a piece of the packet as it was."""
        if self._library.of(call.function).packet is not PacketRole.RETURN:
            return False
        content = given(call, "the_chunk")
        places = [_place(part) for part in bytes_of(content, self.pool)] if content is not None else []
        first = places[0] if places else None
        return (
            first is not None
            and first[0] == PACKET
            and places == [(PACKET, first[1] + at) for at in range(len(places))]
        )

    def _arguments(self, call: Call) -> Iterator[str]:
        for argument in call.arguments:
            value = argument.value
            found = self._objects.get(address_of(value.value)) if isinstance(value, Const) else None
            if found is not None:
                yield found.name
            elif argument.pointer or argument.function:
                shown = given(call, argument.name) if argument.pointee and argument.pointee.before else None
                if shown is not None and not isinstance(shown, Const):
                    yield self.term(shown)
            elif argument.name != "p":
                yield self.term(value)

    def _handed(self, call: Call) -> Iterator[str]:
        for term in outputs(call):
            for symbol in _names(term):
                if symbol not in (DEVICE, PACKET, *LENGTHS):
                    yield symbol
                elif symbol == PACKET and call.extras:
                    yield f"{term.width // 8} bytes"

    # --- terms --------------------------------------------------------------------------------------------

    def _text(self, term: Term) -> str:
        if isinstance(term, Const):
            return _number(term.value)
        if sum(1 for _ in nodes(term)) > _LONGEST:
            return f"a term of {term.width} bits"
        return self._shown(term)

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
        if term.op is Op.EXTRACT and term.width == 8 and term.offset % 8 == 0:
            return f"byte {term.offset // 8} of {self._shown(term.args[0])}"
        inner = ", ".join(self._shown(part) for part in term.args)
        return f"{term.op.lower()}{f'{term.width}' if term.op is Op.EXTRACT else ''}({inner})"

    def _infix(self, term: Apply) -> str:
        first, second = term.args
        op = {Op.AND: "&&", Op.OR: "||", Op.XOR: "!="}.get(term.op, "") if term.width == 1 else ""
        op = op or _INFIX[term.op]
        if op in ("==", "!=") and isinstance(second, Const) and first.width % 8 == 0:
            swapped = self._big_endian(first, second)
            if swapped is not None:
                return f"({swapped[0]} {op} {swapped[1]})"
        if isinstance(first, Const) and op in ("+", "*", "&", "|"):
            first, second = second, first
        text = self._shown(second)
        if op == "+" and isinstance(second, Const) and second.value >> (second.width - 1):
            op, text = "-", _number((1 << second.width) - second.value)
        return f"({self._shown(first)} {op} {text})"

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
        places = [_place(part) for part in parts]
        known = [place for place in places if place is not None]
        if len(known) < len(places) or any(name != known[0][0] for name, _ in known):
            return (
                f"{{{', '.join(self._pieces(parts))}}}"
                if len(parts) > 1 and len(known) == len(places)
                else None
            )
        name, ats = known[0][0], [at for _, at in known]
        if name in _NAMES:
            return _NAMES[name]
        step = ats == list(range(ats[0], ats[0] + len(ats)))
        if not step and ats != list(range(ats[0], ats[0] - len(ats), -1)):
            return f"{{{', '.join(self._pieces(parts))}}}"
        shown = name if name != PACKET else "packet"
        if step and ats[0] == 0 and name != PACKET:
            return shown
        return f"{shown}[{min(ats)}]" if len(ats) == 1 else f"{shown}[{min(ats)}:{max(ats) + 1}]"

    def _pieces(self, parts: Sequence[Term]) -> Iterator[str]:
        """Bytes of several places, in their order in memory, by the longest runs that have a name."""
        at = 0
        while at < len(parts):
            end = next(
                (end for end in range(len(parts), at + 1, -1) if self._field(parts[at:end]) is not None),
                at + 1,
            )
            found = self._field(parts[at:end])
            while found is None and end < len(parts) and _follows(parts[end - 1], parts[end]):
                end += 1
            place = _place(parts[at])
            name = "packet" if place and place[0] == PACKET else place[0] if place else ""
            size = f":{place[1] + end - at}" if place and end > at + 1 else ""
            yield found or (f"{name}[{place[1]}{size}]" if place else self._shown(parts[at]))
            at = end

    def _field(self, parts: Sequence[Term]) -> str | None:
        """The field that bytes are, in the order of the wire; None if they are none or a part of one."""
        found = [
            self._fields.get(place[1]) if place and place[0] == PACKET else None
            for place in map(_place, parts)
        ]
        first = found[0] if found else None
        if first is None or 8 * len(parts) != width(first[0]):
            return None
        wanted = [(first[0], 8 * at) for at in range(len(parts))]
        return first[0] if found == wanted else None


def _place(part: Term) -> tuple[str, int] | None:
    if isinstance(part, Read) and isinstance(part.index, Const) and not part.updates:
        return part.array.name, part.index.value
    return None


def _follows(one: Term, other: Term) -> bool:
    """Whether a byte comes right behind another."""
    first, second = _place(one), _place(other)
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


def _names(term: Term) -> Iterable[str]:
    return dict.fromkeys(node.array.name for node in nodes(term) if isinstance(node, Read))


def _number(value: int) -> str:
    return str(value) if value < 4096 else hex(value)


def _bare(text: str) -> str:
    depth = 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return text[1:-1] if text.startswith("(") and at == len(text) - 1 else text
    return text
