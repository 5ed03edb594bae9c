"""Arguments at the edges, and answers that follow them."""

from __future__ import annotations

import pytest
from rsstest import ROOT

from rss_solver.solution import PortSolution
from rss_solver.solve import Solved, solve
from rssc.__main__ import main
from rssc.pipeline import check, load
from rssc.show import show_solution

FW = str(ROOT / "specs" / "nf" / "fw.rss")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["example", FW, "--count", "0"], "'0' is not a number from 1 to 100"),
        (["example", FW, "--count", "101"], "'101' is not a number from 1 to 100"),
        (["example", FW, "--count", "x"], "'x' is not a number from 1 to 100"),
        (["rule", "unknown-nik"], "did you mean `unknown-nic`?"),
        (["rule", "RSS9011"], "did you mean `RSS901`?"),
        (["rule", "foo"], "`rssc rule` lists them all"),
        (["solve", FW, "--seed", str(1 << 64)], "at most 64 bits"),
        (["synth", FW, "--target", "json", "--out", ""], "the name of the folder is empty"),
    ],
)
def test_usage_errors_say_what_is_meant(capsys, arguments, message):
    try:
        code = main(arguments)
    except SystemExit as error:
        code = error.code
    assert code == 2
    assert message in capsys.readouterr().err


def test_seeds_have_64_bits(capsys):
    assert main(["solve", FW, "--seed", str((1 << 64) - 1)]) == 0


def test_from_needs_a_capture_to_split(capsys):
    assert main(["eval", FW, "--pcap", "LAN=nowhere.pcap", "--from", "LAN=10.0.0.0/8"]) == 1
    err = capsys.readouterr().err
    assert "RSS526" in err
    assert "there is none" in err


@pytest.mark.parametrize(
    ("packet", "message"),
    [
        ("ipv4-tcp 1.2.3.4 > 5.6.7.8:2", "the source port is missing"),
        ("ipv4-udp 1.2.3.4:5 > 5.6.7.8", "the destination port is missing"),
        ("l2 1.2.3.4 > 5.6.7.8", "as in `l2 02:00:00:00:00:01 > 02:00:00:00:00:02`"),
        ("l2 nothing", "as in `l2 "),
    ],
)
def test_packets_that_lack_something(capsys, packet, message):
    assert main(["hash", FW, "LAN", packet]) == 1
    err = capsys.readouterr().err
    assert "RSS509" in err
    assert message in err


@pytest.mark.parametrize(
    "packet", ["ipv4-tcp 1.2.3.4 > 5.6.7.8 tcp_src=1 tcp_dst=2", "ipv4-frag 1.2.3.4 > 5.6.7.8"]
)
def test_ports_can_be_settings_or_unknown(packet):
    assert main(["hash", FW, "LAN", packet]) == 0


def test_columns_and_tables(tmp_path):
    path = tmp_path / "a.rss"
    path.write_text("port A { nic mlx5  hash ipv6-other, ipv4-tcp  queues 4  table 16 }\n")
    solved = solve(check(load(path)), None)
    assert isinstance(solved, Solved)
    port = solved.solution.ports[0]

    def shown(table: tuple[int, ...]) -> str:
        changed = PortSolution(**{name: getattr(port, name) for name in port.__slots__} | {"table": table})
        return show_solution(type(solved.solution)(ports=(changed,), components=((0,),), seed=0))

    assert "16 entries, round robin" in shown(port.table)
    assert "16 entries, dealt over the entries that packets reach" in shown((0, 0, 1, 1, 2, 2, 3, 3) * 2)
    starts = {
        line.index(text)
        for line in shown(port.table).splitlines()
        for text in ("ipv6_src", "16 entries")
        if text in line
    }
    assert len(starts) == 1
