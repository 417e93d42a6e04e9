"""The page as a browser shows it, at a desk and on a phone, by day and by night, and on paper."""

import pytest
from chromium import Chromium, find
from made_up import small_config

DESK, PHONE = (1280, 900), (390, 844)
pytestmark = pytest.mark.skipif(find() is None, reason="no Chromium here; name one in the variable CHROMIUM")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    chromium = Chromium(find(), tmp_path_factory.mktemp("profile"))
    yield chromium
    chromium.close()


@pytest.fixture
def show(browser, hostile):
    """Show the page in a window of a size; everything that it does must be without trouble."""

    def show(size=DESK, *, dark=False):
        browser.open(hostile.page, width=size[0], height=size[1], dark=dark)
        return browser

    yield show
    assert browser.troubles() == []


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_fits_its_window_and_asks_for_nothing(show, hostile, size, dark):
    page = show(size, dark=dark)
    width = "document.scrollingElement.{}Width"
    assert page.value(width.format("client")) == size[0]
    assert page.value(width.format("scroll")) <= size[0]
    pictures = "[...document.images].map((image) => image.complete && image.naturalWidth > 0)"
    assert page.value(pictures) == [True]
    assert page.requests() == [hostile.page.as_uri()]
    # Folded parts hold wide things too.
    page.value("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert page.value(width.format("scroll")) <= size[0]


def test_at_a_desk_no_column_of_the_changes_is_cut(browser, make_world):
    """With names of ordinary length, and room for a scrollbar beside the page."""
    browser.open(make_world(small_config()).page, width=DESK[0] - 15, height=DESK[1])
    script = """
      [...document.querySelectorAll('#first, #all-changes')].map(
        (table) => table.offsetWidth - table.parentElement.clientWidth
      )"""
    assert [beyond for beyond in browser.value(script) if beyond > 1] == []  # px, which browsers round


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_has_the_contrast_of_wcag(show, dark):
    """Contrast as WCAG has it, at least 4.5 for text."""
    script = """
      (() => {
        const light = (color) => {
          const parts = color.match(/[\\d.]+/g).slice(0, 3).map((c) => c / 255);
          const linear = parts.map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
          return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
        };
        const page = light(getComputedStyle(document.body).backgroundColor);
        const verdicts = ["tbody .not-significant .verdict", "tbody .worse .verdict"];
        const words = ["body", "small", ".notes", "a", ...verdicts];
        return words.map((word) => {
          const text = light(getComputedStyle(document.querySelector(word)).color);
          return [word, (Math.max(page, text) + 0.05) / (Math.min(page, text) + 0.05)];
        });
      })()"""
    assert [(word, ratio) for word, ratio in show(dark=dark).value(script) if ratio < 4.5] == []


def test_columns_sort_by_their_numbers_both_ways(show):
    page = show()
    cells, heads = (
        f"[...document.querySelectorAll('#all-changes {part}')]"
        for part in ("tbody td:nth-child(5)", "button")
    )
    values = f"{cells}.map((cell) => Number(cell.dataset.v))"
    click = f"{heads}.find((button) => button.textContent === 'Change, %').click()"
    unsorted = page.value(values)
    page.value(click)
    assert page.value(values) == sorted(unsorted)
    page.value(click)
    assert page.value(values) == sorted(unsorted, reverse=True)
    assert page.value("document.querySelectorAll('#all-changes [aria-sort]').length") == 1


def test_lines_can_be_chosen(show):
    page = show()
    assert page.value("document.querySelector('form.tools').hidden") is False
    chosen = page.value(
        """(() => {
          const select = document.querySelector("form[data-for=all-changes] select[data-axis=pooling]");
          select.value = "GMT";
          select.dispatchEvent(new Event("change", { bubbles: true }));
          const rows = [...document.querySelectorAll("#all-changes tbody tr")];
          return rows.filter((row) => row.offsetHeight > 0).map((row) => row.dataset.pooling);
        })()"""
    )
    assert chosen == ["GMT"] * 6
    assert page.value("document.querySelector('form.tools output').textContent") == "6 of 12 lines"


def test_the_numbers_of_a_forest_plot_are_reached_by_keyboard(show):
    page = show()
    page.value("document.querySelector('#first .forest-row').focus()")
    tip = "document.getElementById('tip').hidden ? '' : document.getElementById('tip').textContent"
    first = page.value(tip)
    assert "%, interval " in first
    page.press("ArrowDown")
    assert page.value(tip) not in ("", first)
    page.press("Escape")
    assert page.value(tip) == ""
    assert page.value("document.querySelectorAll('#first .forest-row[tabindex=\"0\"]').length") == 1


def test_a_tip_stays_in_the_window(show):
    page = show(PHONE)
    page.value("[...document.querySelectorAll('#all-changes .forest-row')].at(-1).focus()")
    left, right, top, bottom = page.value(
        "(() => { const r = document.getElementById('tip').getBoundingClientRect();"
        " return [r.left, r.right, r.top, r.bottom]; })()"
    )
    assert left >= 0
    assert top >= 0
    assert right <= PHONE[0]
    assert bottom <= PHONE[1]


def test_without_scripts_all_lines_are_there(browser, hostile):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(hostile.page, width=DESK[0], height=DESK[1])
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
    shown = (
        "[...document.querySelectorAll('#all-changes tbody tr')].filter((row) => row.offsetHeight > 0).length"
    )
    assert browser.value(shown) == 12
    assert browser.value("document.querySelector('form.tools').offsetHeight") == 0


def test_paper_has_all_of_the_page_on_sheets_of_a4(show, tmp_path):
    show(dark=True).paper(tmp_path / "report.pdf")
    content = (tmp_path / "report.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert content.count(b"/Type /Page\n") >= 3
