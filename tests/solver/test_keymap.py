"""Maps of key bits: sampled keys obey them, free bits take all values together, nothing more is tied."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rsstest import MICROSOFT, ports, problem, session

from rss_solver.explain.keymap import Fixed, Free, Same, Sum, Unread, Zero, key_map
from rss_solver.gf2 import rank
from rss_solver.keyspace.groups import groups
from rss_solver.keyspace.space import Inconsistent
from rss_solver.keyspace.statement import state
from rss_solver.keyspace.trace import Tracer
from rss_solver.toeplitz import key_bit

CONDITIONS = [
    f"require {session('A', 'B')}",
    "require A.ipv4_src[0:8] == A'.ipv4_src[0:8] && A.tcp_dst == A'.tcp_src && A.tcp_src == A'.tcp_dst",
    "require A.ipv4_dst == B.ipv4_src && A.tcp_dst == B.tcp_src",
    "require B.ipv4_src == B'.ipv4_src && B.tcp_src == B'.tcp_src",
    "require A.ipv4_src == A'.ipv4_dst && A.ipv4_dst == A'.ipv4_src && A.tcp_dst == 80",
    f"require {session('B', 'B')}".replace("== B.", "== B'."),
]


def check_map(found, mode):
    statement = state(found)
    for group in groups(found, statement):
        modes = group.all(mode)
        space = group.space(modes)
        if isinstance(space, Inconsistent):
            continue
        maps = key_map(space, group, modes, Tracer(statement, group, modes))
        random = Random(1)
        keys = [space.sample(random) for _ in range(400)]
        free = [
            (i, bit) for i, runs in maps.items() for run in runs if run.state == Free() for bit in _of(run)
        ]
        values = [sum(key_bit(one[i], bit) << n for n, (i, bit) in enumerate(free)) for one in keys]
        assert rank(value ^ values[0] for value in values) == len(free)
        for i, runs in maps.items():
            assert [run.start for run in runs[1:]] == [run.stop for run in runs[:-1]]
            assert (runs[0].start, runs[-1].stop) == (0, group.ports[i].key_bits)
            for run in runs:
                check_run(i, run, keys)


def _of(run):
    return range(run.start, run.stop)


def check_run(i, run, keys):
    for one in keys[:40]:
        for at, bit in enumerate(_of(run)):
            value = key_bit(one[i], bit)
            match run.state:
                case Zero():
                    assert value == 0
                case Fixed():
                    assert value == key_bit(keys[0][i], bit)
                case Same((port, first)):
                    assert value == key_bit(one[port], first + at)
                case Sum(bits, inverted):
                    total = sum(key_bit(one[port], first + at) for port, first in bits)
                    assert value == (total + inverted) % 2
                case Free() | Unread():
                    pass
    assert bool(run.lines) == (run.state not in (Free(), Unread()))


@settings(max_examples=15)
@given(
    st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=3, unique=True),
    st.sampled_from(["hash", "index"]),
)
def test_keys_obey_the_map_and_free_bits_are_free(conditions, mode):
    check_map(problem("\n".join([ports("A B", hash_="ipv4-tcp"), *conditions])), mode)


@pytest.mark.parametrize("mode", ["hash", "index"])
def test_a_pinned_key_fixes_what_is_tied_to_it(mode):
    text = ports("A", hash_="ipv4-tcp", nic="generic", more=f"key {MICROSOFT.hex()}")
    text += "\n" + ports("B", hash_="ipv4-tcp", nic="generic")
    found = problem(f"{text}\nrequire {session('A', 'B')}")
    check_map(found, mode)
