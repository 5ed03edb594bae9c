"""Reads templates of network functions: folders with `nf.toml`, what one takes and needs, and `nf.c.j2`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from rss_dsl import codes
from rss_dsl.fields import packet_classes
from rss_dsl.files import read_source
from rss_dsl.source import Source
from rss_dsl.toml import read_toml
from rss_synth.nf.declared import is_line, listed, read_parameters, read_sums
from rss_synth.nf.mistakes import Mistakes
from rss_synth.nf.names import CALLED_AS, TAKEN_ROLES, can_be_called, can_be_item
from rss_synth.nf.template import SHARDING, STRATEGY, Kind, NfTemplate, Parameter

_ITEMS = ("summary", "roles", "classes", "needs", "picks", "replicates", "parameters", "sums")


def load_template(folder: Path) -> NfTemplate:
    """The template that a folder holds, named as the folder. RssError with every mistake, RSS640 mostly.

    Its needs are not looked into yet (`rss_synth.nf.requirements`).
    """
    about, code = read_source(folder / "nf.toml"), read_source(folder / "nf.c.j2")
    return _Reader(about, read_toml(about, codes.NF_TEMPLATE)).template(folder.name, code)


class _Reader:
    """One `nf.toml`, and what is wrong with it so far."""

    def __init__(self, source: Source, table: Mapping[str, object]) -> None:
        self.source, self.table = source, table
        self.mistakes = Mistakes(source)

    def template(self, name: str, code: Source) -> NfTemplate:
        """All of it."""
        if not can_be_called(name):
            self.mistakes.file(f"`{name}` cannot name a network function", CALLED_AS)
        for item in self.table:
            if item not in _ITEMS:
                self.mistakes.item(item, f"a template has no item `{item}`", f"items are {listed(_ITEMS)}")
        roles = self._roles()
        own = read_parameters(self.table.get("parameters", {}), roles, self.mistakes)
        together = self.table.get("needs") == "all"
        made = NfTemplate(
            name=name,
            summary=self._summary(),
            roles=roles,
            parameters=(*self._common(own), *map(_port, roles), *own),
            classes=self._classes(),
            needs=() if together else self._texts("needs"),
            together=together,
            picks=self._picks(roles),
            sums=read_sums(self.table.get("sums", []), own, self.mistakes),
            about=self.source,
            code=code,
        )
        self.mistakes.refuse()
        return made

    def _summary(self) -> str:
        found = self.table.get("summary")
        if not is_line(found):
            help = 'write `summary = "what it does"`'
            self.mistakes.item("summary", "`summary` is not one line of text", help)
        return str(found)

    def _texts(self, item: str) -> tuple[str, ...]:
        found = self.table.get(item)
        if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
            help = f"write `{item} = []`, or texts between the brackets"
            self.mistakes.item(item, f"`{item}` is not a list of texts", help)
            return ()
        return tuple(found)

    def _roles(self) -> tuple[str, ...]:
        roles = self._texts("roles")
        if not roles or len(set(roles)) < len(roles):
            help = 'write `roles = ["lan", "wan"]`'
            self.mistakes.item("roles", "a network function has ports, each with a role of its own", help)
        for role in roles:
            if not can_be_item(role):
                help = "use lower-case letters, digits and underscores, and no word of the language"
                self.mistakes.item("roles", f"`{role}` cannot be a role", help)
            elif role in TAKEN_ROLES:
                help = f"`NF_{role.upper()}` is something else in C: take another name"
                self.mistakes.item("roles", f"`{role}` cannot be a role", help)
        return roles

    def _common(self, own: Iterable[Parameter]) -> tuple[Parameter, ...]:
        """Parameters that rssc gives a meaning."""
        found = self.table.get("replicates", False)
        if not isinstance(found, bool):
            help = "leave it out if unsure"
            self.mistakes.item("replicates", "`replicates` is neither true nor false", help)
        elif found and "capacity" not in {parameter.name for parameter in own}:
            help = "write a `[parameters.capacity]`"
            self.mistakes.item("replicates", "there is no `capacity` to replicate", help)
        return (STRATEGY, SHARDING) if found is True else (STRATEGY,)

    def _classes(self) -> tuple[str, ...]:
        classes = self._texts("classes")
        for name in classes:
            if name not in packet_classes():
                self.mistakes.item("classes", f"there is no packet class `{name}`", "`rssc nic` lists them")
        return classes

    def _picks(self, roles: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        found = [text.partition(".") for text in (self._texts("picks") if "picks" in self.table else ())]
        for role, dot, field in found:
            known = any(kind.canonical(field) for kind in packet_classes().values())
            if role not in roles or not known:
                self.mistakes.item(
                    "picks", f"`{role}{dot}{field}` is no field of a role", "write `ROLE.FIELD`"
                )
        return tuple((role, field) for role, _, field in found)


def _port(role: str) -> Parameter:
    return Parameter(name=role, kind=Kind.PORT, about=f"the {role} port")
