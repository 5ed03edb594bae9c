"""TOML that users write: what is wrong has a place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rss_dsl.codes import NF_TEMPLATE
from rss_dsl.diagnostics import RssError
from rss_dsl.source import Source, Span
from rss_dsl.toml import item_span, read_toml, table_span


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a = 1\nb = \n", 2, 5, "invalid value"),
        ("a = 1\na = 2\n", 2, 6, "cannot overwrite a value"),
        ("a = 1\r\nb = [1,", 2, 8, "invalid value"),
        ("a = " + "[" * 5000, 1, 1, "nested too deep"),
    ],
)
def test_what_is_no_toml_has_a_place(text, line, column, message):
    with pytest.raises(RssError) as raised:
        read_toml(Source("a.toml", text), NF_TEMPLATE)
    (found,) = raised.value.diagnostics
    assert found.rule is NF_TEMPLATE and found.message == f"not TOML: {message}"
    assert str(found.span) == f"a.toml:{line}:{column}"


@given(text=st.text() | st.text(alphabet="[]{}=.\"'\n#a1,\\"))
def test_no_text_is_more_than_a_mistake(text):
    source = Source("a.toml", text)
    try:
        read_toml(source, NF_TEMPLATE)
    except RssError as error:
        assert all(found.span.end <= len(text) for found in error.diagnostics)


def test_items_and_tables_are_found_where_they_begin():
    source = Source("a.toml", "# a = 1\nab = 1\n\n  a = 2\n'x y' = 3\n[b.c]\n[[d]]\n")
    assert str(item_span(source, "a")) == "a.toml:4:3" and item_span(source, "a").text == "a"
    assert item_span(source, "x y").text == "'x y'"
    assert table_span(source, "b.c") == item_span(source, "b.c") and table_span(source, "b.c").text == "b.c"
    assert item_span(source, "d").text == "d"
    assert table_span(source, "b") == item_span(source, "b") == Span(source, 0, 0)
