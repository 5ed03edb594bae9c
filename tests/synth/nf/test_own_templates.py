"""Templates of users: read with every mistake at its place, rendered in a sandbox, used like rssc's own."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rss_dsl.diagnostics import RssError
from rss_synth.nf.catalogue import added_templates, nf_templates
from rss_synth.nf.loading import load_template
from rss_synth.nf.names import TAKEN_ROLES, can_be_called
from rss_synth.nf.plan import make_plan
from rss_synth.nf.requirements import requirements
from rss_synth.nf.strategy import Decision, decide, strategy_findings
from rss_synth.own_target import load_target
from rssc.__main__ import main

NFS = Path(__file__).parents[3] / "synth" / "rss_synth" / "nfs"
SPEC = """port LAN { nic intel-x710  hash ipv4-tcp  queues 2 }
port WAN { nic intel-x710  hash ipv4-tcp  queues 2 }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(NFS / "nop", tmp_path / "counter")
    return tmp_path / "counter"


def mistakes(folder: Path, text: str) -> list[str]:
    (folder / "nf.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RssError) as raised:
        load_template(folder)
    return [
        f"{d.span.start and text[: d.span.start].count(chr(10))}: {d.message}"
        for d in raised.value.diagnostics
    ]


GOOD = 'summary = "counts"\nroles = ["lan", "wan"]\nclasses = []\nneeds = []\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("summary = ", "not TOML"),
        (GOOD.replace('"counts"', "3"), "`summary` is not one line of text"),
        (GOOD.replace('["lan", "wan"]', '["lan", "lan"]'), "each with a role of its own"),
        (GOOD.replace('"wan"', '"WAN; system"'), "`WAN; system` cannot be a role"),
        (GOOD.replace("classes = []", 'classes = ["ipv4-tpc"]'), "no packet class `ipv4-tpc`"),
        (GOOD.replace("needs = []", "needs = 1"), "`needs` is not a list of texts"),
        (GOOD + "wants = 1\n", "no item `wants`"),
        (GOOD + "replicates = 1\n", "`replicates` is neither true nor false"),
        (GOOD + "replicates = true\n", "there is no `capacity` to replicate"),
        (GOOD + "[parameters.sharding]\nkind = 'count'\nabout = 'x'\n", "`sharding` cannot have this name"),
        (GOOD + "[parameters.rate]\nkind = 'count'\n", "parameter `rate` needs a table with an `about`"),
        (
            GOOD + "[parameters.rate]\nkind = 'size'\nabout = 'x'\n",
            "parameter `rate` has a `kind` that does not exist, `size`",
        ),
        (GOOD + "[parameters.rate]\nabout = 'x'\n", "parameter `rate` has no `kind`"),
        (GOOD + "[parameters.lan]\nkind = 'count'\nabout = 'x'\n", "parameter `lan` cannot have this name"),
        (GOOD + "[parameters.rate]\nkind = 'count'\nabout = 'x'\nhigh = -1\n", "`high` that is no count"),
        (
            GOOD + "[parameters.rate]\nkind = 'count'\nabout = 'x'\ndefault = '5s'\n",
            "its default `5s` is not",
        ),
        (GOOD + "[parameters.rate]\nkind = 'word'\nabout = 'x'\n", "`words` does not list which"),
        (
            GOOD + "[parameters.rate]\nkind = 'word'\nabout = 'x'\nwords = ['a b']\n",
            "`words` does not list which",
        ),
        (
            GOOD + "[parameters.rate]\nkind = 'word'\nabout = 'x'\nwords = ['a']\ndefault = 'b'\n",
            "parameter `rate` cannot be its default `b`",
        ),
        (
            GOOD + "[parameters.rate]\nkind = 'count'\nabout = 'x'\nhigh = 5\ndefault = 6\n",
            "parameter `rate` cannot be its default `6`",
        ),
        (
            GOOD + "[parameters.rate]\nkind = 'address'\nabout = 'x'\ndefault = '10.0.0.0/8'\n",
            "parameter `rate` cannot be its default `10.0.0.0/8`",
        ),
        (
            GOOD + "[parameters.rate]\nkind = 'stations'\nabout = 'x'\ndefault = 'a.txt'\n",
            "parameter `rate` has no item `default`",
        ),
        (GOOD + "[parameters.rate]\nkind = 'count'\nabout = 'x'\nhihg = 3\n", "has no item `hihg`"),
        (GOOD + "[parameters.rate]\nkind = 'count'\nabout = 'x'\nhigh = true\n", "`high` that is no count"),
        (
            GOOD
            + "[parameters.rate]\nkind = 'count'\nabout = 'x\\ny'\n".replace("'x", '"x').replace("y'", 'y"'),
            "`about`",
        ),
        (
            GOOD + "[parameters.header]\nkind = 'count'\nabout = 'x'\n",
            "parameter `header` cannot have this name",
        ),
        (GOOD + "[parameters.port]\nkind = 'count'\nabout = 'x'\n", "parameter `port` cannot have this name"),
        (
            GOOD + "[parameters.capacity]\nkind = 'word'\nabout = 'x'\nwords = ['a']\n",
            "`capacity` is no count",
        ),
        (
            GOOD + "[parameters.capacity]\nkind = 'count'\nabout = 'x'\nhigh = 300000000\n",
            "`high` that is no count up to 268435456",
        ),
        (GOOD.replace('"wan"', '"drop"'), "`drop` cannot be a role"),
        (GOOD.replace('"wan"', '"in"'), "`in` cannot be a role"),
        (GOOD + "[[sums]]\nof = { rate = 1 }\nhigh = 3\nabout = 'x'\n", "a sum is no bound on counts"),
    ],
)
def test_each_mistake_is_named(folder, text, expected):
    assert any(expected in message for message in mistakes(folder, text))


def test_all_mistakes_at_once(folder):
    assert len(mistakes(folder, "roles = []\nextra = 1\n")) >= 4


@given(text=st.text(max_size=200) | st.lists(st.sampled_from(GOOD.split("\n")), max_size=6).map("\n".join))
def test_no_text_is_more_than_a_mistake(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("templates") / "own"
    folder.mkdir()
    (folder / "nf.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    (folder / "nf.c.j2").write_text("")
    try:
        assert load_template(folder).name == "own"
    except RssError as error:
        assert error.diagnostics


@pytest.mark.parametrize("name", ["Counter", "a_b", "runtime", "build", "replay", "bench", "clean"])
def test_names_that_paths_or_goals_of_make_have(folder, name):
    with pytest.raises(RssError, match="cannot name a network function"):
        load_template(folder.rename(folder.parent / name))


def test_no_function_is_called_as_a_goal():
    makefile = (NFS.parent / "templates" / "nf" / "Makefile.j2").read_text()
    (goals,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert not any(can_be_called(re.sub(r"-(check|replay|bench)$", "", goal)) for goal in goals.split())


@pytest.mark.parametrize(
    ("need", "expected"),
    [
        ("lan.ipv4_src ==", "expected a value after `==`"),
        ("lxn.ipv4_src == wan.ipv4_dst", "unknown port `lxn`"),
        ("lan.ipv4_scr == wan.ipv4_dst", "unknown field `ipv4_scr`"),
        ("lan.ipv4_src == 10.0.0.1", "a requirement is about two packets"),
        ("lan.ipv4_src == wan.ipv4_dst require lan.l4_src == wan.l4_dst", "it is more than one requirement"),
        (r"lan.ipv4_src == wan.ipv4_dst\nassume lan.l4_src == 1", "it is more than one requirement"),
    ],
)
def test_needs_are_requirements_over_roles(folder, need, expected):
    text = GOOD.replace("needs = []", f'needs = ["lan.ip_src == wan.ip_dst", "{need}"]')
    (folder / "nf.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RssError) as raised, added_templates([folder]):
        pass
    (found,) = raised.value.diagnostics
    assert found.rule.code == "RSS640" and str(found.span) == f"{folder}/nf.toml:4:1"
    assert expected in found.message


def test_no_role_of_a_contracts_name():
    runtime = (NFS.parent / "runtime").rglob("*.[ch]")
    names = {name for file in runtime for name in re.findall(r"\bNF_([A-Z0-9_]+)\b", file.read_text())}
    assert {name.lower() for name in names} == TAKEN_ROLES


@pytest.mark.parametrize("template", nf_templates().values(), ids=lambda template: template.name)
def test_what_rssc_brings_needs_what_can_be_required(template):
    assert len(requirements(template)) == len(template.needs)


def test_rssc_reads_its_own_templates_the_same_way():
    assert {"firewall", "nop"} <= set(nf_templates())


def test_a_function_can_need_all_packets_to_meet(folder, lab):
    (folder / "nf.toml").write_text(GOOD.replace("needs = []", 'needs = "all"'), encoding="utf-8")
    with added_templates([folder]):
        nf = lab.an_nf("counter", **lab.PORTS)
        problem = lab.a_problem(nf)
        (found,) = strategy_findings(problem, lab.a_solution(problem))
        assert "needs all packets to meet" in found.message and "`strategy locks`" in found.help
        plan = make_plan(problem, nf).plan
        assert decide(problem, lab.a_solution(problem), plan, nf) == Decision("locks", False)


def test_an_added_function_is_there_only_then(folder):
    with added_templates([folder]):
        assert nf_templates()["counter"].summary == nf_templates()["nop"].summary
    assert "counter" not in nf_templates()


@pytest.fixture
def spec(tmp_path: Path) -> str:
    (tmp_path / "own.rss").write_text(SPEC + "nf counter { lan LAN  wan WAN }\n", encoding="utf-8")
    return str(tmp_path / "own.rss")


def test_commands_take_it(folder, spec, tmp_path, capsys):
    assert main(["check", spec]) == 1
    assert "unknown network function `counter`" in capsys.readouterr().err
    assert main(["check", spec, "--template", str(folder)]) == 0
    arguments = ["synth", spec, "--target", "nf", "--out", str(tmp_path / "out"), "--template", str(folder)]
    assert main(arguments) == 0
    assert (tmp_path / "out" / "nf.c").is_file()


def test_keys_are_proved_from_call_paths_for_it_too(folder, spec):
    paths = str(NFS.parents[2] / "specs" / "callpaths" / "nop")
    assert main(["prove", paths, "--spec", spec, "--template", str(folder)]) == 0


@pytest.mark.parametrize(
    "line",
    [
        "{{ missing }}",
        "{{ 1 // 0 }}",
        "{% for %}",
        "{{ ''.__class__.__mro__[1] }}",
        "{{ roles.append('x') }}",
        "{% include '/etc/passwd' %}",
        "{% import 'nf.c.j2' as other %}",
        "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
        "{{ 'x' * 10**14 }}",
    ],
)
def test_code_that_cannot_be_rendered_has_a_place(folder, spec, tmp_path, capsys, line):
    (folder / "nf.c.j2").write_text(f"/* one */\n{line}\n", encoding="utf-8")
    arguments = ["synth", spec, "--target", "nf", "--out", str(tmp_path / "out"), "--template", str(folder)]
    assert main(arguments) == 1
    assert "nf.c.j2:2:1: error[RSS640]" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{% for a in [1] %}" * 30 + "{% endfor %}" * 30, "too many statically nested blocks"),
        ("{{" + "(" * 400 + "1" + ")" * 400 + "}}", "it never ends, or its text is too large"),
        ("{% for %}", "Expected an expression, got 'end of statement block'"),
    ],
)
def test_code_that_cannot_be_compiled_says_why_in_a_line(folder, spec, tmp_path, capsys, text, reason):
    (folder / "nf.c.j2").write_text(text, encoding="utf-8")
    arguments = ["synth", spec, "--target", "nf", "--out", str(tmp_path / "out"), "--template", str(folder)]
    assert main(arguments) == 1
    said = f"nf.c.j2:1:1: error[RSS640]: the template cannot be rendered: {reason}\n"
    assert said in capsys.readouterr().err


def test_a_folder_without_template(tmp_path, spec, capsys):
    assert main(["check", spec, "--template", str(tmp_path)]) == 1
    assert "holds no template" in capsys.readouterr().err


def test_two_folders_of_one_name(folder, tmp_path, spec, capsys):
    shutil.copytree(folder, tmp_path / "other" / "counter")
    names = ["--template", str(folder), "--template", str(tmp_path / "other" / "counter")]
    assert main(["check", spec, *names]) == 1
    assert (
        f"error[RSS640]: two templates are called `counter`: the other is `{folder}`"
        in capsys.readouterr().err
    )
    assert main(["check", spec, "--template", str(folder), "--template", f"{folder}/."]) == 0


def test_the_folder_that_one_is_in_has_a_name(folder, spec, monkeypatch):
    monkeypatch.chdir(folder)
    assert main(["check", spec, "--template", "."]) == 0
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    assert main(["check", spec, "--template", ".."]) == 0
    with pytest.raises(SystemExit):
        main(["check", spec, "--template", ""])


# --- targets ----------------------------------------------------------------------------------------


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "vpp"
    folder.mkdir()
    (folder / "target.toml").write_text(
        'summary = "VPP"\n[files]\n"etc/startup.conf" = "startup.conf.j2"\n', encoding="utf-8"
    )
    (folder / "startup.conf.j2").write_text(
        "{% for port in ports %}{{ port.name }}={{ port.key }}\n{% endfor %}", encoding="utf-8"
    )
    return folder


def test_a_target_of_ones_own(target, tmp_path, capsys):
    spec = tmp_path / "plain.rss"
    spec.write_text(SPEC, encoding="utf-8")
    arguments = [
        "synth",
        str(spec),
        "--target",
        "vpp",
        "--template",
        str(target),
        "--out",
        str(tmp_path / "out"),
    ]
    assert main(arguments) == 0
    lines = (tmp_path / "out" / "etc" / "startup.conf").read_text().splitlines()
    assert [line[:4] for line in lines] == ["LAN=", "WAN="]
    assert main([*arguments[:3], "vp", *arguments[4:]]) == 2
    assert "error[RSS642]: there is no target `vp`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "code", "place", "expected"),
    [
        ("files = 1\n", "RSS641", "1:1", "the target has no `summary`"),
        ("files = 1\n", "RSS641", "1:1", "the target lists no `files`"),
        ('summary = "x"\n[files]\n"../up" = "a"\n', "RSS641", "3:1", "`../up = a` is no pair of files"),
        ('summary = "x"\n[files]\n"/etc/x" = "a"\n', "RSS641", "3:1", "`/etc/x = a` is no pair of files"),
        ('summary = "x"\n[files]\na = "../b"\n', "RSS641", "3:1", "`a = ../b` is no pair of files"),
        ('summary = "x"\n[files]\na = "b"\n"a/b" = "b"\n', "RSS641", "3:1", "`a` is also a folder of files"),
        ('summary = "x"\nother = 1\n[files]\na = "b"\n', "RSS641", "2:1", "a target has no item `other`"),
        ('summary = "x"\n[files]\na = "missing"\n', "RSS002", "1:1", "cannot read `vpp/missing`"),
    ],
)
def test_what_is_wrong_with_a_target(target, monkeypatch, text, code, place, expected):
    monkeypatch.chdir(target.parent)
    (target / "target.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RssError) as raised:
        load_target(Path(target.name))
    found = [(d.rule.code, str(d.span), d.message) for d in raised.value.diagnostics]
    file = "vpp/missing" if code == "RSS002" else "vpp/target.toml"
    assert any((c, p) == (code, f"{file}:{place}") and expected in message for c, p, message in found), found


def test_a_target_of_rssc_is_not_replaced(target, tmp_path):
    target.rename(tmp_path / "nf")
    with pytest.raises(RssError) as raised:
        load_target(tmp_path / "nf")
    assert [d.message for d in raised.value.diagnostics] == ["rssc has a target `nf`"]


def test_a_conflict_ends_in_locks(tmp_path, capsys):
    spec = tmp_path / "conflict.rss"
    either = "require any: LAN.ipv4_src == LAN'.ipv4_src || LAN.ipv4_dst == LAN'.ipv4_dst\n"
    spec.write_text(SPEC + either + "nf firewall { lan LAN  wan WAN }\n", encoding="utf-8")
    arguments = ["synth", str(spec), "--target", "nf", "--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    assert "RSS634" in capsys.readouterr().err
    assert "STRATEGY_LOCKS" in (tmp_path / "out" / "config.c").read_text()
    insists = spec.read_text().replace("{ lan LAN", "{ strategy shared-nothing  lan LAN")
    spec.write_text(insists, encoding="utf-8")
    assert main(arguments) == 3
