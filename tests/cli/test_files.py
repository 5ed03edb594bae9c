"""Files on the way in and out: formatting in place, links, permissions, what cannot be read."""

from __future__ import annotations

import pytest

from rssc.__main__ import main

LOOSE = "port   A{queues 4 hash ipv4-tcp}\n"
NEAT = "port A { queues 4  hash ipv4-tcp }\n"


def test_formatting_writes_through_links_and_keeps_permissions(tmp_path):
    spec = tmp_path / "real" / "a.rss"
    spec.parent.mkdir()
    spec.write_text(LOOSE)
    spec.chmod(0o640)
    link = tmp_path / "link.rss"
    link.symlink_to(spec)
    assert main(["fmt", str(link)]) == 0
    assert link.is_symlink()
    assert spec.read_text() == NEAT
    assert spec.stat().st_mode & 0o777 == 0o640


def test_formatting_needs_no_imports(tmp_path):
    spec = tmp_path / "a.rss"
    spec.write_text(f'import "nowhere.rss"\n{LOOSE}')
    assert main(["fmt", str(spec)]) == 0
    assert spec.read_text() == f'import "nowhere.rss"\n\n{NEAT}'


def test_formatting_drops_a_byte_order_mark(tmp_path):
    spec = tmp_path / "a.rss"
    spec.write_text(NEAT, encoding="utf-8-sig")
    assert main(["fmt", "--check", str(spec)]) == 1
    assert main(["fmt", str(spec)]) == 0
    assert spec.read_bytes() == NEAT.encode()


def test_formatting_goes_on_after_a_broken_file(tmp_path, capsys):
    broken, loose = tmp_path / "broken.rss", tmp_path / "loose.rss"
    broken.write_text("port A {")
    loose.write_text(LOOSE)
    assert main(["fmt", str(broken), str(tmp_path / "none.rss"), str(loose)]) == 1
    assert loose.read_text() == NEAT
    err = capsys.readouterr().err
    assert "RSS002" in err
    assert "broken.rss" in err


def test_what_cannot_be_read_has_a_fitting_help(tmp_path, capsys):
    (tmp_path / "latin").write_bytes(b"// caf\xe9\n")
    for name, help_ in (
        (".", "name a file in it"),
        ("latin", "save it as UTF-8"),
        ("none", "check the name"),
    ):
        assert main(["fmt", str(tmp_path / name)]) == 1
        assert f"help: {help_}" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["solve", "verify", "explain", "example"])
def test_a_spec_without_ports_checks_but_does_not_solve(tmp_path, capsys, command):
    spec = tmp_path / "a.rss"
    spec.write_text("relation same(a, b) { a.ipv4_src == b.ipv4_src }\n")
    assert main(["check", str(spec)]) == 0
    assert main([command, str(spec)]) == 1
    assert "RSS309" in capsys.readouterr().err
