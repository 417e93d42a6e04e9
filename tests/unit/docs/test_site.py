"""The site is complete, needs no network, and is legible at a desk and on a phone."""

import json
import re

import pytest
from chromium import Chromium, find

DESK, PHONE = (1280, 900), (390, 844)
needs_browser = pytest.mark.skipif(
    find() is None, reason="no Chromium here; name one in the variable CHROMIUM"
)
FIND = """(() => {
  const field = document.querySelector('.md-search__input');
  field.focus();
  field.value = 'GMT';
  field.dispatchEvent(new KeyboardEvent('keyup', { bubbles: true }));
  return new Promise((done) => {
    const look = () => {
      const found = [...document.querySelectorAll('.md-search-result__item a')];
      found.length ? done(found.map((link) => link.textContent)) : setTimeout(look, 100);
    };
    look();
  });
})()"""


def pages(site):
    """Pages of the site; the report has tests of its own, and 404.html is for servers."""
    others = {site / "404.html", site / "evidence/report.html"}
    return [page for page in site.rglob("*.html") if page not in others]


def test_no_page_loads_anything_from_a_network(site):
    loaded = re.compile(
        r'<(?:script|img|iframe|source)[^>]+src(?:set)?="(https?:[^"]*)|<link[^>]+href="(https?:[^"]*)'
    )
    assert [(page.name, found) for page in pages(site) for found in loaded.findall(page.read_text())] == []


def test_every_formula_is_mathml_and_no_markup_of_docstrings_is_left(site):
    text = {page.relative_to(site).as_posix(): page.read_text() for page in pages(site)}
    prose = {name: re.sub(r"<pre>.*?</pre>", "", page, flags=re.S) for name, page in text.items()}
    left = re.compile(r'class="arithmatex"|\.\. math::|(?<![`\w]):(?:class|func|meth|mod|data):')
    assert [name for name, page in prose.items() if left.search(page)] == []
    assert text["reference/poolings.html"].count("<math") > 15
    assert text["recipes/pooling.html"].count("<math") > 5


def test_operators_encoders_and_the_readme_can_be_searched(site):
    index = json.loads((site / "search/search_index.json").read_text())
    found = {entry["location"] for entry in index["docs"]}
    wanted = ["reference/poolings.html#gnnpool.pooling.gmt.GMTPooling", "index.html#two-commands"]
    assert {*wanted, "configuration.html", "reference/models.html#gnnpool.models.cgcnn.CGCNN"} <= found


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    chromium = Chromium(find(), tmp_path_factory.mktemp("profile"))
    yield chromium
    chromium.close()


@needs_browser
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_no_page_scrolls_sideways_or_causes_trouble(browser, site, size):
    for page in pages(site):
        browser.open(page, width=size[0], height=size[1])
        assert browser.value("document.documentElement.scrollWidth") <= size[0], page.name
        assert browser.troubles() == [], page.name
        assert {address.split(":")[0] for address in browser.requests()} <= {"file", "blob"}, page.name


@needs_browser
def test_the_search_works_in_a_page_that_is_opened_from_a_disk(browser, site):
    browser.open(site / "index.html", width=DESK[0], height=DESK[1])
    assert any("GMTPooling" in text for text in browser.value(FIND))
