"""Accesses in the form in which the thesis shows them (its table 3.1 and listings 3.2 and A.1).

Added to that form: the object's name, `packets` (the kinds that take the path), `mutates`, the call's place
in the path and in the source, and where the key's symbols come from. Whole objects are touched by accesses
that say so instead of `read`.
"""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import TextWrapper

from rss_callpaths.accesses.access import Access, Accesses, PathAccesses
from rss_callpaths.kquery.print import print_term
from rss_callpaths.library.roles import answered
from rss_callpaths.packet.parts import Place, Reading, Send
from rss_callpaths.packet.traced import packet_byte
from rss_callpaths.terms import Term
from rss_callpaths.terms.bytewise import nodes

_COLUMN = 16
_KINDS = TextWrapper(80, break_on_hyphens=False)
_RULE = "=====\n"


def render(accesses: Accesses, *, setup: bool = False) -> str:
    """Every access of every path, in order, numbered from 1; with `setup`, those of initialisation too."""
    parts: list[str] = []
    for path in accesses.paths:
        for access in (*path.setup, *path.accesses) if setup else path.accesses:
            parts.append(f"{_RULE}Access {len(parts) + 1}\n{''.join(_lines(access, path))}")
    return "".join(parts) + (_RULE if parts else "")


def _lines(access: Access, path: PathAccesses) -> Iterator[str]:
    target = access.object
    yield _line("file", access.path)
    for port in access.in_ports:
        yield _line("src device", str(port))
    for text in _destinations(path.sends) if access.in_ports else ():
        yield _line("dst device", text)
    yield _line("interface", access.name)
    yield _line("operation", access.kind)
    yield _line("object", f"{target.address} {target.name}" if target else "any")
    if access.whole:
        yield _line("whole", "yes")
    for label, term in (("read", access.key), ("write", access.value), ("result", access.result)):
        if term is not None:
            yield _line(label, print_term(term))
            yield from _dependencies(term, path)
    if access.success is not None:
        yield _line("success", access.success)
    yield _line("mutates", "yes" if access.mutates else "no")
    if access.in_ports:
        yield _line("packets", _KINDS.fill(" ".join(reading.name for reading in path.readings)))
    yield from _sources(access, path)
    yield _line("call", f"{access.call} line {access.source_line}")


def _line(label: str, text: str) -> str:
    indented = text.replace("\n", "\n" + " " * _COLUMN)
    return f"  {label:<{_COLUMN - 2}}{indented}\n"


def _destinations(sends: tuple[Send, ...]) -> Iterator[str]:
    for send in sends:
        yield from map(str, send.ports)
        if send.flood:
            yield "all others"
        if send.open:
            yield "any"


def _sources(access: Access, path: PathAccesses) -> Iterator[str]:
    for at in path.producers_of(access.key) if access.key is not None else ():
        call = path.path.calls[at]
        if all(chunk.call != at for chunk in path.chunks):
            yield _line("from", f"{call.function} (call {at})")


def _dependencies(term: Term, path: PathAccesses) -> Iterator[str]:
    """The packet bytes that a term reads, by layer and protocol, in the order in which they are read."""
    read = [index for node in nodes(term) if (index := packet_byte(node)) is not None]
    groups: dict[tuple[int, int | None], list[int]] = {}
    for reading in _shown(path.readings):
        for index in read:
            place = reading.places.get(index)
            if place is not None:
                found = groups.setdefault((place.layer, place.protocol), [])
                if place.offset not in found:
                    found.append(place.offset)
    for (layer, protocol), offsets in sorted(groups.items(), key=_order):
        yield "\n" + _line("layer", str(layer))
        if layer > 2:
            yield _line("protocol", "other" if protocol is None else str(protocol))
        yield from _fragments(layer, path)
        yield _line("dependencies", "\n".join(map(str, offsets)))
    if groups:
        yield "\n"


def _order(group: tuple[tuple[int, int | None], list[int]]) -> tuple[int, int]:
    (layer, protocol), _ = group
    return layer, -(protocol or 0)


def _shown(readings: tuple[Reading, ...]) -> list[Reading]:
    """Readings that tell layers: those with options, VLAN tag or fragments only where there are no others."""
    plain = [reading for reading in readings if not (reading.options or reading.vlan)] or list(readings)
    return [reading for reading in plain if not reading.packet_class.endswith("-frag")] or plain


def _fragments(layer: int, path: PathAccesses) -> Iterator[str]:
    """The chunks that begin in a layer."""
    label = "fragments"
    for chunk in path.chunks:
        content = answered(path.path.calls[chunk.call], "the_chunk")
        places: list[Place | None] = [reading.places.get(chunk.start) for reading in _shown(path.readings)]
        if content is not None and any(place is not None and place.layer == layer for place in places):
            yield _line(label, f"offset {chunk.start} expression {print_term(content)}")
            label = ""
