"""Targets that users write: a folder with `target.toml`, which lists files, and a template for each.

Templates see what `steering.json` holds (`rss_synth.json_target`), and nothing else: they are rendered in a
sandbox.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.files import read_source
from rss_dsl.problem import Problem
from rss_dsl.source import Source, Span
from rss_dsl.toml import item_span, read_toml
from rss_solver.solution import Solution
from rss_synth.json_target import steering
from rss_synth.render import render_source
from rss_synth.target import Artifact, Provenance
from rss_synth.targets import TARGETS

_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")
"""Folders and files that may be written, below the output folder."""
_RULE = codes.TARGET_TEMPLATE


@dataclass(frozen=True, slots=True)
class OwnTarget:
    """See the module."""

    name: str
    summary: str
    files: Mapping[str, Source]
    """Templates by the path of what they make."""

    def emit(self, problem: Problem, solution: Solution, origin: Provenance) -> tuple[Artifact, ...]:
        """The files, by path. RssError (RSS641) at the line where a template is wrong."""
        context = steering(problem, solution, origin)
        return tuple(
            Artifact(path, render_source(template, _RULE, **context))
            for path, template in sorted(self.files.items())
        )


def load_target(folder: Path) -> OwnTarget:
    """The target that a folder holds, named as the folder. RssError with every mistake, RSS641 mostly."""
    about = read_source(folder / "target.toml")
    table = read_toml(about, _RULE)
    wrong = [*_mistakes(about, table), *_taken(about, folder.name)]
    if wrong:
        raise RssError(wrong)
    return OwnTarget(folder.name, str(table["summary"]), _templates(folder, _files(table)))


def _templates(folder: Path, files: Mapping[str, object]) -> Mapping[str, Source]:
    found: dict[str, Source] = {}
    wrong: list[Diagnostic] = []
    for path, name in files.items():
        try:
            found[path] = read_source(folder / str(name))
        except RssError as error:
            wrong += error.diagnostics
    if wrong:
        raise RssError(wrong)
    return found


def _files(table: Mapping[str, object]) -> Mapping[str, object]:
    files = table.get("files")
    return files if isinstance(files, dict) else {}


def _mistakes(about: Source, table: Mapping[str, object]) -> Iterator[Diagnostic]:
    for item in table:
        if item not in ("summary", "files"):
            help = "items are `summary` and `files`"
            yield _wrong(item_span(about, item), f"a target has no item `{item}`", help)
    if not isinstance(table.get("summary"), str):
        help = 'write `summary = "what it writes"`'
        yield _wrong(Span(about, 0, 0), "the target has no `summary`", help)
    if not _files(table):
        help = 'write `[files]`, and below it lines like `"steering.yaml" = "steering.yaml.j2"`'
        yield _wrong(Span(about, 0, 0), "the target lists no `files`", help)
    for path, name in _files(table).items():
        if not isinstance(name, str) or not all(map(_is_inside, (path, name))):
            help = "paths are relative, with `/` between names of letters, digits and `._+-`"
            yield _wrong(item_span(about, path), f"`{path} = {name}` is no pair of files", help)
        elif any(other.startswith(f"{path}/") for other in _files(table)):
            yield _wrong(item_span(about, path), f"`{path}` is also a folder of files", "rename one of them")


def _taken(about: Source, name: str) -> Iterator[Diagnostic]:
    """What rssc's own targets refuse must not be written by another under their name."""
    if name in TARGETS:
        yield _wrong(Span(about, 0, 0), f"rssc has a target `{name}`", "give the folder another name")


def _is_inside(path: str) -> bool:
    return all(_PART.fullmatch(part) for part in path.split("/"))


def _wrong(span: Span, message: str, help: str | None = None) -> Diagnostic:
    return Diagnostic(rule=_RULE, message=message, span=span, help=help)
