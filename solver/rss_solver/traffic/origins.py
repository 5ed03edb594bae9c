"""Which port a packet of a two-way capture came in on, by the prefix of its source address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, ip_network

import numpy as np

from rss_dsl.codes import BAD_ORIGIN, ORIGIN_CLASH, UNKNOWN_PORT
from rss_dsl.diagnostics import Diagnostic, Label, RssError, Rule
from rss_dsl.source import NOWHERE, Source, Span
from rss_solver.traffic.arrays import Bytes, Ints
from rss_solver.traffic.packets import CLASSES, Packets

Network = IPv4Network | IPv6Network
NO_PORT = -1


@dataclass(frozen=True, slots=True)
class Origin:
    """Packets whose source lies in a prefix came in on the port of that name. The longest prefix decides."""

    port: str
    prefixes: tuple[Network, ...]
    span: Span = NOWHERE


def parse_origin(text: str) -> Origin:
    """`PORT=PREFIX[,PREFIX…]`, as the command line has it. Raises `RssError` with every mistake in it."""
    source = Source("--from", text)
    port, equals, rest = text.partition("=")
    if not port or not equals or not rest:
        message = f"`{text}` is not `PORT=PREFIX`"
        hint = "write for example `LAN=10.0.0.0/8,2001:db8::/32`"
        raise RssError([_mistake(BAD_ORIGIN, message, Span(source, 0, len(text)), hint)])
    prefixes: list[Network] = []
    mistakes: list[Diagnostic] = []
    at = len(port) + 1
    for word in rest.split(","):
        result = _prefix(word, Span(source, at, at + len(word)))
        if isinstance(result, Diagnostic):
            mistakes.append(result)
        else:
            prefixes.append(result)
        at += len(word) + 1
    if mistakes:
        raise RssError(mistakes)
    return Origin(port, tuple(prefixes), Span(source, 0, len(text)))


def _prefix(word: str, span: Span) -> Network | Diagnostic:
    try:
        return ip_network(word)
    except ValueError:
        pass
    try:
        hint = f"write `{ip_network(word, strict=False)}`"
        return _mistake(BAD_ORIGIN, f"prefix `{word}` has bits set behind its length", span, hint)
    except ValueError:
        hint = "write an address, or a prefix such as `10.0.0.0/8`"
        return _mistake(BAD_ORIGIN, f"`{word}` is not an IP prefix", span, hint)


def _mistake(rule: Rule, message: str, span: Span, hint: str | None) -> Diagnostic:
    return Diagnostic(rule=rule, message=message, span=span, help=hint)


def unknown_port(name: str, ports: Sequence[str], span: Span) -> Diagnostic:
    """A port that the spec does not have, with the one that was probably meant."""
    close = get_close_matches(name, ports, 1)
    hint = f"did you mean `{close[0]}`?" if close else f"the spec has {', '.join(f'`{p}`' for p in ports)}"
    return _mistake(UNKNOWN_PORT, f"the spec has no port `{name}`", span, hint)


def check_origins(origins: Sequence[Origin], ports: Sequence[str]) -> list[Diagnostic]:
    """What is wrong with them together: ports that do not exist, a prefix given to two ports."""
    found = [unknown_port(o.port, ports, o.span) for o in origins if o.port not in ports]
    owner: dict[Network, Origin] = {}
    for origin in origins:
        for prefix in origin.prefixes:
            first = owner.setdefault(prefix, origin)
            if first.port != origin.port:
                found.append(_clash(prefix, first, origin))
    return found


def _clash(prefix: Network, first: Origin, second: Origin) -> Diagnostic:
    return Diagnostic(
        rule=ORIGIN_CLASH,
        message=f"prefix `{prefix}` is given to both `{first.port}` and `{second.port}`",
        span=second.span,
        related=(Label(first.span, f"given to `{first.port}` here"),),
        help="give one of them a longer prefix: the longest that holds the source address decides",
    )


def split_by_prefix(packets: Packets, origins: Sequence[Origin], ports: Sequence[str]) -> Ints:
    """The port of each packet as an index into `ports`, `NO_PORT` where nothing says.

    Packets that no prefix holds (or without an IP header) belong to the port that has no prefix, if it
    is the only one.
    """
    named = {origin.port for origin in origins}
    others = [index for index, name in enumerate(ports) if name not in named]
    result = np.full(len(packets), others[0] if len(others) == 1 else NO_PORT, np.int64)
    for version, field in ((4, "ipv4_src"), (6, "ipv6_src")):
        classes = [index for index, name in enumerate(CLASSES) if name.startswith(f"ipv{version}")]
        which = np.flatnonzero(np.isin(packets.kind, classes))
        addresses = packets.columns((field,), which)
        owned = result[which]
        for prefix, port in _shortest_first(origins, version):
            owned[_inside(addresses, prefix)] = ports.index(port)
        result[which] = owned
    return result


def _shortest_first(origins: Sequence[Origin], version: int) -> list[tuple[Network, str]]:
    """In this order the longest prefix has the last word."""
    found = [(prefix, o.port) for o in origins for prefix in o.prefixes if prefix.version == version]
    return sorted(found, key=lambda item: item[0].prefixlen)


def _inside(addresses: Bytes, prefix: Network) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    mask = np.frombuffer(prefix.netmask.packed, np.uint8)
    network = np.frombuffer(prefix.network_address.packed, np.uint8)
    used = (prefix.prefixlen + 7) // 8
    result = np.ones(addresses.shape[0], np.bool_)
    for column in range(used):
        result &= addresses[:, column] & mask[column] == network[column]
    return result
