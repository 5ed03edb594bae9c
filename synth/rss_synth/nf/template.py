"""The network functions that can be generated, each a folder of `nfs/`: `nf.toml` says what it takes and
needs, `nf.c.j2` is its code."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from rss_dsl.tokens import value

STRATEGIES = ("shared-nothing", "locks", "tm", "sequential", "auto")

SECOND = 10**9
YEAR = 365 * 24 * 3600 * SECOND
"""In nanoseconds."""
MAX_EXPIRY = 10**9 * SECOND
"""31 years: differences of times stay within 64 bits."""


class Kind(StrEnum):
    """What the value of a parameter is."""

    PORT = "a port"
    COUNT = "a number"
    DURATION = "a duration"
    WORD = "a word"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One item of an `nf` block."""

    name: str
    kind: Kind
    about: str
    default: str | int | None = None
    """None: the spec must say it. Durations are in nanoseconds."""
    words: tuple[str, ...] = ()
    high: int = 0
    """Largest count or duration; the smallest is 1."""

    @property
    def is_own(self) -> bool:
        """Whether the template gives it a meaning, not rssc."""
        return self.kind is not Kind.PORT and self.name != "strategy"


@dataclass(frozen=True, slots=True, kw_only=True)
class NfTemplate:
    """A network function in C."""

    name: str
    summary: str
    roles: tuple[str, ...]
    """What its ports are to it, in the order of their numbers in C."""
    parameters: tuple[Parameter, ...]
    classes: tuple[str, ...]
    """Those whose packets may touch state: they have what its keys are made of."""
    needs: tuple[str, ...]
    """Which packets must meet on one core, as requirements over roles: what shared-nothing rests on."""
    code: str
    """`nf.c.j2`."""

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name, None if it takes no such."""
        return next((p for p in self.parameters if p.name == name), None)


STRATEGY = Parameter(
    name="strategy", kind=Kind.WORD, about="how cores share the state", default="auto", words=STRATEGIES
)


def load_template(folder: Traversable) -> NfTemplate:
    """The template that a folder holds, named as the folder."""
    about = tomllib.loads((folder / "nf.toml").read_text(encoding="utf-8"))
    roles = tuple(about["roles"])
    return NfTemplate(
        name=folder.name,
        summary=about["summary"],
        roles=roles,
        parameters=(
            STRATEGY,
            *(Parameter(name=role, kind=Kind.PORT, about="a port") for role in roles),
            *(_parameter(name, entry) for name, entry in about.get("parameters", {}).items()),
        ),
        classes=tuple(about["classes"]),
        needs=tuple(about["needs"]),
        code=(folder / "nf.c.j2").read_text(encoding="utf-8"),
    )


def _parameter(name: str, entry: Mapping[str, object]) -> Parameter:
    kind = Kind[str(entry["kind"]).upper()]
    default = entry.get("default")
    words = entry.get("words")
    return Parameter(
        name=name,
        kind=kind,
        about=str(entry["about"]),
        default=_default(default),
        words=tuple(words) if isinstance(words, list) else (),
        high=MAX_EXPIRY if kind is Kind.DURATION else int(str(entry.get("high", 0))),
    )


def _default(default: object) -> str | int | None:
    return None if default is None else value(str(default))[1]


@cache
def nf_templates() -> dict[str, NfTemplate]:
    """What rssc brings, by the name that an `nf` block gives."""
    folders = (entry for entry in (files("rss_synth") / "nfs").iterdir() if entry.is_dir())
    return {folder.name: load_template(folder) for folder in sorted(folders, key=lambda entry: entry.name)}
