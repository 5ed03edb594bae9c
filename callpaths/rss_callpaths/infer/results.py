"""What inference finds: requirements and where they come from, accesses that impose nothing, refusals."""

from __future__ import annotations

from dataclasses import dataclass, field

from rss_callpaths.accesses.access import Access, PathAccesses
from rss_callpaths.infer.relation import Relation
from rss_dsl.diagnostics import Diagnostic
from rss_dsl.spec import Spec


@dataclass(frozen=True, slots=True)
class Use:
    """An access, made by packets of one port."""

    path: PathAccesses = field(repr=False)
    access: Access
    port: int

    @property
    def identity(self) -> tuple[str, int, int]:
        """Path, call and object: what distinguishes accesses."""
        return identity(self.access)


def identity(access: Access) -> tuple[str, int, int]:
    """Path, call and object: what distinguishes accesses."""
    return access.path, access.call, access.object.address if access.object else -1


@dataclass(frozen=True, slots=True)
class Requirement:
    """A relation that the spec requires, and the accesses that it is for."""

    name: str
    relation: Relation
    accesses: tuple[Access, ...]
    """All whose meeting it brings about, also through further packets: by object, path and call."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """An access that imposes nothing, and why."""

    access: Access
    reason: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Two accesses to one cell that nothing can bring together."""

    first: Access
    second: Access
    reason: Diagnostic


@dataclass(frozen=True, slots=True)
class Inferred:
    """What a network function needs of steering."""

    spec: Spec | None
    """None if it is refused. With refusals all the same, one for cores that share state."""
    text: str
    """The spec as `rssc fmt` writes it; empty if it is refused."""
    requirements: tuple[Requirement, ...]
    ignored: tuple[Ignored, ...]
    """With the accesses of requirements and refusals: every access of every path."""
    refusals: tuple[Refusal, ...]
    findings: tuple[Diagnostic, ...]
    """Errors are the refusals'; warnings are what the spec leaves out, or what cores share."""
