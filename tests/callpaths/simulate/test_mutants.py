"""Specs that are a little too weak, and keys that are a little off: the proof from the paths refutes each.

Its two packets are run concretely: on one core they address one cell, and the reference hash sends them to
different cores. What is not refuted leaves the same keys as the right spec (what was taken away follows from
the rest, or says nothing about what is hashed), or parts table entries that hold the same queue.
"""

from random import Random

import pytest
from inferring import SPECS, freedom, inferred, problem_of

from generate.catalogue import descriptions
from generate.describe import Sharded
from rss_callpaths.accesses.analyse import analyse
from rss_callpaths.files.reader import read
from rss_callpaths.library.file import vigor
from rss_callpaths.prove.prove import prove
from rss_callpaths.prove.verdict import Proved, Refuted
from rss_callpaths.terms import Pool
from rss_solver.nic.steering import land
from rss_solver.proof import Counterexample, verify
from rss_solver.solve import Solved, solve

from .frames import PORTED, Header
from .models import Chain, Map, Sketch, Vector
from .mutants import mutants, spoiled
from .subjects import imported, seeded
from .traffic import START

SHARDED = sorted((nf for nf in descriptions() if isinstance(nf.expected, Sharded)), key=lambda nf: nf.name)
STATEFUL = [nf.name for nf in SHARDED if nf.expected.requirements]
STEERED_ANYHOW = [nf.name for nf in SHARDED if not nf.expected.requirements]
ONLY = {
    "symmetric": ("dropped", "entry"),
    "dual-stack": ("dropped", "key bit", "entry"),
    "masked-key": ("dropped", "key bit", "entry"),
    "nat-marks": ("dropped", "key bit", "entry"),
}
"""Some of the mutants, where the others take seconds each, or `hash auto` hashes other fields for them."""
TAGGED = {"vlan-hosts"}
"""Counts tagged packets only."""


def accesses(folder):
    pool = Pool()
    return analyse(read([folder], pool)[0], vigor(), pool), pool


def made(name, how):
    return any(each in how for each in ONLY.get(name, ("",)))


def weak(name):
    """(how, solution, what differs): keys and tables that break the spec by the proof from the spec."""
    problem, solution = imported(SPECS / name)
    for mutant in mutants(inferred(SPECS / name)[1].text):
        if made(name, mutant.how):
            stated = problem_of(mutant.text)
            solved = solve(stated)
            assert isinstance(solved, Solved)
            found = verify(problem, solved.solution)
            if isinstance(found, Counterexample):
                yield mutant.how, solved.solution, found.parted
            else:
                assert freedom(stated, "index") == freedom(problem, "index"), mutant.how
    for how, changed in spoiled(problem, solution, Random(7)):
        found = verify(problem, changed)
        if isinstance(found, Counterexample) and made(name, how):
            yield how, changed, found.parted


@pytest.mark.parametrize("name", STATEFUL)
def test_mutants_are_refuted_by_packets_of_one_cell(name):
    problem, solution = imported(SPECS / name)
    paths, pool = accesses(SPECS / name)
    assert isinstance(prove(paths, problem, solution, pool), Proved)
    for how, wrong, parted in weak(name):
        found = prove(paths, problem, wrong, pool)
        if isinstance(found, Refuted):
            replay(name, problem, wrong, found)
        else:
            assert parted == "entry" and isinstance(found, Proved), how


@pytest.mark.parametrize("name", STEERED_ANYHOW)
def test_what_needs_no_steering_is_proved(name):
    paths, pool = accesses(SPECS / name)
    assert isinstance(prove(paths, *imported(SPECS / name), pool), Proved)


def replay(name, problem, solution, found):
    """The packets of a refutation part, and share a cell of something that packets change."""
    sides = []
    for party in (found.first, found.second):
        at = next(n for n, port in enumerate(problem.ports) if port.name == party.landing.port)
        assert land(party.landing.packet, problem.ports[at], solution.ports[at]) == party.landing
        sides.append((problem.ports[at].device, party.landing.packet))
    assert found.first.landing.queue != found.second.landing.queue
    if all(packet.packet_class.startswith("ipv4-") for _, packet in sides):
        headers = [(device, header_of(packet, name in TAGGED)) for device, packet in sides]
        assert shared(name, headers) or shared(name, headers[::-1])


def header_of(packet, tagged):
    """Any frame of a packet's class with its fields. What its class lacks is the same in all of them."""
    kind = packet.packet_class.removeprefix("ipv4-")
    protocol = {"frag": "udp", "other": "icmp"}.get(kind, kind)
    ports = [packet.value(f"{kind}_{end}") for end in ("src", "dst")] if kind in PORTED else [1024, 1024]
    ends = packet.value("ipv4_src"), packet.value("ipv4_dst")
    return Header(
        protocol, *ends, *ports, fragment=185 if kind == "frag" else None, vlan=5 if tagged else None
    )


def shared(name, packets):
    """The cells that two packets reach, one after the other."""
    found = seeded(SPECS / name)
    core = found.core()
    reached = []
    for at, (device, header) in enumerate(packets):
        for model in core.objects.values():
            if isinstance(model, Chain) and not at:
                model.next = max(0, packets[1][1].destination_port - 1024)
            elif isinstance(model, Map | Sketch | Vector):
                model.touched.clear()
        found.process(core, START + at, device, header.frame())
        reached.append(
            {
                (address, cell)
                for address, model in core.objects.items()
                if isinstance(model, Map | Sketch | Vector)
                for cell in model.touched
            }
        )
    return reached[0] & reached[1]
