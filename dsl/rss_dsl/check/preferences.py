"""`prefer`: wishes for bits of ports' keys, resolved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from rss_dsl import codes
from rss_dsl.check.keys import key_of
from rss_dsl.check.names import Member, Names, resolve
from rss_dsl.check.report import Report
from rss_dsl.check.settings import known_word
from rss_dsl.format import wish_text
from rss_dsl.problem import KeyWish, Port, Preference
from rss_dsl.spec import KeyBits, KeyNear, KeyStyle, Literal, PacketName, Prefer

KEY_STYLES = ("ones", "random")


def check_preferences(
    found: Sequence[Prefer], names: Names, templates: dict[str, Port | None], report: Report
) -> tuple[Preference, ...]:
    """The wishes as bits of keys; those about keys that no port has are reported."""
    check = _Check(names, templates, report)
    return tuple(check.preference(statement) for statement in found)


class _Check:
    def __init__(self, names: Names, templates: dict[str, Port | None], report: Report) -> None:
        self.names, self.templates, self.report = names, templates, report

    def preference(self, statement: Prefer) -> Preference:
        if statement.weight is not None and statement.weight < 1:
            message = f"weight {statement.weight} makes the wish void"
            self.report.add(codes.NUMBER_RANGE, message, statement.span, help="weights are 1 or more")
        return Preference(
            wishes=self.wishes(statement.wish),
            weight=1 if statement.weight is None else statement.weight,
            over_rank=statement.over_rank,
            random=isinstance(statement.wish, KeyStyle) and statement.wish.style == "random",
            label=wish_text(statement.wish),
            span=statement.span,
        )

    def wishes(self, wish: KeyBits | KeyNear | KeyStyle) -> tuple[KeyWish, ...]:
        match wish:
            case KeyBits():
                members = self.members(wish.port)
                found = self.template(members)
                bits = None if found is None else _key_bits(wish, found, self.report)
            case KeyNear():
                members = self.members(wish.port)
                found = self.template(members)
                bits = None if found is None else _near(wish, found, self.report)
            case KeyStyle():
                known_word(wish.style, KEY_STYLES, "style of key", wish.span, self.report)
                return tuple(self.ones(member) for member in self.names.members.values())
            case _:
                assert_never(wish)
        return () if bits is None else tuple(KeyWish(member.position, *bits) for member in members)

    def members(self, name: PacketName) -> tuple[Member, ...]:
        if name.primes:
            message = f"`{name.name}` is a port here, not a packet"
            help_text = f"write `{name.name}.key`, without a prime"
            self.report.add(codes.PACKET_COUNT, message, name.span, help=help_text)
            return ()
        packet = resolve(name, self.names, self.report)
        return () if packet is None else packet.members

    def template(self, members: Sequence[Member]) -> Port | None:
        """The port that all members are declared as, as far as it is sound."""
        return self.templates[members[0].declaration.name] if members else None

    def ones(self, member: Member) -> KeyWish:
        port = self.templates[member.declaration.name]
        bits = 0 if port is None else port.key_bits
        return KeyWish(member.position, 0, bits, (1 << bits) - 1)


def _near(wish: KeyNear, port: Port, report: Report) -> tuple[int, int, int] | None:
    """The bits that are written, from the first on."""
    key = key_of(wish.digits, port.nic.key_bytes.value, port.nic.name, wish.span, report)
    return None if key is None else (0, 8 * len(key), int.from_bytes(key, "big"))


def _key_bits(wish: KeyBits, port: Port, report: Report) -> tuple[int, int, int] | None:
    start, stop = wish.slice or (0, port.key_bits)
    if not 0 <= start < stop <= port.key_bits:
        report.add(
            codes.BAD_SLICE,
            f"slice `[{start}:{stop}]` does not fit the key of `{port.nic.name}`",
            wish.span,
            help=f"it has {port.key_bits} bits; a slice is half-open and not empty",
        )
        return None
    _fits(wish.value, stop - start, report)
    return start, stop - start, wish.value.value


def _fits(value: Literal, bits: int, report: Report) -> None:
    if value.value.bit_length() > bits or value.prefix is not None:
        report.add(
            codes.LITERAL_RANGE,
            f"literal `{value.text}` does not fit {bits} bits",
            value.span,
            help="widen the slice or shorten the literal",
        )
