"""Files, imports, and what can be wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rss_dsl.check import check
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.files import MAX_BYTES
from rss_dsl.loading import (
    MAX_IMPORTS,
    load,
    load_partial,
    loads,
    loads_partial,
    std_files,
)
from rss_dsl.spec import Relation, Seed

SPECS = Path(__file__).parents[2] / "specs"


def problems(action: Callable[[], object]) -> tuple[Diagnostic, ...]:
    with pytest.raises(RssError) as error:
        action()
    return error.value.diagnostics


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.rss"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_packaged_files() -> None:
    assert "std/flows.rss" in std_files()
    spec = loads('import "std/flows.rss"')
    (flows,) = spec.imports
    assert flows.source.path == "std/flows.rss"
    names = {statement.name for statement in flows.statements if isinstance(statement, Relation)}
    assert {"reversed", "same_flow"} <= names


def test_every_spec_in_the_repository_loads() -> None:
    paths = sorted(SPECS.rglob("*.rss"))
    assert paths
    for path in paths:
        assert load(path).source.text == path.read_text(encoding="utf-8")


def test_names_are_as_the_user_gave_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, main='import "sub/a.rss"', sub__a='import "../b.rss"', b="seed x")
    monkeypatch.chdir(tmp_path)
    (found,) = problems(lambda: load(Path("main.rss")))
    assert str(found.span) == "b.rss:1:6"
    (found,) = problems(lambda: load(tmp_path / "main.rss", shown="specs/main.rss"))
    assert str(found.span) == "specs/b.rss:1:6"


def test_each_file_is_loaded_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        main='import "a.rss" import "b.rss" import "./a.rss"',
        a='import "b.rss"',
        b="seed 1",
    )
    spec = load(tmp_path / "main.rss")
    assert [Path(imported.source.path).name for imported in spec.imports] == ["a.rss", "b.rss"]
    a, b = spec.imports
    assert a.imports[0] is b


def test_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a.rss").write_bytes(b"\xef\xbb\xbfseed 1")
    spec = load(tmp_path / "a.rss")
    assert spec.statements == loads("\ufeffseed 1").statements == (Seed(value=1),)
    assert spec.statements[0].span.column == 1


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"seed \xff", "it is not UTF-8: byte 5 is 0xff"),
        (b" " * (MAX_BYTES + 1), "it has more than 16 MB"),
    ],
    ids=["not UTF-8", "huge"],
)
def test_unreadable_contents(tmp_path: Path, data: bytes, why: str) -> None:
    (tmp_path / "a.rss").write_bytes(data)
    write(tmp_path, main='seed 1\nimport "a.rss"')
    (found,) = problems(lambda: load(tmp_path / "a.rss", shown="a.rss"))
    assert (found.rule.code, found.message) == ("RSS002", f"cannot read `a.rss`: {why}")
    assert str(found.span) == "a.rss:1:1"
    (found,) = problems(lambda: load(tmp_path / "main.rss", shown="main.rss"))
    assert (found.rule.code, str(found.span)) == ("RSS002", "main.rss:2:1")


@pytest.mark.parametrize("name", ["missing.rss", ".", "a\0b", "a" * 5000])
def test_unreadable_paths(tmp_path: Path, name: str) -> None:
    (found,) = problems(lambda: load(tmp_path / name, shown=name))
    assert found.rule.code == "RSS002"
    assert found.message.startswith("cannot read `")


@pytest.mark.parametrize(
    "path",
    [
        "std/flow.rss",
        "std/",
        "std/../nf/fw.rss",
        "std//etc/hostname",
        "x.rss",
        "",
        ".",
        "/",
        "\ud800",
        "a" * 5000,
    ],
)
def test_missing_imports(path: str) -> None:
    (found,) = problems(lambda: loads(f'import "{path}"'))
    assert found.rule.code == "RSS003"
    assert found.message.startswith("there is no file `")
    assert found.help is not None and "`std/flows.rss`" in found.help


def test_cycles(tmp_path: Path) -> None:
    write(
        tmp_path, a='import "b.rss"', b='seed 1\nimport "c.rss"', c='import "a.rss"', own='import "own.rss"'
    )
    (found,) = problems(lambda: load(tmp_path / "a.rss", shown="a.rss"))
    assert found.rule.code == "RSS004"
    assert found.message.endswith("`a.rss` → `b.rss` → `c.rss` → `a.rss`")
    assert str(found.span) == "c.rss:1:1"
    assert [(str(label.span), label.message) for label in found.related] == [
        ("a.rss:1:1", "imports `b.rss`"),
        ("b.rss:2:1", "imports `c.rss`"),
    ]
    (found,) = problems(lambda: load(tmp_path / "own.rss"))
    assert (found.rule.code, found.related) == ("RSS004", ())


def test_a_cycle_away_from_the_first_file(tmp_path: Path) -> None:
    write(tmp_path, main='import "a.rss"', a='import "b.rss"', b='import "a.rss"')
    (found,) = problems(lambda: load(tmp_path / "main.rss", shown="main.rss"))
    assert found.message.endswith("`a.rss` → `b.rss` → `a.rss`")
    assert [str(label.span) for label in found.related] == ["a.rss:1:1"]


def test_long_chains(tmp_path: Path) -> None:
    for n in range(MAX_IMPORTS + 2):
        write(tmp_path, **{f"f{n}": f'import "f{n + 1}.rss"' if n <= MAX_IMPORTS else "seed 1"})
    assert load(tmp_path / "f2.rss").imports
    (found,) = problems(lambda: load(tmp_path / "f0.rss"))
    assert found.rule.code == "RSS007"


def test_errors_of_all_files_at_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        main='import "a.rss"\nport { }\nimport "none.rss"\nimport "b.rss"\nimport "a.rss"',
        a='seed x\nimport "c.rss"',
        b='import "std/none.rss"',
        c="port",
    )
    found = problems(lambda: load(tmp_path / "main.rss", shown="main.rss"))
    assert sorted(str(p.span) for p in found) == [
        "a.rss:1:6",
        "b.rss:1:1",
        "c.rss:1:1",
        "main.rss:2:6",
        "main.rss:3:1",
    ]


def test_an_open_path_is_not_followed() -> None:
    assert [p.rule.code for p in problems(lambda: loads('import "std/none'))] == ["RSS006"]


def test_texts_import_relative_to_their_path(tmp_path: Path) -> None:
    write(tmp_path, a="seed 1")
    assert loads('import "a.rss"', str(tmp_path / "other.rss")).imports[0].statements == (Seed(value=1),)


def test_paths_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, a="seed 1")
    monkeypatch.chdir(tmp_path)
    assert load("./a.rss").source.path == "./a.rss"
    assert load(str(tmp_path / "a.rss")) == load(tmp_path / "a.rss")
    (found,) = problems(lambda: load("none.rss"))
    assert found.rule.code == "RSS002"


def test_partial_loading(tmp_path: Path) -> None:
    write(
        tmp_path,
        main='import "none.rss"\nimport "a.rss"\nseed 1\nassume A.x ==',
        a='import "main.rss"\nseed 2\nseed x',
    )
    spec, found = load_partial(tmp_path / "main.rss")
    assert sorted(p.rule.code for p in found) == ["RSS001", "RSS001", "RSS003", "RSS004"]
    assert Seed(value=1) in spec.statements
    (a,) = spec.imports
    assert Seed(value=2) in a.statements
    assert problems(lambda: load(tmp_path / "main.rss")) == found
    assert loads_partial("seed 1") == (loads("seed 1"), ())


def test_partial_loading_of_nothing(tmp_path: Path) -> None:
    spec, (found,) = load_partial(tmp_path / "none.rss", shown="none.rss")
    assert (spec.statements, spec.source.path, found.rule.code) == ((), "none.rss", "RSS002")


def test_what_was_read_is_checked_too(tmp_path: Path) -> None:
    write(
        tmp_path,
        main='import "none.rss"\nport A { hash ipv4-tcp queues 4 }\n'
        "require gone(A, A')\nrequire A.ipv4_scr == B.tcp_src\nseed x",
    )
    spec, found = load_partial(tmp_path / "main.rss")
    assert [d.rule.code for d in found] == ["RSS001", "RSS003"]
    assert [d.rule.code for d in check(spec, incomplete=True).diagnostics] == ["RSS102"]
