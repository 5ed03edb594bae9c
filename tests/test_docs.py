"""The documentation is true: its specs check, its commands print what it says, its links lead somewhere.

Conventions of fenced blocks:

* ```` ```rss ```` is parsed and checked without a finding. If it declares no port, it is read after the
  ports of the document's first such block. Words behind `rss`: a code, `RSS212`, is a finding it must have
  instead; `solve` and `conflict`, that it has proved keys or none; a file name, `fw.rss`, writes it for the
  commands of the document.
* ```` ```console ```` runs every line that begins with `$ ` by the shell, in one folder per document, and
  compares what is printed; a line `…` stands for any lines. `--update-golden` rewrites blocks without one.
* ```` ```text NAME ```` writes a file for the commands of the document.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rss_dsl.check import check
from rss_dsl.codes import all_rules
from rss_dsl.diagnostics import Diagnostic, RssError, Severity
from rss_dsl.fields import GENERIC, INNER, TUNNELS, WIDTHS, packet_classes
from rss_dsl.lexical import KEYWORDS
from rss_dsl.loading import loads, std_files
from rss_dsl.pages import explanation
from rss_dsl.spec import Import, PortDecl, Relation
from rss_solver.proof import Proof
from rss_synth.nf.catalogue import nf_templates
from rssc.exits import Exit
from rssc.pipeline import NoKey, compile_spec

ROOT = Path(__file__).parents[1]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/README.md")])
GENERATED = ROOT / "docs" / "diagnostics.md"
WRITTEN = [path for path in DOCUMENTS if path != GENERATED and not name(path).startswith("examples/")]
BLOCK = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the words behind it, and its text."""

    language: str
    words: tuple[str, ...]
    text: str


def blocks(path: Path) -> Iterator[Block]:
    for match in BLOCK.finditer(path.read_text(encoding="utf-8")):
        language, *words = match[1].split() or [""]
        yield Block(language, tuple(words), match[2])


def with_blocks(*languages: str) -> list[Path]:
    return [path for path in WRITTEN if any(block.language in languages for block in blocks(path))]


# --- specs ------------------------------------------------------------------------------------------


def findings(text: str, folder: Path) -> tuple[Diagnostic, ...]:
    """What checking a spec finds, and solving it if that is not refused."""
    path = folder / "example.rss"
    path.write_text(text, encoding="utf-8")
    try:
        return compile_spec(path).findings
    except RssError as error:
        return error.diagnostics


def checked(text: str) -> tuple[Diagnostic, ...]:
    try:
        return check(loads(text, "example.rss")).diagnostics
    except RssError as error:
        return error.diagnostics


def declarations(text: str) -> str:
    """The imports, ports and relations of a spec."""
    kept = (one for one in loads(text).statements if isinstance(one, Import | PortDecl | Relation))
    return "".join(f"{one.span.text}\n" for one in kept)


@pytest.mark.parametrize("path", with_blocks("rss"), ids=name)
def test_specs_check(path, tmp_path):
    specs = [block for block in blocks(path) if block.language == "rss"]
    preamble = declarations(specs[0].text)
    for block in specs:
        own = re.search(r"^ports? ", block.text, re.MULTILINE)
        text = block.text if own else preamble + block.text
        codes = {word for word in block.words if word.startswith("RSS")}
        later = {code for code in codes if code.startswith("RSS3")}
        found = {one.rule.code for one in (findings(text, tmp_path) if later else checked(text))}
        assert codes <= found if later else codes == found, f"{block.text}: {sorted(found)}"


@pytest.mark.parametrize("path", with_blocks("rss"), ids=name)
def test_specs_have_keys_where_the_documentation_says_so(path, tmp_path):
    specs = [block for block in blocks(path) if block.language == "rss"]
    preamble = declarations(specs[0].text)
    for block in specs:
        if not {"solve", "conflict"} & set(block.words):
            continue
        own = re.search(r"^ports? ", block.text, re.MULTILINE)
        file = tmp_path / "example.rss"
        file.write_text(block.text if own else preamble + block.text, encoding="utf-8")
        compiled = compile_spec(file)
        assert isinstance(compiled, NoKey) == ("conflict" in block.words), block.text
        assert isinstance(compiled, NoKey) or isinstance(compiled.verdict, Proof), block.text


SOLVED = [code for code in all_rules() if code.startswith("RSS30")]


@pytest.mark.parametrize("code", SOLVED)
def test_rule_examples_show_their_findings(code, tmp_path):
    example = re.search(r"^```rss\n(.*?)^```$", explanation(code) or "", re.MULTILINE | re.DOTALL)
    assert example is not None
    path = tmp_path / "example.rss"
    path.write_text(example[1], encoding="utf-8")
    done = subprocess.run(rssc("solve", path), capture_output=True, text=True)
    assert f"[{code}]" in done.stderr, done.stderr
    severity = all_rules()[code].severity
    expected = {"RSS302": Exit.NO_KEY}.get(code, Exit.FINDINGS if severity is Severity.ERROR else Exit.OK)
    assert done.returncode == expected


def rssc(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "rssc", *map(str, arguments)]


# --- commands ---------------------------------------------------------------------------------------


@pytest.fixture
def shell(tmp_path):
    """Runs a command where `specs/` is, with `rssc` on the path; what it prints, both streams in order."""
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    commands = tmp_path / ".commands"
    commands.mkdir()
    wrapper = commands / "rssc"
    wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m rssc "$@"\n')
    wrapper.chmod(0o755)
    environment = os.environ | {"PATH": f"{commands}:{os.environ['PATH']}", "COLUMNS": "110"}
    environment.pop("RSSC_DEBUG", None)

    def run(command: str) -> list[str]:
        done = subprocess.run(
            ["sh", "-c", command], cwd=tmp_path, env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
        )  # fmt: skip
        return done.stdout.rstrip("\n").splitlines()

    return run


def steps(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a console block with the lines printed below it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *printed = part.rstrip("\n").split("\n")
        while command.endswith("\\"):
            command += "\n" + printed.pop(0)
        yield command, printed


def matches(found: list[str], expected: list[str]) -> bool:
    pattern = "".join(r"(?:.*\n)*" if line == "…" else re.escape(line) + r"\n" for line in expected)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in found)) is not None


def play(path: Path, folder: Path, run, update: bool) -> str:
    """Run a document's commands; its text, with what they print now if `update`."""
    text = path.read_text(encoding="utf-8")
    for block in blocks(path):
        files = [word for word in block.words if "." in word]
        if block.language in ("rss", "text") and files:
            (folder / files[0]).write_text(block.text, encoding="utf-8")
        if block.language != "console":
            continue
        now = ""
        for command, printed in steps(block.text):
            found = run(command)
            now += "\n".join([f"$ {command}", *found]) + "\n"
            if not update:
                assert matches(found, printed), f"$ {command}\n" + "\n".join(found)
        if update and "\n…\n" not in block.text:
            text = text.replace(block.text, now)
    return text


@pytest.mark.parametrize("path", with_blocks("console"), ids=name)
def test_commands_print_what_the_documentation_says(path, tmp_path, shell, request):
    update = request.config.getoption("--update-golden")
    text = play(path, tmp_path, shell, update)
    if update:
        path.write_text(text, encoding="utf-8", newline="\n")


KEY_FILES = [f"RSS{number}" for number in range(501, 511)]


@pytest.mark.parametrize("code", KEY_FILES)
def test_commands_print_what_the_rules_say(code, tmp_path, shell):
    shutil.copy(tmp_path / "specs" / "nf" / "fw.rss", tmp_path)
    page = tmp_path / "page.md"
    page.write_text(explanation(code) or "", encoding="utf-8")
    assert f"[{code}]" in page.read_text(encoding="utf-8")
    play(page, tmp_path, shell, update=False)


def test_elision_is_no_wildcard():
    assert matches(["a", "b", "c"], ["a", "…", "c"])
    assert matches(["a", "c"], ["a", "…", "c"])
    assert not matches(["a", "b", "d"], ["a", "…", "c"])
    assert not matches(["a", "b"], ["a"])


# --- tables -----------------------------------------------------------------------------------------


def table(path: Path, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head, backticks removed."""
    text = path.read_text(encoding="utf-8").split(f"# {heading}\n", 1)[1]
    lines = list(re.findall(r"^\|(.*)\|$", re.split(r"^#+ ", text, maxsplit=1, flags=re.MULTILINE)[0], re.M))
    return [[cell.strip().replace("`", "") for cell in line.split(" | ")] for line in lines[2:]]


LANGUAGE = ROOT / "docs" / "language.md"


ADDRESSES = {"ip_src": "32 or 128", "ip_dst": "32 or 128"}
ETHERNET = {"mac_src", "mac_dst", "vlan", "ether_type"}


def test_the_field_table_is_complete():
    listed = {field: row[1] for row in table(LANGUAGE, "Fields") for field in row[0].split(", ")}
    assert listed == {field: str(bits) for field, bits in WIDTHS.items()} | ADDRESSES
    assert set(GENERIC) <= listed.keys()


def test_the_class_table_is_complete():
    rows = table(LANGUAGE, "Packet classes")
    listed = {one: set(row[1].split(" ")) - {"none"} for row in rows for one in row[0].split(", ")}
    plain = {c.name: c for c in packet_classes().values() if c.tunnel is None}
    assert listed.keys() == plain.keys()
    for packet_class, fields in listed.items():
        names = plain[packet_class].names.keys() - ETHERNET
        assert {field.replace("N", packet_class[3]) for field in fields} == names, packet_class
    assert all(kind in LANGUAGE.read_text(encoding="utf-8") for kind in (*TUNNELS, INNER))


def test_keywords_and_packaged_files_are_named():
    text = LANGUAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"\w+", table(LANGUAGE, "Names")[0][1])) == KEYWORDS
    assert all(f"`{path}`" in text for path in std_files())


def test_nf_items_of_most_functions_are_named():
    """Pages of functions have the others."""
    first = " ".join(row[0] for row in table(LANGUAGE, "The nf block"))
    named = set(re.findall(r"[a-z_]+", first)) - {"of", "bridges"}
    functions = nf_templates().values()
    taken = Counter(parameter.name for function in functions for parameter in function.parameters)
    common = {name for name, count in taken.items() if 2 * count > len(functions)}
    assert common <= named <= taken.keys()


def test_exit_codes_are_listed():
    rows = table(ROOT / "README.md", "Exit codes")
    assert [int(row[0]) for row in rows] == [int(code) for code in Exit]


# --- generated page, links, words -------------------------------------------------------------------


def test_the_diagnostics_page_is_up_to_date():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = module.render()
    assert all(text.count(f"\n### {rule.code} {rule.name}\n") == 1 for rule in all_rules().values())
    assert GENERATED.read_text(encoding="utf-8") == text, "run `make docs`"


LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)")


def anchors(path: Path) -> set[str]:
    """What GitHub makes of the headings."""
    prose = BLOCK.sub("", path.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_links_lead_somewhere(path):
    prose = BLOCK.sub("", path.read_text(encoding="utf-8"))
    for target in LINK.findall(prose):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        aim = (path.parent / file) if file else path
        assert aim.exists(), target
        assert not anchor or anchor in anchors(aim), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_no_machine_is_mentioned(path):
    assert not re.search(r"/(work|root|home|tmp)/", path.read_text(encoding="utf-8"))


def test_there_is_documentation():
    names = {name(path) for path in WRITTEN}
    pages = {f"docs/{page}.md" for page in ("architecture", "language", "theory", "performance")}
    assert names >= {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", *pages}
    assert with_blocks("console")
    assert len([block for block in blocks(LANGUAGE) if block.language == "rss"]) > 20
