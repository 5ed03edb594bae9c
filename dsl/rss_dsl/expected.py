"""What the grammar expected, in the words of whoever wrote the spec."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic
from rss_dsl.lexical import KEYWORDS, quote, token_at, tokens
from rss_dsl.nics import containing
from rss_dsl.source import Source, Span

PORT_ITEMS = (
    "device",
    "nic",
    "adapter",
    "hash",
    "queues",
    "table",
    "traffic",
    "fragments",
    "key",
    "function",
)

_WORDS = {"Auto": ("auto",), "Mode": ("auto", "hash", "index"), "Style": ("ones", "random")}
_WORDS["SameAsFlow"] = ("same-as-flow",)
"""Rules of `rss.tx` that stand for a few words."""

_PHRASES = {
    "ClassWord": "a packet class",
    "Field": "a field",
    "Word": "a name",
    "NfName": "the network function's name",
    "NumberText": "a number",
    "QuotedPath": "a path in double quotes",
    "DigitsText": "a key in hex digits",
    "PacketText": "a packet",
    "ValueText": "a value",
    "ConstantText": "a number or an address",
    "KeyText": "a key such as `LAN.key`",
    "Operator": "an operator",
}
"""Rules of `rss.tx` with one meaning wherever they stand."""

_NAMES = {
    "port": "the port's name",
    "ports": "the group's name",
    "relation": "the relation's name",
    "(": "a packet's name",
    ",": "a packet's name",
}
_SIGNS = (",", "(", ")", "[", "]", "{", "}", "==", "near")
_BEFORE_CONDITION = frozenset({"require", "assume", ":", "&&", "||", "and", "or", "!", "not", "(", "{"})

_HINTS = {
    "=": "comparison is `==`",
    ";": "nothing ends a statement but the next one",
    "'": "the prime touches the port's name: `LAN'`",
    "..": "a range stands after `in`: `PORT.FIELD in 1..5`",
    "*": "there is no multiplication",
    "~": "there is no bitwise complement; `!` negates a condition",
}
"""What helps where one of these stands in the way."""


def syntax_error(source: Source, code: str, piece: int, at: int, expected: frozenset[str]) -> Diagnostic:
    """The error of a statement that begins at `piece` and makes no sense from `at` on.

    `expected` holds names of rules of `rss.tx` and the literal words it tried.
    """
    before = [match.span() for match in tokens(code, piece, at)][-1:]
    found = token_at(code, at)
    previous = code[slice(*before[0])] if before else ""
    text = code[slice(*found)]
    after = f" after {quote(previous)}" if previous else ""
    shown = quote(text) if text else "the end of the file"
    message = f"expected {phrase(expected, previous)}{after}, found {shown}"
    is_apart = bool(before) and (not text or "\n" in code[before[0][1] : at])
    # A word that begins an item or a statement is wrong by itself.
    is_apart = is_apart and not (_may_begin(expected) and text[:1].isalpha() and text not in KEYWORDS)
    glued = "" if "device" in expected else code[at - 1 : at]
    help_ = _in_name(text, glued) or _similar_nic(previous, text) or _help(expected, text)
    place, help_ = (before[0], None) if is_apart else (found, help_)
    return Diagnostic(rule=codes.SYNTAX, message=message, span=Span(source, *place), help=help_)


def _may_begin(expected: frozenset[str]) -> bool:
    return bool(expected & {"device", "import"}) and "Operator" not in expected


def phrase(expected: frozenset[str], previous: str) -> str:
    """What was expected, in the user's words."""
    words = [quote(word) for rule in sorted(expected) for word in _WORDS.get(rule, ())]
    named = [_PHRASES[rule] for rule in sorted(expected) if rule in _PHRASES]
    signs = [quote(word) for word in _SIGNS if word in expected]
    choices = [*named, *words, *signs]
    if "Name" in expected:
        choices.insert(0, _NAMES.get(previous, "an item" if "}" in expected else "a name"))
    if "Term" in expected:
        choices = ["a condition" if previous in _BEFORE_CONDITION else "a value"]
    if "MemberText" in expected:
        choices = ["a prefix, a range or a set" if previous == "in" else "a value"]
    if "device" in expected:
        choices.insert(0, "a port item")
    if "import" in expected:
        choices.append("a statement" if not choices else "the next statement")
    return _one_of(dict.fromkeys(choices))


def _one_of(choices: Iterable[str]) -> str:
    *first, last = choices
    return f"{', '.join(first)} or {last}" if first else last


def _help(expected: frozenset[str], text: str) -> str | None:
    """A way out, if what stands there suggests one."""
    name = text.rstrip("'").partition(".")[0].partition("[")[0]
    if name in KEYWORDS and expected & {"Name", "Word", "NfName", "ClassWord", "ValueText", "Term"}:
        return f"{quote(name)} is a keyword and cannot be a name"
    if text == "[":
        return _bracket(expected)
    if "ValueText" in expected and text[:1] in ('"', "/", "."):
        return (
            "values have no quotes, and a path begins with a letter: `nf/stations.txt`, relative to the spec"
        )
    if text == "'" and "QuotedPath" in expected:
        return "use double quotes"
    return _HINTS.get(text) or _similar(expected, text)


def _in_name(text: str, before: str) -> str | None:
    if text == "-" and (before.isalnum() or before == "_"):
        return "names have letters, digits and `_`; hyphens are for NICs and packet classes"
    if text.isalpha() and not text.isascii():
        return "names have the letters `a` to `z` and `A` to `Z`, digits and `_`"
    return None


def _similar_nic(previous: str, text: str) -> str | None:
    found = containing(text) if previous == "nic" else None
    return None if found is None else f"did you mean {quote(found)}?"


def _bracket(expected: frozenset[str]) -> str | None:
    if "{" in expected:
        return "a group of ports is declared with `ports NAME[COUNT] { … }`"
    return "a slice follows a field: `LAN.ipv4_src[0:24]`" if "Operator" in expected else None


def _similar(expected: frozenset[str], text: str) -> str | None:
    words = {word for rule in expected for word in _WORDS.get(rule, (rule,))}
    close = get_close_matches(text, sorted(word for word in words if word.isalpha() and word.islower()), n=1)
    if close:
        return f"did you mean {quote(close[0])}?"
    if "device" in expected and text[:1].isalpha():
        return f"port items are {', '.join(map(quote, PORT_ITEMS))}"
    return None
