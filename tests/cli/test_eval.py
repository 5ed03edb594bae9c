"""`rssc eval`: counts of generated captures, in one file a port and in one file for both directions."""

from __future__ import annotations

import json
import runpy

import pytest
from rsstest import ROOT

from rss_solver.traffic import Mix, generate, write_pcap
from rssc.__main__ import main

FW = str(ROOT / "specs" / "nf" / "fw.rss")
EXAMPLE = ROOT / "examples" / "03-policer"
PUBLISHED = "0000000000000001"
"""The thesis's policer: of the destination, the nine bits that pick one of 512 entries are the first ones."""

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


@pytest.fixture
def downloads(tmp_path, monkeypatch):
    """What the policer's example sends to users in one /16."""
    monkeypatch.setattr("sys.argv", ["traffic.py", str(tmp_path)])
    runpy.run_path(str(EXAMPLE / "traffic.py"), run_name="__main__")
    return f"WAN={tmp_path / 'WAN.pcap'}"


@pytest.mark.parametrize(("given", "clustered", "used"), [(PUBLISHED, 0, 1), (None, 9, 16)])
def test_users_of_one_prefix_have_one_queue_by_the_published_key_and_all_by_ours(
    capsys, tmp_path, downloads, given, clustered, used
):
    (tmp_path / "keys").write_text(f"WAN={given}\n")
    keys = ["--keys", str(tmp_path / "keys")] if given else []
    spec = str(EXAMPLE / "policer.rss")
    assert main(["verify" if given else "solve", spec, *keys, "--format", "json"]) == 0
    (port,) = json.loads(capsys.readouterr().out)["ports"]
    assert port["rank"] == {"ipv4-tcp": 9, "ipv4-udp": 9}
    assert port["clustered_rank"] == {"ipv4-tcp": clustered, "ipv4-udp": clustered}
    assert main(["eval", spec, "--pcap", downloads, *keys, "--format", "json"]) == 0
    (port,) = json.loads(capsys.readouterr().out)["ports"]
    assert sum(count > 0 for count in port["queues"]) == used
