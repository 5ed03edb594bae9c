"""NIC profiles as text for 80 columns, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap

from rss_dsl.nic import Fact, FieldSet, NicProfile, Switch
from rss_dsl.render import FORMAT_VERSION

WIDTH = 80
_LABEL = 24


def as_json(document: Mapping[str, object]) -> str:
    """A document with its `format_version`, indented."""
    return json.dumps({"format_version": FORMAT_VERSION, **document}, indent=2, ensure_ascii=False)


# --- the list ---------------------------------------------------------------------------------------


def table(profiles: Sequence[NicProfile]) -> str:
    """One line per NIC. IP classes stand for both versions, tunnels for all their inner classes."""
    head = ("NAME", "DRIVER", "KEY", "TABLE", "QUEUES", "CLASSES")
    rows = [head, *(_cells(profile) for profile in profiles)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head) - 1)]
    return "\n".join(line for row in rows for line in _line(row, widths))


def _cells(profile: NicProfile) -> tuple[str, ...]:
    queues = profile.max_queues.value
    sizes = profile.table_sizes.value
    return (
        profile.name,
        profile.driver,
        str(profile.key_bytes.value or "-"),
        "-" if not sizes else str(sizes[0]) if len(sizes) == 1 else f"{min(sizes)}-{max(sizes)}",
        "?" if queues is None else str(queues),
        " ".join(_kinds(profile.hashable())),
    )


def _kinds(classes: Iterable[str]) -> list[str]:
    order = ("tcp", "udp", "sctp", "frag", "other", "esp", "l2", "vxlan", "geneve", "gtpu")
    found = {name.removeprefix("ipv4-").removeprefix("ipv6-").split("-")[0] for name in classes}
    return [kind for kind in order if kind in found]


def _line(row: tuple[str, ...], widths: list[int]) -> list[str]:
    start = "  ".join(cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=True)) + "  "
    lines = wrap(row[-1], WIDTH - len(start)) or [""]
    return [f"{start}{lines[0]}".rstrip(), *(" " * len(start) + line for line in lines[1:])]


# --- one profile ------------------------------------------------------------------------------------


def text(profile: NicProfile) -> str:
    """Every fact with its source, the switches with their field sets, the quirks."""
    lines = [f"{profile.name}: {profile.title}", *_entry("driver", profile.driver)]
    if profile.aliases:
        lines += _entry("aliases", ", ".join(profile.aliases))
    lines.append("")
    for name, fact in profile.facts():
        lines += _entry(name.replace("_", " "), shown(name, fact.value))
        lines += _indented(f"{fact.evidence}: {fact.source}", _LABEL + 2)
    lines += ["", "what can be hashed, the first that lists a class governs it:"]
    for switch in profile.switches:
        lines += _switch(switch)
    for quirk in profile.quirks:
        lines += ["", *wrap(f"! {quirk.text}", WIDTH, subsequent_indent="  ", break_on_hyphens=False)]
        lines += _indented(f"{quirk.evidence}: {quirk.source}", 4)
    return "\n".join(lines)


def shown(name: str, value: object) -> str:
    """A fact's value in words."""
    if name == "hash_init" and isinstance(value, int):
        return f"0x{value:08x}"
    match value:
        case bool():
            return "yes" if value else "no"
        case None:
            return "as the device reports"
        case tuple():
            return ", ".join(str(item) for item in value) or "none"
        case _:
            return str(value)


def _entry(label: str, value: str) -> list[str]:
    return wrap(f"{label:<{_LABEL}}{value}", WIDTH, subsequent_indent=" " * _LABEL, break_on_hyphens=False)


def _indented(value: str, by: int) -> list[str]:
    return wrap(value, WIDTH, initial_indent=" " * by, subsequent_indent=" " * by, break_on_hyphens=False)


def _switch(switch: Switch) -> list[str]:
    flow_type = f"  (ethtool {switch.ethtool})" if switch.ethtool else ""
    lines = ["", f"{switch.flag}{flow_type}", *_indented(" ".join(switch.classes), 2)]
    for field_set in switch.field_sets:
        found = f"- {', '.join(field_set.fields)}: {_how(field_set)}"
        lines += wrap(found, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
    return lines


def _how(field_set: FieldSet) -> str:
    if not field_set.flags:
        return str(field_set.via)
    return f"{field_set.via} {'as' if field_set.instead else 'with'} {' | '.join(field_set.flags)}"


# --- JSON -------------------------------------------------------------------------------------------


def document(profile: NicProfile) -> dict[str, object]:
    """A profile as plain data."""
    return {
        "name": profile.name,
        "title": profile.title,
        "driver": profile.driver,
        "aliases": profile.aliases,
        "facts": {name: _fact(fact) for name, fact in profile.facts()},
        "switches": [
            {
                "flag": switch.flag,
                "classes": switch.classes,
                "ethtool": switch.ethtool,
                "field_sets": [
                    {"fields": f.fields, "via": f.via, "flags": f.flags, "instead": f.instead}
                    for f in switch.field_sets
                ],
            }
            for switch in profile.switches
        ],
        "quirks": [{"text": q.text, "source": q.source, "evidence": q.evidence} for q in profile.quirks],
    }


def _fact(fact: Fact[object]) -> dict[str, object]:
    return {"value": fact.value, "source": fact.source, "evidence": fact.evidence}
