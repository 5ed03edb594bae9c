"""Ports: defaults, limits of the NIC, pinned keys, device numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count

from rss_dsl import codes
from rss_dsl.check import functions, hashing, lints
from rss_dsl.check.fragments import at_start, ties
from rss_dsl.check.items import Items, header, items_of, repeated
from rss_dsl.check.names import Member, Names
from rss_dsl.check.report import Report
from rss_dsl.check.switches import Selection
from rss_dsl.diagnostics import Label
from rss_dsl.fields import packet_classes
from rss_dsl.nic import Index, NicProfile
from rss_dsl.nics import any_names, containing, find
from rss_dsl.problem import PinnedKey, Port
from rss_dsl.source import Span
from rss_dsl.spec import ClassName, Key, Nic, PortDecl, Traffic

DEFAULT_NIC = "generic"
MAX_NUMBER = 65_535
"""DPDK counts ports and queues in 16 bits."""


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
    profile = _profile(items.nic, declaration, report)
    selection = _selection(profile, items, report)
    traffic = None if items.traffic is None else _traffic(items.traffic, report)
    if profile is None:
        return None
    if selection is not None and items.traffic is not None:
        _tunnels_hashed(declaration, items.traffic, selection, report)
    queues = _queues(profile, declaration, items, report)
    size = None if queues is None else _table(profile, queues, declaration, items, report)
    function = functions.function_of(profile, items.function, report)
    pinned = None if items.key is None else _pinned(profile, items.key, report)
    if items.key is None and profile.toeplitz.value and not profile.key_settable.value:
        report.add(
            codes.KEY_NOT_SETTABLE,
            f"the key of `{profile.name}` cannot be set, and that of `{declaration.name}` is not known",
            header(declaration) if items.nic is None else items.nic.span,
            help="pin the key that the NIC has with `key HEX`, so that it is checked and others fit it",
        )
    if selection is None or queues is None or size is None or (pinned is None) != (items.key is None):
        return None
    if function is None:
        return None
    switches = (switch for switch, _ in selection.switches)
    inputs = functions.layouts(profile, function, selection.inputs, switches)
    functions.check_ends(function, inputs, items, report)
    if items.hash is not None and not hashing.key_reaches(profile, inputs, items.hash, report):
        return None
    return Port(
        name=declaration.name,
        device=0,
        nic=profile,
        queues=queues,
        table_size=size,
        inputs=inputs,
        switches=selection.switches,
        auto=not selection.inputs,
        traffic=traffic,
        adapter=None if items.adapter is None else items.adapter.name,
        pinned=functions.pinned_by(profile, function, items, report) or pinned,
        function=function,
        span=header(declaration),
    )


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


def _selection(profile: NicProfile | None, items: Items, report: Report) -> Selection | None:
    """What is hashed: nothing yet for `hash auto`; None after an error."""
    if items.hash is None or not items.hash.entries:
        return _open_selection(profile, items, report)
    asked = hashing.request(items.hash, report)
    if asked is None or profile is None:
        return None
    return hashing.resolve(profile, asked, items.hash, items.fragments, report)


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


# --- queues and tables ------------------------------------------------------------------------------


def _queues(profile: NicProfile, declaration: PortDecl, items: Items, report: Report) -> int | None:
    limit = profile.max_queues.value
    if items.queues is None:
        if limit == 1:
            return 1
        report.add(
            codes.MISSING_ITEM,
            f"port `{declaration.name}` does not say how many queues it has",
            header(declaration),
            help=f"add `queues N`: `{profile.name}` has {'several' if limit is None else f'up to {limit}'}",
        )
        return None
    wanted = items.queues.count
    most = MAX_NUMBER if limit is None else limit
    if 1 <= wanted <= most:
        return wanted
    what = "no queues" if wanted == 0 else f"{wanted} queues"
    message = f"port `{declaration.name}` has {what}, `{profile.name}` takes 1 to {most}"
    report.add(codes.QUEUE_COUNT, message, items.queues.span, help=_limit_help(profile, most))
    return None


def _limit_help(profile: NicProfile, most: int) -> str:
    return f"write `queues {most}` or less; `rssc nic show {profile.name}` has the source of the limit"


def _table(
    profile: NicProfile, queues: int, declaration: PortDecl, items: Items, report: Report
) -> int | None:
    at = header(declaration) if items.queues is None else items.queues.span
    size = _table_size(profile, queues, items, at, report)
    if size is None:
        return None
    if queues > size:
        report.add(
            codes.QUEUE_COUNT,
            f"{queues} queues do not fit a table of {size} entries",
            at,
            help=f"every queue needs an entry: write `queues {size}` or less, or a larger `table`",
        )
        return None
    lints.uneven_table(queues, size, at, report)
    return size


def _table_size(profile: NicProfile, queues: int, items: Items, at: Span, report: Report) -> int | None:
    default = profile.default_table(queues)
    size = default if items.table is None else items.table.size
    span = at if items.table is None else items.table.span
    sizes = [default] if profile.table_per_queue else sorted({*profile.table_sizes.value, default})
    whole = size & (size - 1) == 0 or profile.index.value is not Index.LSB
    if size in sizes and whole:
        return size
    report.add(
        codes.TABLE_SIZE,
        f"`{profile.name}` cannot have a table of {size} entries"
        + ("" if whole else ", which is not a power of two"),
        span,
        help=_sizes_help(profile, queues, sizes),
    )
    return None


def _sizes_help(profile: NicProfile, queues: int, sizes: list[int]) -> str:
    if profile.table_per_queue:
        each, most = profile.table_per_queue.value, max(profile.table_sizes.value)
        return f"it has {each} entries per queue, at most {most}: take 2, 4, 8, … queues"
    return f"possible with {queues} queues: " + ", ".join(str(s) for s in sizes)


# --- keys -------------------------------------------------------------------------------------------


def _pinned(profile: NicProfile, item: Key, report: Report) -> PinnedKey | None:
    length = profile.key_bytes.value
    key = key_of(item.digits, length, profile.name, item.span, report)
    if key is None:
        return None
    lints.public_key(key, item.span, report)
    return PinnedKey(key.ljust(length, b"\0"), item.span)


def key_of(digits: str, length: int, nic: str, span: Span, report: Report) -> bytes | None:
    """The bytes of a key as written; None after reporting that they are not a key for this NIC."""
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        report.add(
            codes.KEY_LENGTH,
            f"key has {len(digits)} digits, not two for every byte",
            span,
            help="write each byte with two hex digits",
        )
        return None
    if len(key) <= length:
        return key
    report.add(
        codes.KEY_LENGTH,
        f"key has {len(key)} bytes, `{nic}` takes {length}",
        span,
        help=f"give at most {length} bytes; shorter keys are extended by zeros",
    )
    return None
