"""`rssc import`: a spec for what can be sharded, reasons for what cannot, findings for bad inputs."""

import json
import shutil
from pathlib import Path

import pytest
from rsstest import ROOT

from generate.catalogue import descriptions
from generate.describe import Sharded
from rss_dsl.format import format_spec
from rss_dsl.loading import load
from rssc.__main__ import main

SPECS = ROOT / "specs" / "callpaths"
EXPECTED = {nf.name: nf.expected for nf in descriptions()}


@pytest.fixture
def run(capsys):
    def call(*arguments):
        code = main([str(argument) for argument in arguments])
        found = capsys.readouterr()
        return code, found.out, found.err

    return call


@pytest.fixture
def one(tmp_path):
    """One call path of the firewall, as text and as a file to change."""
    file = tmp_path / "test000010.call_path"
    shutil.copy(SPECS / "fw" / file.name, file)
    return file


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_what_can_be_sharded_is_imported_and_solved(name, run, tmp_path):
    spec = tmp_path / "nf.rss"
    code, out, err = run("import", SPECS / name, "--out", spec)
    stateless = name in ("adder", "fwd", "nop", "resize")
    assert ("no call path accesses state" if stateless else "accesses impose nothing:") in err
    if not isinstance(EXPECTED[name], Sharded):
        assert code == 3
        assert out == ""
        assert not spec.exists()
        assert "error[RSS42" in err
        assert "--shared" in err
        return
    assert code == 0, err
    assert out == f"{spec}\n"
    assert "error" not in err
    assert format_spec(load(spec)) == spec.read_text()
    assert run("solve", spec)[0] == 0


def test_the_spec_of_a_nat(run, golden, monkeypatch):
    monkeypatch.chdir(SPECS)
    code, out, _ = run(
        "import", "nat", "--port", "1=WAN", "--port", "0=LAN", "--nic", "intel-e810", "--queues", "8"
    )
    assert code == 0
    golden(out, ".rss")


@pytest.mark.parametrize("name", ["nat-rejuvenates-first", "mixed-cells"])
def test_reasons(name, run, golden, monkeypatch):
    monkeypatch.chdir(SPECS)
    code, out, err = run("import", name)
    assert (code, out) == (3, "")
    golden(err)


def test_a_spec_for_cores_that_share_state(run, golden, monkeypatch, tmp_path):
    monkeypatch.chdir(SPECS)
    code, out, err = run("import", "bridge", "--shared")
    assert code == 0
    assert "warning[RSS429]" in err
    assert "error" not in err
    golden(out, ".rss")
    spec = tmp_path / "bridge.rss"
    spec.write_text(out)
    assert run("check", spec)[0] == 0
    document = json.loads(run("import", "bridge", "--shared", "--format", "json")[1])
    assert document["verdict"] == {"status": "shared"}
    assert document["spec"] == out
    assert document["refusals"][0]["code"] == "RSS423"


def test_accesses(run, golden, monkeypatch):
    monkeypatch.chdir(SPECS)
    code, out, _ = run("import", "erase-only", "--emit", "accesses")
    assert code == 0
    golden(out)


def test_accesses_as_json_name_terms(run):
    code, out, _ = run("import", SPECS / "erase-only", "--emit", "accesses", "--format", "json")
    found = json.loads(out)["accesses"]
    assert code == 0
    erased = next(access for access in found if access["function"] == "map_erase")
    assert erased["object"] == "allowed"
    assert erased["mutates"]
    assert "packet_chunks" in erased["key"]


def test_the_document_accounts_for_every_access(run):
    _, out, _ = run("import", SPECS / "fw", "--emit", "accesses", "--format", "json")
    every = {_identity(access) for access in json.loads(out)["accesses"]}
    code, out, err = run("import", SPECS / "fw", "--format", "json", "--port", "0=LAN")
    found = json.loads(out)
    assert (code, err) == (0, "")
    used = {_identity(access) for each in found["requirements"] for access in each["accesses"]}
    ignored = {_identity(each["access"]) for each in found["ignored"]}
    assert used | ignored == every
    assert not used & ignored
    assert found["verdict"] == {"status": "inferred"}
    assert [port["name"] for port in found["ports"]] == ["LAN", "P1"]
    assert "LAN.ipv4_src == P1.ipv4_dst" in found["requirements"][0]["condition"]


def _identity(access):
    return access["file"], access["call"], access["object"]


def test_a_refusal_as_json(run):
    code, out, _ = run("import", SPECS / "mixed-cells", "--format", "json")
    found = json.loads(out)
    assert code == 3
    assert found["spec"] is None
    assert found["verdict"] == {"status": "refused"}
    assert found["refusals"][0]["code"] == "RSS420"
    assert any(access["mutates"] for access in found["refusals"][0]["accesses"])


def test_findings_for_code_review(run, tmp_path):
    spec = tmp_path / "fw.rss"
    code, out, err = run("import", SPECS / "fw", "--out", spec, "--format", "sarif")
    (found,) = json.loads(out)["runs"]
    assert (code, err) == (0, "")
    assert [result["ruleId"] for result in found["results"]] == ["RSS427", "RSS427"]
    assert spec.read_text().startswith("// Inferred")
    code, out, err = run("import", SPECS / "bridge", "--format", "sarif")
    (found,) = json.loads(out)["runs"]
    assert (code, err) == (3, "")
    assert [result["ruleId"] for result in found["results"]] == ["RSS423"]


def test_fragments_pass_if_the_spec_is_changed_as_the_help_says(run, tmp_path):
    spec = tmp_path / "fw.rss"
    _, _, err = run("import", SPECS / "fw", "--out", spec)
    assert "name their class in `traffic` and write `fragments same-as-flow`" in err
    text = spec.read_text()
    asked = "traffic ipv4-tcp, ipv4-udp, ipv4-frag  fragments same-as-flow"
    spec.write_text(text.replace("traffic ipv4-tcp, ipv4-udp", asked))
    assert run("solve", spec, "--write")[::2] == (0, "")
    assert run("prove", SPECS / "fw", "--keys", f"{spec}.lock")[0] == 0
    spec.write_text(text.replace("traffic ipv4-tcp, ipv4-udp", "traffic ipv4-tcp, ipv4-udp, ipv4-frag"))
    assert run("prove", SPECS / "fw", "--spec", spec)[0] != 0


def test_every_ignored_access_can_be_listed(run):
    _, _, short = run("import", SPECS / "fw")
    _, _, whole = run("import", SPECS / "fw", "--ignored")
    assert "map_allocate" not in short
    assert "map_allocate of fm" in whole


def test_importing_again_gives_the_same(run, tmp_path):
    first, again = tmp_path / "a.rss", tmp_path / "b.rss"
    run("import", SPECS / "hhh", "--out", first)
    run("import", SPECS / "hhh", "--out", again)
    assert first.read_bytes() == again.read_bytes()


def test_a_file_named_twice_is_read_once(run):
    file = SPECS / "fw" / "test000010.call_path"
    _, once, _ = run("import", SPECS / "fw", "--format", "json")
    _, twice, _ = run("import", SPECS / "fw", file, "--format", "json")
    assert json.loads(once)["ignored"] == json.loads(twice)["ignored"]


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--nic", "intel-x701"], "did you mean intel-x710"),
        (["--nic", "nxp-dpaa2"], "does not hash with Toeplitz"),
        (["--queues", "0"], "not a number of queues"),
        (["--queues", "65"], "at most 64"),
        (["--port", "LAN"], "0=LAN"),
        (["--port", "0=require"], "0=LAN"),
        (["--port", "0=A", "--port", "0=B"], "a device has one name"),
        (["--port", "0=A", "--port", "1=A"], "two devices have one name"),
        (["--port", "0=P1"], "what device 1 is called"),
        (["--out", ""], "empty"),
        (["--emit", "accesses", "--out", "x.rss"], "--out takes the spec"),
    ],
)
def test_wrong_usage(arguments, hint, capsys):
    with pytest.raises(SystemExit) as left:
        main(["import", str(SPECS / "nop"), *arguments])
    assert left.value.code == 2
    assert hint in capsys.readouterr().err


def test_a_device_that_no_path_has(run):
    code, _, err = run("import", SPECS / "nop", "--port", "7=LAN")
    assert code == 1
    assert "no call path has packets from or to device 7" in err


def test_an_empty_and_an_absent_folder(run, tmp_path):
    assert "RSS401" in run("import", tmp_path)[2]
    code, out, err = run("import", tmp_path / "nowhere")
    assert (code, out) == (1, "")
    assert "RSS0" in err


@pytest.mark.parametrize("text", ["", "\0\0\0", "once upon a time\n", ";;-- kQuery --\n"])
def test_garbage(text, run, one):
    one.write_text(text)
    code, out, err = run("import", SPECS / "nop", one)
    assert (code, out) == (1, "")
    assert f"{one}:1:" in err
    assert "error[RSS40" in err


def test_a_cut_off_file_is_named_with_its_line(run, one):
    text = one.read_text()
    one.write_text(text[: len(text) * 2 // 3])
    code, out, err = run("import", one)
    assert (code, out) == (1, "")
    assert f"{one}:" in err
    assert "RSS40" in err


def test_two_network_functions_at_once(run):
    code, _, err = run("import", SPECS / "fw", SPECS / "nat")
    assert code == 1
    assert "error[RSS440]" in err


def test_a_function_that_the_library_lacks(run, one):
    one.write_text(one.read_text().replace("map_get(", "cuckoo_get("))
    code, out, err = run("import", one)
    assert (code, out) == (3, "")
    assert "warning[RSS411]" in err
    assert "`cuckoo_get` may touch any state" in err
    assert f"{one}:" in err


def test_a_library_file_describes_it(run, one, tmp_path):
    one.write_text(one.read_text().replace("map_get(", "cuckoo_get("))
    library = tmp_path / "cuckoo.toml"
    library.write_text(
        '[cuckoo_get]\nkind = "READ"\narguments = ["map", "key", "value_out"]\ntype = "map"\n'
        'object = "map"\nkey = "key"\nresult = "value_out"\nindex = "result"\nsuccess = true\n'
    )
    code, _, err = run("import", one, "--library", library)
    assert "cuckoo_get` may touch" not in err
    assert "RSS411" not in err
    assert code in (0, 3)
    library.write_text("[cuckoo_get]\nkind = 1\n")
    code, _, err = run("import", one, "--library", library)
    assert code == 1
    assert f"{library}:1:2: error[RSS410]" in err


def test_thousands_of_findings_are_not_all_shown(run, tmp_path):
    text = (SPECS / "nop" / "test000003.call_path").read_text()
    for number in range(1, 16):
        file = tmp_path / f"test{number:06}.call_path"
        file.write_text(text.replace("packet_receive(", "stranger("))
    _, _, err = run("import", tmp_path)
    assert err.count("warning[RSS411]") == 10
    rest = f"5 more RSS411 in 5 files, {tmp_path}/test000011.call_path to {tmp_path}/test000015.call_path:"
    assert rest in err
    assert err.index(rest) < err.index("15 warnings")


def test_many_broken_files_are_counted_and_all_in_json(run, tmp_path):
    text = (SPECS / "nop" / "test000003.call_path").read_text()
    for number in range(1, 31):
        broken = text.replace("packet_receive(", "packet_receive((" if number % 2 else "packet_receive[")
        (tmp_path / f"test{number:06}.call_path").write_text(broken if number < 30 else "")
    code, out, err = run("import", tmp_path)
    assert (code, out) == (1, "")
    assert err.count("error[RSS403]") == 10
    rest = f"19 more RSS403 in 19 files, {tmp_path}/test000011.call_path to {tmp_path}/test000029.call_path:"
    assert rest in err
    assert f"{tmp_path}/test000030.call_path:1:1: error[RSS401]" in err
    assert err.endswith("\n30 errors\n")
    code, out, err = run("import", tmp_path, "--format", "json")
    assert (code, err) == (1, "")
    found = json.loads(out)["diagnostics"]
    assert [one["file"] for one in found] == [str(file) for file in sorted(tmp_path.iterdir())]


def test_all_errors_of_a_few_files_are_shown(run, tmp_path):
    text = (SPECS / "nop" / "test000003.call_path").read_text()
    for number in range(3):
        file = tmp_path / f"test{number:06}.call_path"
        file.write_text(text.replace(";;-- Constraints", "1:f(\n" * 9 + ";;-- Constraints"))
    _, _, err = run("import", tmp_path)
    assert err.count("error[RSS402]") == 27
    assert "more RSS402" not in err


@pytest.mark.parametrize(
    ("paths", "out"),
    [
        (["copies"], "copies/test000010.call_path"),
        (["copies"], "copies/spec.call_path"),
        (["copies/test000010.call_path"], "linked/test000010.call_path"),
        (["copies", "--library", "own.toml"], "./own.toml"),
    ],
)
def test_what_is_read_is_not_written_over(paths, out, run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(SPECS / "fw", "copies")
    Path("linked").symlink_to("copies")
    Path("own.toml").write_text("")
    before = {file: file.read_bytes() for file in tmp_path.rglob("*.*")}
    with pytest.raises(SystemExit, match="2"):
        run("import", *paths, "--out", out)
    assert f"argument --out: {Path(out)} is among" in capsys.readouterr().err
    assert before == {file: file.read_bytes() for file in tmp_path.rglob("*.*")}


@pytest.mark.parametrize("arguments", [[""], ["nat", ""], ["nat", "--library", ""]])
def test_empty_names_are_wrong_usage(arguments, run, monkeypatch, capsys):
    monkeypatch.chdir(SPECS)
    with pytest.raises(SystemExit, match="2"):
        run("import", *arguments)
    assert "is empty" in capsys.readouterr().err


def test_a_path_that_fills_a_map_is_missing(run, tmp_path):
    shutil.copytree(SPECS / "fw", tmp_path / "fw")
    (tmp_path / "fw" / "test000005.call_path").unlink()
    code, _, err = run("import", tmp_path / "fw")
    assert code == 3
    assert "`dchain_rejuvenate_index` (line 53) and `dchain_allocate_new_index` (line 54)" in err
    assert "reach one cell of `heap` by an index that no packet need have stored for both" in err
