"""Hypothesis strategies for specs: any tree that `rss_dsl.parse` can give."""

from __future__ import annotations

from hypothesis import strategies as st

from rss_dsl import spec
from rss_dsl.expressions import LEVEL
from rss_dsl.lexical import KEYWORDS
from rss_dsl.source import Source
from rss_dsl.tokens import Constant, written

NAMES = st.one_of(
    st.sampled_from(["LAN", "WAN", "a", "queues", "device", "weight", "key", "ones", "fe80", "portal"]),
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,7}", fullmatch=True).filter(lambda name: name not in KEYWORDS),
)
WORDS = st.one_of(
    st.sampled_from(["shared-nothing", "intel-x710", "port-x", "in-1", "l2", "ipv4-tcp"]),
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,5}(-[A-Za-z0-9_]{1,4}){0,2}", fullmatch=True),
).filter(lambda word: word not in KEYWORDS)
CLASSES = WORDS.filter(lambda word: word != "auto")
FIELDS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,7}(\.[a-z]{1,4}){0,1}", fullmatch=True)
COUNTS = st.one_of(st.integers(0, 1024), st.integers(0, 2**64 - 1))
DIGITS = st.binary(min_size=1, max_size=52).map(bytes.hex)
_ANY_TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12)

SLICES = st.tuples(st.integers(0, 64), st.integers(1, 64)).map(lambda pair: (pair[0], sum(pair)))
PACKETS = st.builds(
    spec.PacketName,
    name=NAMES,
    index=st.one_of(st.none(), st.integers(0, 9), st.just("*")),
    primes=st.integers(0, 2),
)
REFERENCES = st.builds(spec.FieldRef, packet=PACKETS, field=FIELDS, slice=st.none() | SLICES)


def _literals(kind: str, bits: int, prefixes: bool = False) -> st.SearchStrategy[spec.Literal]:
    values = st.one_of(st.integers(0, 300), st.integers(0, 2**bits - 1))
    prefix = st.none() | st.integers(0, bits) if prefixes else st.none()
    return st.builds(spec.Literal, kind=st.just(kind), value=values, prefix=prefix, text=_ANY_TEXT)


LITERALS = st.one_of(
    _literals("decimal", 1024),
    _literals("hex", 1024),
    _literals("mac", 48),
    _literals("ipv4", 32, prefixes=True),
    _literals("ipv6", 128, prefixes=True),
)
RANGES = st.builds(spec.Range, low=LITERALS, high=LITERALS)
CONTAINERS = st.one_of(
    LITERALS,
    RANGES,
    st.builds(spec.Choice, members=st.lists(LITERALS | RANGES, min_size=1, max_size=3).map(tuple)),
)
CALLS = st.builds(spec.Call, relation=NAMES, arguments=st.lists(PACKETS, min_size=1, max_size=3).map(tuple))


def _grow(inner: st.SearchStrategy[spec.Expr]) -> st.SearchStrategy[spec.Expr]:
    binary = st.sampled_from([op for op in LEVEL if op != "in"])
    return st.one_of(
        st.builds(spec.Binary, op=binary, left=inner, right=inner),
        st.builds(spec.Binary, op=st.sampled_from(["&&", "||"]), left=inner, right=inner),
        st.builds(spec.Unary, op=st.just("!"), operand=inner),
        st.builds(spec.Membership, item=inner, container=CONTAINERS),
    )


EXPRESSIONS: st.SearchStrategy[spec.Expr] = st.recursive(
    st.one_of(REFERENCES, REFERENCES, LITERALS, CALLS), _grow, max_leaves=14
)

_LINE = _ANY_TEXT.map(lambda text: f"//{text}".rstrip(" \t\r"))
_BLOCK = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r\0", max_codepoint=0x2FF)
).map(lambda text: "".join(c for c in text if c == "\n" or c >= " ").replace("*/", "").replace("\x7f", ""))
COMMENT = _LINE | _BLOCK.filter(lambda text: "*/" not in text).map(lambda text: f"/*{text}*/")


@st.composite
def leading(draw: st.DrawFn) -> tuple[str, ...]:
    """Comments before something, an empty one for each blank line."""
    found = draw(st.lists(st.tuples(COMMENT, st.booleans()), max_size=3)) if draw(st.booleans()) else []
    return tuple(part for text, blank in found for part in ((text, "") if blank else (text,)))


@st.composite
def tails(draw: st.DrawFn) -> tuple[str, ...]:
    """Comments after the last thing."""
    found = draw(leading())
    return found[:-1] if found and not found[-1] else found


_C = leading()
_CLASS_HASH = st.builds(
    spec.ClassHash,
    packet_class=CLASSES,
    fields=st.none() | st.lists(FIELDS, min_size=1, max_size=3).map(tuple),
)
PORT_ITEMS = st.one_of(
    st.builds(spec.Device, number=COUNTS, comments=_C),
    st.builds(spec.Nic, name=WORDS, comments=_C),
    st.builds(spec.Adapter, name=WORDS, comments=_C),
    st.builds(spec.Hash, entries=st.lists(_CLASS_HASH, max_size=3).map(tuple), comments=_C),
    st.builds(spec.Queues, count=COUNTS, comments=_C),
    st.builds(spec.Table, size=COUNTS, comments=_C),
    st.builds(
        spec.Traffic,
        classes=st.lists(st.builds(spec.ClassName, name=WORDS), min_size=1, max_size=3).map(tuple),
        comments=_C,
    ),
    st.builds(spec.Fragments, comments=_C),
    st.builds(spec.Function, comments=_C, name=st.sampled_from(("toeplitz", "symmetric-xor", "none"))),
    st.builds(spec.Key, digits=DIGITS, comments=_C),
)


def _address(literal: spec.Literal) -> spec.Value:
    text = written(Constant(literal.kind, literal.value, literal.prefix))
    return spec.Value(kind="address", value=text, text=literal.text)


_SPANS_OF_TIME = st.tuples(st.integers(0, 10**6), st.sampled_from([1, 10**3, 10**6, 10**9, 60 * 10**9]))
VALUES = st.one_of(
    st.builds(spec.Value, kind=st.just("word"), value=WORDS, text=_ANY_TEXT),
    st.builds(spec.Value, kind=st.just("integer"), value=COUNTS, text=_ANY_TEXT),
    st.builds(
        spec.Value,
        kind=st.just("duration"),
        value=_SPANS_OF_TIME.map(lambda pair: pair[0] * pair[1]),
        text=_ANY_TEXT | st.sampled_from(["1m", "60s", "0h"]),
    ),
    LITERALS.filter(lambda literal: literal.kind in ("mac", "ipv4", "ipv6")).map(_address),
)
_WISHES = st.one_of(
    st.builds(spec.KeyBits, port=PACKETS, slice=st.none() | SLICES, value=LITERALS),
    st.builds(spec.KeyNear, port=PACKETS, digits=DIGITS),
    st.builds(spec.KeyStyle, style=st.sampled_from(["ones", "random"])),
)
_PATHS = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters='"'), max_size=20)

STATEMENTS = st.one_of(
    st.builds(spec.Import, path=_PATHS, comments=_C),
    st.builds(
        spec.PortDecl,
        name=NAMES,
        count=st.none() | COUNTS,
        items=st.lists(PORT_ITEMS, max_size=6).map(tuple),
        tail_comments=tails(),
        comments=_C,
    ),
    st.builds(
        spec.Relation,
        name=NAMES,
        parameters=st.lists(NAMES, min_size=1, max_size=3).map(tuple),
        body=EXPRESSIONS,
        comments=_C,
    ),
    st.builds(spec.Require, name=st.none() | NAMES, condition=EXPRESSIONS, comments=_C),
    st.builds(spec.Require, name=st.none() | NAMES, condition=EXPRESSIONS, comments=_C),
    st.builds(spec.Assume, condition=EXPRESSIONS, comments=_C),
    st.builds(spec.Prefer, wish=_WISHES, weight=st.none() | COUNTS, over_rank=st.booleans(), comments=_C),
    st.builds(spec.Equality, mode=st.sampled_from(["auto", "hash", "index"]), comments=_C),
    st.builds(spec.Seed, value=COUNTS, comments=_C),
    st.builds(
        spec.Nf,
        name=NAMES,
        items=st.lists(st.builds(spec.NfItem, name=NAMES, value=VALUES, comments=_C), max_size=5).map(tuple),
        tail_comments=tails(),
        comments=_C,
    ),
)
SPECS = st.builds(
    spec.Spec,
    source=st.just(Source("<generated>", "")),
    statements=st.lists(STATEMENTS, max_size=6).map(tuple),
    tail_comments=tails(),
)
