"""What a target is: it turns a solved problem into artifacts. Writing them is the CLI's job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from rss_dsl.problem import Problem
from rss_solver.solution import Solution


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file to write: a relative path in POSIX form and its text."""

    path: str
    text: str
    executable: bool = False
    remark: str = ""
    """What users should know of the file before they read it, a sentence; mostly nothing."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What generated files say of their origin: no clock, so the same input gives the same bytes."""

    version: str
    """rssc's version."""
    spec: str
    """The spec's file name."""
    sha256: str
    """Digest of the spec's text."""


class Target(Protocol):
    """One way to use a solution. Raises `RssError` with 6xx diagnostics where it can't."""

    @property
    def name(self) -> str:
        """What `--target` says."""
        ...

    @property
    def summary(self) -> str:
        """What it writes, in a few words."""
        ...

    def emit(self, problem: Problem, solution: Solution, origin: Provenance) -> tuple[Artifact, ...]:
        """The files, in a stable order."""
        ...
