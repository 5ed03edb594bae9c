"""`import rssc` is the public API: everything it names is there, and it loads nothing until asked."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from rsstest import ROOT

import rssc
from rss_dsl.files import read_bytes
from rss_solver.limits import LimitReachedError
from rssc.__main__ import main


def test_every_public_name_is_there():
    assert sorted(rssc.__all__) == rssc.__all__
    for name in rssc.__all__:
        assert getattr(rssc, name) is not None
    assert not hasattr(rssc, "nothing")


def test_from_a_file_to_a_proof():
    problem = rssc.check(rssc.load(ROOT / "specs" / "nf" / "fw.rss"))
    solved = rssc.solve(problem, seed=3)
    assert isinstance(solved, rssc.Solved)
    assert isinstance(rssc.verify(problem, solved.solution), rssc.Proof)
    packet = rssc.parse_packet("ipv4-tcp 10.0.0.1:1234 > 192.0.2.1:80")
    reply = rssc.parse_packet("ipv4-tcp 192.0.2.1:80 > 10.0.0.1:1234")
    lan = rssc.land(packet, problem.ports[0], solved.solution.ports[0])
    wan = rssc.land(reply, problem.ports[1], solved.solution.ports[1])
    assert (lan.hash, lan.queue) == (wan.hash, wan.queue)


def test_paths_are_text_or_path_objects():
    path = ROOT / "specs" / "nf" / "fw.rss"
    assert rssc.load(str(path)) == rssc.load(path)
    assert isinstance(rssc.compile_spec(str(path)).verdict, rssc.Proof)


def test_dir_lists_the_public_names():
    assert dir(rssc) == rssc.__all__


def test_mistakes_are_one_exception_with_all_diagnostics():
    with pytest.raises(rssc.RssError) as found:
        rssc.check(rssc.loads("port A { nic x  queues 0 }\nrequire B.ipv4_src == C.ipv4_src"))
    assert len(found.value.diagnostics) >= 3


def test_help_loads_no_solver():
    heavy = "[name for name in ('z3', 'numpy', 'textx', 'jinja2') if name in sys.modules]"
    code = f"import sys, rssc.__main__; rssc.__main__.parser(); print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


TWO_PORTS = "port A { hash ipv4-tcp  queues 4 }\nport B { hash ipv4-tcp  queues 8 }\n"
OTHER_STARTS = f"""port A {{ nic aws-ena-fixed  hash ipv4-tcp  queues 4  key {"6d5a" * 20} }}
port B {{ nic aws-ena  hash ipv4-tcp  queues 4 }}
"""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (OTHER_STARTS + "require A.ipv4_src == B.ipv4_src", "RSS301"),
        (TWO_PORTS + "require A.ipv4_src == B.ipv4_src", "RSS308"),
        ("seed 3", "RSS309"),
    ],
)
def test_what_cannot_be_solved_is_refused_not_proved(text, code):
    """By `solve` and by `verify`: no key is called proven for a requirement that was not looked at."""
    problem = rssc.check(rssc.loads(text))
    with pytest.raises(rssc.RssError) as found:
        rssc.solve(problem)
    assert code in {diagnostic.rule.code for diagnostic in found.value.diagnostics}
    nothing = rssc.Solution(ports=(), components=(), seed=0)
    with pytest.raises(rssc.RssError):
        rssc.verify(problem, nothing)


def test_an_endless_file_is_refused():
    with pytest.raises(rssc.RssError) as found:
        read_bytes(Path("/dev/zero"))
    assert found.value.diagnostics[0].rule.code == "RSS002"


def test_reaching_a_limit_is_undecided(monkeypatch, capsys):
    def give_up(*_):
        raise LimitReachedError

    monkeypatch.setattr("rss_solver.solve.choose", give_up)
    command = ["solve", str(ROOT / "specs" / "nf" / "fw.rss")]
    assert main(command) == 5
    assert "undecided" in capsys.readouterr().err
    assert main([*command, "--format", "json"]) == 5
    assert json.loads(capsys.readouterr().out)["verdict"]["status"] == "undecided"


def test_from_call_paths_to_a_proof():
    paths = rssc.read_call_paths([ROOT / "specs" / "callpaths" / "masked-key"])
    inferred = rssc.infer(paths, rssc.Options(queues=8))
    problem = rssc.check(rssc.loads(inferred.text))
    solved = rssc.solve(problem)
    assert isinstance(solved, rssc.Solved)
    assert rssc.prove(paths, problem, solved.solution).pairs > 0
