"""What `--template` gives: network functions and targets of the user's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.source import Source, Span
from rss_synth.own_target import load_target
from rss_synth.target import Target
from rss_synth.targets import TARGETS

_KINDS = ("nf.toml", "target.toml")


def functions(folders: Sequence[Path]) -> list[Path]:
    """The folders that hold network functions. RssError (RSS640) where one holds no template."""
    empty = [folder for folder in folders if not any(_holds(folder, name) for name in _KINDS)]
    wrong = [*(_nothing(folder) for folder in empty), *_namesakes(folders)]
    if wrong:
        raise RssError(wrong)
    return [folder for folder in folders if _holds(folder, "nf.toml")]


def target(name: str, folders: Sequence[Path]) -> Target | Diagnostic:
    """The target of that name: one of the folders' or rssc's; RSS642 where there is none."""
    own = {folder.name: folder for folder in folders if _holds(folder, "target.toml")}
    if name in own:
        return load_target(own[name])
    if name in TARGETS:
        return TARGETS[name]()
    known = ", ".join(f"`{known}`" for known in sorted({*own, *TARGETS}))
    return _unknown(name, known)


def _unknown(name: str, known: str) -> Diagnostic:
    return Diagnostic(
        rule=codes.UNKNOWN_TARGET,
        message=f"there is no target `{name}`",
        span=Span(Source("--target", name), 0, len(name)),
        help=f"there are {known}",
    )


def _holds(folder: Path, name: str) -> bool:
    return (folder / name).is_file()


def _nothing(folder: Path) -> Diagnostic:
    return Diagnostic(
        rule=codes.NF_TEMPLATE,
        message=f"`{folder}` holds no template",
        span=Span(Source(str(folder), ""), 0, 0),
        help="a template is a folder with `nf.toml` (a network function) or `target.toml` (a target)",
    )


def _namesakes(folders: Iterable[Path]) -> Iterator[Diagnostic]:
    seen: dict[str, Path] = {}
    for folder in folders:
        first = seen.setdefault(folder.name, folder)
        if first != folder:
            yield Diagnostic(
                rule=codes.NF_TEMPLATE,
                message=f"two templates are called `{folder.name}`: the other is `{first}`",
                span=Span(Source(str(folder), ""), 0, 0),
                help="a template is called as its folder: rename one of them",
            )
