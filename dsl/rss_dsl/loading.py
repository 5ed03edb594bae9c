"""Files → Spec, with everything they import.

`import "std/…"` names what is packaged with rssc, any other path is relative to the importing file. Every
file is read once; what is wrong in any of them is reported together.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path, PurePosixPath

from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic, Label, RssError
from rss_dsl.files import decoded, read_bytes
from rss_dsl.lexical import quote
from rss_dsl.parse import parse_partial
from rss_dsl.source import Source, Span
from rss_dsl.spec import Import, Spec

MAX_IMPORTS = 64
"""Longest chain of files that import each other."""

STD = "std/"
"""What the packaged files' import paths begin with."""


@dataclass(frozen=True, slots=True)
class _Visit:
    """A file on the way from the first one: where it is, how messages name it, and who imports it."""

    path: Path
    shown: str
    importer: _Visit | None = None
    place: Span | None = None
    """The `import` statement that names it."""

    def chain(self) -> list[_Visit]:
        """From the first file to this one."""
        visits: list[_Visit] = []
        visit: _Visit | None = self
        while visit is not None:
            visits.insert(0, visit)
            visit = visit.importer
        return visits


@dataclass(slots=True)
class _Loader:
    """What has been read so far; a file that cannot be read is None."""

    specs: dict[Path, Spec | None] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)


def load(path: str | os.PathLike[str], *, shown: str | None = None) -> Spec:
    """The spec in a file, with its imports. Messages name the file `shown`, by default the path itself.

    Raises `RssError` with every syntax error and every file that cannot be read.
    """
    return _complete(load_partial(path, shown=shown))


def loads(text: str, path: str = "<spec>") -> Spec:
    """The spec in a text, with its imports; those not in `std/` are relative to `path`'s directory.

    Raises `RssError` as `load` does.
    """
    return _complete(loads_partial(text, path))


def load_partial(
    path: str | os.PathLike[str], *, shown: str | None = None
) -> tuple[Spec, tuple[Diagnostic, ...]]:
    """What can be read of a file and its imports, without the statements in error, and what is wrong.

    Where anything is, the spec is for `check(spec, incomplete=True)` only.
    """
    loader = _Loader()
    visit = _Visit(Path(path), shown or os.fspath(path))
    found = _file(loader, visit) or Spec(source=Source(visit.shown, ""), statements=())
    return found, tuple(loader.problems)


def loads_partial(text: str, path: str = "<spec>") -> tuple[Spec, tuple[Diagnostic, ...]]:
    """`load_partial` of a text."""
    loader = _Loader()
    found = _text(loader, _Visit(Path(path), path), text.removeprefix("\ufeff"))
    return found, tuple(loader.problems)


def _complete(found: tuple[Spec, tuple[Diagnostic, ...]]) -> Spec:
    spec, problems = found
    if problems:
        raise RssError(problems)
    return spec


def std_files() -> tuple[str, ...]:
    """The import paths of what is packaged."""
    folder = _std_folder()
    return tuple(sorted(STD + path.relative_to(folder).as_posix() for path in folder.rglob("*.rss")))


def _std_folder() -> Path:
    packaged = Path(str(files("rss_dsl"))) / "std"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent.parent / "specs" / "std"


def _file(loader: _Loader, visit: _Visit) -> Spec | None:
    key = _identity(visit.path)
    if key not in loader.specs:
        loader.specs[key] = None
        try:
            loader.specs[key] = _text(loader, visit, _read(visit))
        except RssError as error:
            loader.problems += error.diagnostics
    return loader.specs[key]


def _identity(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path.absolute()


def _read(visit: _Visit) -> str:
    """The text of a file. Raises `RssError`."""
    data = read_bytes(visit.path, visit.shown, visit.place)
    return decoded(data, visit.path, visit.shown, visit.place)


def _text(loader: _Loader, visit: _Visit, text: str) -> Spec:
    spec, problems = parse_partial(Source(visit.shown, text))
    loader.problems += problems
    imports: dict[Path, Spec] = {}
    for statement in spec.statements:
        if isinstance(statement, Import):
            wanted = _wanted(loader, visit, statement)
            found = wanted and _file(loader, wanted)
            if wanted and found:
                imports[_identity(wanted.path)] = found
    return replace(spec, imports=tuple(imports.values()))


def _wanted(loader: _Loader, visit: _Visit, statement: Import) -> _Visit | None:
    """The file an `import` names, unless it is missing, part of a cycle or too far from the first file."""
    found = _locate(visit, statement)
    chain = visit.chain()
    same = [at for at, before in enumerate(chain) if _identity(before.path) == _identity(found.path)]
    if same:
        loader.problems.append(_cycle(chain[same[0] :], found))
    elif not _is_there(found):
        loader.problems.append(_missing(statement))
    elif len(chain) >= MAX_IMPORTS:
        message = f"imports go too deep: more than {MAX_IMPORTS} files import each other in a row"
        loader.problems.append(Diagnostic(rule=codes.TOO_DEEP, message=message, span=statement.span))
    else:
        return found
    return None


def _locate(visit: _Visit, statement: Import) -> _Visit:
    name = statement.path
    if name.startswith(STD):
        return _Visit(_std_folder() / name.removeprefix(STD).lstrip("/"), name, visit, statement.span)
    shown = os.path.normpath(Path(visit.shown).parent / name)
    return _Visit(visit.path.parent / name, shown, visit, statement.span)


def _is_there(visit: _Visit) -> bool:
    """Whether a file is where an import says; `std/` is no way to files beyond it."""
    if visit.shown.startswith(STD) and ".." in PurePosixPath(visit.shown).parts:
        return False
    try:
        return visit.path.exists() and not visit.path.is_dir()
    except (OSError, ValueError):
        return False


def _missing(statement: Import) -> Diagnostic:
    message = f"there is no file {quote(statement.path, 200)}"
    if statement.path.startswith(STD):
        help_ = f"packaged with rssc: {', '.join(map(quote, std_files()))}"
    else:
        help_ = (
            f"a path is relative to the file that imports it; packaged: {', '.join(map(quote, std_files()))}"
        )
    return Diagnostic(rule=codes.IMPORT_NOT_FOUND, message=message, span=statement.span, help=help_)


def _cycle(chain: list[_Visit], again: _Visit) -> Diagnostic:
    """`chain` leads from a file to one that imports it `again`."""
    steps = [visit for visit in chain[1:] if visit.place]
    related = tuple(
        Label(visit.place, f"imports {quote(visit.shown, 200)}") for visit in steps if visit.place
    )
    names = " → ".join(quote(visit.shown, 200) for visit in (*chain, chain[0]))
    place = again.place or Span(Source(again.shown, ""), 0, 0)
    help_ = "move what both need into a third file"
    message = f"the import comes back to its own file: {names}"
    return Diagnostic(rule=codes.IMPORT_CYCLE, message=message, span=place, related=related, help=help_)
