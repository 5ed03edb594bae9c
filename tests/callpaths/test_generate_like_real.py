"""Generated call paths of nop, fw, pol and cl are those that were published, but for addresses."""

import importlib
from hashlib import sha256

import pytest
from published import NAMES, PUBLISHED

from generate.harness import explore
from rss_callpaths.callpath import Argument, Call, CallPath, Pointee
from rss_callpaths.files.reader import read
from rss_callpaths.terms import Apply, Const, Pool, Read, Term

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


DIGESTS = {
    "nop": "b98146e19f7c07d7",
    "fw": "61bcdeaf28a1646c",
    "pol": "8ddf2779e9abf940",
    "cl": "60e0bab1610e731b",
}
"""Of the published paths' shapes."""


def digest(paths) -> str:
    shapes = sorted(repr(Shape().of(path)) for path in paths)
    return sha256("\n".join(shapes).encode()).hexdigest()[:16]


@pytest.mark.parametrize("name", NAMES)
def test_generated_paths_have_the_shapes_of_the_published_ones(name):
    """Same calls with the same arguments under the same conditions, path by path."""
    generated = explore(importlib.import_module(f"generate.nfs.{name}").NF)
    assert digest(generated) == DIGESTS[name]


@pytest.mark.skipif(
    not PUBLISHED.is_dir(),
    reason="the published call paths, which are no part of the project, are not beside it; "
    "what they are is held by digests",
)
@pytest.mark.parametrize("name", NAMES)
def test_the_digests_are_of_the_published_paths(name):
    published, problems = read([PUBLISHED / name], Pool())
    assert not problems
    assert digest(published) == DIGESTS[name]
