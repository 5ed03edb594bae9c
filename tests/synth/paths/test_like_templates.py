"""What is made of call paths does what the hand-written template of the same function does.

Where they differ, a test says so: call paths have the configuration of their run, rewrite MAC addresses
and know neither VLAN tags nor options.
"""

import struct
from dataclasses import replace

import pytest
from nfspec import QUICK, Frame, built, replay

SECOND = 10**9
WAYS = (
    (),
    ("--strategy", "shared-nothing", "--cores", "4"),
    ("--strategy", "locks", "--cores", "4"),
    ("--strategy", "tm", "--cores", "4"),
)
PORTS = "".join(
    f"port {name} {{ device {device}  nic intel-x710  hash ipv4-tcp, ipv4-udp  queues 4"
    "  traffic ipv4-tcp, ipv4-udp }\n"
    for device, name in enumerate(("LAN", "WAN"))
)
FIREWALL = f"""import "std/flows.rss"
{PORTS}
require session: reversed(LAN, WAN)
nf firewall {{ lan LAN  wan WAN  expiry 100s }}
"""
NAT = f"""{PORTS}
require remote: LAN.ipv4_dst == WAN.ipv4_src && LAN.l4_dst == WAN.l4_src
nf nat {{ lan LAN  wan WAN  external 192.168.4.1  expiry 100s }}
"""
MACS = {"forward LAN": bytes.fromhex("012345678900"), "forward WAN": bytes.fromhex("012345678901")}
"""What the firewall of the symbolic run writes over destinations; sources become zero."""


@pytest.fixture(scope="module")
def firewalls(lab, from_paths, tmp_path_factory):
    return from_paths("fw", "--queues", "4"), built(lab, tmp_path_factory.mktemp("firewall"), FIREWALL, QUICK)


@pytest.fixture(scope="module")
def nats(lab, from_paths, tmp_path_factory):
    return from_paths("nat", "--queues", "4"), built(lab, tmp_path_factory.mktemp("template"), NAT, QUICK)


def is_plain(event):
    return isinstance(event.packet, bytes) or not (event.packet.tags or event.packet.options)


def frames_of(events):
    """With pauses around 100 s instead of 60, at times of their own."""
    start, last, frames = events[0].time, -1, []
    for event in events:
        last = max(last + 1, (event.time - start) * 5 // 3)
        frames.append(Frame(start + last, event.port, event.wire))
    return frames


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way[1] if way else "sequential")
def test_firewall(lab, firewalls, tmp_path, way):
    events = [event for event in lab.traffic(11, 900) if is_plain(event)]
    frames = frames_of(events)
    made = replay(firewalls[0], tmp_path / "paths", frames, *way)
    template = replay(firewalls[1], tmp_path / "template", frames)
    assert made.verdicts == template.verdicts
    assert {"drop", "forward LAN", "forward WAN"} == set(made.verdicts)
    for verdict, found, expected in zip(made.verdicts, made.packets, template.packets, strict=True):
        assert found == (MACS[verdict] + bytes(6) + expected[12:] if expected else b"")


def test_firewall_of_paths_drops_what_they_do_not_know(lab, firewalls, tmp_path):
    events = [event for event in lab.traffic(12, 300) if not is_plain(event)]
    frames = frames_of(events)
    made = replay(firewalls[0], tmp_path / "paths", frames)
    template = replay(firewalls[1], tmp_path / "template", frames)
    assert set(made.verdicts) == {"drop"}
    assert "forward WAN" in template.verdicts


# --- translation ----------------------------------------------------------------------------------------


def answers(sent, start):
    """Answers to what left by WAN; every third from somebody else, every fifth after its flow has gone."""
    frames = []
    for number, data in enumerate(each for each in sent if each):
        ends = data[30:34] + data[26:30] + data[36:38] + data[34:36]
        stranger = bytes([ends[0] ^ (number % 3 == 2)]) + ends[1:]
        answer = data[:26] + stranger + data[38:]
        late = 101 * SECOND if number % 5 == 4 else SECOND
        frames.append(Frame(start + late + number, "WAN", answer))
    return frames


def named(data):
    """A packet without its source port and what checksums say of it."""
    protocol = data[23]
    at = 34 + (16 if protocol == 6 else 6)
    return data[:34] + data[36:at] + data[at + 2 :]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way[1] if way else "sequential")
def test_nat(lab, nats, tmp_path, way):
    events = [e for e in lab.traffic(13, 900) if e.port == "LAN" and is_plain(e)]
    events = [e for e in events if isinstance(e.packet, bytes) or e.packet.keep is None]
    events = [replace(event, time=events[0].time + number) for number, event in enumerate(events)]
    opened = frames_of(events)
    runs = []
    for number, nat in enumerate(nats):
        arguments = () if number else way
        sent = replay(nat, tmp_path / f"{number}-lan", opened, *arguments)
        replies = answers(sent.packets, opened[-1].time)
        runs.append(replay(nat, tmp_path / f"{number}-both", opened + replies, *arguments))
    made, template = runs
    assert made.verdicts == template.verdicts
    assert {"drop", "forward LAN", "forward WAN"} == set(made.verdicts)
    names = set()
    for verdict, found, expected in zip(made.verdicts, made.packets, template.packets, strict=True):
        if verdict == "forward WAN":
            assert named(found) == named(expected)
            names.add((found[23], found[30:34], found[36:38], found[34:36], expected[34:36]))
        else:
            assert found == expected
    for side in (3, 4):
        assert len({(*name[:3], name[side]) for name in names}) == len(names), "a name for each flow"


def test_a_port_of_nobody_is_dropped(nats, lab, tmp_path):
    """Indices that the packet computes need not be in range."""
    packet = lab.Packet("93.0.0.1", "192.168.4.1", 80, 0)
    frames = [
        Frame(number + 1, "WAN", replace(packet, dport=port).wire)
        for number, port in enumerate((0, 1, 1023, 1024, 65535))
    ]
    assert set(replay(nats[0], tmp_path, frames).verdicts) == {"drop"}
    assert struct.unpack(">H", frames[-1].data[36:38]) == (65535,)


# --- policer --------------------------------------------------------------------------------------------

RATE, BURST = 10**9, 10**10
"""Of the symbolic run: a byte for each nanosecond, so that nothing is rounded."""
POLICER = f"""{PORTS}
require user: WAN.ipv4_dst == WAN'.ipv4_dst
nf policer {{ lan LAN  wan WAN  rate {RATE}  burst {BURST}  expiry {BURST // RATE}s }}
"""


@pytest.fixture(scope="module")
def policers(lab, from_paths, tmp_path_factory):
    ports = ("--port", "0=WAN", "--port", "1=LAN")
    made = from_paths("pol", "--queues", "4", ports=ports)
    return made, built(lab, tmp_path_factory.mktemp("policer"), POLICER, QUICK)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way[1] if way else "sequential")
def test_policer(lab, policers, tmp_path, way):
    """A bucket of ten billion bytes is never empty: what passes is the same, users without an answer too."""
    events = [e for e in lab.traffic(14, 600) if is_plain(e) and not isinstance(e.packet, bytes)]
    events = [e for e in events if e.packet.keep is None and e.packet.kind in ("ipv4-tcp", "ipv4-udp")]
    frames = frames_of(events)
    made = replay(policers[0], tmp_path / "paths", frames, *way)
    template = replay(policers[1], tmp_path / "template", frames)
    assert (made.verdicts, made.packets) == (template.verdicts, template.packets)
    assert {"forward LAN", "forward WAN"} <= set(made.verdicts)
