"""One Problem, every route: the solver, its key space and its proof against brute force.

`examine` gives a label of what came out, or raises `DifferenceError` with what differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import numpy as np
from brute import Meaning, matter
from brute_conditions import Packets, holds
from brute_every import every_key
from brute_judge import agreed_size, broken, corresponding
from brute_keys import Keys
from brute_linear import independent
from brute_nic import default_queue, entries, hash_input, hashes
from differ_base import check, shown
from differ_engines import compare_count, compare_engine, compare_exports, compare_several

from rss_dsl.fields import WIDTHS, packet_classes
from rss_dsl.problem import Problem
from rss_solver.choice.tables import fill
from rss_solver.conflicts.conflict import Conflict
from rss_solver.diagnostics.support import component_errors, unsupported
from rss_solver.keyspace.groups import groups
from rss_solver.keyspace.space import Inconsistent
from rss_solver.keyspace.statement import state
from rss_solver.nic.steering import Landing
from rss_solver.packets.packet import Packet
from rss_solver.proof import Counterexample, Proof, verify
from rss_solver.solution import Solution
from rss_solver.solve import solve

FOREIGN = 3
"""Random keys judged, and keys sampled from every key space."""
EVERY = 3
"""Z3 alone is asked about every third case: it takes longer than all the rest."""


def examine(problem: Problem, seed: int) -> str:
    """`solved`, `conflict` or why it was refused."""
    random = Random(seed)
    refused = next(unsupported(problem), None)
    if refused is None:
        refused = next(component_errors(problem, state(problem)), None)
    if refused is not None:
        return f"refused: {refused.rule.code} {refused.message.split(',')[0][:60]}"
    meaning = Meaning(problem)
    mode = "hash" if problem.equality == "hash" else "index"
    keys = Keys(meaning, mode)
    count = every_key(meaning) if mode == "index" else None
    if count is not None:
        assert count == keys.free, "brute force and its equations disagree: a mistake in the tests"
    _compare_spaces(problem, meaning, keys, random)
    outcome = solve(problem)
    exists = keys.exist(random)
    check(
        exists is not isinstance(outcome, Conflict), f"some key exists: {exists}, the solver says {outcome}"
    )
    if seed % EVERY == 0:
        compare_engine(problem, keys, exists)
        compare_exports(problem, keys, exists, random)
    compare_count(problem, meaning)
    if isinstance(outcome, Conflict):
        return "conflict"
    _compare_solution(problem, meaning, keys, outcome.solution)
    compare_several(problem, meaning, outcome.solution)
    for _ in range(FOREIGN):
        foreign = _with_keys(outcome.solution, foreign_keys(keys, random))
        compare_verdict(problem, meaning, foreign, foreign=True)
    return "solved"


# --- key spaces --------------------------------------------------------------------------------------


def _compare_spaces(problem: Problem, meaning: Meaning, keys: Keys, random: Random) -> None:
    """The solver's key space is the exact set: as many keys, and generators of it are in the set."""
    found = groups(problem, state(problem))
    modes = ["hash"] if problem.equality == "hash" else ["index", "hash"]
    for mode in modes:
        exact = keys if mode == keys.mode else Keys(meaning, mode)
        spaces = [group.space(group.all(mode)) for group in found]
        empty = any(isinstance(space, Inconsistent) for space in spaces)
        check(
            empty is not exact.space.consistent,
            f"{mode}: any key at all: {exact.space.consistent}, solver: {not empty}",
        )
        if empty:
            continue
        free = sum(len(space.free_labels) for space in spaces)
        check(free == exact.free, f"{mode}: 2^{exact.free} keys, the solver has 2^{free}")
        for space_of_one in spaces:
            others = {i: key for space in spaces for i, key in space.keys(0).items()}
            chosen = [0, *(1 << label for label in space_of_one.free_labels)]
            for one in chosen:
                whole = others | dict(space_of_one.keys(one))
                check(exact.contains(whole), f"{mode}: the solver's key {shown(whole)} parts a tied pair")


# --- a solution --------------------------------------------------------------------------------------


def _compare_solution(problem: Problem, meaning: Meaning, keys: Keys, solution: Solution) -> None:
    given = {i: port.key for i, port in enumerate(solution.ports)}
    check(keys.contains(given), f"the solver's keys {shown(given)} part a tied pair")
    tables = [list(port.table) for port in solution.ports]
    for port, table, filled in zip(
        problem.ports, tables, fill(problem.ports, solution.components), strict=True
    ):
        fixed = not port.nic.table_settable.value
        check(not fixed or table == list(filled), f"{port.name} has a table that it cannot have")
        check(set(table) <= set(range(port.queues)), f"the table of {port.name} names other queues")
    whole = problem.equality == "hash"
    judged = broken(meaning, list(given.values()), tables, whole)
    check(not judged.bits, f"keys {shown(given)} part a tied pair")
    check(
        meaning.unhashed_ties or not judged.queue,
        f"keys {shown(given)} send a tied pair to different queues",
    )
    for i, port in enumerate(solution.ports):
        layouts = {layout.packet_class: layout for layout in problem.ports[i].live}
        sent = [name for name, layout in layouts.items() if len(meaning.live(i, layout))]
        check([spread.packet_class for spread in port.spread] == sent, f"{port.name} receives {sent}")
        for spread in port.spread:
            _compare_spread(problem, meaning, i, layouts[spread.packet_class], port.key, port.table, spread)
    compare_verdict(problem, meaning, solution)


def _compare_spread(problem, meaning, i, layout, key, table, spread) -> None:
    """Ranks and queues by enumeration; exact where what traffic can have is an affine set."""
    port = problem.ports[i]
    inputs = meaning.live(i, layout)
    if not corresponding(meaning, i):
        return
    value = hashes(layout, key, port.nic.hash_init.value)[inputs]
    entry = entries(value, len(table), port.nic.index.value)
    low = entries(value, meaning.smallest(i), port.nic.index.value)
    rank = len(independent([int(x ^ low[0]) for x in low]))
    where = f"{port.name} {layout.packet_class} under {key.hex()}"
    check(spread.rank == rank, f"rank of {where}: {rank}, the solver says {spread.rank}")
    check(port.queues == 1 or len(inputs) == 1 or rank > 0, f"rank of {where} is 0")
    queues = len({table[x] for x in entry})
    affine = 1 << len(independent([int(x ^ inputs[0]) for x in inputs])) == len(inputs)
    check(
        spread.queues == queues if affine else spread.queues >= queues,
        f"queues of {where}: {queues}, the solver says {spread.queues}",
    )


# --- verdicts ----------------------------------------------------------------------------------------


def compare_verdict(problem: Problem, meaning: Meaning, solution: Solution, foreign: bool = False) -> None:
    """The verdict is right.

    It may be left open where the index is not linear: of foreign keys, which can part hashes and no entries,
    and where an unhashed class is tied, which the solver refuses to solve for.
    """
    bent = not all(corresponding(meaning, i) for i in range(len(problem.ports)))
    may_give_up = bent and (foreign or meaning.unhashed_ties)
    keys = [port.key for port in solution.ports]
    judged = broken(meaning, keys, [port.table for port in solution.ports], problem.equality == "hash")
    verdict = verify(problem, solution)
    under = shown(dict(enumerate(keys)))
    match verdict:
        case Proof():
            check(not judged.queue and not judged.bits, f"proved, but {judged} under {under}")
        case Counterexample():
            check(judged.queue or judged.bits, f"{verdict}, but no pair is parted under {under}")
            _replay(problem, meaning, solution, verdict)
        case _:
            check(may_give_up, f"{verdict}, but {judged} under {under}")


def _replay(problem: Problem, meaning: Meaning, solution: Solution, found: Counterexample) -> None:
    """Both packets are of their classes, are tied, land where the verdict says, and are parted."""
    line = [r for r in problem.requirements if r.line == found.line]
    landings = found.first, found.second
    names = [port.name for port in problem.ports]
    ports = [names.index(landing.port) for landing in landings]
    packets = [_packets(landing.packet) for landing in landings]
    tied = [r for r in line if [r.first, r.second] == ports and bool(np.all(holds(r.condition, packets)))]
    check(bool(tied), f"the packets of {found} are not tied")
    for landing, i, packet in zip(landings, ports, packets, strict=True):
        _replay_one(problem, meaning, solution, landing, i, packet)
    a, b = landings
    differ = a.queue != b.queue
    if a.hash is not None and b.hash is not None:
        if problem.equality == "hash":
            differ |= a.hash != b.hash
        elif corresponding(meaning, ports[0]):
            sizes = (agreed_size(meaning, i) for i in ports)
            ways = (problem.ports[i].nic.index.value for i in ports)
            low = [entries(np.array(x.hash), n, way) for x, n, way in zip(landings, sizes, ways, strict=True)]
            differ |= bool(low[0] != low[1])
        else:
            differ |= a.entry != b.entry
    check(differ, f"{found} parts nothing")


def _replay_one(problem, meaning, solution, landing: Landing, i: int, packet: Packets) -> None:
    port, solved = problem.ports[i], solution.ports[i]
    layout = next(x for x in matter(port) if x.packet_class == packet.packet_class)
    kept = meaning.packets(i, layout, set(packet.values) & set(packet_classes()[packet.packet_class].names))
    mask = np.ones(len(next(iter(kept.values.values()))), dtype=bool)
    for name, column in kept.values.items():
        if name:
            mask &= column == packet.values[name]
    check(bool(mask.any()), f"{landing.packet} is no packet that {port.name} can receive")
    if not layout.fields:
        check(landing.queue == default_queue(port, solved.table), f"{landing} is not the default queue")
        return
    value = int(hashes(layout, solved.key, port.nic.hash_init.value)[int(hash_input(layout, packet)[0])])
    entry = int(entries(np.array(value), len(solved.table), port.nic.index.value))
    where = value, entry, solved.table[entry]
    check((landing.hash, landing.entry, landing.queue) == where, f"{landing} should be {where}")


def _packets(packet: Packet) -> Packets:
    """A concrete packet as an array of one, in all its fields."""
    kind = packet_classes()[packet.packet_class]
    values = {name: np.array([packet.value(name)]) for name in set(kind.names.values())}
    check(all(int(v[0]) >> WIDTHS[name] == 0 for name, v in values.items()), f"{packet} has fields too wide")
    return Packets(packet.packet_class, values)


# --- keys --------------------------------------------------------------------------------------------


def foreign_keys(keys: Keys, random: Random) -> list[bytes]:
    """Keys of the set, keys one bit beside it, or any."""
    match random.choice(("any", "beside", "of the set")):
        case "any":
            return [random.randbytes(port.key_bits // 8) for port in keys.ports]
        case "beside":
            return list(keys.beside(random).values())
        case _:
            return list(keys.sampled(random).values())


def _with_keys(solution: Solution, keys: Sequence[bytes]) -> Solution:
    ports = tuple(replace(port, key=key) for port, key in zip(solution.ports, keys, strict=True))
    return replace(solution, ports=ports)
