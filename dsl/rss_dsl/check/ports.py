"""Ports: what each declaration says, put together, and device numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count

from rss_dsl import codes
from rss_dsl.check import functions, hashing, keys, sizes
from rss_dsl.check.fragments import at_start, ties
from rss_dsl.check.items import Items, header, items_of, repeated
from rss_dsl.check.names import Member, Names
from rss_dsl.check.report import Report
from rss_dsl.check.sizes import MAX_NUMBER
from rss_dsl.check.switches import Selection
from rss_dsl.diagnostics import Label
from rss_dsl.fields import packet_classes
from rss_dsl.nic import Function, NicProfile
from rss_dsl.nics import any_names, containing, find
from rss_dsl.problem import HashInput, Port
from rss_dsl.source import Span
from rss_dsl.spec import ClassName, Nic, PortDecl, Traffic

DEFAULT_NIC = "generic"


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration checked: what its ports have in common."""

    items: Items
    port: Port | None
    """The first port; None after an error."""

    @property
    def size(self) -> int:
        """How many ports it makes."""
        return self.items.declaration.count or 1


def check_ports(names: Names, report: Report) -> tuple[tuple[Declared, ...], tuple[Port, ...]]:
    """Every declaration, and every port in the order of `Member.position` (without those in error)."""
    items = {d.name: items_of(d, report) for d in names.declarations}
    devices = _devices(names, items, report)
    declared = {name: Declared(i, _port(i.declaration, i, report)) for name, i in items.items()}
    for repeated_one in names.repeated:
        _port(repeated_one, items_of(repeated_one, report), report)
    ports = []
    for member in names.members.values():
        template = declared[member.declaration.name].port
        if template is not None:
            ports.append(replace(template, name=member.name, device=devices[member.name]))
    return tuple(declared.values()), tuple(ports)


# --- device numbers ---------------------------------------------------------------------------------


def _devices(names: Names, items: Mapping[str, Items], report: Report) -> dict[str, int]:
    """Device of every port: given, counted on within a group, or the next free one."""
    taken: dict[int, tuple[Member, Span]] = {}
    found: dict[str, int] = {}
    for member in names.members.values():
        item = items[member.declaration.name].device
        if item is not None:
            number = item.number + _place(member)
            found[member.name] = number
            _take(number, member, item.span, taken, report)
    free = (number for number in count() if number not in taken)
    for member in names.members.values():
        if member.name not in found:
            found[member.name] = next(free)
    return found


def _place(member: Member) -> int:
    """Which port of its group it is."""
    return 0 if member.declaration.count is None else int(member.name.removeprefix(member.declaration.name))


def _take(
    number: int, member: Member, span: Span, taken: dict[int, tuple[Member, Span]], report: Report
) -> None:
    if number > MAX_NUMBER:
        report.add(
            codes.NUMBER_RANGE,
            f"device {number} of `{member.name}` is out of range",
            span,
            help=f"devices are DPDK port numbers: at most {MAX_NUMBER}",
        )
    first = taken.setdefault(number, (member, span))
    if first[0] is not member:
        report.add(
            codes.DUPLICATE_DEVICE,
            f"`{member.name}` and `{first[0].name}` are both device {number}",
            span,
            related=(Label(first[1], f"`{first[0].name}` is declared with it here"),),
            help="give each port its own device; the ports of a group are numbered on from the first",
        )


# --- one declaration --------------------------------------------------------------------------------


def _port(declaration: PortDecl, items: Items, report: Report) -> Port | None:
    """What a declaration's ports have in common, every finding reported; None after an error."""
    profile = _profile(items.nic, declaration, report)
    selection = _selection(profile, declaration, items, report)
    traffic = None if items.traffic is None else _traffic(items.traffic, report)
    if profile is None:
        return None
    size = sizes.sizes_of(profile, declaration, items, report)
    function = functions.function_of(profile, items.function, report)
    pinned = None if items.key is None else keys.pinned(profile, items.key, report)
    keys.settable(profile, declaration, items, report)
    wrong_key = pinned is None and items.key is not None
    if selection is None or size is None or function is None or wrong_key:
        return None
    inputs = _inputs(profile, function, selection, items, report)
    if inputs is None:
        return None
    return Port(
        name=declaration.name,
        device=0,
        nic=profile,
        queues=size.queues,
        table_size=size.table,
        inputs=inputs,
        switches=selection.switches,
        auto=not selection.inputs,
        traffic=traffic,
        adapter=None if items.adapter is None else items.adapter.name,
        pinned=functions.pinned_by(profile, function, items, report) or pinned,
        function=function,
        span=header(declaration),
    )


def _inputs(
    profile: NicProfile, function: Function, selection: Selection, items: Items, report: Report
) -> tuple[HashInput, ...] | None:
    """What is hashed under a function; None after reporting that the key does not reach so far."""
    found = functions.layouts(profile, function, selection.inputs, (s for s, _ in selection.switches))
    functions.check_ends(function, found, items, report)
    reaches = items.hash is None or hashing.key_reaches(profile, found, items.hash, report)
    return found if reaches else None


def _profile(item: Nic | None, declaration: PortDecl, report: Report) -> NicProfile | None:
    name = DEFAULT_NIC if item is None else item.name
    span = header(declaration) if item is None else item.span
    found = find(name)
    if found is None:
        close = containing(name) or report.closest(name, any_names())
        suggestion = "" if close is None else f"did you mean `{close}`? "
        help_text = f"{suggestion}`rssc nic list` prints the catalogue"
        report.add(codes.UNKNOWN_NIC, f"unknown NIC `{name}`", span, help=help_text)
    elif not found.toeplitz.value:
        report.add(
            codes.NOT_TOEPLITZ,
            f"`{found.name}` does not hash with Toeplitz, so no key can steer it",
            span,
            help=f"see `rssc nic show {found.name}`",
        )
    return found


def _selection(
    profile: NicProfile | None, declaration: PortDecl, items: Items, report: Report
) -> Selection | None:
    """What is hashed: nothing yet for `hash auto`; None after an error."""
    if items.hash is None or not items.hash.entries:
        return _open_selection(profile, items, report)
    asked = hashing.request(items.hash, report)
    if asked is None or profile is None:
        return None
    found = hashing.resolve(profile, asked, items.hash, items.fragments, report)
    if found is not None and items.traffic is not None:
        _tunnels_hashed(declaration, items.traffic, found, report)
    return found


def _open_selection(profile: NicProfile | None, items: Items, report: Report) -> Selection:
    if items.fragments is not None and profile is not None and not list(ties(at_start(profile))):
        hashing.no_fragments(profile, "fragments", items.fragments, report)
    return Selection((), ())


def _traffic(item: Traffic, report: Report) -> tuple[str, ...]:
    found: dict[str, ClassName] = {}
    for entry in item.classes:
        if hashing.known_class(entry.name, entry.span, report) is None:
            continue
        first = found.setdefault(entry.name, entry)
        if first is not entry:
            repeated(f"class `{entry.name}`", entry.span, first.span, report)
    return tuple(name for name in packet_classes() if name in found)


def _tunnels_hashed(declaration: PortDecl, item: Traffic, selection: Selection, report: Report) -> None:
    """Outside of the tunnels that it hashes, a NIC knows outer packets only."""
    hashed = {layout.packet_class for layout in selection.inputs}
    for entry in item.classes if hashed else ():
        known = packet_classes().get(entry.name)
        if known is not None and known.tunnel and known.name not in hashed:
            report.add(
                codes.UNHASHED_TUNNEL,
                f"`{entry.name}` is not hashed on `{declaration.name}`, so its packets count as"
                f" `{known.outer}`",
                entry.span,
                help=f"add it to `hash`, or name `{known.outer}` instead",
            )
