"""Terms and paths → text → the same terms and paths."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import fields, is_dataclass

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from kquery_terms import WIDTHS, Maker, call_path
from published import NAMES, ROOTS, origin

from rss_callpaths.callpath import Variant
from rss_callpaths.files.memory import Memory
from rss_callpaths.files.printer import complete, print_path
from rss_callpaths.files.reader import SUFFIX, read, read_text
from rss_callpaths.files.values import expected_values
from rss_callpaths.kquery.parse import parse_term
from rss_callpaths.kquery.print import Printer, print_term
from rss_callpaths.kquery.scope import Scope
from rss_callpaths.kquery.tokens import tokenize
from rss_callpaths.terms import Op, Pool
from rss_callpaths.terms.multibyte import as_multibyte, multibyte


def scope_of(pool, *arrays):
    return Scope(pool, {array.name: array for array in arrays}, {}, declared_only=True)


def read_term(text, scope):
    tokens = tokenize(text)
    term, at = parse_term(tokens, 0, scope)
    assert at == len(tokens) - 1
    return term


@given(st.data())
def test_terms(data):
    pool = Pool()
    make = Maker(data, pool)
    terms = [make.term(data.draw(st.sampled_from(WIDTHS))) for _ in range(3)]
    scope = scope_of(pool, *make.arrays)
    for term in terms:
        scope.fresh()
        assert read_term(print_term(term), scope) is term
    printer = Printer(terms)
    scope.fresh()
    for term in terms:
        begin = len(printer.text())
        printer.term(term)
        assert read_term(printer.text()[begin:], scope) is term


@pytest.mark.parametrize("variant", Variant)
@given(data=st.data())
def test_paths(variant, data):
    pool = Pool()
    path = call_path(data, pool, variant)
    text = print_path(path)
    again, problems = read_text(text, "d/test000001.call_path", Memory(pool))
    assert problems == []
    assert again.constraints == path.constraints
    assert again.arrays == path.arrays
    assert again.calls == path.calls
    assert again.values == path.values
    assert again.tags == path.tags
    assert again.name == path.name
    if again.variant is not variant:  # nothing in the text shows which it is
        assert expected_values(again.variant, path.calls) == path.values
    assert print_path(again) == text


RECORD = r"(?m)^[0-9]+:[a-z_]+\("
SHAPES = {
    "label in the query": r"\(query [^;]*N[0-9]+:[^;]*[ (=\[]N[0-9]+\b(?!:)",
    "label in a call": r"Calls --[^;]*N[0-9]+:[^;]*[ (=]N[0-9]+\b(?!:)",
    "update list": r"\[\(w32 [0-9]+\)=\(w8 [0-9]+\)",
    "update at a computed index": r"[^&]\[\((?!w32)",
    "array of constants": r"array table\[[0-9]+\] : w32 -> w8 = \[[0-9 ]+\]",
    "several updates": r"\)=[^;&]*?, ?\n? *[N(]",
    "shared updates": r"U[0-9]+:\[[^;]*U[0-9]+\b(?!:)",
    "record of several lines": RECORD + r".*\n +[^ ;]",
    "extra of several lines": r"(?m)^extra:.*\n +[^ ;]",
    "condition of several lines": r"Constraints --\n(.*\n)*?\(.*\n +[^ ]",
    "ReadLSB": r"\(ReadLSB w",
    "ReadMSB": r"\(ReadMSB w",
    "computed index": r"\(Read(LSB|MSB)? w[0-9]+ (N[0-9]+:)?\([A-Z]",
    "no value": r"\) -> \[\]\n",
    "pointer without pointee": r"(:\(w64 [0-9]+\)|\))&\[\.\.\.\][,)]",
    "function": r"&FlowId_eq[,)]",
    "only before": r"&\[[^;\[\]]+->\]",
    "only after": r"&\[->[^\]]",
    "neither": r"&\[->\]",
    "element": r"\]\[(0|17):?",
    "field left out": r"\]\[[a-z0-9_]+:?\(\.\.\.\)\]",
    "returned function": r"\) -> [^;]*&f\n",
    "returned pointee": r"\) -> [^;&]*&\[[^.\]]",
    "returned nothing behind": r"\) -> [^;&]*&\[\]\[",
    "returned field": r"\) -> [^;&]*&\[[^;]*\]\[[a-z0-9_]+:[^.]",
    "returned field left out": r"\) -> [^;&]*&\[[^;]*\]\[[a-z0-9_]+:\(\.\.\.\)",
    "no conditions": r"\(query \[\] false",
    "no values": r"false\)\n",
}
"""What a text must show for the identity above to say something of it."""

SHAPES_OF = {
    Variant.PLAIN: {
        "field": r"\]\[[a-z_]+\(",
        "letter after a field's name": r"\]\[[a-z_]+:(true|false|N0)",
        "value that is a pointer": r"false \[[^;]*\(w64 ",
        "extra": r"\nextra: the_chunk&[0-9]+ = &\[\(\.\.\.\)",
    },
    Variant.COLON: {
        "field": r"\]\[[a-z_]+:\(",
        "extra": r"\nextra: the_chunk&[0-9]+ = &\[\(\.\.\.\)",
    },
    Variant.TAGGED: {
        "field": r"\]\[[a-z_]+:\(",
        "bare pointer": r"[a-z]:&[0-9]+[,)]",
        "kind of memory": r"\nextra:PCV:the_chunk: &",
        "kind of number": r"\nextra:DS:map_occurence2:",
        "tag": r"Tags --\ntraversal = hit = 1\n",
    },
}


class NothingMissingError(Exception):
    """Ends the search."""


@pytest.mark.parametrize("variant", Variant)
def test_every_shape_is_among_the_paths(variant):
    missing = {name: re.compile(shape) for name, shape in (SHAPES | SHAPES_OF[variant]).items()}

    @settings(max_examples=3000, derandomize=True, database=None, phases=[Phase.generate])
    @given(st.data())
    def look(data):
        text = print_path(call_path(data, Pool(), variant))
        for name in [name for name, shape in missing.items() if shape.search(text)]:
            del missing[name]
        if not missing:
            raise NothingMissingError

    with suppress(NothingMissingError):
        look()
    assert set(missing) == set()


@given(st.data())
def test_texts_are_remembered_by_what_their_names_mean(data):
    """Two files through one memory are read as each alone: labels and array sizes differ between them."""
    pool = Pool()
    memory = Memory(pool)
    for _ in range(2):
        path = call_path(data, pool, Variant.COLON)
        text = print_path(path)
        shared, _ = read_text(text, path.name, memory)
        alone, _ = read_text(text, path.name, Memory(pool))
        assert shared == alone


def test_sizes_of_arrays_differ_between_files():
    pool = Pool()
    memory = Memory(pool)
    text = (
        ";;-- kQuery --\narray a[{}] : w32 -> w8 = symbolic\n(query [] false [(Read w8 (w32 1) a)])\n"
        ";;-- Calls --\n1:f(x:(Read w8 (w32 1) a)) -> []\n;;-- Constraints --\n"
    )
    for size in (2, 3, 2):
        path, problems = read_text(text.format(size), "t", memory)
        assert problems == []
        assert path.calls[0].arguments[0].value.array is path.arrays[0]
        assert path.arrays[0].size == size


def test_equal_lines_of_files_are_one_object(tmp_path):
    pool = Pool()
    text = (
        ";;-- kQuery --\narray a[4] : w32 -> w8 = symbolic\n(query [] false [(ReadLSB w32 (w32 0) a)])\n"
        ";;-- Calls --\n1:f(x:(ReadLSB w32 (w32 0) a)) -> []\n;;-- Constraints --\n"
    )
    for number in (1, 2, 10):
        (tmp_path / f"test{number}{SUFFIX}").write_text(text)
    paths, problems = read([tmp_path], pool)
    assert problems == []
    assert [path.name for path in paths] == [f"test{number}{SUFFIX}" for number in (1, 2, 10)]
    assert paths[0].calls[0] is paths[2].calls[0]


def test_bytes_of_different_arrays_are_no_single_read():
    """KLEE's printer compares the indices alone and shows this as a read of `b`."""
    pool = Pool()
    a, b = pool.array("a", 4), pool.array("b", 4)
    high, low = pool.read(a, pool.const(1, 32)), pool.read(b, pool.const(0, 32))
    mixed = pool.apply(Op.CONCAT, 16, (high, low))
    assert as_multibyte(mixed) is None
    assert print_term(mixed) == "(Concat w16 (Read w8 (w32 1) a) (Read w8 (w32 0) b))"
    assert read_term(print_term(mixed), scope_of(pool, a, b)) is mixed
    updated = pool.read(a, pool.const(0, 32), [(pool.const(0, 32), pool.const(7, 8))])
    assert as_multibyte(pool.apply(Op.CONCAT, 16, (high, updated))) is None


@pytest.mark.parametrize("little", [True, False])
def test_runs_at_symbolic_indices(little):
    pool = Pool()
    a = pool.array("a", 64)
    base = multibyte(pool, a, pool.const(0, 32), 4)
    minus_two = pool.apply(Op.ADD, 32, (pool.const(2**32 - 2, 32), base))
    for index in (base, minus_two):
        run = multibyte(pool, a, index, 4, little_endian=little)
        found = as_multibyte(run)
        assert found.index is index and found.count == 4 and found.little_endian is little
        assert read_term(print_term(run), scope_of(pool, a)) is run


def test_shared_updates_are_printed_once():
    pool = Pool()
    a = pool.array("a", 64)

    def number(value, width=32):
        return pool.const(value, width)

    tail = ((number(1), number(7, 8)),)
    first = pool.read(a, number(0), ((number(2), number(8, 8)), *tail))
    second = pool.read(a, number(0), ((number(3), number(9, 8)), *tail))
    both = pool.apply(Op.CONCAT, 16, (first, second))
    text = print_term(both)
    assert text == (
        "(Concat w16 (Read w8 (w32 0) [(w32 2)=(w8 8)] @\n"
        "                              U0:[(w32 1)=(w8 7)] @ a)\n"
        "             (Read w8 (w32 0) [(w32 3)=(w8 9)] @\n"
        "                              U0))"
    )
    assert read_term(text, scope_of(pool, a)) is both


@pytest.mark.parametrize("root", ROOTS, ids=origin)
def test_files_are_printed_byte_for_byte(root):
    files = sorted(file for name in NAMES for file in (root / name).glob(f"*{SUFFIX}"))
    assert len(files) > 50
    paths, problems = read(files, Pool())
    assert problems == []
    for file, path in zip(files, paths, strict=True):
        assert print_path(path) == file.read_text(), file
        assert complete(path) == path


def test_dataclasses_are_compared_by_all_that_is_printed():
    """The identity above would be empty if equality skipped a field."""
    pool = Pool()

    def skipped(kind):
        return {f.name for f in fields(kind) if not f.compare}

    path = read_text(
        ";;-- kQuery --\n(query [] false)\n;;-- Calls --\n1:f() -> []\n;;-- Constraints --\n",
        "t",
        Memory(pool),
    )[0]
    assert is_dataclass(path)
    assert skipped(type(path)) == set()
    assert skipped(type(path.calls[0])) == {"file_line"}
