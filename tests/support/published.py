"""Where the call paths of nop, fw, pol and cl are: described here, and as published where those lie beside.

What runs on `ROOTS` runs on the described ones at least. They are the published ones but for addresses, which
`test_generate_like_real` holds by a digest everywhere and path by path where the published ones are.
"""

from pathlib import Path

DESCRIBED = Path(__file__).parents[2] / "specs" / "callpaths"
PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "callpaths"
NAMES = ("nop", "fw", "pol", "cl")
ROOTS = (DESCRIBED, PUBLISHED) if PUBLISHED.is_dir() else (DESCRIBED,)


def origin(folder: Path) -> str:
    """A folder of call paths as a test's name has it."""
    where = "published" if PUBLISHED in (folder, folder.parent) else "described"
    return where if folder in ROOTS else f"{where}-{folder.name}"


def with_published(names: list[str]) -> list[Path]:
    """The described functions of these names, and those of them that are published, where they are."""
    published = [PUBLISHED / name for name in NAMES if name in names] if PUBLISHED in ROOTS else []
    return [*(DESCRIBED / name for name in names), *published]
