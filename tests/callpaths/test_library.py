"""The table of library functions, and entries that users add."""

from __future__ import annotations

import pytest
from handmade_paths import Hand

from rss_callpaths.library import Kind, Mutates
from rss_callpaths.library.file import read_library, vigor
from rss_dsl import codes
from rss_dsl.diagnostics import RssError
from rss_dsl.source import Source

COUNTER = """
[counter_add]
kind = "WRITE"
arguments = ["counter", "slot", "by"]
type = "counter"
object = "counter"
key = "slot"
value = "by"
mutates = "always"
"""


def library(text):
    return read_library([Source("mine.toml", text)], vigor())


def test_an_entry_of_ones_own_makes_accesses():
    hand = Hand()
    slot = hand.bytes(53, 4)
    calls = [hand.receive(), hand.call("counter_add", counter=900, slot=slot, by=1)]
    done = hand.analyse(calls, library=library(COUNTER))
    access = done.paths[0].accesses[0]
    assert not done.findings
    assert (access.object.type, access.key, access.mutates, access.whole) == ("counter", slot, True, False)


def test_an_entry_replaces_vigors():
    mine = library('[map_size]\nkind = "PURE"\n')
    assert mine.of("map_size").kind is Kind.PURE
    assert mine.of("map_get") == vigor().of("map_get")


def test_a_stranger_may_do_anything():
    found = vigor().of("no_such_function")
    assert (found.kind, found.mutates, found.whole) == (Kind.UNKNOWN, Mutates.ALWAYS, True)


CHANGES = {
    "map_put", "map_erase", "vector_return", "dchain_allocate_new_index", "dchain_rejuvenate_index",
    "dchain_free_index", "dchain_expire_one_index", "expire_items", "expire_items_single_map",
    "expire_items_single_map_offseted", "expire_items_single_map_iteratively", "sketch_refresh",
    "sketch_touch_buckets", "sketch_expire", "lpm_update_elem", "dmap_put", "dmap_erase",
}  # fmt: skip


def test_what_changes_state_is_what_libvig_says():
    assert {name for name, one in vigor().functions.items() if one.mutates is not Mutates.NEVER} == CHANGES


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("[f]\n", "has no `kind`", 1),
        ('[g]\nkind = "PURE"\n[f]\nkind = "READS"\n', "`kind` is `READS`", 3),
        ('[f]\nkind = "READ"\nkey_bytes = 4\n', "has no item `key_bytes`", 1),
        ('[f]\nkind = "READ"\nkey = 4\n', "`key` is no text", 1),
        ('[f]\nkind = "READ"\nwhole = "yes"\n', "`whole` is neither true nor false", 1),
        ('[f]\nkind = "READ"\narguments = "map"\n', "`arguments` is no list of names", 1),
        ('[f]\nkind = "READ"\narguments = [1]\n', "`arguments` is no list of names", 1),
        ('[f]\nkind = "SCAN"\ntouches = ["a"]\n', "`touches` is no table", 1),
        ('[f]\nkind = "SCAN"\ntouches = { a = "map" }\n', "`touches` names `a`", 1),
        ('[f]\nkind = "READ"\narguments = ["a"]\ntype = "map"\nobject = "b"\n', "its object `b` is none", 1),
        ('[f]\nkind = "READ"\nobject = "b"\n', "has an `object` but no `type`", 1),
        ('[f]\nkind = "READ"\nindex = "key"\n', "`index` is `key`", 1),
        ('[f]\nkind = "WRITE"\nmutates = "always"\n', "mutates, but has no `object`", 1),
        ('[f]\nkind = "WRITE"\nobject = "a"\ntype = "t"\nmutates = "on-success"\n', "mutates on success", 1),
        (
            '[f]\nkind = "WRITE"\nobject = "a"\ntype = "t"\nmutates = "on-difference"\n',
            "mutates on difference",
            1,
        ),
        ('[f]\nkind = "READ"\nkeeps_key = true\n', "keeps a key that it has not", 1),
        ("f = 3\n", "is no table", 1),
        ('[f]\nkind = "READ\n', "not TOML", 2),
    ],
)
def test_mistakes_are_found_where_they_are(text, message, line):
    with pytest.raises(RssError) as caught:
        library(text)
    (found,) = caught.value.diagnostics
    assert found.rule is codes.LIBRARY_ENTRY
    assert message in found.message
    assert found.span.line == line


def test_all_mistakes_are_told_at_once():
    with pytest.raises(RssError) as caught:
        read_library([Source("a.toml", "[f]\n[g]\n"), Source("b.toml", "[h]\n")])
    assert [found.span.source.path for found in caught.value.diagnostics] == ["a.toml", "a.toml", "b.toml"]
