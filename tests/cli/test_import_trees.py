"""`rssc import --emit bdd`, `--emit template` and `--nf`: trees, templates, and specs that use them."""

import json
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from rss_dsl.loading import loads
from rss_dsl.spec import Nf
from rss_synth.nf.loading import load_template
from rssc.__main__ import main

SPECS = Path(__file__).parents[2] / "specs" / "callpaths"
NAMES = ("--port", "0=LAN", "--port", "1=WAN")


@pytest.fixture
def run(capsys):
    def call(*arguments):
        code = main(["import", *map(str, arguments)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


def test_a_tree_as_text(run, golden):
    code, out, err = run(SPECS / "fw", *NAMES, "--emit", "bdd")
    assert code == 0
    assert not err
    golden(out)


def test_a_tree_as_drawings(run, tmp_path):
    code, out, _ = run(SPECS / "fw", *NAMES, "--emit", "bdd", "--format", "dot")
    assert code == 0
    assert out.startswith('digraph "fw" {')
    drawing = tmp_path / "fw.svg"
    code, out, _ = run(SPECS / "fw", *NAMES, "--emit", "bdd", "--format", "svg", "--out", drawing)
    assert (code, out) == (0, f"{drawing}\n")
    texts = [text.text for text in ET.parse(drawing).iter("{http://www.w3.org/2000/svg}text")]
    assert "forward to WAN" in texts


def test_a_template_and_the_spec_that_uses_it(run, tmp_path, golden):
    folder, spec = tmp_path / "nat-paths", tmp_path / "nat.rss"
    code, out, _ = run(SPECS / "nat", *NAMES, "--emit", "template", "--out", folder)
    assert (code, out) == (0, f"{folder}/nf.c.j2\n{folder}/nf.toml\n")
    template = load_template(folder)
    assert template.roles == ("lan", "wan")
    assert template.needs == ("lan.ipv4_dst == wan.ipv4_src && lan.l4_dst == wan.l4_src",)
    assert template.classes == ("ipv4-tcp", "ipv4-udp")
    assert [parameter.name for parameter in template.parameters] == ["strategy", "lan", "wan", "capacity"]
    assert run(SPECS / "nat", *NAMES, "--nf", "nat-paths", "--out", spec)[0] == 0
    written = loads(spec.read_text(), "nat.rss")
    block = next(each for each in written.statements if isinstance(each, Nf))
    assert (block.name, [(item.name, item.value.text) for item in block.items]) == (
        "nat-paths",
        [("lan", "LAN"), ("wan", "WAN")],
    )
    code = (folder / "nf.c.j2").read_text()
    golden(code.replace(str(SPECS), "specs/callpaths"))


def test_what_is_refused_needs_all_packets_to_meet(run, tmp_path):
    folder = tmp_path / "bridge"
    assert run(SPECS / "bridge", "--emit", "template", "--out", folder)[0] == 0
    template = load_template(folder)
    assert template.together
    assert "is_steered" not in (folder / "nf.c.j2").read_text()


def test_a_template_as_json_names_its_files(run, tmp_path):
    code, out, _ = run(SPECS / "nop", "--emit", "template", "--out", tmp_path / "nop", "--format", "json")
    assert code == 0
    assert json.loads(out)["files"] == [str(tmp_path / "nop" / name) for name in ("nf.c.j2", "nf.toml")]


def test_what_has_no_code_is_said(run, tmp_path):
    code, _, err = run(SPECS / "resize", "--emit", "template", "--out", tmp_path / "none")
    assert code == 1
    assert re.search("resize/.*RSS451.*`packet_insert_new_chunk`: it makes the packet longer or shorter", err)
    assert "help: leave it to the switch or the NIC" in err
    assert not (tmp_path / "none").exists()
    assert run(SPECS / "resize", "--emit", "bdd")[0] == 0


def test_functions_that_the_runtime_lacks_are_named(run, tmp_path):
    folder = tmp_path / "paths"
    shutil.copytree(SPECS / "groups", folder)
    for path in folder.iterdir():
        path.write_text(path.read_text().replace(":hash_obj(", ":my_digest("))
    library = tmp_path / "mine.toml"
    library.write_text('[my_digest]\nkind = "PURE"\nresult = "return"\n')
    arguments = ("--emit", "template", "--library", library, "--out", tmp_path / "none")
    code, _, err = run(folder, *arguments)
    assert code == 1
    assert "there is no C for `my_digest`: the runtime has no function `my_digest`" in err
    assert "`docs/libvig.md` lists those that it has" in err


def test_maps_copy_keys_that_do_not_stay(run, tmp_path):
    folder = tmp_path / "groups"
    assert run(SPECS / "groups", "--emit", "template", "--out", folder)[0] == 0
    assert "map_keep_keys(objects->members, 4)" in (folder / "nf.c.j2").read_text()
    assert run(SPECS / "nat", "--emit", "template", "--out", tmp_path / "nat")[0] == 0
    assert "map_keep_keys" not in (tmp_path / "nat" / "nf.c.j2").read_text()


def test_a_spec_without_its_template_says_how_to_give_it(run, tmp_path, capsys):
    """So does the spec itself."""
    spec, folder = tmp_path / "nop.rss", tmp_path / "nop-paths"
    assert run(SPECS / "nop", *NAMES, "--emit", "template", "--out", folder)[0] == 0
    assert run(SPECS / "nop", *NAMES, "--nf", "nop-paths", "--out", spec)[0] == 0
    assert "commands that take this spec need --template DIR/nop-paths\nnf nop-paths" in spec.read_text()
    for command in ("check", "solve"):
        assert main([command, str(spec)]) == 1
        printed = capsys.readouterr().err
        assert "RSS620" in printed
        assert "if the template is yours, give its folder: `--template DIR/nop-paths`" in printed
        assert main([command, str(spec), "--template", str(folder)]) == 0


def test_ports_can_be_called_anything(run, tmp_path, capsys):
    """Roles are items of the language, and NF_ROLE in C."""
    spec, folder = tmp_path / "nop.rss", tmp_path / "nop-paths"
    ports = ("--port", "0=DROP", "--port", "1=PORTS")
    assert run(SPECS / "nop", *ports, "--emit", "template", "--out", folder)[0] == 0
    assert run(SPECS / "nop", *ports, "--nf", "nop-paths", "--out", spec)[0] == 0
    assert main(["check", str(spec), "--template", str(folder)]) == 0
    assert load_template(folder).roles == ("drop_port", "ports_port")


@pytest.mark.parametrize("emit", ["bdd", "template"])
def test_what_is_no_call_path_makes_nothing(run, tmp_path, emit):
    paths, out = tmp_path / "paths", tmp_path / "out"
    paths.mkdir()
    arguments = ("--emit", emit, "--out", out)
    whole = (SPECS / "nop" / "test000001.call_path").read_bytes()
    for text, rule in ((b"", "RSS40"), (b"\xff\x00", "RSS002"), (whole[:700], "RSS402")):
        (paths / "test000001.call_path").write_bytes(text)
        code, _, err = run(paths, *arguments)
        assert (code, out.exists()) == (1, False)
        assert rule in err
    for name in ("fw", "nat"):
        shutil.copy(SPECS / name / "test000003.call_path", paths / f"{name}.call_path")
    (paths / "test000001.call_path").unlink()
    code, _, err = run(paths, *arguments)
    assert (code, out.exists()) == (1, False)
    assert "RSS450" in err


def test_a_template_is_written_whole_or_not_at_all(run, tmp_path):
    """Where one file cannot be written, none is; a template that is there is replaced."""
    folder = tmp_path / "nop-paths"
    (folder / "nf.toml").mkdir(parents=True)
    code, _, err = run(SPECS / "nop", "--emit", "template", "--out", folder)
    assert code == 1 and "RSS510" in err
    assert [path.name for path in folder.iterdir()] == ["nf.toml"]
    (folder / "nf.toml").rmdir()
    (folder / "nf.toml").write_text("old")
    assert run(SPECS / "nop", "--emit", "template", "--out", folder)[0] == 0
    assert load_template(folder).roles == ("p0", "p1")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--emit", "template"], "--emit template needs --out DIR"),
        (["--emit", "template", "--out", "Not_A_Name"], "use lower-case words joined by hyphens"),
        (["--emit", "bdd", "--format", "json"], "--emit bdd has the formats text, dot, svg"),
        (["--format", "svg"], "--format svg is for --emit bdd"),
        (["--nf", "Name"], "'Name' cannot name a network function"),
        (["--nf", 'na"me'], "cannot name a network function"),
        (["--port", "0=a'b"], "is not N=NAME"),
        (["--emit", "template", "--out", "it's"], "lower-case words"),
        (["--emit", "template", "--out", "replay"], "none of them a goal or folder"),
        (["--emit", "bdd", "--nf", "name"], "--nf is for --emit spec"),
    ],
)
def test_wrong_usage(arguments, hint, capsys):
    with pytest.raises(SystemExit) as found:
        main(["import", str(SPECS / "nop"), *arguments])
    assert found.value.code == 2
    assert hint in capsys.readouterr().err


def test_paths_of_hundreds_of_calls(run, tmp_path):
    """Every function that walks the tree would meet Python's limit by recursion."""
    paths = tmp_path / "fw"
    shutil.copytree(SPECS / "fw", paths)
    found = next(path for path in sorted(paths.iterdir()) if "dchain_rejuvenate_index" in path.read_text())
    call = next(line for line in found.read_text().splitlines() if "dchain_rejuvenate_index" in line)
    found.write_text(found.read_text().replace(f"{call}\n", f"{call}\n" * 700))
    for format in ("text", "dot", "svg"):
        code, out, _ = run(paths, "--emit", "bdd", "--format", format)
        assert code == 0
        assert out.count("dchain_rejuvenate_index(") >= 700
    assert run(paths, "--emit", "template", "--out", tmp_path / "fw-paths")[0] == 0
    assert (tmp_path / "fw-paths" / "nf.c.j2").read_text().count("paths_chain_renew(") >= 700
