"""A report as Markdown: what people and the app have written stays text, as GitHub reads it."""

import re

import pytest
from cmarkgfm import github_flavored_markdown_to_html as to_html
from hypothesis import given
from hypothesis import strategies as st

from lib.incidents.markdown import JOINER, plain, table

HOSTILE = [
    "`code` ``more`` ```",
    "a | b || c \\| d",
    "[a link](https://evil.example) ![picture](https://evil.example/x.png)",
    "https://evil.example www.evil.example WWW.evil.example mailto:a@evil.example a@evil.example",
    "<script>alert(1)</script> <img src=x onerror=alert(1)> &lt;b&gt; &#60;i&#62;",
    "**bold** _emphasis_ ~~struck~~ $formula$ ^note",
    "# heading",
    "- list",
    "+ list",
    "1. list",
    "12) list",
    "> quote",
    "===",
    "---",
    "a\n# heading\n\n| x | y |\n|---|---|\n| 1 | 2 |",
    "a\r\n\r\n```\nfenced\n```",
    "    indented",
    "[x]: https://evil.example",
    "\\\\\\` \\<b>",
    "[^1] [^1]: note",
    "&copy; &amp;",
]
TAG = re.compile(r"<[^>]*>")


def text_of(page: str) -> str:
    bare = TAG.sub("", page).strip()
    for name, character in (("lt", "<"), ("gt", ">"), ("quot", '"'), ("amp", "&")):
        bare = bare.replace(f"&{name};", character)
    return bare.replace(JOINER, "")


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("text", HOSTILE)
def test_what_was_written_is_shown_as_it_was_written(text):
    page = to_html(plain(text))

    assert set(TAG.findall(page)) == {"<p>", "</p>"}
    assert text_of(page) == one_line(text)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("before", ["- **Reason:** ", "> ", "1. "])
def test_it_stays_in_its_place(text, before):
    expected = TAG.findall(to_html(f"{before}text"))

    assert TAG.findall(to_html(f"{before}{plain(text)}")) == expected


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_is_one_cell(text):
    page = to_html("\n".join(table(("One", "Two"), [(plain(text), "end")])))

    assert page.count("<td>") == 2
    cell = re.search(r"<td>(.*?)</td>", page)
    assert cell
    assert text_of(cell[1]) == one_line(text)


@given(st.text())
def test_no_text_makes_more_than_a_paragraph(text):
    assert set(TAG.findall(to_html(plain(text)))) <= {"<p>", "</p>"}


def test_nobody_is_called_and_nothing_is_turned_around():
    assert plain("ask @octocat") == f"ask @{JOINER}octocat"
    assert plain("a\u202eb\u200bc\x00d") == "abcd"
