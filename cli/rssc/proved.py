"""What `rssc prove` says: a proof and what it assumes, two packets, or what was not decided."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from rss_callpaths.accesses.access import Access
from rss_callpaths.prove.verdict import Party, Proved, Refuted, Undecided, Verdict
from rss_dsl.codes import SPEC_CHANGED
from rss_dsl.diagnostics import Diagnostic
from rss_dsl.files import read_source
from rss_dsl.problem import Problem
from rss_dsl.render import documents
from rss_dsl.source import Source, Span
from rssc.documents import emit, landing_document
from rssc.exits import Exit
from rssc.imported import access_document
from rssc.inputs import identity


def spec_of(given: Path | None, keys: Iterable[str]) -> tuple[Path | None, tuple[Diagnostic, ...]]:
    """The spec that keys belong to: the given one, or the one that a lock file names; None if none does.

    With a finding for each lock file that was made from another text than the spec has now.
    """
    locks = [(source, named) for name in keys if (named := _named(source := _source(name))) is not None]
    if given is None:
        folders = [(Path(source.path).parent / path) for source, (path, _) in locks]
        given = folders[0] if folders else None
    if given is None:
        return None, ()
    digest = hashlib.sha256(read_source(given).text.encode()).hexdigest()
    return given, tuple(_changed(source, given, old) for source, (_, old) in locks if old != digest)


def _source(argument: str) -> Source:
    name = argument if Path(argument).exists() else argument.partition("=")[2] or argument
    return read_source(Path(name))


def _named(source: Source) -> tuple[str, str] | None:
    """The spec's name and digest in a lock file, None if it is no lock file."""
    try:
        spec = json.loads(source.text)["spec"]
        path, digest = spec["path"], spec["sha256"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return (path, digest) if isinstance(path, str) and isinstance(digest, str) and path else None


def _changed(source: Source, spec: Path, digest: str) -> Diagnostic:
    at = max(source.text.find(digest), 0)
    return Diagnostic(
        rule=SPEC_CHANGED,
        message=f"`{spec.name}` has changed since this lock file was written",
        span=Span(source, at, at + len(digest)),
        help=f"it judges these keys with the spec as it is; `rssc solve {spec} --write` solves it again",
    )


def proved_exit(
    verdict: Verdict, problem: Problem, findings: Sequence[Diagnostic], output_format: str
) -> Exit:
    """Print the verdict."""
    if output_format == "json":
        spec = identity(problem)
        emit(
            {
                "spec": {"path": spec.path, "sha256": spec.sha256},
                "verdict": _document(verdict),
                "diagnostics": documents(findings),
            }
        )
    else:
        print("\n".join(_shown(verdict)))
    match verdict:
        case Proved():
            return Exit.OK
        case Refuted():
            return Exit.COUNTEREXAMPLE
        case Undecided():
            return Exit.UNDECIDED


# --- text -------------------------------------------------------------------------------------------


def _shown(verdict: Verdict) -> list[str]:
    match verdict:
        case Proved():
            return [
                f"proved: no two cores share state; {_count(verdict.pairs, 'pair')} of accesses, "
                f"{verdict.local} of them apart by ownership, {_count(verdict.questions, 'question')} to Z3",
                *_listed("shown on the paths", verdict.lemmas),
                *_listed("assumed", verdict.assumed),
            ]
        case Refuted():
            parties = verdict.first, verdict.second
            name = f"`{verdict.object.name}`" if verdict.object else "any object"
            width = max(len(party.landing.port) for party in parties)
            return [
                f"counterexample: these packets can touch one cell of {name}, the keys part them",
                *(line for party in parties for line in _party(party, width)),
                *([f"  {verdict.why}"] if verdict.why else []),
                *_listed("assumed", verdict.assumed),
            ]
        case Undecided():
            name = f" of `{verdict.object.name}`" if verdict.object else ""
            return [
                f"undecided: whether two accesses{name} can part took more than the limit",
                *(f"  {_access(access)}" for access in (verdict.first, verdict.second)),
            ]


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def _listed(title: str, lines: Sequence[str]) -> list[str]:
    return [f"{title}:", *(f"  - {line}" for line in lines)] if lines else []


def _party(party: Party, width: int) -> list[str]:
    landing = party.landing
    where = "unhashed" if landing.hash is None else f"hash {landing.hash:08x}  entry {landing.entry}"
    return [
        f"  {landing.port:<{width}}  {landing.packet}  {where}  queue {landing.queue}",
        f"  {'':<{width}}  {_access(party.access)}",
    ]


def _access(access: Access) -> str:
    line = f" in line {access.source_line}" if access.source_line else ""
    does = "changes it" if access.mutates else "reads it"
    return f"{access.path}:{access.file_line}: {access.name}{line} {does}"


# --- JSON -------------------------------------------------------------------------------------------


def _document(verdict: Verdict) -> dict[str, object]:
    match verdict:
        case Proved():
            return {
                "status": "proved",
                "pairs": verdict.pairs,
                "local": verdict.local,
                "questions": verdict.questions,
                "lemmas": list(verdict.lemmas),
                "assumed": _assumed(verdict),
            }
        case Refuted():
            return {
                "status": "refuted",
                "object": verdict.object.name if verdict.object else None,
                "packets": [
                    landing_document(verdict.first.landing),
                    landing_document(verdict.second.landing),
                ],
                "accesses": [access_document(verdict.first.access), access_document(verdict.second.access)],
                "why": verdict.why or None,
                "assumed": _assumed(verdict),
            }
        case Undecided():
            return {
                "status": "undecided",
                "object": verdict.object.name if verdict.object else None,
                "accesses": [access_document(verdict.first), access_document(verdict.second)],
            }


def _assumed(verdict: Proved | Refuted) -> list[dict[str, str]]:
    return [{"name": each.name.lower(), "text": each.value} for each in verdict.assumed]
