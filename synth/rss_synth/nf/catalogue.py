"""The templates that there are: those in `nfs/`, and what users add with `--template`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from pathlib import Path

from rss_synth.nf.loading import load_template
from rss_synth.nf.requirements import requirements
from rss_synth.nf.template import NfTemplate

_ADDED: ContextVar[tuple[NfTemplate, ...]] = ContextVar("added templates", default=())


def nf_templates() -> dict[str, NfTemplate]:
    """Every template by the name that an `nf` block gives; an added one replaces one of rssc's."""
    return {**_brought(), **{template.name: template for template in _ADDED.get()}}


@contextmanager
def added_templates(folders: Sequence[Path]) -> Iterator[None]:
    """Within, the templates in these folders are there, too. RssError where one is not right."""
    token = _ADDED.set(tuple(map(_added, folders)))
    try:
        yield
    finally:
        _ADDED.reset(token)


def _added(folder: Path) -> NfTemplate:
    template = load_template(folder)
    requirements(template)
    return template


@cache
def _brought() -> dict[str, NfTemplate]:
    """Their needs are right: tests see to that, and reading them takes longer than all else."""
    entries = Path(str(files("rss_synth"))) / "nfs"
    folders = sorted(entry for entry in entries.iterdir() if (entry / "nf.toml").is_file())
    return {folder.name: load_template(folder) for folder in folders}
