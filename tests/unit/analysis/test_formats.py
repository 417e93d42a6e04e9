import re
from html.parser import HTMLParser

import pytest

from gnnpool.analysis.formats import Item, Printed, Row, to_html, to_latex, to_markdown

TABLE = Printed(
    name="table_x",
    title="50% of <all> & more",
    columns=["Mean, Add", "a_b|c"],
    rows=[
        Row("2D", [Item("\N{MINUS SIGN}2.189", "1.204"), Item("No Test")]),
        Row("Average", [Item("+0.947", "0.100", "2 of 7"), Item("—")], summary=True),
    ],
    notes=["negative is better; mean_change"],
)


class Texts(HTMLParser):
    """Texts and tags of a page, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.texts, self.open = [], []

    def handle_starttag(self, tag, attrs):
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip():
            self.texts.append(data.strip())


def test_markdown_has_one_column_for_each_head_and_escapes_bars():
    lines = [line for line in to_markdown(TABLE).splitlines() if line.startswith("|")]
    assert [len(re.findall(r"(?<!\\)\|", line)) for line in lines] == [4] * 4
    assert lines[0] == r"|  | Mean, Add | a\_b\|c |"
    assert lines[2] == "| 2D | \N{MINUS SIGN}2.189 ± 1.204 | No Test |"
    assert lines[3] == "| Average | +0.947 ± 0.100 (2 of 7) | — |"
    assert r"mean\_change" in to_markdown(TABLE)


def test_latex_escapes_words_and_sets_numbers_as_mathematics():
    text = to_latex(TABLE)
    assert r"\caption{50\% of <all> \& more}" in text
    assert r"2D & $-2.189_{\pm 1.204}$ & No Test \\" in text
    assert r"Average & $+0.947_{\pm 0.100}$ (2 of 7) & --- \\" in text
    assert r"a\_b|c" in text
    assert text.index(r"\midrule", text.index("2D &")) < text.index("Average &")
    assert text.count("{") == text.count("}")


def test_html_is_closed_escaped_and_needs_no_other_file():
    page = to_html(TABLE)
    parser = Texts()
    parser.feed(page)
    assert not parser.open
    assert parser.texts.count("50% of <all> & more") == 2
    assert parser.texts[-6:] == [
        "Average",
        "+0.947",
        "± 0.100",
        "2 of 7",
        "—",
        "negative is better; mean_change",
    ]
    assert not re.search(r"(src|href|url\(|@import)", page)
    assert "prefers-color-scheme: dark" in page


@pytest.mark.parametrize("write", [to_markdown, to_latex, to_html])
def test_table_without_rows_is_still_a_table(write):
    assert "Mean, Add" in write(Printed("empty", "Empty", ["Mean, Add"], [], []))
