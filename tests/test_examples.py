"""The commands in the examples' READMEs do what they say, from a fresh copy."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*/README.md"))
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_there_are_examples():
    assert len(EXAMPLES) >= 2
    assert all(BLOCK.findall(path.read_text()) for path in EXAMPLES)


@pytest.mark.parametrize("readme", EXAMPLES, ids=[path.parent.name for path in EXAMPLES])
def test_the_commands_of_the_readme_run(readme, tmp_path):
    if re.search(r"^make |firewall", readme.read_text(), re.MULTILINE):
        for tool in ("cc", "make"):
            if shutil.which(tool) is None:
                pytest.skip(f"the generated function needs {tool}")
    folder = tmp_path / readme.parent.name
    shutil.copytree(readme.parent, folder, ignore=shutil.ignore_patterns("out"))
    commands = "\n".join(BLOCK.findall(readme.read_text()))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-eu", "-c", commands],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "RSS901" not in done.stderr
