"""Reads templates of network functions: folders with `nf.toml`, what one takes and needs, and `nf.c.j2`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path

from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.fields import packet_classes
from rss_dsl.source import Source, Span
from rss_dsl.tokens import MalformedError, value
from rss_dsl.toml import item_span, read_toml, table_span
from rss_synth.nf.template import MAX_EXPIRY, RESERVED, SHARDING, STRATEGY, Kind, NfTemplate, Parameter, Sum

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_ROLE = re.compile(r"[a-z][a-z0-9_]*")
"""Roles and parameters become names in C and in the template."""
_ITEMS = ("summary", "roles", "classes", "needs", "picks", "replicates", "parameters", "sums")
_KINDS = {kind.name.lower(): kind for kind in Kind if kind is not Kind.PORT}
_LARGEST = 2**63 - 1


def load_template(folder: Traversable | Path) -> NfTemplate:
    """The template that a folder holds, named as the folder. RssError (RSS640) with every mistake."""
    about = _source(folder, "nf.toml")
    return _Reader(about, read_toml(about, codes.NF_TEMPLATE)).template(
        folder.name, _source(folder, "nf.c.j2")
    )


def _source(folder: Traversable | Path, name: str) -> Source:
    path = str(folder / name)
    try:
        return Source(path, (folder / name).read_text(encoding="utf-8"))
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not UTF-8"
        message = f"cannot read the template's `{name}`: {reason.lower()}"
        raise RssError([_wrong(Span(Source(path, ""), 0, 0), message)]) from None


def _wrong(span: Span, message: str, help: str | None = None) -> Diagnostic:
    return Diagnostic(rule=codes.NF_TEMPLATE, message=message, span=span, help=help)


class _Reader:
    """One `nf.toml`, and what is wrong with it so far."""

    def __init__(self, source: Source, table: Mapping[str, object]) -> None:
        self.source, self.table = source, table
        self.wrong: list[Diagnostic] = []

    def template(self, name: str, code: Source) -> NfTemplate:
        """All of it."""
        if not _NAME.fullmatch(name):
            self._say(
                None, f"`{name}` cannot name a network function", "use lower-case words joined by hyphens"
            )
        for item in self.table:
            if item not in _ITEMS:
                self._say(item, f"a template has no item `{item}`", f"items are {_listed(_ITEMS)}")
        roles = self._texts("roles")
        self._check_roles(roles)
        parameters = self._parameters(roles)
        made = NfTemplate(
            name=name,
            summary=self._summary(),
            roles=roles,
            parameters=(
                STRATEGY,
                *([SHARDING] if self._replicates(parameters) else ()),
                *(Parameter(name=role, kind=Kind.PORT, about=f"the {role} port") for role in roles),
                *parameters,
            ),
            classes=self._classes(),
            needs=() if self._together else self._texts("needs"),
            together=self._together,
            picks=self._picks(roles),
            sums=self._sums({parameter.name for parameter in parameters if parameter.kind is Kind.COUNT}),
            code=code,
        )
        if self.wrong:
            raise RssError(self.wrong)
        return made

    def _say(self, item: str | None, message: str, help: str | None = None) -> None:
        span = item_span(self.source, item) if item else Span(self.source, 0, 0)
        self.wrong.append(_wrong(span, message, help))

    def _summary(self) -> str:
        found = self.table.get("summary")
        if not isinstance(found, str) or not found or "\n" in found:
            self._say("summary", "`summary` is not one line of text", 'write `summary = "what it does"`')
        return str(found)

    def _texts(self, item: str) -> tuple[str, ...]:
        found = self.table.get(item)
        if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
            self._say(
                item,
                f"`{item}` is not a list of texts",
                f"write `{item} = []`, or texts between the brackets",
            )
            return ()
        return tuple(found)

    @property
    def _together(self) -> bool:
        return self.table.get("needs") == "all"

    def _replicates(self, parameters: Iterable[Parameter]) -> bool:
        found = self.table.get("replicates", False)
        if not isinstance(found, bool):
            self._say("replicates", "`replicates` is neither true nor false", "leave it out if unsure")
        elif found and "capacity" not in {parameter.name for parameter in parameters}:
            self._say("replicates", "there is no `capacity` to replicate", "write a `[parameters.capacity]`")
        return found is True

    def _check_roles(self, roles: tuple[str, ...]) -> None:
        if not roles or len(set(roles)) < len(roles):
            self._say("roles", "a network function has ports, each with a role of its own")
        for role in roles:
            if not _ROLE.fullmatch(role) or role in RESERVED:
                self._say(
                    "roles", f"`{role}` cannot be a role", "use lower-case letters, digits and underscores"
                )

    def _classes(self) -> tuple[str, ...]:
        classes = self._texts("classes")
        for name in classes:
            if name not in packet_classes():
                self._say("classes", f"there is no packet class `{name}`", "`rssc nic` lists them")
        return classes

    def _picks(self, roles: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        found = [text.partition(".") for text in (self._texts("picks") if "picks" in self.table else ())]
        for role, _, field in found:
            known = any(kind.canonical(field) for kind in packet_classes().values())
            if role not in roles or not known:
                self._say("picks", f"`{role}.{field}` is no field of a role", "write `ROLE.FIELD`")
        return tuple((role, field) for role, _, field in found)

    def _sums(self, counts: Collection[str]) -> tuple[Sum, ...]:
        tables = self.table.get("sums", [])
        found = [self._sum(table, counts) for table in tables] if isinstance(tables, list) else [None]
        if None in found:
            self._say(
                "sums", "a sum is no bound on counts", f"see the `nat` of rssc; counts are {_listed(counts)}"
            )
        return tuple(made for made in found if made)

    def _sum(self, table: object, counts: Collection[str]) -> Sum | None:
        if not isinstance(table, dict):
            return None
        of, high, about = table.get("of"), table.get("high"), table.get("about")
        if not isinstance(of, dict) or not isinstance(high, int) or not isinstance(about, str):
            return None
        if not all(name in counts and isinstance(weight, int) and weight > 0 for name, weight in of.items()):
            return None
        return Sum(weights=tuple(of.items()), high=high, about=about)

    def _parameters(self, taken: Iterable[str]) -> list[Parameter]:
        tables = self.table.get("parameters", {})
        if not isinstance(tables, dict):
            self._say("parameters", "`parameters` is no table", "write `[parameters.NAME]` tables")
            return []
        found = [self._parameter(name, table, taken) for name, table in tables.items()]
        return [parameter for parameter in found if parameter]

    def _parameter(self, name: str, table: object, taken: Iterable[str]) -> Parameter | None:
        before = len(self.wrong)
        if not isinstance(table, dict) or not isinstance(table.get("about"), str):
            self._at(name, "needs a table with an `about`, a line of text")
            return None
        if not _ROLE.fullmatch(name) or name in taken or name in RESERVED:
            self._at(name, "cannot have this name", "use letters, digits and underscores, and no role's name")
        kind = _KINDS.get(str(table.get("kind")))
        if kind is None:
            self._at(name, "has no `kind`", f"kinds are {_listed(_KINDS)}")
            return None
        high = MAX_EXPIRY if kind is Kind.DURATION else table.get("high", _LARGEST)
        if not isinstance(high, int) or not 1 <= high <= _LARGEST:
            self._at(name, "has a `high` that is no count")
            return None
        made = Parameter(
            name=name,
            kind=kind,
            about=table["about"],
            default=self._default(name, kind, table.get("default")),
            words=self._words(name, kind, table.get("words")),
            high=high,
        )
        return made if len(self.wrong) == before else None

    def _at(self, name: str, message: str, help: str | None = None) -> None:
        span = table_span(self.source, f"parameters.{name}")
        self.wrong.append(_wrong(span, f"parameter `{name}` {message}", help))

    def _default(self, name: str, kind: Kind, text: object) -> str | int | None:
        if text is None:
            return None
        try:
            found, default = value(str(text))
        except MalformedError as error:
            self._at(name, f"has a default that cannot stand in a spec: {error}")
            return None
        if found != kind.spelled:
            self._at(name, f"is {kind}, and its default `{text}` is not")
        return default

    def _words(self, name: str, kind: Kind, words: object) -> tuple[str, ...]:
        if kind is not Kind.WORD:
            return ()
        if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
            self._at(name, "is a word, and `words` does not list which")
            return ()
        return tuple(words)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
