"""`hash CLASS[(fields)], …`: from what the author asks for to the NIC's switches and the hash inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import repeat

from rss_dsl import codes
from rss_dsl.check.fragments import flow_classes, fragment_class, narrowed, versions
from rss_dsl.check.report import Report
from rss_dsl.check.switches import Selection, Wanted, offered, select, usual
from rss_dsl.diagnostics import Label
from rss_dsl.fields import PacketClass, all_field_names, packet_classes, wire_rank
from rss_dsl.nic import NicProfile, Via
from rss_dsl.problem import HashInput
from rss_dsl.source import Span
from rss_dsl.spec import ClassHash, Fragments, Hash

HASH_BITS = 32

_LISTED = 9
"""Fields of a class that a message lists: all of a class outside tunnels."""


@dataclass(frozen=True, slots=True)
class Request:
    """The classes of a `hash` item in canonical fields."""

    wanted: Wanted
    spans: Mapping[str, Span]


def request(item: Hash, report: Report) -> Request | None:
    """What a `hash` item asks for, whatever the NIC; None after reporting what is wrong with it."""
    wanted: dict[str, tuple[str, ...] | None] = {}
    entries: dict[str, ClassHash] = {}
    sound = True
    for entry in item.entries:
        packet_class = known_class(entry.packet_class, entry.span, report)
        if packet_class is None or not _first(entry, entries, report):
            sound = False
            continue
        fields = None if entry.fields is None else _canonical(entry, packet_class, report)
        sound = sound and (fields is not None or entry.fields is None)
        wanted[packet_class.name] = fields
    return Request(wanted, {name: entry.span for name, entry in entries.items()}) if sound else None


def known_class(name: str, span: Span, report: Report) -> PacketClass | None:
    """The packet class of that name; None after reporting that there is none."""
    found = packet_classes().get(name)
    if found is None:
        plain = ", ".join(f"`{c}`" for c in packet_classes() if packet_classes()[c].tunnel is None)
        listed = f"classes are {plain}, and IP classes in tunnels as in `vxlan-ipv4-tcp`"
        report.add(
            codes.UNKNOWN_CLASS,
            f"unknown packet class `{name}`",
            span,
            help=report.did_you_mean(name, packet_classes(), listed),
        )
    return found


def _first(entry: ClassHash, entries: dict[str, ClassHash], report: Report) -> bool:
    first = entries.setdefault(entry.packet_class, entry)
    if first is entry:
        return True
    report.add(
        codes.DUPLICATE_ITEM,
        f"class `{entry.packet_class}` is hashed twice",
        entry.span,
        related=(Label(first.span, "first named here"),),
        help="keep one of them",
    )
    return False


def _canonical(entry: ClassHash, packet_class: PacketClass, report: Report) -> tuple[str, ...] | None:
    found: list[str] = []
    for name, span in zip(entry.fields or (), entry.field_spans or repeat(entry.span), strict=False):
        canonical = packet_class.canonical(name)
        if canonical is None:
            _no_such_field(name, span, packet_class, report)
        elif canonical in found:
            report.add(
                codes.DUPLICATE_ITEM,
                f"field `{canonical}` of `{packet_class.name}` is named twice",
                span,
                help="name each field once",
            )
        else:
            found.append(canonical)
    return tuple(sorted(found, key=wire_rank)) if len(found) == len(entry.fields or ()) else None


def _no_such_field(name: str, span: Span, packet_class: PacketClass, report: Report) -> None:
    own = list(dict.fromkeys(sorted(packet_class.names.values(), key=wire_rank)))
    more = ", …" if len(own) > _LISTED else ""
    listed = "it has " + ", ".join(f"`{n}`" for n in own[:_LISTED]) + more
    if name in all_field_names():
        message = f"packets of `{packet_class.name}` have no `{name}`"
        report.add(codes.FIELD_NOT_IN_CLASS, message, span, help=listed)
    else:
        help_text = report.did_you_mean(name, packet_class.names, listed)
        report.add(codes.UNKNOWN_FIELD, f"unknown field `{name}`", span, help=help_text)


def resolve(
    profile: NicProfile, asked: Request, item: Hash, fragments: Fragments | None, report: Report
) -> Selection | None:
    """The switches for a request; None after reporting why the NIC cannot do it."""
    refused = [name for name in asked.wanted if not _can_hash(profile, name, asked, report)]
    if refused:
        return None
    wanted = asked.wanted
    if fragments is not None:
        added = _with_fragments(profile, asked.wanted, fragments, report)
        if added is None:
            return None
        wanted = narrowed(profile, added)
    found = select(profile, wanted)
    if found is None:
        _clash(profile, asked, item, report)
        return None
    if fragments is not None:
        _note_narrowed(profile, asked.wanted, found, fragments, report)
    _note_unusual(profile, asked, wanted, found, report)
    _note_extra(profile, wanted, found, item, report)
    return found


def _can_hash(profile: NicProfile, name: str, asked: Request, report: Report) -> bool:
    at_start, by_rule = (offered(profile, name, via) for via in (Via.START, Via.FLOW))
    fields = asked.wanted[name]
    if fields in (*at_start, *by_rule) or (fields is None and (at_start or by_rule)):
        return True
    if fields is None or not (at_start or by_rule):
        _class_not_hashable(profile, name, asked.spans[name], report)
        return False
    ways = (("at start-up", at_start), ("by rte_flow", tuple(s for s in by_rule if s not in at_start)))
    listed = ", ".join(f"{way} by {' or '.join(map(_set, sets))}" for way, sets in ways if sets)
    report.add(
        codes.FIELDS_NOT_HASHABLE,
        f"`{profile.name}` cannot hash `{name}` by {_set(fields)}",
        asked.spans[name],
        help=f"it hashes `{name}` {listed}",
    )
    return False


def _set(fields: tuple[str, ...]) -> str:
    return f"`({', '.join(fields)})`"


def _class_not_hashable(profile: NicProfile, name: str, span: Span, report: Report) -> None:
    can = ", ".join(f"`{c}`" for c in packet_classes() if any(offered(profile, c, via) for via in Via))
    report.add(
        codes.CLASS_NOT_HASHABLE,
        f"`{profile.name}` cannot hash `{name}`",
        span,
        help=f"it hashes {can or 'nothing'} (`rssc nic show {profile.name}`)",
    )


def _clash(profile: NicProfile, asked: Request, item: Hash, report: Report) -> None:
    """Each class alone can be hashed as asked; the pair that cannot says most."""
    names = list(asked.wanted)
    pairs = ((a, b) for i, a in enumerate(names) for b in names[i + 1 :])
    pair = next((p for p in pairs if select(profile, {c: asked.wanted[c] for c in p}) is None), None)
    if pair is None:
        message, span = f"`{profile.name}` cannot hash these classes together", item.span
    else:
        message = f"`{profile.name}` cannot hash `{pair[0]}` and `{pair[1]}` by these fields together"
        span = asked.spans[pair[1]]
    report.add(
        codes.HASHED_TOGETHER,
        message,
        span,
        related=() if pair is None else (Label(asked.spans[pair[0]], f"`{pair[0]}` is asked for here"),),
        help="one setting of the NIC governs them: give them the same fields, or leave the fields out",
    )


def _with_fragments(
    profile: NicProfile, wanted: Wanted, fragments: Fragments, report: Report
) -> Wanted | None:
    needed = [fragment_class(version) for version in versions(wanted)]
    missing = [name for name in needed if not offered(profile, name, Via.START)]
    for name in missing:
        no_fragments(profile, f"`{name}`", fragments, report)
    return None if missing else {**wanted, **{name: wanted.get(name) for name in needed}}


def no_fragments(profile: NicProfile, what: str, fragments: Fragments, report: Report) -> None:
    """Report that a NIC leaves fragments to its default queue."""
    report.add(
        codes.FRAGMENTS_NOT_HASHABLE,
        f"`{profile.name}` cannot hash {what}, so they all go to its default queue",
        fragments.span,
        help="remove the item and name the classes that matter in `traffic`, or use another NIC",
    )


def _note_narrowed(
    profile: NicProfile, wanted: Wanted, found: Selection, fragments: Fragments, report: Report
) -> None:
    given = {i.packet_class: i.fields for i in found.inputs}
    for version in versions(wanted):
        fields = given[fragment_class(version)]
        narrow = [c for c in flow_classes(version, wanted) if given[c] == fields]
        changed = [c for c in narrow if fields != (wanted[c] or usual(profile, c))]
        if changed:
            report.add(
                codes.NARROWED_HASH,
                f"{_names(changed)} hashed by {_set(fields)} only, as the fragments are",
                fragments.span,
            )


def _note_unusual(
    profile: NicProfile, asked: Request, wanted: Wanted, found: Selection, report: Report
) -> None:
    for entry in found.inputs:
        name = entry.packet_class
        open_ = name in asked.spans and wanted[name] is None
        if open_ and entry.fields != usual(profile, name):
            report.add(
                codes.UNUSUAL_FIELDS,
                f"`{name}` is hashed by {_set(entry.fields)} because of the fields of another class",
                asked.spans[name],
                help=f"one setting of `{profile.name}` governs both; write the fields to make that plain",
            )


def _note_extra(profile: NicProfile, wanted: Wanted, found: Selection, item: Hash, report: Report) -> None:
    extra = [i.packet_class for i in found.inputs if i.packet_class not in wanted]
    if extra:
        report.add(
            codes.EXTRA_CLASSES,
            f"{_names(extra)} hashed as well, by the same setting of `{profile.name}`",
            item.span,
            help="keys are solved for these classes too; `traffic` names those that matter",
        )


def _names(classes: list[str]) -> str:
    listed = ", ".join(f"`{c}`" for c in classes)
    return f"{listed} {'is' if len(classes) == 1 else 'are'}"


def key_reaches(profile: NicProfile, inputs: Iterable[HashInput], item: Hash, report: Report) -> bool:
    """Whether the NIC's key is long enough for what it hashes; reports where not."""
    spans = {entry.packet_class: entry.span for entry in item.entries}
    short = [entry for entry in inputs if beyond(profile, entry)]
    for entry in short:
        needed = -(-(entry.bits + HASH_BITS - 1) // 8)
        report.add(
            codes.KEY_TOO_SHORT,
            f"hashing `{entry.packet_class}` by {entry.bits} bits needs a key of {needed} bytes,"
            f" `{profile.name}` has {profile.key_bytes.value}",
            spans.get(entry.packet_class, item.span),
            help="hash fewer fields, or leave the class out",
        )
    return not short


def beyond(profile: NicProfile, entry: HashInput) -> bool:
    """Whether a hash input is too long for the NIC's key."""
    # Hash bit b reads key bit x + b for input bit x: the last one read is bits + 30.
    return profile.toeplitz.value and entry.bits + HASH_BITS - 1 > 8 * profile.key_bytes.value
