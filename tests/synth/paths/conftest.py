"""Network functions made of call paths, and the fixtures of their hand-written likes."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from nfspec import SANITIZED

from rss_synth.nf.catalogue import added_templates
from rssc.__main__ import main
from rssc.pipeline import Compiled, compile_spec

PATHS = Path(__file__).parents[3] / "specs" / "callpaths"
PORTS = ("--port", "0=LAN", "--port", "1=WAN")


@pytest.fixture(scope="session")
def lab():
    """Packets, captures and builds, as the tests of templates have them."""
    path = Path(__file__).parents[1] / "nf" / "conftest.py"
    spec = spec_from_file_location("nf_lab", path)
    module = module_from_spec(spec)
    sys.modules["nf_lab"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def solved_from_paths(tmp_path_factory):
    """A function from a folder of call paths, of `specs/callpaths` or elsewhere, by the documentation's
    commands: folder, problem, keys."""

    def make(name, *arguments, ports=PORTS):
        source = PATHS / name
        folder = tmp_path_factory.mktemp(source.name)
        paths, template = str(source), folder / f"{source.name}-paths"
        spec = folder / f"{source.name}.rss"
        assert main(["import", paths, *ports, "--emit", "template", "--out", str(template)]) == 0
        asked = ["import", paths, *ports, *arguments, "--nf", template.name, "--out", str(spec)]
        assert main(asked) == 0
        with added_templates([template]):
            compiled = compile_spec(spec)
        assert isinstance(compiled, Compiled)
        return template, compiled.problem, compiled.solved.solution

    return make


@pytest.fixture(scope="session")
def from_paths(lab, solved_from_paths):
    """Its replay, built under the sanitizers."""

    def make(name, *arguments, ports=PORTS):
        template, problem, solution = solved_from_paths(name, *arguments, ports=ports)
        with added_templates([template]):
            return lab.build(template.parent / "out", problem, solution, *SANITIZED)

    return make
