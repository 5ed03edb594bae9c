"""Vigor's `main` around a network function: allocations, a turn of the packet loop, the loop invariant."""

from __future__ import annotations

from generate.algebra import Algebra
from generate.describe import NetworkFunction, Verdict
from generate.feasible import Feasibility
from generate.libvig.allocation import allocate, havoc
from generate.packets import return_chunks
from generate.path import Decision, Path, PathEndedError
from generate.run import Memory, Run, by_value, pointer, untraced
from generate.words import Word
from rss_callpaths.callpath import Argument, CallPath

CLOCK, CONSUME, PRODUCE, RECEIVE, LENGTH, FREE, SEND = 149, 70, 72, 263, 153, 167, 274
"""Lines of these calls in Vigor's `nf.c`, its generated loop and its models."""
SMALLEST_PACKET = 14
PACKET_SIZE = 2048


def explore(nf: NetworkFunction) -> tuple[CallPath, ...]:
    """All paths of a network function, numbered in the order in which they are found: depth first."""
    algebra, feasibility = Algebra(), Feasibility()
    pending: list[tuple[Decision, ...]] = [()]
    found: list[CallPath] = []
    while pending:
        path = Path(algebra, feasibility, pending.pop())
        execute(nf, path)
        pending += path.alternatives
        found.append(path.finished(f"test{len(found) + 1:06d}.call_path", nf.variant))
    return tuple(found)


def execute(nf: NetworkFunction, path: Path) -> None:
    """Run `main` along one path."""
    try:
        run = Run(path, devices=nf.devices)
        run.memories = {state.name: Memory(path.allocate(8)) for state in nf.state}
        for state in nf.state:
            allocate(run, state)
        if nf.initialise is not None:
            nf.initialise(run)
        _loop(nf, run)
    except PathEndedError:
        return


def _loop(nf: NetworkFunction, run: Run) -> None:
    path = run.path
    run.now = _clock(run, "start_time", "starting_time")
    path.assume(run.now.not_negative())
    if not run.branch(path.symbol("loop_termination", 4).differs(0)):
        raise PathEndedError
    restarted = _invariant(nf, run)
    run.now = _clock(run, "current_time", "next_time")
    path.assume(restarted.signed_at_most(run.now))
    if _receive(run):
        _dispatch(run, nf.process(run))
    _invariant(nf, run)


def _clock(run: Run, function: str, symbol: str) -> Word:
    time = run.path.symbol(symbol, 8)
    run.path.call(function, result=time, line=CLOCK)
    return time


def _invariant(nf: NetworkFunction, run: Run) -> Word:
    """Prove the loop invariant and start from any state that has it; the time of that state."""
    state, config = _state_arguments(nf, run)
    core = by_value("lcore_id", run.number(0, 32))
    run.path.call("loop_invariant_consume", *state, *config, core, by_value("time", run.now), line=CONSUME)
    for each in nf.state:
        havoc(run, each)
    restarted = run.path.symbol("restarting_time", 8)
    run.path.assume(restarted.not_negative())
    core = pointer(run, "lcore_id", run.path.local(), run.number(0, 32), run.number(0, 32))
    time = pointer(run, "time", run.path.local(), restarted, restarted)
    run.path.call("loop_invariant_produce", *state, *config, core, time, line=PRODUCE)
    return restarted


def _state_arguments(nf: NetworkFunction, run: Run) -> tuple[list[Argument], list[Argument]]:
    state = []
    for each in nf.state:
        memory = run.memories[each.name]
        address = run.number(memory.address, 64)
        state.append(pointer(run, each.name, memory.variable, address, address))
    return state, [by_value(name, run.number(value, 32)) for name, value in nf.config.items()]


def _receive(run: Run) -> bool:
    """A packet of any length from any device, or none."""
    path = run.path
    device = path.array("VIGOR_DEVICE", 4)
    path.assume(Word(path.algebra, path.algebra.symbol(device, 0, 4)) < run.devices)
    run.input = Word(path.algebra, path.algebra.symbol(device, 0, 2))
    run.device = run.concrete_device(run.input)
    run.length = path.symbol("pkt_len", 4, used=2)
    data = path.symbol("data_len", 4, used=2)
    path.assume(data.extended(32).signed_at_most(run.length.extended(32)))
    path.assume(run.number(SMALLEST_PACKET, 64) <= data.extended(64))
    received = run.branch(path.symbol("received_a_packet", 4).differs(0))
    holder, size = path.allocate(32), path.allocate(72)
    run.packet = path.allocate(PACKET_SIZE)
    run.unread = run.length.extended(32)
    length = pointer(run, "len", size, run.unread, run.unread)
    path.call(
        "packet_receive",
        by_value("src_devices", run.number(run.device, 16)),
        pointer(run, "p", holder, after=run.number(run.packet, 64)),
        length,
        result=run.number(int(received), 1),
        line=RECEIVE,
    )
    if received:
        path.call("packet_state_total_length", untraced(run, "p", run.packet), length, line=LENGTH)
    return received


def _dispatch(run: Run, destination: Word | int | Verdict) -> None:
    """Send the packet where the network function says. To where it came from is nowhere."""
    if isinstance(destination, Word):
        drops = run.branch(destination.equals(run.device))
        destination = Verdict.DROP if drops else run.concrete_device(destination)
    return_chunks(run)
    packet = by_value("p", run.number(run.packet, 64))
    match destination:
        case Verdict.BROADCAST:
            source = by_value("src_device", run.number(run.device, 16))
            run.path.call("packet_broadcast", packet, source, line=SEND)
            return
        case Verdict.DROP:
            targets = []
        case Verdict.FLOOD:
            targets = list(range(run.devices))
        case _:
            targets = [destination]
    others = [device for device in targets if device != run.device]
    for device in others:
        target = by_value("dst_device", run.number(device, 16))
        run.path.call("packet_send", packet, target, line=SEND)
    if not others:
        run.path.call("packet_free", packet, line=FREE)
