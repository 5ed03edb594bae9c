"""Instructions per packet stay what was recorded."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "bench" / "instructions.py"
RECORDED = json.loads(SCRIPT.with_suffix(".json").read_text())["instructions"]


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_no_function_needs_clearly_more_instructions_than_recorded(name):
    for program in ("valgrind", "gcc", "make"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    command = [sys.executable, str(SCRIPT), "--check", name]
    result = subprocess.run(command, capture_output=True, text=True, timeout=500)
    if result.returncode == 77:
        pytest.skip(result.stdout.strip())
    assert result.returncode == 0, result.stdout + result.stderr
