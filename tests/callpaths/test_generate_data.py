"""The call paths in `specs/callpaths/` are what the descriptions beside them give, and are read as made."""

from functools import cache

import pytest

from generate.catalogue import FOLDER, README, descriptions, files_of, readme
from generate.describe import Sharded
from rss_callpaths.files.printer import print_path
from rss_callpaths.files.reader import read
from rss_callpaths.terms import Pool

DESCRIBED = descriptions()
NAMES = sorted(nf.name for nf in DESCRIBED)
BY_NAME = {nf.name: nf for nf in DESCRIBED}


@cache
def texts(name):
    return {path.name: text for path, text in files_of(BY_NAME[name])}


@pytest.mark.parametrize("name", NAMES)
def test_the_files_are_what_is_described(name):
    wanted = texts(name)
    found = {file.name: file.read_text() for file in (FOLDER / name).iterdir()}
    assert found.keys() == wanted.keys()
    assert [file for file in wanted if found[file] != wanted[file]] == []


def test_every_folder_and_the_readme_are_described():
    folders = sorted(file.parent.name for file in FOLDER.glob("*/test000001.call_path"))
    assert folders == NAMES
    assert (FOLDER / README).read_text() == readme(DESCRIBED)


@pytest.mark.parametrize("name", NAMES)
def test_the_reader_reads_what_the_printer_printed(name):
    paths, problems = read([FOLDER / name], Pool())
    assert problems == []
    assert [print_path(path) for path in paths] == list(texts(name).values())


def test_expectations_name_the_ports_that_there_are():
    for nf in DESCRIBED:
        ports = {f"P{device}" for device in range(nf.devices)}
        if isinstance(nf.expected, Sharded):
            for requirement in nf.expected.requirements:
                named = {word.split(".")[0].rstrip("'") for word in requirement.split() if "." in word}
                assert named <= ports, (nf.name, requirement)
