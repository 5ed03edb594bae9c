"""The insides of tokens: numbers, addresses, durations, keys, packet names, slices.

Every function takes the token's text and raises `MalformedError` with a message for its author.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from rss_dsl.lexical import quote

MAX_BITS = 1024
"""Longest number in a condition: more than the longest key."""

UNITS = {"h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
"""Nanoseconds in each unit of time, longest first."""

_MAC = re.compile(r"[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5}")
_IPV4 = re.compile(r"[0-9]+(?:\.[0-9]+){3}")
_DURATION = re.compile(r"([0-9]+)(h|m|s|ms|us|ns)")
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*[./][A-Za-z0-9_./-]*")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*")
_SLICE = re.compile(r"\[\s*([0-9]+)\s*:\s*([0-9]+)\s*\]")
_REFERENCE = re.compile(
    r"(?P<packet>(?P<name>\w+)(?P<index>\[[^\]]*\])?(?P<primes>'*))(?:\.(?P<field>[\w.]+))?\s*(?P<slice>\[[^\]]*\])?",
    re.ASCII,
)


class MalformedError(Exception):
    """A token that looks like one of its kind but is none."""

    def __init__(self, message: str, help: str | None = None) -> None:
        self.message = message
        self.help = help
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Constant:
    """What a literal says; the fields of `spec.Literal`."""

    kind: str
    value: int
    prefix: int | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """The parts of `TX[2]'.ipv4_src[0:24]`; `packet_length` covers `TX[2]'`."""

    name: str
    index: int | str | None
    primes: int
    field: str | None
    slice: tuple[int, int] | None
    packet_length: int


def constant(text: str) -> Constant:
    """A literal: MAC, IPv6, IPv4, hex, decimal, in this order."""
    body, slash, length = text.partition("/")
    if _MAC.fullmatch(body):
        found = Constant("mac", int("".join(part.zfill(2) for part in body.split(":")), 16))
    elif ":" in body:
        found = Constant("ipv6", _ipv6(body))
    elif _IPV4.fullmatch(body):
        found = Constant("ipv4", _ipv4(body))
    else:
        found = _number(body)
    if not slash:
        return found
    if found.kind not in ("ipv4", "ipv6"):
        raise MalformedError(f"{quote(body)} takes no prefix length", "only IPv4 and IPv6 addresses do")
    return Constant(found.kind, found.value, _prefix(length, 32 if found.kind == "ipv4" else 128, text))


def _ipv6(text: str) -> int:
    try:
        return int(ipaddress.IPv6Address(text))
    except ValueError:
        help_ = "a MAC address has six groups of two hex digits, an IPv6 address eight groups or `::`"
        raise MalformedError(f"{quote(text)} is neither a MAC nor an IPv6 address", help_) from None


def _ipv4(text: str) -> int:
    value = 0
    for octet in text.split("."):
        if len(octet) > 1 and octet.startswith("0"):
            raise MalformedError(f"{quote(octet)} in the IPv4 address {quote(text)} has a leading zero")
        if len(octet) > 3 or int(octet) > 255:
            raise MalformedError(f"{quote(octet)} in the IPv4 address {quote(text)} is more than 255")
        value = value << 8 | int(octet)
    return value


def _prefix(digits: str, most: int, text: str) -> int:
    if not re.fullmatch(r"[0-9]+", digits):
        raise MalformedError(f"{quote(text)} has no prefix length after `/`")
    if len(digits) > 3 or int(digits) > most:
        raise MalformedError(f"the prefix length of {quote(text)} is more than {most}")
    return int(digits)


def _number(text: str) -> Constant:
    if re.fullmatch(r"0[xX]", text):
        raise MalformedError(f"{quote(text)} has no digits")
    if re.fullmatch(r"0[xX][0-9A-Fa-f]+", text):
        return Constant("hex", _bounded(text, 16, 2**MAX_BITS))
    if re.fullmatch(r"[0-9]+", text):
        return Constant("decimal", _bounded(text, 10, 2**MAX_BITS))
    raise MalformedError(f"{quote(text)} is not a number or an address")


def _bounded(text: str, base: int, end: int) -> int:
    digits = text[2:] if base == 16 else text
    if len(digits) <= MAX_BITS and (value := int(digits, base)) < end:
        return value
    raise MalformedError(f"{quote(text)} is too large", f"numbers here go up to {end.bit_length() - 1} bits")


def count(text: str) -> int:
    """A decimal number of up to 64 bits, such as a number of queues."""
    if not re.fullmatch(r"[0-9]+", text):
        raise MalformedError(f"{quote(text)} is not a decimal number")
    return _bounded(text, 10, 2**64)


def key_digits(text: str) -> str:
    """A key: hex digits, two a byte, in lower case without `0x` and colons."""
    groups = re.sub(r"^0[xX]", "", text).split(":")
    wrong = re.search(r"[^0-9A-Fa-f]", "".join(groups))
    if wrong:
        raise MalformedError(f"{quote(text)} is not a key: {quote(wrong.group())} is not a hex digit")
    if not all(group and len(group) % 2 == 0 for group in groups):
        raise MalformedError(f"{quote(text)} is not a key: a digit is missing", "a byte is two hex digits")
    return "".join(groups).lower()


def value(text: str) -> tuple[str, str | int]:
    """Kind and value of what an `nf` item is set to: a duration, a number, an address, a word or a path."""
    timed = _DURATION.fullmatch(text)
    if timed:
        return "duration", _bounded(timed[1], 10, 2**64) * UNITS[timed[2]]
    if _WORD.fullmatch(text) and not re.search("[:.]", text):
        return "word", text
    if _PATH.fullmatch(text):
        return "path", text
    if re.fullmatch(r"(?!0[xX])[0-9]+[A-Za-z]+", text):
        units = ", ".join(map(quote, UNITS))
        raise MalformedError(f"{quote(text)} is not a number, a duration or an address", f"units are {units}")
    found = constant(text)
    if found.kind in ("hex", "decimal"):
        return "integer", found.value
    return "address", written(found)


def duration(nanoseconds: int) -> str:
    """A duration as specs write it, in the largest unit up to seconds that divides it."""
    unit = next(unit for unit, size in UNITS.items() if nanoseconds % size == 0 and unit not in ("h", "m"))
    return f"{nanoseconds // UNITS[unit]}{unit}"


def written(literal: Constant) -> str:
    """A literal in its canonical spelling."""
    number = literal.value
    match literal.kind:
        case "mac":
            text = number.to_bytes(6).hex(":")
        case "ipv6":
            text = str(ipaddress.IPv6Address(number))
        case "ipv4":
            text = str(ipaddress.IPv4Address(number))
        case "hex":
            text = f"0x{number:x}"
        case _:
            text = str(number)
    return text if literal.prefix is None else f"{text}/{literal.prefix}"


def reference(text: str) -> Reference:
    """A packet, with or without a field and a slice."""
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise MalformedError(f"{quote(text)} is not a field of a packet", "write `PORT.FIELD`")
    return Reference(
        name=match["name"],
        index=_index(match["index"]) if match["index"] else None,
        primes=len(match["primes"]),
        field=match["field"],
        slice=bits(match["slice"]) if match["slice"] else None,
        packet_length=match.end("packet"),
    )


def _index(text: str) -> int | str:
    inside = text[1:-1].strip()
    if inside == "*":
        return inside
    if not re.fullmatch(r"[0-9]+", inside):
        raise MalformedError(
            f"{quote(text)} does not name a port of a group", "write its number, or `*` for each"
        )
    return _bounded(inside, 10, 2**64)


def bits(text: str) -> tuple[int, int]:
    """A slice `[FIRST:END]`: half-open, not empty."""
    match = _SLICE.fullmatch(text)
    if match is None:
        inside = text[1:-1].strip()
        if re.fullmatch(r"[0-9]{1,9}", inside):
            help_ = f"bit {inside} alone is `[{inside}:{int(inside) + 1}]`"
        else:
            help_ = "write `[FIRST:END]`; END is not included"
        raise MalformedError(f"{quote(text)} is not a slice", help_)
    first, end = (_bounded(part, 10, 2**32) for part in match.groups())
    if first >= end:
        raise MalformedError(f"the slice {quote(text)} is empty", "write `[FIRST:END]`; END is not included")
    return first, end
