"""Where in a path the packet loop's turn begins and ends."""

from __future__ import annotations

from rss_callpaths.accesses.access import Outcome
from rss_callpaths.callpath import CallPath
from rss_callpaths.library import Kind, Library, PacketRole
from rss_callpaths.terms import Const


def turn(path: CallPath, library: Library) -> range:
    """The calls (indices) of the packet loop's turn; empty if it was not reached.

    Calls before it are initialisation. The turn begins after the first pair of harness calls (which make the
    state arbitrary) and ends with the second pair. Without harness calls it begins with the clock's second
    reading (the first is initialisation's), otherwise with the packet.
    """
    kinds = [library.of(call.function).kind for call in path.calls]
    harness = [at for at, kind in enumerate(kinds) if kind is Kind.HARNESS]
    if harness:
        first = next(
            (at for at in range(harness[0], len(kinds)) if kinds[at] is not Kind.HARNESS), len(kinds)
        )
        return range(first, next((at for at in harness if at > first), len(kinds)))
    received = _received(path, library)
    if received is None:
        return range(0)
    clocks = [at for at in range(received) if kinds[at] is Kind.CLOCK]
    return range(clocks[-1] if len(clocks) > 1 else received, len(kinds))


def outcome(path: CallPath, library: Library, loop: range) -> Outcome:
    """What becomes of a path."""
    if not loop:
        started = any(library.of(call.function).kind in (Kind.CLOCK, Kind.HARNESS) for call in path.calls)
        return Outcome.NO_LOOP if started else Outcome.NOT_STARTED
    received = _received(path, library)
    if received is None or received not in loop:
        return Outcome.NO_PACKET
    value = path.calls[received].result.value
    if isinstance(value, Const) and value.value == 0:
        return Outcome.NO_PACKET
    sent = (PacketRole.SEND, PacketRole.FLOOD)
    left = any(library.of(path.calls[at].function).packet in sent for at in loop)
    return Outcome.SENT if left else Outcome.DROPPED


def _received(path: CallPath, library: Library) -> int | None:
    return next(
        (at for at, call in enumerate(path.calls) if library.of(call.function).packet is PacketRole.RECEIVE),
        None,
    )
