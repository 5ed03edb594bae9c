"""No input makes a traceback: mutated specs, keys, lock files and captures through the whole of rssc."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rsstest import ROOT

from rss_solver.traffic import Mix, generate, write_pcap
from rssc.__main__ import main

SPECS = [path.read_text() for path in sorted((ROOT / "specs" / "nf").glob("*.rss"))]
TOKEN = re.compile(r"\w+|\s+|.")
WORDS = re.findall(
    r"\S+",
    """port ports require relation import prefer assume equality seed nf hash auto queues nic generic
    traffic key adapter fragments same-as-flow ipv4-tcp ipv6-frag l2 LAN WAN LAN' TX[4] TX[*]
    .ipv4_src .l4_dst .vlan [0:8] == != < in && || ! ( ) { } 10.0.0.0/8 ::1 0x6d5a 0 16 48 70000
    60s , : // /* */ ' near ones é "std/flows.rss" "nowhere.rss" reversed(LAN,WAN)""",
)
WORDS += ["\0", "\r", "\ufeff"]
quick = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def mutations(draw, texts):
    """A text with some tokens replaced, dropped, doubled or inserted."""
    tokens = TOKEN.findall(draw(st.sampled_from(texts)))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(tokens) - 1))
        kind = draw(st.sampled_from(["replace", "drop", "double", "insert"]))
        word = draw(st.sampled_from(WORDS))
        if kind == "drop" and len(tokens) > 1:
            del tokens[at]
        else:
            new = {"replace": [word], "insert": [tokens[at], " ", word, " "]}.get(kind, [tokens[at]] * 2)
            tokens[at : at + 1] = new
    return "".join(tokens)


def quiet(capsys, *arguments):
    code = main(arguments)
    found = capsys.readouterr()
    assert "RSS901" not in found.err, found.err
    assert "Traceback" not in found.err
    assert code in (0, 1, 3, 4), (code, found.err)
    return code


@quick
@given(mutations(SPECS))
def test_mutated_specs(tmp_path_factory, capsys, text):
    path = tmp_path_factory.mktemp("fuzz") / "spec.rss"
    path.write_text(text, encoding="utf-8", newline="")
    checked = quiet(capsys, "check", str(path))
    solved = quiet(capsys, "solve", str(path))
    assert not (checked == 1 and solved != 1)


@quick
@given(st.binary(max_size=300))
def test_random_bytes_as_specs_keys_and_captures(tmp_path_factory, capsys, data):
    path = tmp_path_factory.mktemp("fuzz") / "file"
    path.write_bytes(data)
    spec = str(ROOT / "specs" / "nf" / "pol.rss")
    quiet(capsys, "check", str(path))
    quiet(capsys, "verify", spec, "--keys", str(path))
    quiet(capsys, "eval", spec, "--pcap", f"WAN={path}")


@pytest.fixture(scope="module")
def lock(tmp_path_factory):
    path = tmp_path_factory.mktemp("lock") / "pol.rss"
    path.write_text((ROOT / "specs" / "nf" / "pol.rss").read_text())
    assert main(["solve", str(path), "--write"]) == 0
    return Path(f"{path}.lock").read_text()


def leaves(document, path=()):
    if isinstance(document, dict | list):
        items = document.items() if isinstance(document, dict) else enumerate(document)
        return [path] * bool(path) + [leaf for key, value in items for leaf in leaves(value, (*path, key))]
    return [path]


junk = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.just([]), st.just({}), st.floats()
)


@settings(quick, max_examples=20)
@given(st.data())
def test_mutated_lock_files(tmp_path_factory, capsys, lock, data):
    document = json.loads(lock)
    path = data.draw(st.sampled_from(leaves(document)))
    target = document
    for key in path[:-1]:
        target = target[key]
    if data.draw(st.booleans()):
        target[path[-1]] = data.draw(junk)
    else:
        del target[path[-1]]
    folder = tmp_path_factory.mktemp("fuzz")
    spec = folder / "pol.rss"
    spec.write_text((ROOT / "specs" / "nf" / "pol.rss").read_text())
    (folder / "pol.rss.lock").write_text(json.dumps(document))
    assert quiet(capsys, "solve", str(spec), "--locked") == 1
    quiet(capsys, "verify", str(spec), "--keys", str(folder / "pol.rss.lock"))


@quick
@given(st.data())
def test_mutated_ethtool_output(tmp_path_factory, capsys, data):
    rows = "".join(f"{8 * r:5}: " + "".join(f"{q:6}" for q in range(8)) + "\n" for r in range(64))
    text = f"RX flow hash indirection table for WAN with 8 RX ring(s):\n{rows}RSS hash key:\n" + ":".join(
        ["6d"] * 52
    )
    at = data.draw(st.integers(0, len(text) - 1))
    text = text[:at] + data.draw(st.text(max_size=4)) + text[at + data.draw(st.integers(0, 30)) :]
    path = tmp_path_factory.mktemp("fuzz") / "keys"
    path.write_text(text, encoding="utf-8")
    quiet(capsys, "verify", str(ROOT / "specs" / "nf" / "pol.rss"), "--keys", f"WAN={path}")


CAPTURE = write_pcap((f.time_ns, f.data) for f in generate(Mix(conversations=5, packets=40, fragments=0.2)))


@quick
@given(st.data())
def test_mutated_captures(tmp_path_factory, capsys, data):
    capture = bytearray(CAPTURE)
    for _ in range(data.draw(st.integers(1, 6))):
        capture[data.draw(st.integers(0, len(capture) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("fuzz") / "capture"
    path.write_bytes(capture[: data.draw(st.integers(0, len(capture)))])
    keys = path.with_name("keys")
    keys.write_text("LAN=6d5a\nWAN=6d5a\n")
    spec = str(ROOT / "specs" / "nf" / "fw.rss")
    quiet(capsys, "eval", spec, "--pcap", f"LAN={path}", "--keys", str(keys))


@given(st.text(max_size=60))
@quick
def test_random_packets(capsys, text):
    quiet(capsys, "hash", str(ROOT / "specs" / "nf" / "pol.rss"), "WAN", "ipv4-tcp " + text, *_KEYS)


@pytest.fixture(autouse=True)
def keys_file(tmp_path_factory):
    if not _KEYS:
        path = tmp_path_factory.mktemp("keys") / "keys"
        path.write_text("LAN=6d5a\nWAN=6d5a\n")
        _KEYS.extend(["--keys", str(path)])


_KEYS: list[str] = []
