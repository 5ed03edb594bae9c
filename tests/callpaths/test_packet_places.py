"""Which field a packet byte is of, compared with frames put together with struct."""

from __future__ import annotations

import struct
from dataclasses import replace

from handmade_paths import SLOT, Hand
from hypothesis import given
from hypothesis import strategies as st

from rss_callpaths.packet.layers import Format, in_frame, in_layer4
from rss_callpaths.terms import Op
from rss_dsl import codes
from rss_dsl.fields import packet_classes, width

CLASSES = [name for name, one in packet_classes().items() if one.tunnel is None]
NUMBERS = {"tcp": 6, "udp": 17, "sctp": 132, "esp": 50, "other": 1, "frag": 17}


@st.composite
def frames(draw):
    """(format, frame, offset of layer 4, field values)"""
    packet_class = packet_classes()[draw(st.sampled_from(CLASSES))]
    fields = {name: draw(st.integers(0, 2 ** width(name) - 1)) for name in set(packet_class.names.values())}
    fields |= packet_class.fixed
    version, l4 = packet_class.version, packet_class.name.split("-")[-1]
    if version is None:
        fields["ether_type"] = 0x0806
    elif "ip_proto" not in packet_class.fixed:
        fields["ip_proto"] = 44 if packet_class.name == "ipv6-frag" else NUMBERS[l4]
    vlan = draw(st.booleans())
    options = draw(st.integers(0, 10)) if version == "ipv4" else 0
    tag = struct.pack(">HH", 0x8100, draw(st.integers(0, 15)) << 12 | fields["vlan"]) if vlan else b""
    addresses = fields["mac_dst"].to_bytes(6) + fields["mac_src"].to_bytes(6)
    head = addresses + tag + struct.pack(">H", fields["ether_type"])
    if version == "ipv4":
        ends = struct.pack(">II", fields["ipv4_src"], fields["ipv4_dst"])
        flags = 0x2000 if l4 == "frag" else 0
        first = struct.pack(">BBHHHBBH", 0x45 + options, 0, 1000, 7, flags, 64, fields["ip_proto"], 0xABCD)
        head += first + ends + bytes(4 * options)
    elif version == "ipv6":
        head += struct.pack(">IHBB", 6 << 28, 500, fields["ip_proto"], 64)
        head += fields["ipv6_src"].to_bytes(16) + fields["ipv6_dst"].to_bytes(16)
    match l4:
        case "tcp" | "udp":
            payload = struct.pack(">HHI", fields[f"{l4}_src"], fields[f"{l4}_dst"], 1)
        case "sctp":
            payload = struct.pack(">HHI", fields["sctp_src"], fields["sctp_dst"], fields["sctp_vtag"])
        case "esp":
            payload = struct.pack(">II", fields["esp_spi"], 9)
        case _:
            payload = bytes(8)
    return Format(packet_class.name, vlan, options > 0), head + payload, len(head), fields


def covered(place, byte, fields):
    """Checks a place against the byte there; the field bits that it covers."""
    bits = width(place.field)
    shift = bits - place.first - place.width
    assert shift >= 0
    assert fields[place.field] >> shift & (1 << place.width) - 1 == byte & (1 << place.width) - 1
    return {(place.field, bit) for bit in range(place.first, place.first + place.width)}


@given(frames())
def test_places_say_which_field_bits_a_byte_has(frame):
    format_, data, layer4, fields = frame
    seen = set()
    for at, byte in enumerate(data):
        place = in_frame(format_, at)
        if place.field is not None:
            seen |= covered(place, byte, fields)
        if format_.options and at >= format_.layer3 + 20:
            assert place.field is None
            if at >= layer4:
                beyond = in_layer4(format_, at - layer4)
                if beyond.field is not None:
                    seen |= covered(beyond, byte, fields)
    expected = set(fields) - packet_classes()[format_.packet_class].unknown
    expected -= set() if format_.vlan else {"vlan"}
    assert seen == {(name, bit) for name in expected for bit in range(width(name))}


@given(frames())
def test_a_path_that_checks_nothing_is_open_to_every_frame(frame):
    """The reading of a frame's class is there, holds for the frame, and places its bytes as struct did."""
    format_, data, _, fields = frame
    hand = Hand()
    read = [hand.borrow(0, 14), hand.borrow(1, 20), hand.borrow(2, 20)]
    facts = [hand.eq(hand.bytes(at, 1), data[at]) for at in range(14)]
    facts += [hand.eq(hand.bytes(SLOT + at, 1), byte) for at, byte in enumerate(data[14:34])]
    found = hand.analyse([hand.receive(), *read, hand.send(1)], facts)
    names = {reading.name for reading in found.paths[0].readings}
    assert name_of(format_) in names
    if not format_.vlan:
        assert len(names) == 1
        places = found.paths[0].readings[0].places
        for at in range(34):
            index = at if at < 14 else SLOT + at - 14
            if places[index].field is not None:
                covered(places[index], data[at], fields)


def name_of(one):
    return "vlan+" * one.vlan + one.packet_class + "+options" * one.options


def test_options_that_are_skipped_leave_layer_4_where_it_is():
    hand = Hand()
    words = hand.pool.apply(Op.AND, 8, (hand.const(15, 8), hand.bytes(SLOT, 1)))
    length = hand.pool.apply(Op.MUL, 32, (hand.const(4), hand.pool.apply(Op.ZEXT, 32, (words,))))
    skipped = hand.pool.apply(Op.ADD, 32, (hand.const(-20), length))
    longer = hand.pool.apply(Op.ULT, 1, (hand.const(5, 8), words))
    read = [hand.borrow(0, 14), hand.borrow(1, 20), hand.borrow(2, 1, asked=skipped), hand.borrow(3, 4)]
    found = hand.analyse([hand.receive(), *read, hand.send(1)], [*hand.is_ipv4(17), longer])
    readings = {reading.name: reading for reading in found.paths[0].readings}
    assert set(readings) == {"ipv4-udp+options", "ipv4-frag+options"}
    places = readings["ipv4-udp+options"].places
    assert places[3 * SLOT].field == "udp_src" and places[3 * SLOT + 2].field == "udp_dst"
    assert (places[2 * SLOT].layer, places[2 * SLOT].offset, places[2 * SLOT].field) == (3, 20, None)


def test_options_that_are_not_skipped_are_no_ports():
    hand = Hand()
    found = hand.analyse([hand.receive(), *hand.ipv4_chunks(), hand.send(1)], hand.is_ipv4(6))
    readings = {reading.name: reading for reading in found.paths[0].readings}
    assert readings["ipv4-tcp"].places[2 * SLOT].field == "tcp_src"
    assert readings["ipv4-tcp+options"].places[2 * SLOT].field is None
    assert readings["ipv4-frag"].places[2 * SLOT].field is None


def test_chunks_that_do_not_follow_headers_are_placed_by_offset():
    """One chunk of Ethernet and half of IPv4, one of the rest and the ports."""
    hand = Hand()
    facts = [hand.eq(hand.bytes(12, 2), 0x0008), hand.eq(hand.bytes(23, 1), 6)]
    found = hand.analyse([hand.receive(), hand.borrow(0, 30), hand.borrow(1, 8)], facts)
    places = {reading.name: reading for reading in found.paths[0].readings}["ipv4-tcp"].places
    assert (places[26].field, places[26].first) == ("ipv4_src", 0)
    assert (places[SLOT].field, places[SLOT].first) == ("ipv4_dst", 0)
    assert (places[SLOT + 4].field, places[SLOT + 7].field) == ("tcp_src", "tcp_dst")


def test_bytes_after_a_chunk_of_unknown_length_are_nowhere():
    hand = Hand()
    asked = hand.symbol("length")
    found = hand.analyse([hand.receive(), hand.borrow(0, 14, asked=asked), hand.borrow(1, 20)], [])
    assert all(set(reading.places) == set(range(14)) for reading in found.paths[0].readings)


def test_bytes_after_a_chunk_whose_length_was_not_traced_are_nowhere():
    hand = Hand()
    tag = hand.borrow(1, 4)
    tag = replace(tag, arguments=tuple(each for each in tag.arguments if each.name != "length"))
    done = hand.analyse([hand.receive(), hand.borrow(0, 14), tag, hand.borrow(2, 20)], hand.is_ipv4())
    for reading in done.paths[0].readings:
        assert reading.places[0].field == "mac_dst"
        assert all(byte < 2 * SLOT for byte in reading.places)
    assert [found.rule for found in done.findings] == [codes.UNPLACED_CHUNK]


def test_a_chunk_whose_bytes_were_not_traced_takes_its_place():
    hand = Hand()
    ethernet = replace(hand.borrow(0, 14), extras=())
    done = hand.analyse([hand.receive(), ethernet, hand.borrow(1, 20)])
    sources = {reading.places[SLOT + 12].field for reading in done.paths[0].readings if not reading.vlan}
    assert sources == {"ipv4_src", "ipv6_src", None}
    assert [found.rule for found in done.findings] == [codes.UNPLACED_CHUNK]
