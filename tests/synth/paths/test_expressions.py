"""Terms as C, compiled and run, against what they are worth by Python's numbers."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest
from term_values import value

import rss_synth
from rss_callpaths.terms import Op, Pool
from rss_callpaths.terms.bytewise import bytes_of
from rss_synth.paths.expressions import Expressions
from rss_synth.paths.places import Place, UnknownSymbolError, Variable
from rss_synth.paths.terms import NoCodeError, bare, c_type
from rss_synth.paths.writing import State

RUNTIME = Path(rss_synth.__file__).parent / "runtime"
WIDTHS = (8, 16, 24, 32, 48, 64)
BINARY = (
    Op.ADD,
    Op.SUB,
    Op.MUL,
    Op.AND,
    Op.OR,
    Op.XOR,
    Op.UDIV,
    Op.UREM,
    Op.SDIV,
    Op.SREM,
    Op.SHL,
    Op.LSHR,
    Op.ASHR,
)
COMPARE = (Op.EQ, Op.NE, Op.ULT, Op.ULE, Op.UGT, Op.UGE, Op.SLT, Op.SLE, Op.SGT, Op.SGE)
RANDOM = {
    "gcc": ("-Wno-bool-compare", "-Wno-tautological-compare", "-Wno-int-in-bool-context"),
    "clang": ("-Wno-tautological-compare", "-Wno-tautological-constant-out-of-range-compare"),
}
"""What compilers say of comparisons that nobody would write."""
BYTES, NUMBER = Variable("bytes", 16, False), Variable("number", 8, True)


def scope(pool):
    """Sixteen bytes in memory and eight in a number."""
    memory, number = pool.array("memory", 16), pool.array("number", 8)
    places = {(memory, at): Place(BYTES, at) for at in range(16)}
    return State(places | {(number, at): Place(NUMBER, at) for at in range(8)}, {})


class Terms:
    """Random terms."""

    def __init__(self, seed):
        self.rng, self.pool = random.Random(seed), Pool()

    def byte(self):
        name, size = self.rng.choice((("memory", 16), ("number", 8)))
        at = self.pool.const(self.rng.randrange(size), 32)
        return self.pool.read(self.pool.array(name, size), at)

    def run(self, width):
        """Bytes that stand together, either way round."""
        count = width // 8
        name, size = self.rng.choice((("memory", 16), ("number", 8)))
        first = self.rng.randrange(size - count + 1)
        array = self.pool.array(name, size)
        places = list(range(first, first + count))
        parts = [
            self.pool.read(array, self.pool.const(at, 32)) for at in self.rng.choice((places, places[::-1]))
        ]
        return self.joined(parts)

    def joined(self, parts):
        while len(parts) > 1:
            last = parts.pop()
            parts[-1] = self.pool.apply(Op.CONCAT, parts[-1].width + last.width, (parts[-1], last))
        return parts[0]

    def word(self, width, depth):
        pool, rng = self.pool, self.rng
        kind = rng.random() if depth else rng.random() * 0.3
        if kind < 0.1:
            return pool.const(
                rng.choice((0, 1, rng.randrange(1 << width), (1 << width) - rng.randrange(1, 40))), width
            )
        if kind < 0.3:
            return self.run(width)
        if kind < 0.4 and width > 8:
            return self.joined([self.word(8, depth - 1) for _ in range(width // 8)])
        if kind < 0.5 and width > 8:
            op, narrow = rng.choice((Op.ZEXT, Op.SEXT)), rng.choice([each for each in WIDTHS if each < width])
            return pool.apply(op, width, (self.word(narrow, depth - 1),))
        if kind < 0.6 and width < 64:
            wide = rng.choice([each for each in WIDTHS if each > width])
            offset = rng.choice((0, 8, 3, wide - width))
            return pool.apply(Op.EXTRACT, width, (self.word(wide, depth - 1),), min(offset, wide - width))
        if kind < 0.65:
            return pool.apply(Op.ZEXT, width, (self.flag(depth - 1),))
        if kind < 0.7:
            return pool.apply(
                Op.SELECT, width, (self.flag(depth - 1), *(self.word(width, depth - 1) for _ in "ab"))
            )
        if kind < 0.73:
            return pool.apply(Op.NOT, width, (self.word(width, depth - 1),))
        op = rng.choice(BINARY)
        second = self.word(width, depth - 1)
        if op in (Op.SHL, Op.LSHR, Op.ASHR) and rng.random() < 0.8:
            second = pool.const(rng.randrange(width), width)
        if op in (Op.UDIV, Op.UREM, Op.SDIV, Op.SREM):  # no path divides by zero
            second = pool.apply(Op.OR, width, (pool.const(1, width), second))
        return pool.apply(op, width, (self.word(width, depth - 1), second))

    def flag(self, depth):
        pool, rng = self.pool, self.rng
        kind = rng.random()
        if depth > 0 and kind < 0.4:
            return pool.apply(
                rng.choice((Op.AND, Op.OR, Op.XOR)), 1, (self.flag(depth - 1), self.flag(depth - 1))
            )
        if depth > 0 and kind < 0.5:
            return pool.apply(Op.EQ, 1, (pool.const(0, 1), self.flag(depth - 1)))
        if kind < 0.6:
            wide = self.joined([self.word(64, 0), self.word(64, 0)])
            other = wide if rng.random() < 0.5 else self.joined([wide.args[0], self.word(64, 0)])
            return pool.apply(rng.choice((Op.EQ, Op.NE)), 1, (wide, other))
        width = rng.choice(WIDTHS)
        return pool.apply(rng.choice(COMPARE), 1, [self.word(width, max(depth - 1, 0)) for _ in "ab"])

    def tall(self, levels):
        """One operator on another."""
        found = self.word(32, 0)
        for _ in range(levels):
            op = self.rng.choice((Op.ADD, Op.SUB, Op.MUL, Op.XOR, Op.UREM))
            second = self.pool.apply(Op.OR, 32, (self.pool.const(1, 32), self.run(32)))
            found = self.pool.apply(op, 32, (found, second))
        return found

    def any(self):
        depth = self.rng.randrange(5)
        return self.flag(depth) if self.rng.random() < 0.3 else self.word(self.rng.choice(WIDTHS), depth)


def function(number, term, expressions, places):
    """A C function that returns the term's value."""
    lines, (text,) = expressions.together([term], places)
    body = "".join(f"    {line}\n" for line in lines)
    head = f"static uint64_t term_{number}(const uint8_t *bytes, uint64_t number)\n"
    unused = "    (void)bytes, (void)number;\n"
    found = f"    const {c_type(term.width)} found = {bare(text)};\n    return found;\n"
    return f"{head}{{\n{unused}{body}{found}}}\n"


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_terms_in_c_are_worth_what_they_are(compiler, tmp_path):
    if not shutil.which(compiler):
        pytest.skip(f"{compiler} is not installed")
    made = Terms(compiler)
    expressions, places = Expressions(made.pool), scope(made.pool)
    terms = [*(made.any() for _ in range(400)), made.tall(60)]
    functions = [function(number, term, expressions, places) for number, term in enumerate(terms)]
    inputs = [
        bytes(made.rng.choice((0, 1, 255, made.rng.randrange(256))) for _ in range(24)) for _ in range(12)
    ]
    rows = "".join(f"    {{{', '.join(map(str, row))}}},\n" for row in inputs)
    names = ", ".join(f"term_{number}" for number in range(len(terms)))
    code = f"""#include "paths/bits.h"
#include <stdio.h>
{"".join(functions)}
static uint64_t (*const terms[])(const uint8_t *, uint64_t) = {{{names}}};
static const uint8_t inputs[][24] = {{
{rows}}};
int main(void)
{{
    for (unsigned t = 0; t < sizeof terms / sizeof *terms; t++)
        for (unsigned i = 0; i < sizeof inputs / sizeof *inputs; i++)
            printf("%llu\\n", (unsigned long long)terms[t](inputs[i], bits_load64(inputs[i] + 16)));
    return 0;
}}
"""
    (tmp_path / "terms.c").write_text(code)
    flags = ["-std=c11", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
    flags += ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error", f"-I{RUNTIME}"]
    flags += ["-Wno-unused-function", "-Wno-type-limits", *RANDOM[compiler]]
    built = [compiler, *flags, "-o", tmp_path / "terms", tmp_path / "terms.c"]
    result = subprocess.run(built, capture_output=True, text=True, timeout=250)
    assert result.returncode == 0, result.stderr[:3000]
    found = subprocess.run([tmp_path / "terms"], capture_output=True, text=True, timeout=60)
    assert found.returncode == 0, found.stderr[:3000]
    numbers = iter(map(int, found.stdout.split()))
    for number, term in enumerate(terms):
        for row in inputs:
            memory = {("memory", at): row[at] for at in range(16)} | {
                ("number", at): row[16 + at] for at in range(8)
            }
            assert next(numbers) == value(term, memory), functions[number]


def test_tall_terms_are_written_by_levels():
    made = Terms(1)
    expressions = Expressions(made.pool)
    lines, texts = expressions.together([made.tall(3000)], scope(made.pool))
    assert max(text.count("(") for text in lines + texts) < 100
    both = made.flag(0)
    for _ in range(3000):
        both = made.pool.apply(Op.AND, 1, (both, made.flag(0)))
    assert expressions.together([both], scope(made.pool))


def test_what_has_no_expression_says_why():
    pool = Pool()
    expressions, places = Expressions(pool), scope(pool)
    stranger = pool.read(pool.array("stranger", 4), pool.const(2, 32))
    with pytest.raises(UnknownSymbolError, match=r"stranger\[2\]"):
        expressions.together([stranger], places)
    index = pool.apply(Op.ZEXT, 32, (pool.read(pool.array("memory", 16), pool.const(0, 32)),))
    with pytest.raises(NoCodeError, match="index that depends on the packet"):
        expressions.together([pool.read(pool.array("memory", 16), index)], places)
    wide = pool.const(5, 128)
    with pytest.raises(NoCodeError, match="order of 128 bits"):
        expressions.together([pool.apply(Op.ULT, 1, (wide, pool.apply(Op.ADD, 128, (wide, wide))))], places)
    assert len(bytes_of(wide, pool)) == 16
