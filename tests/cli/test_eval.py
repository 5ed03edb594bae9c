"""`rssc eval`: counts of generated captures, in one file a port and in one file for both directions."""

from __future__ import annotations

import json

import pytest
from rsstest import ROOT

from rss_solver.traffic import Mix, generate, write_pcap
from rssc.__main__ import main

FW = str(ROOT / "specs" / "nf" / "fw.rss")
FRAMES = generate(Mix(seed=4, conversations=200, packets=2_000, fragments=0.1, icmp=0.05, scans=0.0))


@pytest.fixture
def captures(tmp_path):
    files = {}
    for name, ports in (("LAN", {"LAN"}), ("WAN", {"WAN"}), ("both", {"LAN", "WAN"})):
        files[name] = tmp_path / f"{name}.pcap"
        own = [(frame.time_ns, frame.data) for frame in FRAMES if frame.port in ports]
        files[name].write_bytes(write_pcap(own))
    return files


def evaluate(capsys, *arguments):
    assert main(["eval", FW, *arguments, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_every_packet_is_counted_once(capsys, captures):
    found = evaluate(capsys, "--pcap", f"LAN={captures['LAN']}", "--pcap", f"WAN={captures['WAN']}")
    for port in found["ports"]:
        assert port["packets"] == sum(frame.port == port["name"] for frame in FRAMES) == sum(port["queues"])
        assert port["unhashed"] == sum(port["unhashed_classes"].values()) > 0
        assert set(port["unhashed_classes"]) == {"ipv4-frag", "ipv4-other"}
    assert sum(found["cores"]) == len(FRAMES)


def test_a_capture_of_both_directions_splits_by_source(capsys, captures):
    apart = evaluate(capsys, "--pcap", f"LAN={captures['LAN']}", "--pcap", f"WAN={captures['WAN']}")
    split = evaluate(capsys, "--pcap", str(captures["both"]), "--from", "LAN=10.0.0.0/8")
    assert split == apart


def test_both_directions_of_a_connection_share_their_core(capsys, captures):
    """Hashed packets of either port load the cores alike, connection by connection."""
    lan, wan = evaluate(capsys, "--pcap", f"LAN={captures['LAN']}", "--pcap", f"WAN={captures['WAN']}")[
        "ports"
    ]
    assert [queue > 0 for queue in lan["queues"]] == [queue > 0 for queue in wan["queues"]]


def test_text_has_a_bar_per_queue_and_says_why_packets_were_not_hashed(capsys, captures):
    assert main(["eval", FW, "--pcap", f"LAN={captures['LAN']}"]) == 0
    out = capsys.readouterr().out
    assert out.count("  queue ") >= 16
    assert "#" * 40 in out
    assert "max/mean" in out
    assert "class ipv4-frag is not hashed on LAN" in out
    assert "WAN  no packets" in out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--pcap", "nosuch.pcap"], "RSS526"),
        (["--pcap", "FOO=nosuch.pcap"], "RSS101"),
        (["--pcap", "LAN=nosuch.pcap"], "RSS002"),
        (["--pcap", "x.pcap", "--from", "LAN=10.0.0.1/8"], "RSS526"),
    ],
)
def test_what_cannot_be_evaluated(capsys, arguments, code):
    assert main(["eval", FW, *arguments]) == 1
    assert code in capsys.readouterr().err
