"""Lock files: a solution as JSON, in design §4's format, and back.

`table` is null where entry i is queue i % queues. Readers ignore members they don't know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rss_dsl.codes import KEY_FORMAT, LOCK_VERSION
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.lexical import quote
from rss_dsl.source import Source, Span
from rss_solver.keys.given import GivenKey
from rss_solver.keys.hexkey import fault, parse_hex
from rss_solver.solution import Fallen, PortSolution, Solution

T = TypeVar("T")

FORMAT_VERSION = 1
MAX_TABLE = 1 << 16
_WRITTEN_TABLE = re.compile(r'"table"\s*:\s*(\[[\d\s,]*\])')


@dataclass(frozen=True, slots=True)
class SpecIdentity:
    """The spec a solution belongs to."""

    path: str
    """File name, relative to the lock file."""
    sha256: str
    """Digest of the spec's text in UTF-8; what it imports is not in it."""


Documents = Sequence[Mapping[str, object]]


def document(
    solution: Solution, spec: SpecIdentity, verdict: Mapping[str, object], choices: Documents = ()
) -> dict[str, object]:
    """The JSON document of a solution; `choices` say what `hash auto` became, where there is any."""
    return {
        "format_version": FORMAT_VERSION,
        "spec": {"path": spec.path, "sha256": spec.sha256},
        "seed": solution.seed,
        "ports": [port_document(port) for port in solution.ports],
        **preferences_document(solution),
        **({"hash_auto": list(choices)} if choices else {}),
        "verdict": dict(verdict),
    }


def preferences_document(solution: Solution) -> dict[str, object]:
    """What became of the preferences, where there are any."""
    if not solution.preferences:
        return {}
    found = [
        {
            "wish": one.label,
            "weight": one.weight,
            "over_rank": one.over_rank,
            "bits": one.bits,
            "held": one.held,
            "fallen": [_fallen(solution, why) for why in one.fallen],
        }
        for one in solution.preferences
    ]
    return {"preferences": found, "preferences_maximal": solution.preferred_most}


def _fallen(solution: Solution, why: Fallen) -> dict[str, object]:
    return {
        "reason": why.reason,
        "bits": why.bits,
        "requirements": list(why.requirements),
        "wishes": [solution.preferences[other].label for other in why.others],
        "classes": [{"port": solution.ports[port].name, "class": name} for port, name in why.classes],
    }


def lock_text(
    solution: Solution, spec: SpecIdentity, verdict: Mapping[str, object], choices: Documents = ()
) -> str:
    """The document as text, ending in a newline."""
    return json.dumps(document(solution, spec, verdict, choices), indent=2) + "\n"


def port_document(port: PortSolution) -> dict[str, object]:
    """A port's entry in the document."""
    return {
        "name": port.name,
        "device": port.device,
        "nic": port.nic,
        "key": port.key.hex(),
        "table_size": port.table_size,
        "queues": port.queues,
        "equality": port.equality,
        "function": port.function.value,
        "hash": {layout.packet_class: list(layout.fields) for layout in port.inputs},
        "rank": {s.packet_class: s.rank for s in port.spread},
        "clustered_rank": {s.packet_class: s.clustered_rank for s in port.spread},
        "reachable_queues": {s.packet_class: s.queues for s in port.spread},
        "clustered_queues": {s.packet_class: s.clustered_queues for s in port.spread},
        "table": None if port.round_robin else list(port.table),
    }


class _MalformedError(Exception):
    """The document is not what a lock file holds; the text says how."""


def read_lock(source: Source) -> tuple[GivenKey, ...]:
    """The keys of a lock file; RssError if it is none or of another version."""
    try:
        data = json.loads(source.text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise RssError([_broken(source, f"it is not valid JSON (line {line})")]) from None
    try:
        version = _member(data, "format_version", int)
        if version != FORMAT_VERSION:
            raise RssError([_other_version(source, version)])
        return tuple(_keys(_member(data, "ports", list), source))
    except _MalformedError as error:
        raise RssError([_broken(source, str(error))]) from None


def _other_version(source: Source, version: int) -> Diagnostic:
    return Diagnostic(
        rule=LOCK_VERSION,
        message=f"a lock file of format {version}; this rssc reads format {FORMAT_VERSION}",
        span=Span(source, 0, 0),
        help=_again(source),
    )


def _broken(source: Source, what: str) -> Diagnostic:
    return Diagnostic(
        rule=KEY_FORMAT,
        message=f"not a lock file: {what}",
        span=Span(source, 0, 0),
        help=_again(source),
    )


def _again(source: Source) -> str:
    """What to do about a lock file; its name is its spec's with `.lock` behind it."""
    spec = source.path.removesuffix(".lock") if source.path.endswith(".rss.lock") else "SPEC"
    return f"write it again with `rssc solve {spec} --write`"


def _keys(ports: list[object], source: Source) -> Iterator[GivenKey]:
    for entry in ports:
        name = _member(entry, "name", str)
        digits = _member(entry, "key", str)
        at = source.text.find(digits) if digits else 0
        span = Span(source, max(at, 0), max(at, 0) + len(digits))
        key = parse_hex(digits)
        if key is None:
            raise _MalformedError(f"in the key of {quote(name)}: {fault(digits)}")
        queues, size = _member(entry, "queues", int), _member(entry, "table_size", int)
        if not (0 < size <= MAX_TABLE and 0 < queues <= MAX_TABLE):
            raise _MalformedError(f"{quote(name)} has {size} table entries and {queues} queues")
        table = _table(entry, name, size, queues)
        yield GivenKey(name, key, span, table, _table_span(span, table), _fields(entry, name))


def _table_span(key: Span, table: tuple[int, ...]) -> Span | None:
    """Where a table is in the text: the first like it behind the port's key, or its size."""
    for match in _WRITTEN_TABLE.finditer(key.source.text, key.end):
        if tuple(json.loads(match[1])) == table:
            return Span(key.source, match.start(1), match.end(1))
    size = re.compile(rf'"table_size"\s*:\s*({len(table)})\b').search(key.source.text, key.end)
    return Span(key.source, size.start(1), size.end(1)) if size else None


def _table(entry: object, name: str, size: int, queues: int) -> tuple[int, ...]:
    if isinstance(entry, dict) and entry.get("table") is None:
        return tuple(i % queues for i in range(size))
    table = _member(entry, "table", list)
    if len(table) != size or not all(type(queue) is int and queue >= 0 for queue in table):
        raise _MalformedError(f"the table of {quote(name)} is not a list of {size} queues")
    return tuple(table)


def _fields(entry: object, name: str) -> dict[str, tuple[str, ...]]:
    found = {}
    for packet_class, fields in _member(entry, "hash", dict).items():
        if not isinstance(fields, list) or not all(isinstance(field, str) for field in fields):
            raise _MalformedError(
                f"the hash input of {quote(packet_class)} on {quote(name)} is not a list of fields"
            )
        found[packet_class] = tuple(fields)
    return found


def _member(data: object, name: str, kind: type[T]) -> T:
    value = data.get(name) if isinstance(data, dict) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise _MalformedError(f"`{name}` is missing or of the wrong kind")
    return value
