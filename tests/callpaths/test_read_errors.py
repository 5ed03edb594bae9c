"""What is wrong with call-path files, and where; whatever the bytes, never an exception."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kquery_terms import call_path
from rsstest import ROOT

from rss_callpaths.callpath import Variant
from rss_callpaths.files.memory import Memory
from rss_callpaths.files.printer import print_path
from rss_callpaths.files.reader import read, read_text
from rss_callpaths.kquery.errors import KqueryError
from rss_callpaths.kquery.print import print_term
from rss_callpaths.terms import Pool
from rss_dsl import codes
from rss_dsl.diagnostics import Severity

PLAIN = """\
;;-- kQuery --
array VIGOR_DEVICE[4] : w32 -> w8 = symbolic
array allocated_index[4] : w32 -> w8 = symbolic
array packet_chunks[205] : w32 -> w8 = symbolic
(query [(Ult N0:(ReadLSB w32 (w32 0) VIGOR_DEVICE)
              (w32 2))
         (Eq false (Eq (w32 0) N0))]
        false [N0
         (w64 1073750128)
         N1:(ReadLSB w32 (w32 12) packet_chunks)
         N1
         (w64 1073750144)
         (w32 2880154539)
         (ReadLSB w32 (w32 0) allocated_index)
         (w64 67632)
         (ReadLSB w160 (w32 0) packet_chunks)
         (w32 1)])
;;-- Calls --
102:map_get(map:(ReadLSB w32 (w32 0) VIGOR_DEVICE),key:(w64 1073750128)&\
[(ReadLSB w32 (w32 12) packet_chunks)->(ReadLSB w32 (w32 12) packet_chunks)][addr\
(ReadLSB w32 (w32 12) packet_chunks)->],value_out:(w64 1073750144)&\
[(w32 2880154539)->(ReadLSB w32 (w32 0) allocated_index)],keq:(w64 67632)&FlowId_eq) -> (w32 1)
extra: the_chunk&1073760000 = &[(...) -> (ReadLSB w160 (w32 0) packet_chunks)]
;;-- Constraints --
(Ult (ReadLSB w32 (w32 0) VIGOR_DEVICE)
      (w32 2))
(Eq false
     (Eq (w32 0)
         (ReadLSB w32 (w32 0) VIGOR_DEVICE)))
"""


def findings(text):
    path, problems = read_text(text, "t.call_path", Memory(Pool()))
    assert (path is None) == any(p.severity is Severity.ERROR for p in problems)
    return [(p.rule.code, p.span.line, p.message) for p in problems]


def test_the_file_itself_is_right():
    path, problems = read_text(PLAIN, "t.call_path", Memory(Pool()))
    assert problems == []
    assert path.variant is Variant.PLAIN
    assert [call.file_line for call in path.calls] == [19]
    assert print_path(path).split(";;-- Calls")[1] == PLAIN.split(";;-- Calls")[1]


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "message"),
    [
        (PLAIN, "", "RSS401", 1, "empty"),
        (PLAIN, "\0\x01binary", "RSS401", 1, "begins with"),
        (PLAIN, "port LAN { device 0 }", "RSS401", 1, "begins with"),
        (";;-- kQuery", "x\n;;-- kQuery", "RSS401", 1, "before the first section"),
        (";;-- Calls --\n", "", "RSS401", 20, "should"),
        (";;-- Constraints --", ";;-- Konstraints --", "RSS401", 21, "should"),
        (PLAIN[PLAIN.index(";;-- Constraints") :], "", "RSS402", 20, "ends without"),
        (
            "FlowId_eq) -> (w32 1)" + PLAIN[PLAIN.index("\nextra") : PLAIN.index(";;-- Con")],
            "",
            "RSS402",
            19,
            "cut",
        ),
        (") -> (w32 1)\n", ";;-- Constraints --\n", "RSS40", 19, ""),
        ("keq:(w64 67632)&FlowId_eq) -> (w32 1)", "keq:(w64 67632", "RSS402", 19, "the text ends"),
        (
            "(Eq false\n     (Eq (w32 0)\n         (ReadLSB w32 (w32 0) VIGOR_DEVICE)))\n",
            "",
            "RSS402",
            23,
            "1 co",
        ),
        ("(Eq false (Eq", "(Equals false (Eq", "RSS403", 7, "no operator `Equals`"),
        ("102:map_get", "102 map_get", "RSS403", 19, ""),
        ("map:(ReadLSB", "(ReadLSB", "RSS403", 19, "name of an argument"),
        ("-> (w32 1)\n", "-> (w32 1) x\n", "RSS403", 19, "the end of the record"),
        ("extra: the_chunk&", "extra: the_chunk", "RSS403", 20, "`&`"),
        ("(Eq false (Eq (w32 0) N0))", "(Eq false (Eq (w16 0) N0))", "RSS404", 7, "32 bits where 16"),
        ("(Eq false (Eq (w32 0) N0))", "N0", "RSS404", 7, "one bit"),
        ("keq:(w64 67632)", "keq:(w8 67632)", "RSS404", 19, "does not fit"),
        ("keq:(w64 67632)", "keq:5", "RSS404", 19, "without width"),
        ("keq:(w64 67632)", "keq:(w0 1)", "RSS404", 19, "no width"),
        ("array packet_chunks[205] : w32 -> w8 = symbolic\n", "", "RSS405", 9, "not declared"),
        ("packet_chunks[205]", "packet_chunks[19]", "RSS405", 16, "it has 19"),
        ("\n(query", "\narray VIGOR_DEVICE[8] : w32 -> w8 = symbolic\n(query", "RSS405", 5, "twice"),
        ("= symbolic\n(query", "= [1 2 3]\n(query", "RSS405", 4, "is given 3"),
        ("         N1\n", "         N7\n", "RSS406", 11, "before it is defined"),
        ("         N1\n", "         N1:(w32 5)\n", "RSS406", 11, "defined twice"),
        ("      (w32 2))\n(Eq", "      (w32 3))\n(Eq", "RSS407", 22, "condition 1"),
        ("         (w32 2880154539)\n", "", "RSS408", 5, "value 6 of 9"),
        ("keq:(w64 67632)", "keq:(w99999 1)", "RSS409", 19, "65536"),
        ("keq:(w64 67632)", f"keq:(w{'9' * 5000} 1)", "RSS409", 19, "65536"),
        ("keq:(w64 67632)", f"keq:(w64 {'9' * 99999})", "RSS403", 19, "a number"),
        ("keq:(w64 67632)", f"keq:{'(Not w64 ' * 20000}(w64 1){')' * 20000}", "RSS409", 19, "10000 deep"),
        ("keq:(w64 67632)", f"keq:{'(Not w64 ' * 20000}", "RSS403", 19, "an expression"),
    ],
    ids=range(34),
)
def test_one_mistake(old, new, code, line, message):
    assert old in PLAIN
    found = findings(PLAIN.replace(old, new, 1))
    assert found, "nothing found"
    assert found[0][0].startswith(code), found
    assert found[0][1] == line and message in found[0][2], found


def test_every_mistake_is_reported():
    text = PLAIN.replace("(w32 2))\n         (Eq", "(w16 2))\n         (Eq").replace("102:map", "x:map")
    text = text.replace("= &[(...)", "= [(...)").replace("(Ult (ReadLSB", "(Ult (Rad")
    assert [(code, line) for code, line, _ in findings(text)] == [
        ("RSS404", 5),
        ("RSS403", 19),
        ("RSS403", 20),
        ("RSS403", 22),
    ]


def test_findings_of_one_file_are_bounded_and_counted():
    text = PLAIN.replace(";;-- Constraints", "1:f(\n" * 500 + ";;-- Constraints", 1)
    found = findings(text)
    assert len(found) == 21
    assert found[-1][2] == "480 more findings in this file are not shown"


def test_a_bomb_of_reads_is_stopped():
    reads = "\n".join(f"1:f(x:(ReadLSB w65536 (w32 {n}) big)) -> []" for n in range(600))
    text = (
        ";;-- kQuery --\narray big[4294967295] : w32 -> w8 = symbolic\n(query [] false)\n"
        f";;-- Calls --\n{reads}\n;;-- Constraints --\n"
    )
    assert findings(text)[0][0] == "RSS409"


@pytest.mark.parametrize("separator", ["", ":"])
def test_widths_labels_and_update_lists_written_otherwise(separator):
    """What KLEE's parser reads though its printer does not write it."""
    pool = Pool()
    text = (
        ";;-- kQuery --\n# a comment\narray a[4] : w32 -> w8 = symbolic array t[] : w32 -> w8 = [1 2]\n"
        "(query [(Eq 5 N3:(ReadMSB w16 0 a)) (And true (Ult N3 0x1F))] false [] [a])\n;;-- Calls --\n"
        "1:f(x:(Add w16 (ReadLSB w16 (w32 0) a) -1),\n"
        f"y:(w64 9)&[->(Concat w24 (Read w8 (w32 0) [(w32 1)=(w8 2), (w32 0)=(w8 7)] @ a) (w8 1) (w8 2))]"
        f"[0{separator}(Read w8 0 t)->][b{separator}(...)]) -> false\n"
        ";;-- Constraints --\n(Eq (w16 5) (ReadMSB w16 (w32 0) a))\n"
        "(And true (Ult (ReadMSB w16 (w32 0) a) (w16 31)))\n"
    )
    path, problems = read_text(text, "t", Memory(pool))
    assert [p.rule.code for p in problems] == ["RSS408"]
    x, y = path.calls[0].arguments
    assert print_term(x.value) == "(Add w16 (ReadLSB w16 (w32 0) a)\n          (w16 65535))"
    assert y.pointee.after.width == 24 and [f.name for f in y.fields] == ["0", "b"]
    assert path.calls[0].result.value is pool.const(0, 1)
    assert path.arrays[1].contents == (1, 2)


def test_bolts_extras_and_tags():
    text = (
        ";;-- kQuery --\narray a[4] : w32 -> w8 = symbolic\n(query [] false [(w32 5)])\n;;-- Calls --\n"
        "7:map_get(map:&1073742848,n:(w32 1)) -> []\nextra:DS:map:(w32 5)\n"
        "extra:PCV:c_occurence2: &99 = &[(Read w8 (w32 0) a) -> (...)]\n;;-- Constraints --\n"
        ";;-- Tags --\ntraversal = hit\n"
    )
    path, problems = read_text(text, "t", Memory(Pool()))
    assert problems == []
    assert path.variant is Variant.TAGGED and path.tags == (("traversal", "hit"),)
    scalar, memory = path.calls[0].extras
    assert (scalar.kind, scalar.name, scalar.scalar.value) == ("DS", "map", 5)
    assert (memory.kind, memory.name, memory.address, memory.value.after) == ("PCV", "c_occurence2", 99, None)
    assert path.calls[0].arguments[0].pointer


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "bytes.call_path").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "nul.call_path").write_bytes(b"\0" * 9)
    names = ["absent.call_path", "empty", "bytes.call_path", "nul.call_path"]
    paths, problems = read([tmp_path / name for name in names], Pool())
    assert paths == []
    assert [p.rule.code for p in problems] == ["RSS002", "RSS401", "RSS002", "RSS401"]
    for name, problem in zip(names, problems, strict=True):
        assert problem.span.source.path == str(tmp_path / name)
        assert problem.help


def test_messages_follow_the_style():
    texts = [PLAIN.replace(old, new, 1) for old, new in ((") ->", "->"), ("w32", "w33"), ("N0", "N9"))]
    for text in texts:
        for _, _, message in findings(text):
            assert message[0] in "`" or message[0].islower() or message[0].isdigit()
            assert not message.endswith(".") and "\n" not in message


TOKENS = re.findall(r"\w+|\W", PLAIN)


class TokenByToken(Memory):
    """Knows no text, so that all of a file is read token by token."""

    def _none(self, text, scope):
        raise KqueryError(codes.CALL_PATH_SYNTAX, "not known", 0)

    piece = term = told = _none


def damaged(data, text):
    """Truncated, with characters changed, pieces moved, doubled or dropped."""
    whole = text
    for _ in range(data.draw(st.integers(1, 4))):
        at, end = sorted(data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
        match data.draw(st.sampled_from(("cut", "drop", "double", "splice", "change", "token"))):
            case "cut":
                text = text[:end]
            case "drop":
                text = text[:at] + text[min(end, at + 9) :]
            case "double":
                text = text[:end] + text[at:]
            case "splice":
                text = text[:at] + whole[end : end + 40] + text[at:]
            case "change":
                text = text[:at] + data.draw(st.characters(codec="utf-8")) + text[at + 1 :]
            case _:
                text = text[:at] + data.draw(st.sampled_from(TOKENS)) + text[at:]
    return text


@given(st.data())
def test_damage_gives_findings_or_a_path(data):
    """Never an exception, and the same whether texts are looked up or read token by token."""
    text = damaged(data, PLAIN)
    pool = Pool()
    path, problems = read_text(text, "t.call_path", Memory(pool))
    assert path is not None or problems
    for problem in problems:
        assert str(problem.span) and problem.message
    assert read_text(text, "t.call_path", TokenByToken(pool)) == (path, problems)
    if path is not None:
        again, _ = read_text(print_path(path), "t.call_path", Memory(Pool()))
        assert again is not None


@given(data=st.data())
@pytest.mark.parametrize("variant", Variant)
def test_paths_are_the_same_looked_up_and_token_by_token(variant, data):
    pool = Pool()
    memory = Memory(pool)
    text = print_path(call_path(data, pool, variant))
    for one in (text, text, damaged(data, text)):
        again = read_text(one, "t", TokenByToken(pool))
        assert read_text(one, "t", memory) == again


def test_an_unusual_record_hides_no_array_that_is_not_declared():
    """Records that are no printer's text are read token by token, after others."""
    undeclared = "1:map_get(map:(Read w8 (w32 0) nowhere)) -> []\n2:map_get( map:false) -> []"
    text = f""";;-- kQuery --
(query [] false [(w32 0)])
;;-- Calls --
{undeclared}
;;-- Constraints --
"""
    for memory in (Memory(Pool()), TokenByToken(Pool())):
        _, problems = read_text(text, "t", memory)
        assert any("`nowhere` is read by a call and not declared" in found.message for found in problems)


def test_what_a_call_may_read_undeclared_a_constraint_may_not():
    condition = "(Eq (w8 0) (Read w8 (w32 0) nowhere))"
    text = f""";;-- kQuery --
(query [] false [{condition}])
;;-- Calls --
1:map_get(map:{condition}) -> []
;;-- Constraints --
{condition}
"""
    for memory in (Memory(Pool()), TokenByToken(Pool())):
        path, problems = read_text(text, "t", memory)
        assert path is None
        assert ("RSS405", 6) in [(found.rule.code, found.span.line) for found in problems]


REAL = ROOT / "specs" / "callpaths" / "nat" / "test000008.call_path"


@given(st.data())
def test_no_cut_goes_unseen(data):
    text = REAL.read_text()
    end = data.draw(st.integers(0, len(text.rstrip()) - 1))
    path, problems = read_text(text[:end], "t.call_path", Memory(Pool()))
    assert path is None
    assert {problem.rule.code for problem in problems} & {"RSS401", "RSS402", "RSS403", "RSS405"}
    assert all(problem.span.end <= end for problem in problems)


def test_line_ends_and_byte_order_marks_of_other_systems(tmp_path):
    whole, _ = read([REAL], Pool())
    assert whole
    for number, (data, code) in enumerate(
        [
            (REAL.read_bytes().replace(b"\n", b"\r\n"), None),
            (b"\xef\xbb\xbf" + REAL.read_bytes(), None),
            (REAL.read_text().encode("utf-16"), "RSS002"),
            (REAL.read_bytes().replace(b"\n", b"\r"), "RSS401"),
            (REAL.read_bytes().replace(b"symbolic\narray", "symbolic\u2028array".encode()), "RSS403"),
            (REAL.read_bytes().replace(b"packet_receive(", b"packet\0receive("), "RSS403"),
            (b"\x7fELF\x02\x01\x01\xd0", "RSS002"),
        ]
    ):
        file = tmp_path / f"{number}.call_path"
        file.write_bytes(data)
        paths, problems = read([file], Pool())
        assert [problem.rule.code for problem in problems][:1] == ([code] if code else []), number
        assert len(paths) == (code is None)
        if paths:
            assert len(paths[0].calls) == len(whole[0].calls)


def test_names_without_end_are_refused():
    long = "m" * 5000
    assert findings(PLAIN.replace("102:map_get", f"102:{long}"))[0][0] == "RSS403"
    assert findings(PLAIN.replace("map:(ReadLSB", f"{long}:(ReadLSB"))[0][0] == "RSS403"
    assert max(len(message) for _, _, message in findings(PLAIN.replace("N0:(", f"{long}:("))) < 120


@given(st.text(alphabet="()[]:,&=@-> \nNU0w8array query false;kQ.#", max_size=80))
def test_noise_in_every_section(noise):
    for mark in (";;-- Calls", ";;-- Constraints", "(query"):
        at = PLAIN.index(mark)
        findings(PLAIN[:at] + noise + PLAIN[at:])
