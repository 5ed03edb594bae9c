"""The port item `function`, and what NICs that keep unselected fields in place hash."""

from dataclasses import replace

import pytest

from rss_dsl.check import check
from rss_dsl.check.functions import layouts
from rss_dsl.loading import loads
from rss_dsl.nic import Function, Unselected


def checked(text):
    return check(loads(text))


def port(text):
    found = checked(text)
    assert found.problem is not None, found.diagnostics
    return found.problem.ports[0]


def test_the_default_is_what_the_nic_starts_with():
    found = port("port A { nic intel-x710  hash ipv4-tcp  queues 16 }")
    assert (found.function, found.inputs[0].function) == (Function.TOEPLITZ, Function.TOEPLITZ)


@pytest.mark.parametrize(
    ("nic", "function"),
    [("intel-x710", "symmetric-xor"), ("mlx5", "symmetric-sort"), ("hns3", "simple-xor")],
)
def test_every_hash_input_has_the_ports_function(nic, function):
    found = port(f"port A {{ nic {nic}  hash ipv4-tcp, ipv6-tcp  queues 16  function {function} }}")
    assert found.function == function
    assert {layout.function for layout in found.inputs} == {Function(function)}


@pytest.mark.parametrize(
    ("items", "code", "help_"),
    [
        ("function symetric-xor", "RSS240", "did you mean `symmetric-xor`?"),
        ("function symmetric-sort", "RSS241", "it offers `toeplitz`, and by an rte_flow rule or ethtool"),
    ],
)
def test_unknown_and_not_offered(items, code, help_):
    (found,) = checked(f"port A {{ nic intel-x710  hash ipv4-tcp  queues 16  {items} }}").diagnostics
    assert found.rule.code == code
    assert help_ in (found.help or "")


def test_simple_xor_pins_a_key_with_a_line_of_its_own():
    found = checked("port A { nic hns3  hash ipv4-tcp  queues 16  function simple-xor }").problem
    assert found is not None
    ((line, position),) = found.pinned_lines
    assert (found.lines[line].label, position) == ("function of A", 0)
    assert found.lines[line].span.text == "function simple-xor"
    assert found.ports[0].inputs[0].bits == 32
    assert found.ports[0].pinned.key == bytes((0, 0, 0, 1)).ljust(40, b"\0")


def test_i40e_leaves_the_verification_tag_out_of_symmetric_hashes():
    plain, symmetric = (
        port(f"port A {{ nic intel-x710  hash ipv4-sctp  queues 16 {item} }}").inputs[0].fields
        for item in ("", " function symmetric-xor")
    )
    assert "sctp_vtag" in plain
    assert symmetric == tuple(name for name in plain if name != "sctp_vtag")


def test_zeroed_fields_keep_their_places():
    found = port("port A { nic hns3  hash ipv4-tcp (ipv4_dst)  queues 16 }")
    nic = replace(found.nic, unselected=replace(found.nic.unselected, value=Unselected.ZEROED))
    switches = [switch for switch, _ in found.switches]
    (layout,) = (
        x for x in layouts(nic, Function.TOEPLITZ, found.inputs, switches) if x.packet_class == "ipv4-tcp"
    )
    assert layout.places == (("ipv4_dst", 32),)
    assert layout.selected_bits == 96
    assert found.inputs[0].places == (("ipv4_dst", 0),)


def test_the_key_has_to_reach_the_end_of_what_the_function_reads():
    text = "port A {{ nic hns3  hash ipv6-sctp  queues 16  function {} }}"
    assert [found.rule.code for found in checked(text.format("toeplitz")).diagnostics] == ["RSS207"]
    assert port(text.format("simple-xor")).inputs[0].bits == 32
