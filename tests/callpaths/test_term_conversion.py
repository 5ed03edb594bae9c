"""Terms, seen byte by byte and by the solver, are worth what Python computes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from term_values import value

from rss_callpaths.terms import COMPARISONS, Const, Op, Pool, Read
from rss_callpaths.terms.bytewise import bytes_of, symbols
from rss_callpaths.terms.multibyte import multibyte
from rss_callpaths.terms.symbolic import Symbolic, hard
from rss_solver.smt.limits import Unknown
from rss_solver.smt.terms import Questions, Terms

POOL = Pool()
MEMORY = POOL.array("m", 6)
TABLE = POOL.array("t", 4, (3, 1, 4, 1))
ARITHMETIC = (Op.ADD, Op.SUB, Op.MUL, Op.AND, Op.OR, Op.XOR, Op.SHL, Op.LSHR, Op.ASHR)
DIVISION = (Op.UDIV, Op.SDIV, Op.UREM, Op.SREM)


@st.composite
def terms(draw, width=None, depth=4, operators=ARITHMETIC):
    width = width or draw(st.sampled_from((8, 16, 24, 32)))
    kind = draw(st.integers(0, 9)) if depth else draw(st.integers(0, 1))

    def sub(bits=None):
        return draw(terms(bits or width, depth - 1, operators))

    if kind == 0 or (width != 8 and not depth):
        return POOL.const(draw(st.sampled_from((0, 1, 0xFF, 0xFF00, 0x0F0F0F0F, 2**32 - 1))), width)
    if kind <= 1 and width == 8:
        array = draw(st.sampled_from((MEMORY, TABLE)))
        return POOL.read(array, POOL.const(draw(st.integers(0, 3)), 32))
    if kind == 2 and width > 8:
        low = draw(st.sampled_from(range(8, width, 8)))
        return POOL.apply(Op.CONCAT, width, (sub(width - low), sub(low)))
    if kind == 3:
        return POOL.apply(Op.EXTRACT, width, (sub(width + 8),), draw(st.sampled_from((0, 3, 8))))
    if kind == 4 and width > 8:
        return POOL.apply(draw(st.sampled_from((Op.ZEXT, Op.SEXT))), width, (sub(width - 8),))
    if kind == 5:
        shift = POOL.const(draw(st.sampled_from((0, 4, 8, 16, 40))), width)
        return POOL.apply(draw(st.sampled_from((Op.SHL, Op.LSHR, Op.ASHR))), width, (sub(), shift))
    if kind == 6:
        compared = POOL.apply(draw(st.sampled_from(sorted(COMPARISONS))), 1, (sub(), sub()))
        return POOL.apply(Op.SELECT, width, (compared, sub(), sub()))
    if kind == 7 and width == 8:
        index = POOL.apply(Op.ZEXT, 32, (POOL.apply(Op.AND, 8, (POOL.const(3, 8), sub())),))
        return POOL.read(MEMORY, index, ((POOL.const(2, 32), sub()),))
    return POOL.apply(draw(st.sampled_from(operators)), width, (sub(), sub()))


memories = st.lists(st.integers(0, 255), min_size=6, max_size=6).map(
    lambda content: {("m", at): byte for at, byte in enumerate(content)}
)


@given(terms(), memories)
def test_bytes_are_the_terms_bytes(term, memory):
    whole = value(term, memory)
    parts = bytes_of(term, POOL)
    assert [part.width for part in parts] == [8] * (term.width // 8)
    assert [value(part, memory) for part in parts] == [whole >> 8 * at & 255 for at in range(len(parts))]


@given(terms(), memories, st.data())
def test_nothing_but_its_symbols_decides_a_terms_value(term, memory, data):
    other = data.draw(memories)
    read = {(array.name, at) for array, at in symbols(term)}
    mixed = {place: memory[place] if place in read else other[place] for place in memory}
    assert value(term, mixed) == value(term, memory)


@settings(deadline=None, max_examples=60)
@given(terms(operators=(*ARITHMETIC, *DIVISION)), memories)
def test_the_solver_computes_the_same(term, memory):
    facade = Terms()
    symbolic, questions = Symbolic(facade), Questions(facade)
    word = symbolic.word(term)
    for (array, at), byte in memory.items():
        questions.assume(facade.equal(symbolic.byte(array, at), facade.number(byte, 8)))
    try:
        expected = value(term, memory)
    except ZeroDivisionError:
        return
    assert questions.unique(word) == expected


@settings(deadline=None, max_examples=30)
@given(terms(depth=3, operators=(*ARITHMETIC, *DIVISION)), memories)
def test_rough_terms_can_still_have_the_right_value(term, memory):
    try:
        expected = value(term, memory)
    except ZeroDivisionError:
        return
    facade = Terms()
    symbolic, questions = Symbolic(facade, rough=True), Questions(facade)
    flags = [
        facade.equal(symbolic.byte(array, at), facade.number(byte, 8)) for (array, at), byte in memory.items()
    ]
    assert (
        questions.possible(facade.equal(symbolic.word(term), facade.number(expected, term.width)), *flags)
        is True
    )


def test_packets_meet_under_prefixes():
    facade = Terms()
    first, second = Symbolic(facade, "p:", ["t"]), Symbolic(facade, "q:", ["t"])
    questions = Questions(facade)
    byte = POOL.read(MEMORY, POOL.const(0, 32))
    shared = POOL.read(POOL.array("t", 4), POOL.const(0, 32))
    assert questions.certain(facade.equal(first.word(shared), second.word(shared))) is True
    assert questions.certain(facade.equal(first.word(byte), second.word(byte))) is False


def test_a_read_past_an_array_may_be_anything():
    facade = Terms()
    index = POOL.apply(Op.ZEXT, 32, (POOL.read(MEMORY, POOL.const(0, 32)),))
    read = POOL.read(TABLE, index)
    questions = Questions(facade)
    symbolic = Symbolic(facade)
    word = symbolic.word(read)
    with questions.scope(facade.equal(symbolic.word(index), facade.number(2, 32))):
        assert questions.unique(word) == 4
    with questions.scope(facade.equal(symbolic.word(index), facade.number(9, 32))):
        assert questions.values(word, 10) is None


def test_a_condition_is_one_bit():
    with pytest.raises(ValueError, match="no condition"):
        Symbolic(Terms()).flag(POOL.const(1, 8))


def test_hard_operators():
    x = POOL.read(MEMORY, POOL.const(0, 32))
    assert hard(POOL.apply(Op.UDIV, 8, (x, x)))
    assert hard(POOL.apply(Op.UREM, 8, (x, POOL.const(3, 8))))
    assert not hard(POOL.apply(Op.UREM, 8, (x, POOL.const(4, 8))))
    assert not hard(POOL.apply(Op.MUL, 8, (x, POOL.const(3, 8))))


def test_values_up_to_a_number():
    facade = Terms()
    questions = Questions(facade)
    x = facade.symbol("x", 8)
    questions.assume(facade.compare("ult", x, facade.number(3, 8)))
    assert questions.values(x, 3) == (0, 1, 2)
    assert questions.values(x, 2) is None
    assert questions.unique(x) is None
    with questions.scope(facade.equal(x, facade.number(7, 8))):
        assert questions.values(x, 2) == ()
        assert questions.find([x]) is None
    assert questions.find([x], facade.compare("ult", facade.number(1, 8), x)) == (2,)


def test_a_limit_is_no_answer():
    facade = Terms()
    questions = Questions(facade, limit=1)
    x, y = facade.symbol("x", 64), facade.symbol("y", 64)
    product = facade.equal(facade.binary("mul", x, y), facade.number(0xDEADBEEF12345677, 64))
    assert isinstance(questions.possible(product, facade.compare("ult", x, y)), Unknown)


def test_extracted_packet_bytes_are_the_very_reads():
    word = multibyte(POOL, MEMORY, POOL.const(0, 32), 4)
    swapped = POOL.apply(
        Op.OR,
        16,
        (
            POOL.apply(Op.SHL, 16, (POOL.apply(Op.EXTRACT, 16, (word,), 16), POOL.const(8, 16))),
            POOL.apply(Op.LSHR, 16, (POOL.apply(Op.EXTRACT, 16, (word,), 16), POOL.const(8, 16))),
        ),
    )
    low, high = bytes_of(swapped, POOL)
    assert isinstance(low, Read) and isinstance(low.index, Const) and low.index.value == 3
    assert isinstance(high, Read) and isinstance(high.index, Const) and high.index.value == 2
