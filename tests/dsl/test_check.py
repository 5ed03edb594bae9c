"""The checker as a whole: defaults, groups, lines, imports, every mistake, nothing that crashes it."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rss_dsl.check import check
from rss_dsl.check.lints import MICROSOFT_KEY
from rss_dsl.diagnostics import RssError, has_errors
from rss_dsl.loading import load, loads, loads_partial

ROOT = Path(__file__).parents[2]
CORPUS = [p.read_text() for p in sorted((ROOT / "tests" / "cases").glob("*/*.rss"))]


def problem(text: str):
    result = check(loads(text))
    assert result.problem is not None, result.diagnostics
    return result.problem


def codes(text: str) -> list[str]:
    return [d.rule.code for d in check(loads(text)).diagnostics]


# --- ports ------------------------------------------------------------------------------------------


def test_devices_fill_the_gaps_in_order():
    ports = problem(
        """port A { queues 4 }
        ports G[2] { device 1  queues 4 }
        port B { queues 4 }
        port C { device 0  queues 4 }"""
    ).ports
    assert [(p.name, p.device) for p in ports] == [("A", 3), ("G0", 1), ("G1", 2), ("B", 4), ("C", 0)]


def test_defaults():
    (port,) = problem("port A { queues 4 }").ports
    assert (port.nic.name, port.table_size, port.auto, port.traffic, port.adapter) == (
        "generic",
        128,
        True,
        None,
        None,
    )


def test_tables_that_follow_the_queues():
    sizes = {n: problem(f"port A {{ nic mlx5  queues {n} }}").ports[0].table_size for n in (8, 12)}
    assert sizes == {8: 8, 12: 512}
    assert problem("port A { nic mlx5  queues 12  table 64 }").ports[0].table_size == 64


def test_nic_without_a_table_has_one_entry_per_queue():
    assert problem("port A { nic linux-tap  queues 6 }").ports[0].table_size == 6
    assert codes("port A { nic linux-tap  queues 6  table 64 }") == ["RSS202"]


@pytest.mark.parametrize(
    ("key", "warned"),
    [
        (MICROSOFT_KEY.hex(), True),
        (MICROSOFT_KEY[:16].hex(), True),
        (MICROSOFT_KEY.hex() + "00" * 12, True),
        ("6d5a" * 26, True),
        ("6d5a" * 20 + "00" * 12, True),
        ("6d5a6d5b" * 10, False),
        ("00" * 52, False),
        (MICROSOFT_KEY[1:].hex(), False),
    ],
)
def test_public_keys(key, warned):
    text = f"port A {{ nic intel-x710  hash ipv4-tcp  queues 16  key {key} }}"
    assert codes(text) == (["RSS213"] if warned else [])
    pinned = problem(text).ports[0].pinned
    assert pinned.key == bytes.fromhex(key).ljust(52, b"\0")


@pytest.mark.parametrize(
    ("queues", "factor"), [(48, "1.5"), (64, None), (33, "1.03"), (12, "1.12"), (9, "1.12")]
)
def test_uneven_tables(queues, factor):
    found = check(loads(f"port A {{ nic azure-mana  hash ipv4-tcp  queues {queues} }}")).diagnostics
    expected = f"{queues} queues on 64 entries: the busiest queue gets {factor} times its share"
    shown = [d.message for d in found if d.rule.code == "RSS212"]
    assert shown == ([expected] if factor is not None and float(factor) >= 1.1 else [])


def test_traffic_decides_which_classes_are_live():
    (port,) = problem("port A { hash ipv4-tcp, ipv4-udp  traffic ipv4-udp, ipv4-sctp  queues 4 }").ports
    assert [i.packet_class for i in port.live] == ["ipv4-udp"]
    assert port.traffic == ("ipv4-udp", "ipv4-sctp")


# --- groups and lines -------------------------------------------------------------------------------

GROUPS = """
ports TX[3] { hash ipv4-tcp  queues 4 }
port RX { hash ipv4-tcp  queues 4  key 0102 }
"""


def pairs(text: str):
    found = problem(GROUPS + text)
    return [(found.ports[r.first].name, found.ports[r.second].name) for r in found.requirements]


def test_one_star():
    assert pairs("require TX[*].vlan == RX.vlan") == [("TX0", "RX"), ("TX1", "RX"), ("TX2", "RX")]
    assert pairs("require TX[1].vlan == TX1'.vlan") == [("TX1", "TX1")]
    assert pairs("require TX[*].vlan == TX2.vlan && TX[*].ipv4_src == TX[2].ipv4_dst") == [
        ("TX0", "TX2"),
        ("TX1", "TX2"),
        ("TX2", "TX2"),
    ]


def test_two_stars_are_a_full_mesh_with_itself():
    found = pairs("require TX[*].ipv4_src == TX[*]'.ipv4_dst")
    assert len(found) == len(set(found)) == 9
    assert ("TX1", "TX1") in found


def test_expansions_share_line_and_condition():
    found = problem(GROUPS + "require a: TX[*].vlan == TX[*]'.vlan\nrequire TX0.vlan == RX.vlan")
    assert [line.label for line in found.lines] == ["a", "requirement 2", "key of RX"]
    assert {r.line for r in found.requirements} == {0, 1}
    assert len({id(r.condition) for r in found.requirements}) == 2
    assert found.pinned_lines == ((2, 3),)


def test_a_pinned_group_is_one_line():
    found = problem("ports P[3] { hash ipv4-tcp  queues 4  key 0102 }")
    assert [line.label for line in found.lines] == ["key of P"]
    assert found.pinned_lines == ((0, 0), (0, 1), (0, 2))


def test_assumptions_of_groups():
    found = problem(GROUPS + "assume TX[*].vlan == 5\nassume RX'.vlan < 9")
    assert [a.port for a in found.assumptions] == [0, 1, 2, 3]


def test_large_groups_are_fast():
    spec = loads("ports P[128] { hash ipv4-tcp  queues 4 } require P[*].ip_src == P[*]'.ip_dst")
    start = time.perf_counter()
    found = check(spec).problem
    assert time.perf_counter() - start < 2
    assert found is not None
    assert len(found.requirements) == 16_384


# --- files ------------------------------------------------------------------------------------------


def test_imports_come_first_and_count_once(tmp_path):
    (tmp_path / "base.rss").write_text("port A { queues 4 }\nrequire one: A.vlan == A'.vlan\nseed 3\n")
    (tmp_path / "left.rss").write_text('import "base.rss"\nrequire two: A.ipv4_src == A\'.ipv4_src\n')
    (tmp_path / "top.rss").write_text(
        'import "left.rss"\nimport "base.rss"\nrequire three: A.vlan == A\'.vlan\n'
    )
    result = check(load(tmp_path / "top.rss"))
    assert result.diagnostics == ()
    assert result.problem is not None
    assert [line.label for line in result.problem.lines] == ["one", "two", "three"]
    assert result.problem.seed == 3


def test_errors_of_imported_files_are_reported_there(tmp_path):
    (tmp_path / "base.rss").write_text("port A { queues 4 }\n")
    (tmp_path / "top.rss").write_text('import "base.rss"\nport A { queues 4 }\nrequire B.vlan == A.vlan\n')
    found = check(load(tmp_path / "top.rss")).diagnostics
    assert [(d.rule.code, d.span.line) for d in found] == [("RSS106", 2), ("RSS101", 3)]
    assert found[0].related[0].span.source.path.endswith("base.rss")


@pytest.mark.parametrize("path", sorted((ROOT / "specs" / "nf").glob("*.rss")), ids=lambda p: p.stem)
def test_packaged_specs_check_without_remark(path):
    result = check(load(path))
    assert result.problem is not None
    assert result.diagnostics == ()


def test_settings():
    found = problem("port A { queues 4 } equality index seed 9 prefer ones nf fw { strategy tm }")
    assert (found.equality, found.seed, len(found.preferences), found.nf.name) == ("index", 9, 1, "fw")
    plain = problem("port A { queues 4 }")
    assert (plain.equality, plain.seed, plain.preferences, plain.nf) == ("auto", 0, (), None)


def test_many_unknown_names_are_reported_quickly():
    ports = "".join(f"port P{i} {{ queues 4 }}\n" for i in range(200))
    text = ports + "".join(f"require Q{i}x.vlan == P0.vlan\n" for i in range(400))
    spec = loads(text)
    start = time.perf_counter()
    result = check(spec)
    assert time.perf_counter() - start < 5
    assert len(result.diagnostics) == 400


# --- nothing crashes it -----------------------------------------------------------------------------

TOKEN = re.compile(r"//[^\n]*|[\w.]+(?:-\w+)*|\s+|&&|\|\||[=!<>]=|\S")
SHAPES = (
    r"[a-z]\w*",
    r"[A-Z]\w*",
    r"[a-z]\w*(-\w+)+",
    r"\d+",
    r"[\w]+\.\w+(\.\w+)?",
    r"[=!<>]=|[<>]",
    r"&&|\|\|",
)
KEPT = re.compile(
    "import|ports?|relation|require|assume|prefer|equality|seed|nf|and|or|not|in|device|nic|adapter|hash"
    "|queues|table|traffic|fragments|key|weight|near"
)


def shape(token: str) -> str | None:
    return None if KEPT.fullmatch(token) else next((s for s in SHAPES if re.fullmatch(s, token)), None)


POOL = {s: sorted({t for text in CORPUS for t in TOKEN.findall(text) if shape(t) == s}) for s in SHAPES}


def mutated(text: str, rng: random.Random) -> str:
    """The text with some tokens replaced by others of their shape, so that most results still parse."""
    tokens = TOKEN.findall(text)
    places = [i for i, token in enumerate(tokens) if shape(token)]
    for at in rng.sample(places, rng.randint(1, 6)):
        tokens[at] = rng.choice(POOL[shape(tokens[at])])
    return "".join(tokens)


@given(st.sampled_from(CORPUS), st.integers(0, 2**32))
def test_mutated_specs_give_diagnostics_and_nothing_else(text, seed):
    try:
        spec = loads(mutated(text, random.Random(seed)))
    except RssError:
        assume(False)
    result = check(spec)
    assert (result.problem is None) == has_errors(result.diagnostics)
    places = [(d.span.source.path, d.span.start, d.span.end, d.rule.code) for d in result.diagnostics]
    assert places == sorted(places)
    for diagnostic in result.diagnostics:
        assert_well_put(diagnostic)


def assert_well_put(diagnostic):
    texts = [diagnostic.message, *(label.message for label in diagnostic.related)]
    texts += [] if diagnostic.help is None else [diagnostic.help]
    for text in texts:
        assert "\n" not in text
        assert not text.endswith(".")
        assert text[0] == "`" or not text[0].isupper()
        assert text.count("`") % 2 == 0
        assert not re.search(r"\b(None|PacketName|FieldRef|Binary|tuple|dict)\b|<class", text)


# --- what messages suggest ----------------------------------------------------------------------------


PORTS = "port LAN { hash ipv4-tcp, ipv6-tcp  queues 4 } ports TX[4] { hash ipv4-tcp, ipv6-tcp  queues 4 } "


def helps(text: str) -> list[tuple[str, str | None]]:
    return [(d.rule.code, d.help) for d in check(loads(text)).diagnostics]


@pytest.mark.parametrize(
    "statement", ["assume LAN.ip_dst in", "require LAN.ip_src == LAN'.ip_src && LAN.ip_dst in"]
)
def test_a_set_warns_only_if_no_member_can_hold(statement: str) -> None:
    mixed = "{10.0.0.0/8, 2001:db8::/32}"
    assert codes(f"{PORTS} {statement} {mixed}") == []
    only = PORTS.replace("ipv4-tcp, ", "")
    assert codes(f"{only} {statement} {mixed}") == []
    assert codes(f"{only} {statement} {{10.0.0.0/8, 11.0.0.0/8}}") == ["RSS125"]
    neither = only.replace("ipv6-tcp", "l2").replace("generic", "intel-x710")
    neither = neither.replace("hash", "nic intel-x710 hash")
    assert "RSS125" in codes(f"{neither} {statement} {mixed}")


def test_a_negated_set_lacks_a_field_where_all_members_do() -> None:
    assert codes(f"{PORTS} assume !(LAN.ip_dst in {{10.0.0.0/8, 2001:db8::/32}})") == []
    assert codes(f"{PORTS} assume !(LAN.ip_dst in {{10.0.0.0/8}})") == ["RSS126"]


@pytest.mark.parametrize(
    ("op", "other"), [("==", "!="), ("!=", "=="), ("<", ">="), (">=", "<"), (">", "<="), ("<=", ">")]
)
def test_the_complement_of_a_negated_comparison(op: str, other: str) -> None:
    ((code, help_),) = helps(f"{PORTS} assume !(LAN.ipv4_dst {op} 9)")
    assert code == "RSS126"
    assert help_ is not None
    assert help_.startswith(f"write `{other}` instead of `!` with `{op}`")
    assert codes(f"{PORTS} assume LAN.ipv4_dst {other} 9") == []


def test_the_way_out_of_a_negated_membership() -> None:
    ((_, help_),) = helps(f"{PORTS} assume !(LAN.ipv4_dst in 10.0.0.0/8)")
    assert help_ is not None
    assert help_.startswith("add `&& PORT.ipv4_dst >= 0`")


@pytest.mark.parametrize(
    ("packet", "other"),
    [("LAN", "LAN'"), ("LAN'", "LAN"), ("TX[2]", "TX[2]'"), ("TX[*]", "TX[*]'"), ("TX2", "TX2'")],
)
def test_one_packet_is_told_the_other(packet: str, other: str) -> None:
    (found,) = check(loads(f"{PORTS} require {packet}.ip_dst == 10.0.0.1")).diagnostics
    assert found.message == f"a requirement is about two packets, this one names `{packet}`"
    assert found.help is not None
    assert found.help.endswith(f"another packet of `{packet}` is `{other}`")


@pytest.mark.parametrize("name", ["TX9", "TXX"])
def test_an_unknown_member_is_told_the_groups_spelling(name: str) -> None:
    assert helps(f"{PORTS} assume {name}.ip_src != 10.0.0.1") == [
        ("RSS101", "group `TX` is `TX[0]` to `TX[3]`, or `TX[*]` for each")
    ]


def test_a_literal_is_limited_in_its_own_notation() -> None:
    assert (
        helps(f"{PORTS} assume LAN.tcp_dst == 70000")[0][1] == "the other operand has 16 bits: at most 65535"
    )
    assert (
        helps(f"{PORTS} assume LAN.tcp_dst == 0x70000")[0][1]
        == "the other operand has 16 bits: at most 0xffff"
    )


def test_lists_in_help_are_short() -> None:
    for text in (
        "assume LAN.zzz == 1",
        "port A { hash ipv4-tcp (zzz) queues 4 }",
        "port A { hash l2 (tcp_src) }",
    ):
        assert all(len(help_ or "") <= 120 for _, help_ in helps(PORTS + text))


def test_an_unknown_field_of_a_class_is_marked_itself() -> None:
    text = "port A { nic intel-x710  hash ipv4-udp (ipv4_src, foo, ipv4_src), ipv4-tcp (udp_src)  queues 4 }"
    found = check(loads(text)).diagnostics
    assert [(d.rule.code, d.span.text, d.span.start) for d in found] == [
        ("RSS102", "foo", text.index("foo")),
        ("RSS107", "ipv4_src", text.rindex("ipv4_src")),
        ("RSS122", "udp_src", text.index("udp_src")),
    ]


def test_part_of_a_nics_name_suggests_it() -> None:
    assert helps("port A { nic connectx  queues 4 }") == [
        ("RSS104", "did you mean `nvidia-connectx5`? `rssc nic list` prints the catalogue")
    ]


# --- what could not be read ---------------------------------------------------------------------------


def test_an_incomplete_spec_has_no_problem_and_no_unknown_names() -> None:
    text = f"{PORTS} require gone(LAN, WAN)  assume LAN.foo == 1  relation r(a, b) {{ a.vlan == c.vlan }}"
    assert codes(text) == ["RSS105", "RSS101", "RSS102", "RSS101"]
    found = check(loads(text), incomplete=True)
    assert found.problem is None
    assert [d.rule.code for d in found.diagnostics] == ["RSS102", "RSS101"]
    assert check(loads(PORTS), incomplete=True).problem is None
    assert check(loads(PORTS)).problem is not None


def test_a_table_that_follows_the_queues_one_to_four():
    sizes = {n: problem(f"port A {{ nic vmxnet3  queues {n} }}").ports[0].table_size for n in (1, 4, 32)}
    assert sizes == {1: 4, 4: 16, 32: 128}
    assert problem("port A { nic vmxnet3  queues 4  table 16 }").ports[0].table_size == 16
    refused = "it has 4 entries per queue, at most 128: take 2, 4, 8, … queues"
    assert ("RSS202", refused) in helps("port A { nic vmxnet3  queues 4  table 128 }")
    assert ("RSS202", refused) in helps("port A { nic vmxnet3  queues 3 }")


@given(st.sampled_from(CORPUS), st.randoms(use_true_random=False))
def test_what_could_be_read_of_any_spec_is_checked(text: str, choose: random.Random) -> None:
    tokens = re.findall(r"\w+|\s+|[^\w\s]", text)
    for _ in range(choose.randint(1, 6)):
        tokens[choose.randrange(len(tokens))] = choose.choice(["", "x", "}", "{", "1", "port", "requre"])
    spec, found = loads_partial("".join(tokens))
    result = check(spec, incomplete=bool(found))
    assert result.problem is None or not has_errors((*found, *result.diagnostics))
