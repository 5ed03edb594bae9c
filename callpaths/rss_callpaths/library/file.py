"""Reads library tables: TOML files with one table for each function."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from enum import StrEnum
from importlib import resources
from typing import NoReturn, TypeVar

from rss_callpaths.library import Function, Kind, Library, Mutates, PacketRole
from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.source import Source, Span
from rss_dsl.toml import read_toml, table_span

_E = TypeVar("_E", bound=StrEnum)
_ITEMS = tuple(item.name for item in fields(Function) if item.name != "name")
_ROLES = ("object", "key", "value", "result")
_SCANNED = ("older", "offset", "start", "count")
_INDEXES = ("key", "value", "result")


def vigor() -> Library:
    """Vigor's library, as it comes with rssc."""
    text = resources.files("rss_callpaths.library").joinpath("libvig.toml").read_text(encoding="utf-8")
    return read_library([Source("libvig.toml", text)])


def read_library(sources: Iterable[Source], base: Library | None = None) -> Library:
    """The functions of these texts on top of another library; later ones replace earlier ones.

    RssError (RSS410) with every mistake, at the function's table.
    """
    functions = dict(base.functions) if base else {}
    wrong: list[Diagnostic] = []
    for source in sources:
        try:
            tables = read_toml(source, codes.LIBRARY_ENTRY)
        except RssError as error:
            wrong += error.diagnostics
            continue
        for name, table in tables.items():
            try:
                functions[name] = _function(name, table)
            except _WrongError as why:
                wrong.append(_diagnostic(table_span(source, name), f"function `{name}`: {why}", why.help))
    if wrong:
        raise RssError(wrong)
    return Library(functions)


class _WrongError(Exception):
    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


def _function(name: str, table: object) -> Function:
    if not isinstance(table, dict):
        _wrong("is no table", f"write `[{name}]` and its items below")
    for item in table:
        if item not in _ITEMS:
            _wrong(f"has no item `{item}`", f"items are {', '.join(f'`{known}`' for known in _ITEMS)}")
    if "kind" not in table:
        _wrong("has no `kind`", f"kinds are {', '.join(kind for kind in Kind)}")
    function = Function(
        name,
        _choice(table, "kind", Kind, Kind.UNKNOWN),
        arguments=_names(table, "arguments"),
        **{item: _text(table, item) for item in ("type", "index", *_ROLES, *_SCANNED)},
        mutates=_choice(table, "mutates", Mutates, Mutates.NEVER),
        success=_truth(table, "success"),
        whole=_truth(table, "whole"),
        touches=_touches(table),
        keeps_key=_truth(table, "keeps_key"),
        kept_key=_truth(table, "kept_key"),
        packet=_choice(table, "packet", PacketRole, PacketRole.NONE),
    )
    _check(function)
    return function


def _check(function: Function) -> None:
    """What the items must say together."""
    roles = {role: getattr(function, role) for role in _ROLES}
    if function.index and not (function.index in _INDEXES and roles[function.index]):
        _wrong(f"`index` is `{function.index}`", "it is `key`, `value` or `result`, and that item is there")
    for name in function.touches:
        if name not in function.arguments:
            _wrong(f"`touches` names `{name}`, which is none of its `arguments`")
    for role in ("object", "key", *_SCANNED):
        name = getattr(function, role)
        if name and function.arguments and name not in function.arguments:
            _wrong(f"its {role} `{name}` is none of its `arguments`")
    if bool(function.start) is not bool(function.count):
        _wrong("has a `start` or a `count`, but a range of cells has both")
    if function.object and not function.type:
        _wrong("has an `object` but no `type`", 'say what it is: `type = "map"`')
    if function.mutates is not Mutates.NEVER and not function.object and not function.touches:
        _wrong("mutates, but has no `object` and `touches` nothing")
    if function.mutates is Mutates.ON_SUCCESS and not function.success:
        _wrong(
            "mutates on success, but does not say of it", "with `success = true`, a return of 0 is failure"
        )
    if function.mutates is Mutates.ON_DIFFERENCE and not function.value:
        _wrong("mutates on difference, but has no `value`")
    if (function.keeps_key and not function.key) or (function.kept_key and function.key):
        _wrong("keeps a key that it has not, or takes the kept key and has one")


def _wrong(message: str, help: str | None = None) -> NoReturn:
    raise _WrongError(message, help)


def _text(table: dict[str, object], item: str) -> str:
    value = table.get(item, "")
    if not isinstance(value, str):
        _wrong(f"`{item}` is no text")
    return value


def _truth(table: dict[str, object], item: str) -> bool:
    value = table.get(item, False)
    if not isinstance(value, bool):
        _wrong(f"`{item}` is neither true nor false")
    return value


def _names(table: dict[str, object], item: str) -> tuple[str, ...]:
    value = table.get(item, [])
    if not isinstance(value, list):
        _wrong(f"`{item}` is no list of names")
    names = tuple(name for name in value if isinstance(name, str))
    if len(names) < len(value):
        _wrong(f"`{item}` is no list of names")
    return names


def _touches(table: dict[str, object]) -> dict[str, str]:
    value = table.get("touches", {})
    if not isinstance(value, dict) or not all(isinstance(kind, str) for kind in value.values()):
        _wrong('`touches` is no table of arguments and types, as in `{ chain = "chain" }`')
    return {str(name): str(kind) for name, kind in value.items()}


def _choice(table: dict[str, object], item: str, options: type[_E], default: _E) -> _E:
    value = _text(table, item) or default
    if value not in [str(option) for option in options]:
        _wrong(f"`{item}` is `{value}`", f"it is one of {', '.join(f'`{option}`' for option in options)}")
    return options(value)


def _diagnostic(span: Span, message: str, help: str | None = None) -> Diagnostic:
    return Diagnostic(rule=codes.LIBRARY_ENTRY, message=message, span=span, help=help)
