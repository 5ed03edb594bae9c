"""The C runtime as shared libraries, to be driven from Python, and as programs under the sanitizers."""

from __future__ import annotations

import ctypes
import functools
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import ModuleType

import pytest
from compiling import compile_and_link

HERE = Path(__file__).parent
DRIVERS = HERE / "drivers"
RUNTIME = Path(str(files("rss_synth"))) / "runtime"
STRATEGIES = {"plain": (), "locks": ("-DNF_LOCKS",), "tm": ("-DNF_TM", "-fgnu-tm")}
WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror")
ASK = 2**32 - 2
NONE = 2**32 - 1
ENDED = -3


def compile_c(output: Path, sources: Sequence[Path], *flags: str) -> Path:
    """Compiles and links with gcc, or skips where it lacks what the flags ask for."""
    if not shutil.which("gcc"):
        pytest.skip("gcc is not installed")
    command = ["gcc", "-std=c11", "-D_DEFAULT_SOURCE", "-g", "-O1", *WARNINGS, f"-I{DRIVERS}", f"-I{RUNTIME}"]
    lacking = missing(tuple(flag for flag in flags if flag.startswith(("-fsanitize", "-fgnu-tm"))))
    if lacking:
        pytest.skip(f"gcc has no {lacking} here")
    compile_and_link(output, [*command, *flags], sources, "-lpthread")
    return output


@functools.cache
def missing(flags: tuple[str, ...]) -> str:
    """The first of the flags that gcc cannot link a program with."""
    for flag in flags:
        command = ["gcc", flag, "-x", "c", "-", "-o", "/dev/null"]
        program = "int main(void) { return 0; }"
        if subprocess.run(command, input=program, capture_output=True, text=True, timeout=60).returncode:
            return flag
    return ""


def runtime_sources(*folders: str) -> list[Path]:
    return sorted(source for folder in folders for source in (RUNTIME / folder).glob("*.c"))


Build = Callable[..., ctypes.CDLL]


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """`library(strategy, sources…)`: a shared library, built once a session."""
    folder = tmp_path_factory.mktemp("runtime")

    @functools.cache
    def build(strategy: str, *sources: Path) -> ctypes.CDLL:
        flags = ("-shared", "-fPIC", "-Wno-clobbered", *STRATEGIES[strategy])
        name = "-".join((strategy, *(source.stem for source in sources[:1])))
        return ctypes.CDLL(str(compile_c(folder / f"{name}.so", sources, *flags)))

    return build


@dataclass(slots=True)
class Shared:
    """Calls by cores that share what they work on: as a reader first, as a writer where it must write."""

    library: ctypes.CDLL
    core: int = 0

    def __call__(self, name: str, *arguments: object) -> int:
        function = self.library[name]
        self.library.test_pass(self.core, 0)
        answer = function(*arguments)
        if answer == ENDED:
            self.library.test_pass(self.core, 1)
            answer = function(*arguments)
        assert answer != ENDED
        return int(answer)

    def allocate(self, name: str, *arguments: int) -> ctypes.c_void_p:
        function = self.library[name]
        function.restype = ctypes.c_void_p
        pointer = function(*arguments)
        assert pointer
        return ctypes.c_void_p(pointer)


@pytest.fixture(scope="session", params=["plain", "locks"])
def vig(request: pytest.FixtureRequest, library: Build) -> ctypes.CDLL:
    """libVig's functions under a strategy."""
    sources = (DRIVERS / "libvig.c", DRIVERS / "config.c", *runtime_sources("libvig"))
    found = library(request.param, *sources)
    found.shares = request.param != "plain"
    found.test_set_first.restype = ctypes.c_int64
    found.test_start.argtypes = (ctypes.c_uint, ctypes.c_uint64, ctypes.c_uint)
    return found


@pytest.fixture(scope="session")
def parser(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that parses packets, under the address and undefined-behaviour sanitizers."""
    flags = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    output = tmp_path_factory.mktemp("parser") / "parse"
    return compile_c(output, (DRIVERS / "parse.c", *runtime_sources("packet")), *flags)


@pytest.fixture(scope="session")
def lab() -> ModuleType:
    """This module: importlib mode has no other way to share it between test files."""
    return sys.modules[__name__]
