"""Files are written whole or not at all."""

from __future__ import annotations

import os
import stat

import pytest

from rss_dsl.diagnostics import RssError
from rss_synth.target import Artifact
from rssc.output import write_artifacts, write_text


def files(folder):
    return {str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_all_files_or_none(tmp_path):
    (tmp_path / "a").write_text("old")
    (tmp_path / "z").mkdir()
    with pytest.raises(RssError, match=r"cannot write `.*/z`: it is there and no file"):
        write_artifacts(tmp_path, [Artifact("a", "new"), Artifact("b/c", "new"), Artifact("z", "new")])
    assert files(tmp_path) == {"a": "old"}
    (tmp_path / "z").rmdir()
    written = write_artifacts(tmp_path, [Artifact("a", "new"), Artifact("b/c", "new", executable=True)])
    assert written == [tmp_path / "a", tmp_path / "b" / "c"]
    assert files(tmp_path) == {"a": "new", "b/c": "new"}
    assert os.access(tmp_path / "b" / "c", os.X_OK) and not os.access(tmp_path / "a", os.X_OK)


def test_no_device_or_pipe_is_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RssError, match="it is there and no file"):
        write_text(tmp_path / "pipe", "text")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_folders_are_made_and_links_followed(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "real" / "below")
    write_text(tmp_path / "link" / "a", "text")
    assert files(tmp_path / "real") == {"below/a": "text"}
