"""Write the call paths of all descriptions to `specs/callpaths/`; `--check` only compares."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from generate.catalogue import FOLDER, everything


def main() -> int:
    """0 if what is there is what there should be, or was made so."""
    parser = argparse.ArgumentParser(prog="python -m generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file would change")
    check = parser.parse_args().check
    wanted = everything()
    stale = {file.relative_to(FOLDER) for file in FOLDER.glob("*/*.call_path")} - wanted.keys()
    different = [path for path, text in wanted.items() if not _holds(FOLDER / path, text)]
    for path in sorted([*stale, *different]):
        print(path)
    if check:
        return int(bool(stale or different))
    for path in stale:
        (FOLDER / path).unlink()
    for path in different:
        (FOLDER / path).parent.mkdir(exist_ok=True)
        (FOLDER / path).write_text(wanted[path], encoding="utf-8", newline="\n")
    return 0


def _holds(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
