"""The verdict on given keys and tables, against brute force over every pair of packets of a tiny universe."""

from random import Random

import pytest
from brute import Meaning
from brute_keys import Keys
from differ import compare_verdict, foreign_keys
from hypothesis import given, settings
from hypothesis import strategies as st
from rsstest import MICROSOFT, ports, problem, session
from tiny import universe
from tiny_problems import draw

from rss_dsl.nic import Index
from rss_dsl.problem import Compare, Slice
from rss_dsl.source import NOWHERE
from rss_solver.keys import GivenKey, apply
from rss_solver.packets.semantics import holds
from rss_solver.proof import Counterexample, Proof, Undecided, verify
from rss_solver.proof.agreement import WHOLE, Lookup, tables_may_part
from rss_solver.proof.cases import Cases, Claim
from rss_solver.proof.learned import Learner
from rss_solver.proof.spans import PairSpace
from rss_solver.smt.prover import Prover
from rss_solver.solution import PortSolution, Solution


def solution(found, keys, tables):
    """Keys and tables from outside, for functions and index functions that are not solved for as well."""
    made = [
        PortSolution(
            name=port.name,
            device=port.device,
            nic=port.nic.name,
            key=key,
            queues=port.queues,
            table=table,
            equality="index",
            inputs=port.inputs,
            spread=(),
        )
        for port, key, table in zip(found.ports, keys, tables, strict=True)
    ]
    return Solution(ports=tuple(made), components=(), seed=0)


@settings(max_examples=60)
@given(st.integers(0, 1 << 32))
def test_the_verdict_is_that_of_brute_force(seed):
    """Every condition, hash function, index function and table; keys that hold, nearly hold, or do not."""
    case, random = draw(seed), Random(seed)
    with universe(case.widths):
        found = case.problem
        meaning = Meaning(found)
        keys = Keys(meaning, "hash" if found.equality == "hash" else "index")
        for _ in range(3):
            chosen = (
                foreign_keys(keys, random)
                if keys.space.consistent
                else [random.randbytes(port.key_bits // 8) for port in found.ports]
            )
            tables = [table(port, random) for port in found.ports]
            compare_verdict(found, meaning, solution(found, chosen, tables), foreign=True)


def table(port, random):
    if random.random() < 0.7:
        return tuple(entry % port.queues for entry in range(port.table_size))
    return tuple(random.randrange(port.queues) for _ in range(port.table_size))


ONE = ports("A") + "\nequality index\n"
BOTH = " && ".join(f"A.{name} == A'.{name}" for name in ("ip_src", "ip_dst", "l4_src", "l4_dst"))


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ("require A.ipv4_src == A'.ipv4_src && A.ipv4_dst == A'.ipv4_dst", Counterexample),
        (
            "require A.ipv4_src == A'.ipv4_src && A.ipv4_dst == A'.ipv4_dst\n"
            "assume A.l4_src == 80 && A.l4_dst == 99",
            Proof,
        ),
        ("require A.ipv4_src - A'.ipv4_src == 0 && A.ip_dst == A'.ip_dst && !(A.l4_src != A'.l4_src)"
         " && A.l4_dst <= A'.l4_dst && A.l4_dst >= A'.l4_dst", Proof),
        (f"require {BOTH} || A.l4_src in 7..9 && A.l4_src < 7", Proof),
        (f"require {BOTH} || A.l4_src in 7..9 && A.l4_dst + 1 == A'.l4_src", Counterexample),
        ("require A.l4_src < A'.l4_src && A.l4_src >= A'.l4_src", Proof),
        (f"require !({BOTH})", Counterexample),
    ],
)  # fmt: skip
def test_what_more_than_equalities_means(more, verdict):
    found = problem(ONE + more)
    given_keys = apply(found, [GivenKey("A", MICROSOFT, NOWHERE)], NOWHERE)
    assert isinstance(verify(found, given_keys), verdict)


def test_too_low_a_limit_is_undecided():
    found = problem(f"{ONE}require {BOTH} && A.l4_src * 1 == A'.l4_src".replace(" * 1", " + 0"))
    given_keys = apply(found, [GivenKey("A", MICROSOFT, NOWHERE)], NOWHERE)
    assert isinstance(verify(found, given_keys, limit=1), Undecided)


def test_conditions_that_say_the_same_are_one_claim():
    """TCP and UDP on either side, and requirements that differ in what is not hashed."""
    two = "\n".join(f"require A.vlan == {n} && {session('A', 'B')}" for n in range(5))
    found = problem(f"{ports('A B')}\n{two}")
    cases = Cases(found)
    every = list(cases)
    assert len(every) == 20
    assert len({case.group for case in every}) == 5
    assert len({cases.group(case.claim.relaxed()) for case in every}) == 1


def test_points_learned_satisfy_the_condition_and_span_all_that_does():
    found = problem(f"{ONE}require A.l4_src + 1 == A'.l4_dst && A.ipv4_src != A'.ipv4_src")
    condition, layout = found.requirements[0].condition, found.ports[0].inputs[0]
    space = PairSpace(condition, (layout, layout))
    learner = Learner(Prover(), condition, space)
    points = list(learner.points())
    assert learner.complete
    assert all(holds(condition, point.packets) for point in points)
    # The last two bits of one port are linear in the other's: only carries from there on are not.
    assert len(points) == 1 + 2 * 96 - 2


def test_a_claim_of_other_classes_gives_packets_of_these():
    found = problem(ports("A"))
    tcp, udp = found.ports[0].inputs[:2]
    condition = Compare("==", Slice(0, "l4_src"), Slice(1, "l4_dst"))
    claims = [Claim(condition, (layout, layout)) for layout in (tcp, udp)]
    pair = Prover().find_any(*(claims[0].condition, claims[0].inputs))
    renamed = claims[1].renamed(pair, claims[0])
    assert [packet.packet_class for packet in renamed] == ["ipv4-udp", "ipv4-udp"]
    assert renamed[0].value("udp_src") == pair[0].value("tcp_src") == renamed[1].value("udp_dst")


@pytest.mark.parametrize(
    ("first", "second", "part"),
    [
        (Lookup((0, 1), Index.LSB), Lookup((0, 1, 0, 1), Index.LSB), False),
        (Lookup((0, 1), Index.LSB), Lookup((0, 1, 1, 0), Index.LSB), True),
        (Lookup((0, 1), Index.LSB), Lookup((0, 1), Index.HIGH_BITS), True),
        (Lookup((0, 1, 2), Index.MODULO), Lookup((0, 1, 2, 0, 1, 2), Index.MODULO), False),
        (Lookup((0, 1, 2), Index.MODULO), Lookup((0, 1, 2, 0), Index.LSB), True),
        (Lookup((0, 1, 2), Index.HIGH_BITS), Lookup((0, 1, 2), Index.HIGH_BITS), False),
    ],
)
def test_tables_under_equal_hashes(first, second, part):
    assert tables_may_part(first, second, WHOLE) == part
