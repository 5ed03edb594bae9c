"""One core against sixteen that share nothing, run concretely from the call paths.

Under the keys of the imported spec nothing differs; under keys that break it something does. Neither
inference nor proof has a part in what runs: paths are followed call by call on Python's own tables.
"""

from dataclasses import replace
from random import Random

import pytest
from inferring import SPECS, inferred, ports_of, problem_of, solution_of, with_requirements
from published import origin, with_published

from generate.catalogue import descriptions
from generate.describe import Refused, Sharded
from rss_solver.proof import Proof, verify

from .compare import steering
from .frames import Header
from .machine import machine
from .models import Chain
from .subjects import imported, left_out, parted, seeded
from .traffic import HOSTS, PORTS, SECOND, START, Event, Mix, draw

DESCRIBED = {nf.name: nf for nf in descriptions()}
SHARDED = sorted(name for name, nf in DESCRIBED.items() if isinstance(nf.expected, Sharded))
DENSE = Mix(
    hosts=HOSTS[:3],
    ports=PORTS[2:4],
    protocols=("tcp", "tcp", "tcp", "udp"),
    gaps=(0, SECOND, 40 * SECOND),
    weights=(8, 4, 1),
)


def mixes(name, seed, count):
    """Two kinds of traffic: many odd packets, and few flows that often meet."""
    nf = DESCRIBED[name]
    wide = Mix(devices=nf.devices, options=name == "nat-options")
    dense = Mix(**{each: getattr(DENSE, each) for each in DENSE.__slots__} | {"devices": nf.devices})
    return [draw(Random(seed), wide, count), draw(Random(seed), dense, count)]


@pytest.mark.parametrize("folder", with_published(SHARDED), ids=origin)
def test_sixteen_cores_are_as_one(folder):
    for events in mixes(folder.name, 1, 80):
        assert parted(folder, *imported(folder), events) is None


def breaks(name, solution):
    return not isinstance(verify(imported(SPECS / name)[0], solution), Proof)


@pytest.mark.parametrize("name", [n for n in SHARDED if DESCRIBED[n].expected.requirements])
def test_keys_of_no_requirement_show(name):
    problem = problem_of(ports_of(inferred(SPECS / name)[1].text))
    solution = solution_of(ports_of(inferred(SPECS / name)[1].text))
    found = [parted(SPECS / name, problem, solution, events) for events in mixes(name, 2, 120)]
    assert any(found) == breaks(name, solution)


def test_whole_flows_meet_under_any_keys():
    """The only spec here that requires something and is satisfied by all keys."""
    solution = solution_of(ports_of(inferred(SPECS / "nat-options")[1].text))
    assert not breaks("nat-options", solution)


SOURCE, DESTINATION = "P0.ipv4_src == P0'.ipv4_src", "P0.ipv4_dst == P0'.ipv4_dst"
PUBLISHED = {
    "hhh": ("P0.ipv4_src[0:24] == P0'.ipv4_src[0:24]",),
    "symmetric": (
        f"{SOURCE} && {DESTINATION} && P0.ipv4_src == P0'.ipv4_dst && P0.ipv4_dst == P0'.ipv4_src",
    ),
    "two-maps": (f"{SOURCE} && {DESTINATION}",),
    "two-way-policer": (SOURCE,),
    "masked-key": ("P0.ipv4_src[0:8] == P0'.ipv4_src[0:8]",),
    "single-path": (),
    "erase-only": (),
    "expire-only": (),
}
"""What the published tool requires (`test_infer_published` has the rules that it follows)."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_keys_of_published_constraints_show(name):
    text = with_requirements(ports_of(inferred(SPECS / name)[1].text), PUBLISHED[name])
    problem, solution = problem_of(text), solution_of(text)
    assert any(parted(SPECS / name, problem, solution, events) for events in mixes(name, 3, 150))


PLAIN = "".join(
    f"port P{n} {{ device {n}  nic intel-x710  hash ipv4-tcp, ipv4-udp  queues 16 }}\n" for n in range(3)
)
REMOTE = ("P0.ipv4_dst == P1.ipv4_src && P0.l4_dst == P1.l4_src",)
BY_SOURCE = (SOURCE, SOURCE.replace("P0", "P1"), "P0.ipv4_src == P1.ipv4_src")
UNSHARDABLE = {
    "every-100th": (),
    "mixed-cells": BY_SOURCE,
    "groups": BY_SOURCE,
    "foreign-index": (SOURCE, "P1.ipv4_dst == P1'.ipv4_dst"),
    "scanned-vector": BY_SOURCE,
    "stored-index": (),
    "mac-and-ip": BY_SOURCE,
    "gallium-nat": REMOTE,
    "bridge": (),
    "lb": (),
    "bypass-rewrites": REMOTE,
    "bypass-two-vectors": REMOTE,
}
"""The best that one could hope to require of what is refused."""


@pytest.mark.parametrize("name", UNSHARDABLE)
def test_what_is_refused_shows(name):
    assert isinstance(DESCRIBED[name].expected, Refused)
    text = with_requirements(PLAIN, UNSHARDABLE[name])
    problem, solution = problem_of(text), solution_of(text)
    assert any(parted(SPECS / name, problem, solution, events) for events in mixes(name, 4, 300))


@pytest.mark.parametrize(("name", "shows"), [("nat", False), ("nat-rejuvenates-first", True)])
def test_a_forgery_that_keeps_a_flow_alive_shows(name, shows):
    """The flow would have ended; somebody else's packet, on another core, makes it young before the check."""
    text = with_requirements(PLAIN, REMOTE)
    problem, solution = problem_of(text), solution_of(text)
    core = steering(problem, solution)
    packet = Header("tcp", HOSTS[0], HOSTS[1], 80, 443)
    elsewhere = next(
        port for port in PORTS if core(1, replace(packet.reversed(), source_port=port)) != core(0, packet)
    )
    flow = Event(START, 0, packet)
    forged = Event(START + 70 * SECOND, 0, None, 0, (("source_port", elsewhere),))
    late = Event(START + 140 * SECOND, 0, None, 0)
    found = parted(SPECS / name, problem, solution, [flow, forged, late])
    assert bool(found) == shows


@pytest.mark.parametrize(
    "name", sorted(name for name in ("fw", "nat", "listing-3-1", "two-maps", "masked-key"))
)
def test_packets_that_a_finding_names_do_part_what_must_meet(name):
    """RSS427: they reach state and are steered elsewhere; without them the same keys are right."""
    folder = SPECS / name
    assert left_out(folder)
    wide = Mix(hosts=HOSTS[:2], ports=PORTS[:2])
    events = draw(Random(5), wide, 400)
    assert parted(folder, *imported(folder), events) is None
    assert parted(folder, *imported(folder), events, all_classes=True) is not None


def run(name, *packets):
    """What becomes of (device, header), one second apart on one core: devices it is sent to, and the core."""
    found = seeded(SPECS / name)
    core = found.core()
    outcomes = [
        found.process(core, START + at * SECOND, device, header.frame())
        for at, (device, header) in enumerate(packets)
    ]
    return [[device for device, _ in each.sent] for each in outcomes], core


def test_the_simulated_firewall_lets_answers_in():
    out = Header("udp", HOSTS[0], HOSTS[1], 1024, 53)
    other = Header("udp", HOSTS[2], HOSTS[0], 53, 1024)
    icmp = Header("icmp", HOSTS[0], HOSTS[1])
    sent, core = run("fw", (1, out.reversed()), (0, out), (1, out.reversed()), (1, other), (0, icmp))
    assert sent == [[], [1], [0], [], []]
    (chain,) = [each for each in core.objects.values() if isinstance(each, Chain)]
    assert chain.taken == {0: START + 2 * SECOND}


def test_the_simulated_static_bridge_floods_what_it_does_not_know():
    known = Header("arp", mac_destination=0x020000000002)
    unknown = Header("arp", mac_destination=0x0A0000010000)
    assert run("sbridge", (0, known), (0, unknown))[0] == [[1], [1]]
    assert run("sbridge", (1, known), (1, unknown))[0] == [[], [0]]


@pytest.mark.parametrize("name", ["cl", "psd", "fw", "nat", "hhh", "symmetric", "two-maps"])
def test_traffic_takes_most_ways(name):
    """All but those of full tables, of packets that are cut short, and those that need an earlier answer."""
    found = machine(SPECS / name)
    core, taken = found.core(), set()
    for events in mixes(name, 6, 80):
        for event in events:
            if event.header is not None:
                taken.add(
                    found.process(
                        core, event.time + 10**15 * len(taken), event.device, event.header.frame()
                    ).path
                )
    assert len(taken) >= 6


def test_findings_name_every_kind_of_packet_that_is_left_out():
    """Fragments with and without options have keys of the same shape; only one of them was named."""
    (finding,) = inferred(SPECS / "nat-options")[1].findings
    assert "`ipv4-frag`, `ipv4-frag+options` packets on P0" in finding.message
