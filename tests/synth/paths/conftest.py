"""Network functions made of call paths, and the fixtures of their hand-written likes."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from nfspec import built

from rss_synth.nf.catalogue import added_templates
from rssc.__main__ import main

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
def from_paths(lab, tmp_path_factory):
    """Builds the function of a folder of call paths by the commands of the documentation."""

    def make(name, *arguments, ports=PORTS, paths=None):
        folder = tmp_path_factory.mktemp(name)
        paths, template, spec = str(paths or PATHS / name), folder / f"{name}-paths", folder / f"{name}.rss"
        assert main(["import", paths, *ports, "--emit", "template", "--out", str(template)]) == 0
        asked = ["import", paths, *ports, *arguments, "--nf", template.name, "--out", str(spec)]
        assert main(asked) == 0
        with added_templates([template]):
            return built(lab, folder / "out", spec.read_text(), path=spec)

    return make
