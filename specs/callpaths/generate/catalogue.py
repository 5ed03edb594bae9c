"""All descriptions, their files, and the README that lists them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

from generate import nfs
from generate.describe import NetworkFunction, Refused
from generate.harness import explore
from rss_callpaths.files.printer import print_path

FOLDER = Path(__file__).parents[1]
"""Where the call paths are kept."""
README = "README.md"


def descriptions() -> dict[NetworkFunction, str]:
    """Every network function of `nfs/` with what its module says of it, by name."""
    found: dict[NetworkFunction, str] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(nfs.__path__)):
        described = importlib.import_module(f"{nfs.__name__}.{module}")
        found[described.NF] = " ".join((described.__doc__ or "").split())
    return found


def describe(name: str) -> NetworkFunction:
    """The network function of that name."""
    nf = importlib.import_module(f"{nfs.__name__}.{name.replace('-', '_')}").NF
    if not isinstance(nf, NetworkFunction):
        raise TypeError(f"{name} describes no network function")
    return nf


def files_of(nf: NetworkFunction) -> Iterator[tuple[Path, str]]:
    """The call-path files of a network function: where below the folder, and their text."""
    for path in explore(nf):
        yield Path(nf.name) / path.name, print_path(path)


def readme(texts: dict[NetworkFunction, str]) -> str:
    """The README: `README.head.md`, then each network function and what is expected of it."""
    rows = [f"| [{nf.name}]({nf.name}/) | {text} | {_expectation(nf)} |" for nf, text in texts.items()]
    head = (Path(__file__).parent / "README.head.md").read_text(encoding="utf-8")
    table = ["| network function | what it does | what is expected |", "|---|---|---|", *rows]
    return head + "\n".join(table) + "\n"


def everything() -> dict[Path, str]:
    """All files below the folder that are generated."""
    texts = descriptions()
    files = {path: text for nf in texts for path, text in files_of(nf)}
    return files | {Path(README): readme(texts)}


def _expectation(nf: NetworkFunction) -> str:
    if isinstance(nf.expected, Refused):
        return f"refused: {nf.expected.reason}"
    conditions = (f"`{condition.replace('|', chr(92) + '|')}`" for condition in nf.expected.requirements)
    return "<br>".join(conditions) or "no requirement"
