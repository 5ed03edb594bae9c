"""What all tests share: golden files, the hypothesis profiles and a cache of what compilers make."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

GOLDEN = Path(__file__).parent / "golden"
CCACHE = ("/usr/lib/ccache", "/usr/lib64/ccache")
"""Where distributions have the names of compilers for ccache."""

settings.register_profile("default", max_examples=60, deadline=None)
settings.register_profile(
    "ci", max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write golden files instead of comparing")


def pytest_configure(config: pytest.Config) -> None:
    """Most tests of generated C build the same runtime: with ccache, where it is installed, only once."""
    folder = next((folder for folder in CCACHE if Path(folder).is_dir()), None)
    if folder is None or folder in os.environ["PATH"].split(":"):
        return
    os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"
    os.environ.setdefault("CCACHE_DIR", str(config.rootpath / ".ccache"))
    # Wherever a test's folder is, and however new the headers in it.
    os.environ["CCACHE_NOHASHDIR"] = "1"
    os.environ["CCACHE_SLOPPINESS"] = "include_file_ctime,include_file_mtime"


def golden_path(node: pytest.Item, suffix: str) -> Path:
    """`tests/golden/AREA/MODULE/TEST[.PARAMETERS].SUFFIX` of a test in `tests/AREA/MODULE.py`."""
    module = Path(node.path).relative_to(Path(__file__).parent).with_suffix("")
    name = re.sub(r"[^A-Za-z0-9_.=-]+", ".", node.name).strip(".")
    return GOLDEN / module / f"{name}{suffix}"


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[..., None]:
    """`golden(text, ".sh")`: the text is what the test's golden file holds; `--update-golden` writes it.

    On a difference, what was found is left beside the file, as `FILE.actual`.
    """

    def check(text: str, suffix: str = ".txt") -> None:
        path = golden_path(request.node, suffix)
        actual = path.with_name(f"{path.name}.actual")
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            actual.unlink(missing_ok=True)
            return
        assert path.exists(), f"no golden file {path}: run with --update-golden"
        if text != path.read_text(encoding="utf-8"):
            actual.write_text(text, encoding="utf-8", newline="\n")
        assert text == path.read_text(encoding="utf-8"), f"differs from {path}"
        actual.unlink(missing_ok=True)

    return check
