"""Generated call paths of nop, fw, pol and cl against those of the published ones, where those are there."""

import importlib
from collections import Counter
from pathlib import Path

import pytest

from generate.harness import explore
from rss_callpaths.callpath import Argument, Call, CallPath, Pointee
from rss_callpaths.files.reader import read
from rss_callpaths.terms import Apply, Const, Pool, Read, Term

REAL = Path(__file__).parents[3] / "shared" / "data" / "callpaths"
POINTERS = {"heap": range(0x40000000, 0x41000000), "stack": range(0x7FFF00000000, 0x7FFF00010000)}


class Shape:
    """A path without what depends on the compiler: addresses are numbered in the order of their first use."""

    def __init__(self) -> None:
        self.addresses: dict[int, str] = {}

    def of(self, path: CallPath) -> tuple[object, ...]:
        calls = tuple(self.call(call) for call in path.calls)
        return calls, tuple(self.term(term) for term in path.constraints)

    def call(self, call: Call) -> tuple[object, ...]:
        arguments = tuple(self.argument(argument) for argument in call.arguments)
        extras = tuple((e.name, self.pointee(e.value)) for e in call.extras)
        return call.function, arguments, extras, self.term(call.result.value)

    def argument(self, argument: Argument) -> tuple[object, ...]:
        fields = tuple((f.name, self.pointee(f.value)) for f in argument.fields)
        value = "" if argument.function else self.term(argument.value)
        return argument.name, value, argument.function, self.pointee(argument.pointee), fields

    def pointee(self, pointee: Pointee | None) -> object:
        return pointee and (self.term(pointee.before), self.term(pointee.after))

    def term(self, term: Term | None) -> str:
        match term:
            case None:
                return ""
            case Const():
                return self.constant(term)
            case Read():
                return f"{term.array.name}[{self.term(term.index)}]"
            case Apply():
                args = " ".join(self.term(arg) for arg in term.args)
                return f"({term.op} {term.width} {term.offset} {args})"

    def constant(self, constant: Const) -> str:
        for kind, addresses in POINTERS.items():
            if constant.value in addresses and constant.width >= 32:
                if kind == "stack":
                    return "stack"
                return self.addresses.setdefault(constant.value, f"address {len(self.addresses)}")
        return f"{constant.value}:{constant.width}"


@pytest.mark.skipif(not REAL.is_dir(), reason="the published call paths are not here")
@pytest.mark.parametrize("name", ["nop", "fw", "pol", "cl"])
def test_generated_paths_are_the_real_ones(name):
    """Same calls with the same arguments under the same conditions, path by path."""
    real, problems = read([REAL / name], Pool())
    assert not problems
    generated = explore(importlib.import_module(f"generate.nfs.{name}").NF)
    assert Counter(Shape().of(path) for path in generated) == Counter(Shape().of(path) for path in real)
