"""From calls to accesses: what every path of a network function does to its state and to the packet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rss_callpaths.accesses.access import Accesses, Outcome, PathAccesses
from rss_callpaths.accesses.calls import Turn
from rss_callpaths.accesses.objects import objects
from rss_callpaths.accesses.phases import outcome, turn
from rss_callpaths.accesses.places import Places
from rss_callpaths.callpath import Call, CallPath
from rss_callpaths.library import Library, PacketRole
from rss_callpaths.library.roles import inputs, outputs
from rss_callpaths.packet import traced
from rss_callpaths.packet.readings import readings
from rss_callpaths.terms import Pool
from rss_callpaths.terms.bytewise import Symbol
from rss_callpaths.terms.conditions import Conditions, Engine
from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic, Rule
from rss_dsl.source import Source


def analyse(
    paths: Sequence[CallPath],
    library: Library,
    pool: Pool,
    sources: Mapping[str, Source] | None = None,
) -> Accesses:
    """The accesses of a network function from all of its paths. Nothing is dropped in silence: what the
    library does not know, or what is asked of it in vain, counts as touching everything and is a finding.

    `pool`: where the paths' terms are from. `sources`: the files' texts by the paths' names, to show places
    of findings. Paths that contradict themselves have no packets and are left out, with a finding.
    """
    found = objects(paths, library)
    engine, places = Engine(pool), Places(sources or {})
    findings: list[Diagnostic] = []
    done = []
    for path in paths:
        conditions = Conditions(path.constraints, engine)
        if conditions.contradictory():
            message = "the conditions of this path contradict each other"
            help_ = "no packet takes it, so it is left out; a correct tool does not print such paths"
            findings.append(places.finding(codes.CONTRADICTORY_PATH, path, None, message, help_))
            continue
        one, wrong = _path(path, library, conditions, Turn(path, library, conditions, found, places))
        done.append(one)
        findings += wrong
    return Accesses(library, tuple(found.values()), tuple(done), tuple(findings))


def _path(
    path: CallPath, library: Library, conditions: Conditions, calls: Turn
) -> tuple[PathAccesses, list[Diagnostic]]:
    loop = turn(path, library)
    what = outcome(path, library, loop)
    seen = traced.chunks(path, library, loop)
    arrived = what in (Outcome.DROPPED, Outcome.SENT)
    ports = traced.in_ports(path, library, loop, conditions) if arrived else ()
    sent = traced.sends(path, library, loop, conditions)
    setup, accesses = calls.accesses(range(loop.start if loop else len(path.calls)), loop, ports or ())
    result = PathAccesses(
        path,
        what,
        ports or (),
        sent,
        seen,
        readings(seen, traced.bytes_read(path, seen), conditions) if arrived else (),
        traced.rewrites(path, library, loop, seen, conditions),
        not traced.all_seen(path, library, loop, seen, conditions.pool),
        setup,
        accesses,
        _producers(path, conditions),
    )
    received = len(traced.calls_of(path, library, loop, PacketRole.RECEIVE))
    return result, [*calls.findings, *_packet_findings(result, received, ports, conditions, calls.places)]


def _packet_findings(
    done: PathAccesses,
    received: int,
    ports: tuple[int, ...] | None,
    conditions: Conditions,
    places: Places,
) -> list[Diagnostic]:
    path = done.path
    found: list[tuple[Rule, Call | None, str, str]] = []
    if ports is None and received > 1:
        message = f"{received} packets are received in one turn, and which of them a call is for is not known"
        found.append((codes.OPEN_PORT, None, message, "process one packet in a turn of the loop"))
    elif ports is None:
        message = "the device that the packet comes from is not among a few known ones"
        found.append((codes.OPEN_PORT, None, message, "run it with fixed devices"))
    for send in done.sends:
        if send.open:
            message = "the device that the packet goes to is not among a few known ones"
            help_ = "the packet counts as sent to any device"
            found.append((codes.OPEN_PORT, path.calls[send.call], message, help_))
    for chunk in done.chunks:
        if not chunk.traced:
            message = "this chunk is no run of bytes of `packet_chunks`"
            help_ = "its bytes count as none of any header field"
            found.append((codes.UNPLACED_CHUNK, path.calls[chunk.call], message, help_))
        elif chunk.length is None:
            message = "how long this chunk is was not traced"
            help_ = "bytes behind it count as none of any header field"
            found.append((codes.UNPLACED_CHUNK, path.calls[chunk.call], message, help_))
    if conditions.undecided:
        message = f"the solver gave up on {conditions.undecided} questions about this path"
        found.append((codes.UNDECIDED_PATH, None, message, "they count as open"))
    return [places.finding(rule, path, call, message, help_) for rule, call, message, help_ in found]


def _producers(path: CallPath, conditions: Conditions) -> dict[Symbol, int]:
    """Which call each symbolic byte came out of: the first that shows it, unless that was given it."""
    known: dict[Symbol, int | None] = {}
    symbols = conditions.engine.symbols
    for at, call in enumerate(path.calls):
        for term in inputs(call):
            for symbol in symbols(term):
                known.setdefault(symbol, None)
        for term in outputs(call):
            for symbol in symbols(term):
                known.setdefault(symbol, at)
    return {symbol: at for symbol, at in known.items() if at is not None}
