"""Decision trees: every path's conditions lead to the leaf that names it, and what is no tree is refused."""

import random
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import cache

import pytest
from handmade_paths import Hand
from published import origin, with_published
from term_values import value

from generate.catalogue import FOLDER, descriptions
from rss_callpaths.accesses.access import Outcome
from rss_callpaths.accesses.analyse import analyse
from rss_callpaths.accesses.phases import turn
from rss_callpaths.bdd.build import decisions
from rss_callpaths.bdd.plain import Plain
from rss_callpaths.bdd.show import dot, text
from rss_callpaths.bdd.svg import svg
from rss_callpaths.bdd.tree import Branch, Fate, Leaf, Step, nodes
from rss_callpaths.bdd.words import Words
from rss_callpaths.callpath import Result
from rss_callpaths.files.reader import read
from rss_callpaths.library.file import vigor
from rss_callpaths.library.roles import outputs
from rss_callpaths.terms import COMPARISONS, Const, Op, Pool, Read
from rss_callpaths.terms.bytewise import nodes as term_nodes
from rss_callpaths.terms.conditions import Conditions, Engine, Truth
from rss_dsl.diagnostics import RssError

NAMES = [each.name for each in descriptions()]


@cache
def found(folder, names=()):
    """Accesses of the call paths in a folder, and their pool."""
    pool = Pool()
    files = sorted(folder.glob("*.call_path"))
    paths, problems = read([file for file in files if not names or file.stem in names], pool)
    assert not [problem for problem in problems if problem.is_error]
    return analyse(paths, vigor(), pool), pool


def tree(name):
    accesses, pool = found(FOLDER / name)
    return decisions(accesses, pool).turn


def started(accesses):
    return [path for path in accesses.paths if path.outcome in (Outcome.DROPPED, Outcome.SENT)]


def leaf_of(node, path, conditions, library):
    """Where a path's conditions lead, call by call."""
    calls = [path.calls[at] for at in turn(path, library)]
    while not isinstance(node, Leaf):
        if isinstance(node, Branch):
            truth = conditions.truth(node.condition)
            assert truth is not Truth.OPEN, "a path goes one way"
            node = node.yes if truth is Truth.PROVED else node.no
            continue
        while calls[0].function != node.call.function:
            skipped = calls.pop(0)
            assert library.of(skipped.function).packet.value in ("none", "send", "flood"), skipped.function
        result = calls.pop(0).result.value
        fails = node.failed is not None and isinstance(result, Const) and result.value == 0
        node = node.failed if fails else node.then
    return node


@pytest.mark.parametrize("folder", with_published(NAMES), ids=origin)
def test_every_path_leads_to_the_leaf_that_names_it(folder):
    accesses, pool = found(folder)
    root = decisions(accesses, pool).turn
    engine = Engine(pool)
    for each in started(accesses):
        conditions = Conditions(each.path.constraints, engine)
        leaf = leaf_of(root, each.path, conditions, accesses.library)
        assert each.path.name in leaf.paths
        assert (leaf.fate == "drop") == (each.outcome is Outcome.DROPPED)
    named = [name for node in nodes(root) if isinstance(node, Leaf) for name in node.paths]
    assert set(named) == {each.path.name for each in started(accesses)}


def known(node, seen):
    """Symbols that calls before each condition hand out, read off the drawing of the tree alone."""
    if isinstance(node, Branch):
        names = {read.array.name for read in reads(node.condition)}
        assert names <= seen, names - seen
        known(node.yes, seen)
        known(node.no, seen)
    elif isinstance(node, Step):
        more = seen | {read.array.name for term in outputs(node.call) for read in reads(term)}
        known(node.then, more)
        if node.failed is not None:
            known(node.failed, seen)


def reads(term):
    return [node for node in term_nodes(term) if isinstance(node, Read)]


@pytest.mark.parametrize("name", NAMES)
def test_conditions_are_over_what_has_been_handed_out(name):
    known(tree(name), {"VIGOR_DEVICE", "pkt_len", "data_len"})


def test_paths_of_two_functions_make_no_tree():
    mixed, pool = found_both("fw", "nat")
    with pytest.raises(RssError) as error:
        decisions(mixed, pool)
    assert error.value.diagnostics[0].rule.code == "RSS450"
    assert "set up their state in different ways" in error.value.diagnostics[0].message


def found_both(*names):
    pool = Pool()
    every = []
    for name in names:
        paths, _ = read(sorted((FOLDER / name).glob("*.call_path")), pool)
        every += [replace(path, name=f"{name}-{path.name}") for path in paths]
    return analyse(every, vigor(), pool), pool


def test_a_path_twice_is_one_leaf_with_both_names():
    accesses, pool = found_both("fw", "fw")
    doubled = replace(
        accesses,
        paths=tuple(
            replace(each, path=replace(each.path, name=f"{number}-{each.path.name}"))
            for number, each in enumerate(accesses.paths)
        ),
    )
    root, once = decisions(doubled, pool).turn, tree("fw")
    assert len(list(nodes(root))) == len(list(nodes(once)))
    ends = [node for node in nodes(root) if isinstance(node, Leaf)]
    assert all(len(leaf.paths) % 2 == 0 for leaf in ends)


def test_a_path_that_contradicts_itself_is_left_out():
    accesses, pool = found(FOLDER / "fw")
    never = pool.const(0, 1)
    first = started(accesses)[0]
    impossible = replace(
        first,
        path=replace(first.path, name="never.call_path", constraints=(*first.path.constraints, never)),
    )
    root = decisions(replace(accesses, paths=(*accesses.paths, impossible)), pool).turn
    assert root == tree("fw")
    assert not any("never.call_path" in node.paths for node in nodes(root) if isinstance(node, Leaf))
    with pytest.raises(RssError) as error:
        decisions(replace(accesses, paths=(impossible,)), pool)
    assert "contradicts itself" in error.value.diagnostics[0].message


def test_paths_that_nothing_tells_apart_are_named():
    accesses, pool = found(FOLDER / "fw")
    paths = started(accesses)
    sent = next(each for each in paths if each.outcome is Outcome.SENT)
    twin = replace(sent, sends=(), path=replace(sent.path, name="twin.call_path"))
    with pytest.raises(RssError) as error:
        decisions(replace(accesses, paths=(sent, twin)), pool)
    message = error.value.diagnostics[0].message
    assert "twin.call_path" in message and sent.path.name in message
    assert "nothing to tell them apart" in message


def test_a_packet_to_some_of_the_ports_is_no_flood():
    accesses, pool = found(FOLDER / "lb")
    sent = next(each for each in started(accesses) if each.outcome is Outcome.SENT)
    send = replace(sent.sends[0], ports=(0,))
    every = replace(sent, sends=(send, replace(send, ports=(1,))))
    assert len(set(every.in_ports)) == 1 and every.in_ports == (2,)
    others = tuple(each for each in accesses.paths if each is not sent)
    flooding = decisions(replace(accesses, paths=(*others, every)), pool).turn
    assert any(isinstance(node, Leaf) and node.fate == "flood" for node in nodes(flooding))
    some = replace(sent, sends=(send, send))
    with pytest.raises(RssError, match="sends its packet to some ports"):
        decisions(replace(accesses, paths=(*others, some)), pool)


def test_no_packet_no_tree():
    accesses, pool = found(FOLDER / "fw")
    idle = tuple(each for each in accesses.paths if each not in started(accesses))
    with pytest.raises(RssError, match="no path receives a packet"):
        decisions(replace(accesses, paths=idle), pool)


# --- drawings -------------------------------------------------------------------------------------------


def test_text_names_fields_and_ports():
    accesses, pool = found(FOLDER / "nat")
    shown = text(tree("nat"), Words(accesses, pool, [(0, "LAN"), (1, "WAN")]))
    assert "if ether_type != 2048 || " in shown
    key = "{l4_src, l4_dst, ipv4_src, ipv4_dst, port, ip_proto}"
    assert f"if map_get(fm, {key}) -> allocated_index:" in shown
    assert "if ipv4_src != vector_data_reset[8:12] || l4_src != vector_data_reset[2:4]:" in shown
    assert "if port == LAN:" in shown
    assert "packet_return_chunk({swapped(low 16 bits of (allocated_index + 1024)), l4_dst})" in shown
    assert "forward to WAN    [test000003]" in shown


@pytest.mark.parametrize("name", NAMES)
def test_drawings_have_every_leaf(name):
    accesses, pool = found(FOLDER / name)
    root, words = tree(name), Words(accesses, pool, [(0, 'a"b<&>')])
    leaves = [node for node in nodes(root) if isinstance(node, Leaf)]
    drawn = ET.fromstring(svg(root, words, 'x"<&'))
    titles = [title.text for title in drawn.iter("{http://www.w3.org/2000/svg}title")]
    assert sorted(titles[1:]) == sorted(", ".join(leaf.paths) for leaf in leaves)
    boxes = list(drawn.iter("{http://www.w3.org/2000/svg}rect"))[1:]
    assert not overlaps(
        [tuple(float(box.get(key)) for key in ("x", "y", "width", "height")) for box in boxes]
    )
    graph = dot(root, words, 'x"').splitlines()
    assert graph[0] == 'digraph "x\\"" {'
    assert sum("shape=ellipse" in line for line in graph) == len(leaves)
    edges = [line for line in graph if re.match(r"    n\d+ -> n\d+", line)]
    assert len(edges) == sum(1 for _ in nodes(root)) - 1


def overlaps(boxes):
    return [
        (one, other)
        for number, one in enumerate(boxes)
        for other in boxes[number + 1 :]
        if one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    ]


# --- simplification -------------------------------------------------------------------------------------


def a_condition(rng, pool, depth):
    """A random condition, of the words that compilers make of conditions."""
    if depth == 0:
        return pool.apply(rng.choice(sorted(COMPARISONS)), 1, (a_word(rng, pool, 0), a_word(rng, pool, 0)))
    kind = rng.random()
    if kind < 0.3:
        return pool.apply(rng.choice((Op.AND, Op.OR)), 1, [a_condition(rng, pool, depth - 1) for _ in "ab"])
    if kind < 0.5:
        return pool.apply(
            rng.choice((Op.EQ, Op.NE)),
            1,
            (pool.const(rng.randrange(2), 1), a_condition(rng, pool, depth - 1)),
        )
    return pool.apply(
        rng.choice((Op.EQ, Op.NE)), 1, (pool.const(rng.randrange(3), 32), a_word(rng, pool, depth))
    )


def a_word(rng, pool, depth):
    if depth == 0:
        index = pool.const(rng.randrange(2), 32)
        byte = pool.read(pool.array("data", 2), index)
        return rng.choice((pool.apply(Op.ZEXT, 32, (byte,)), pool.const(rng.randrange(3), 32)))
    if rng.random() < 0.4:
        return pool.apply(
            rng.choice((Op.AND, Op.OR, Op.XOR)), 32, [a_word(rng, pool, depth - 1) for _ in "ab"]
        )
    return pool.apply(Op.ZEXT, 32, (a_condition(rng, pool, depth - 1),))


def test_plain_terms_have_the_same_value():
    rng, pool = random.Random(1), Pool()
    plain = Plain(pool)
    for _ in range(1500):
        term = a_condition(rng, pool, rng.randrange(5))
        memory = {("data", at): rng.choice((0, 1, 2)) for at in range(2)}
        assert value(plain(term), memory) == value(term, memory)
        assert value(plain.negated(plain(term)), memory) == 1 - value(term, memory)


# --- size -----------------------------------------------------------------------------------------------


def a_long_path(hand, calls):
    """One that renews an age at every number up to that of calls."""
    chain = hand.call(
        "dchain_allocate", index_range=calls, chain_out=(9, hand.const(0, 64), hand.const(77, 64))
    )
    renew = [
        hand.call("dchain_rejuvenate_index", chain=hand.const(77, 64), index=number, time=hand.const(5, 64))
        for number in range(calls)
    ]
    return hand.path([chain, hand.receive(0), *renew, hand.send(1)])


def test_long_paths_are_a_tree():
    hand = Hand()
    path = a_long_path(hand, 3000)
    accesses = analyse([path, replace(path, name="twin.call_path")], vigor(), hand.pool)
    root = decisions(accesses, hand.pool).turn
    words = Words(accesses, hand.pool)
    assert text(root, words).count("dchain_rejuvenate_index(") == 3000
    assert dot(root, words, "long").count("shape=box") == 3001
    assert svg(root, words, "long").count("<text") == 3002


@pytest.mark.parametrize("is_yes", [True, False])
def test_thousands_of_conditions_are_shown(is_yes):
    hand = Hand()
    root = end = Leaf(Fate.DROP, paths=("end.call_path",))
    for number in range(2000):
        condition = hand.eq(hand.symbol("pkt_len"), number)
        root = Branch(condition, root, end) if is_yes else Branch(condition, end, root)
    words = Words(hand.analyse([hand.receive(0)]), hand.pool)
    assert text(root, words).count("if length == ") == 2000
    assert dot(root, words, "wide").count("shape=diamond") == 2000
    assert svg(root, words, "wide").count("<title>") == 2002


def test_conditions_of_many_alternatives_are_shown():
    hand = Hand()
    either = hand.eq(hand.symbol("pkt_len"), 0)
    for number in range(1, 300):
        either = hand.pool.apply(Op.OR, 1, (either, hand.eq(hand.symbol("pkt_len"), number)))
    shown = Words(hand.analyse([hand.receive(0)]), hand.pool).term(hand.negation(either))
    assert shown.startswith("length != 0 && length != 1 && ") and shown.endswith(" && length != 299")


def test_terms_too_large_to_read_are_shown_by_their_size():
    hand = Hand()
    nested = doubled = hand.symbol("pkt_len")
    for _ in range(3000):
        nested = hand.pool.apply(Op.MUL, 32, (nested, hand.symbol("data_len")))
        doubled = hand.pool.apply(Op.ADD, 32, (doubled, doubled))
    words = Words(hand.analyse([hand.receive(0)]), hand.pool)
    assert words.term(nested) == words.term(doubled) == "a term of 32 bits"


def test_ends_that_do_not_hang_on_a_call_name_all_paths():
    """Whether a call succeeds decides nothing: what follows is the same, and both paths end there."""
    hand = Hand()
    path = a_long_path(hand, 1)
    calls = [
        replace(call, result=Result(hand.const(number)))
        for call in path.calls
        for number in (0, 1)
        if call.function == "dchain_rejuvenate_index"
    ]
    paths = [
        replace(path, name=f"{number}.call_path", calls=(*path.calls[:2], call, *path.calls[3:]))
        for number, call in enumerate(calls)
    ]
    root = decisions(analyse(paths, vigor(), hand.pool), hand.pool).turn
    assert [node.paths for node in nodes(root) if isinstance(node, Leaf)] == [("1.call_path", "0.call_path")]


def test_many_paths_that_go_many_ways_part_by_their_own_conditions():
    """One condition for all that end alike would name most of them, and take long to find."""
    hand = Hand()
    length, before, paths = hand.symbol("pkt_len"), [], []
    for number in range(36):
        conditions = [*before, hand.eq(length, number)]
        before.append(hand.negation(conditions[-1]))
        path = hand.path([hand.receive(0), hand.send(number % 7 + 1)], conditions)
        declared = (hand.pool.array("pkt_len", 4),)
        paths.append(replace(path, name=f"{number}.call_path", arrays=declared))
    accesses = analyse(paths, vigor(), hand.pool)
    root = decisions(accesses, hand.pool).turn
    engine = Engine(hand.pool)
    for path in paths:
        leaf = leaf_of(root, path, Conditions(path.constraints, engine), accesses.library)
        assert path.name in leaf.paths
        assert leaf.port.value == int(path.name.split(".")[0]) % 7 + 1
    conditions = [node.condition for node in nodes(root) if isinstance(node, Branch)]
    assert conditions[0] is paths[0].constraints[0]
