import dataclasses
import re
from html.parser import HTMLParser

import pytest

from gnnpool.tables.formats import to_latex, to_markdown
from gnnpool.tables.html import to_html
from gnnpool.tables.printed import Item, Printed, Row, from_json, to_json

TABLE = Printed(
    name="table_x",
    title="50% of <all> & more",
    columns=["Mean, Add", "a_b|c"],
    rows=[
        Row("CGCNN & MDL"),
        Row("2D", [Item("\N{MINUS SIGN}2.189", "1.204"), Item("No Test")]),
        Row("Average", [Item("+0.947", "0.100", "2 of 7"), Item("—")], summary=True),
        Row("Phonons", [Item("+0.5", interval="-1 to +2", remark="n = 5", faint=True), Item("")]),
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
    assert [len(re.findall(r"(?<!\\)\|", line)) for line in lines] == [4] * 6
    assert lines[0] == r"|  | Mean, Add | a\_b\|c |"
    assert lines[2] == "| **CGCNN & MDL** |  |  |"
    assert lines[3] == "| 2D | \N{MINUS SIGN}2.189 ± 1.204 | No Test |"
    assert lines[4] == "| Average | +0.947 ± 0.100 (2 of 7) | — |"
    assert lines[5] == r"| Phonons | (+0.5) \[-1 to +2\] (n = 5) |  |"
    assert r"mean\_change" in to_markdown(TABLE)


def test_markdown_has_no_formulas():
    assert to_markdown(dataclasses.replace(TABLE, title="$$x$")).startswith(r"**\$\$x\$**")


def test_latex_escapes_words_and_sets_numbers_as_mathematics():
    text = to_latex(TABLE)
    assert r"\caption{50\% of <all> \& more}" in text
    assert r"2D & $-$2.189 $\pm$ 1.204 & No Test \\" in text
    average = r"\begin{tabular}[t]{@{}r@{}}+0.947 $\pm$ 0.100 \\[-2pt] \scriptsize 2 of 7\end{tabular}"
    assert rf"Average & {average} & --- \\" in text
    assert r"\multicolumn{3}{l}{\textbf{CGCNN \& MDL}} \\" in text
    assert (
        r"Phonons & \textcolor{black!55}{\begin{tabular}[t]{@{}r@{}}(+0.5) \\[-2pt] \scriptsize -1 to +2"
        in text
    )
    assert r"a\_b|c" in text
    assert text.index(r"\midrule", text.index("2D &")) < text.index("Average &")
    assert text.count("{") == text.count("}")


def test_html_is_closed_escaped_and_needs_no_other_file():
    page = to_html(TABLE)
    parser = Texts()
    parser.feed(page)
    assert not parser.open
    assert parser.texts.count("50% of <all> & more") == 2
    assert parser.texts[-10:] == [
        *("Average", "+0.947", "± 0.100", "2 of 7", "—"),
        *("Phonons", "(+0.5)", "-1 to +2", "n = 5"),
        "negative is better; mean_change",
    ]
    assert '<th scope="rowgroup" colspan="3">CGCNN &amp; MDL</th>' in page
    assert page.count("<td class=faint>") == 1
    assert not re.search(r"(src|href|url\(|@import)", page)
    assert "prefers-color-scheme: dark" in page


def test_long_latex_tables_go_over_several_pages():
    rows = [Row(f"line {i}", [Item("1"), Item("2")]) for i in range(60)]
    text = to_latex(Printed("long", "Long", ["a", "b"], rows, ["a note"]))
    assert text.index(r"\begin{longtable}") < text.index("line 59") < text.index(r"\end{longtable}")
    assert text.index(r"\endhead") < text.index("line 0 ")
    assert r"\begin{table}" not in text
    assert "longtable" not in to_latex(TABLE).split("\n", 1)[1]


@pytest.mark.parametrize("write", [to_markdown, to_latex, to_html])
def test_table_without_rows_is_still_a_table(write):
    assert "Mean, Add" in write(Printed("empty", "Empty", ["Mean, Add"], [], []))


def test_a_table_comes_back_from_json_as_it_was():
    again = from_json(to_json(TABLE))
    assert to_json(again) == to_json(TABLE)
    assert [to_html(again), to_latex(again), to_markdown(again)] == [
        w(TABLE) for w in (to_html, to_latex, to_markdown)
    ]
