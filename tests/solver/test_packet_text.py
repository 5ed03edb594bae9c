"""Packets as text: what is written is read back, tunnels included, and what is wrong is said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rss_dsl.diagnostics import RssError
from rss_dsl.fields import INNER, TUNNELS, packet_classes, width
from rss_dsl.nics import find
from rss_dsl.problem import HashInput, Port
from rss_solver.nic.steering import land
from rss_solver.packets.packet import Packet
from rss_solver.packets.text import TUNNEL_EXAMPLE, parse_packet
from rss_solver.solution import PortSolution
from rss_solver.toeplitz import toeplitz


@st.composite
def packets(draw: st.DrawFn) -> Packet:
    """A packet with any value in some of its fields, and in all that its text always shows."""
    kind = packet_classes()[draw(st.sampled_from(list(packet_classes())))]
    names = sorted(set(kind.names.values()) - kind.fixed.keys())
    fields = {}
    for name in names:
        always = name.endswith(("_src", "_dst")) and "mac" not in name and name not in kind.unknown
        always = always or (kind.name == "l2" and "mac" in name)
        if always or draw(st.booleans()):
            fields[name] = draw(st.integers(0, (1 << width(name)) - 1))
    return Packet(kind.name, fields)


@given(packets())
def test_text_reads_back(packet: Packet) -> None:
    again = parse_packet(str(packet))
    assert again.packet_class == packet.packet_class
    kind = packet_classes()[packet.packet_class]
    assert all(again.value(name) == packet.value(name) for name in kind.names.values())
    assert str(again) == str(packet)


def test_the_inner_packet_has_its_own_names() -> None:
    text = "gtpu-ipv4-tcp 192.0.2.1:2152 > 192.0.2.2:2152 gtpu_teid=7 inner 10.0.0.1:1024 > 10.0.0.2:443"
    packet = parse_packet(text)
    assert str(packet) == text
    assert (packet.value("ipv4_src"), packet.value("inner.ipv4_src")) == (0xC0000201, 0x0A000001)
    assert (packet.value("gtpu_teid"), packet.value("inner.tcp_dst")) == (7, 443)
    assert (packet.value("ip_proto"), packet.value("inner.ip_proto")) == (17, 6)


@pytest.mark.parametrize("tunnel", TUNNELS)
def test_the_outer_ends_may_be_left_out(tunnel: str) -> None:
    packet = parse_packet(f"{tunnel}-ipv6-udp vlan=3 inner [2001:db8::1]:1 > [2001:db8::2]:2")
    assert packet.value("vlan") == 3
    assert packet.value("ipv4_src") == 0
    assert packet.value("inner.udp_dst") == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("vxlan-ipv4-tcp 10.0.0.1 > 10.0.0.2", "inner packet of `vxlan-ipv4-tcp` is missing"),
        ("vxlan-ipv4-tcp inner", "expected `SOURCE > DESTINATION` after `inner`"),
        ("vxlan-ipv4-tcp inner 10.0.0.1 > 10.0.0.2", "source port is missing"),
        ("vxlan-ipv4-tcp 10.0.0.1 inner 10.0.0.1:1 > 10.0.0.2:2", "after the class"),
        ("vxlan-ipv4-tcp inner 10.0.0.1:1 > 10.0.0.2:2 vxlan_vni=1", "no field `vxlan_vni`"),
        ("ipip-ipv4-other 1.2.3.4:5 > 5.6.7.8 inner 10.0.0.1 > 10.0.0.2", "have no ports"),
        ("gre-ipv4-other inner 10.0.0.1 > 10.0.0.2 vlan=1", "no field `vlan`"),
        ("ipv4-tcp 10.0.0.1:1 > 10.0.0.2:2 inner 1.2.3.4:5 > 5.6.7.8:9", "after the class"),
        ("vxlan-l2 inner a > b", "no packet class"),
    ],
)
def test_what_is_wrong_is_said(text: str, message: str) -> None:
    with pytest.raises(RssError) as caught:
        parse_packet(text)
    assert message in caught.value.diagnostics[0].message


def test_a_tunnel_that_the_port_does_not_look_into_is_its_outer_packet() -> None:
    nic = find("generic")
    assert nic is not None
    outer = HashInput("ipv4-udp", ("ipv4_src", "udp_src"))
    within = HashInput("vxlan-ipv4-tcp", ("inner.ipv4_src",))
    key = bytes(range(1, 41))
    solved = PortSolution(
        name="A", device=0, nic="generic", key=key, queues=4, table=tuple(i % 4 for i in range(128)),
        equality="hash", inputs=(outer,), spread=(),
    )  # fmt: skip
    port = Port(name="A", device=0, nic=nic, queues=4, table_size=128, inputs=(outer,), switches=())
    packet = parse_packet("vxlan-ipv4-tcp 192.0.2.1:4660 > 192.0.2.2:4789 inner 10.0.0.1:1 > 10.0.0.2:2")
    assert land(packet, port, solved).hash == toeplitz(key, 0xC00002011234, 48)
    both = replace(port, inputs=(outer, within))
    assert land(packet, both, replace(solved, inputs=both.inputs)).hash == toeplitz(key, 0x0A000001, 32)


def test_the_example_is_one() -> None:
    assert INNER + "tcp_dst" in parse_packet(TUNNEL_EXAMPLE).fields
