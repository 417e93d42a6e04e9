"""What the page is made of."""

import base64
import hashlib
import io
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from made_up import ATTACK, ROOT, World, write_manifest, write_page
from PIL import Image

from gnnpool.analysis.change import changes_by_condition, changes_by_seed
from gnnpool.analysis.collect import read_trials
from gnnpool.analysis.readings import MEANING, of_reading
from gnnpool.artifacts import file_sha256, read_table, write_table
from gnnpool.cli import main
from gnnpool.config import complete_variants, read_config
from gnnpool.errors import ArtifactError
from gnnpool.report.exhibits import _address, read_galleries
from gnnpool.wording import number

VOID = {"meta", "img", "input", "br", "link"}
DRAWN = {"path", "rect", "circle", "use"}
SECTIONS = [
    "answer",
    "changes",
    "physics",
    "effort",
    "tables",
    "gallery-1",
    "data",
    "cost",
    "provenance",
    "missing",
]


class Page(HTMLParser):
    """Elements and texts of a page; refuses what is not closed in order."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.source, self.open, self.elements, self.texts = path.read_text("utf-8"), [], [], []
        self.feed(self.source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs), (tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in DRAWN
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts))

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.elements if name == tag]

    def values(self, attribute: str) -> list[str]:
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]


@pytest.fixture(scope="module")
def page(hostile):
    return Page(hostile.page)


def test_every_section_is_there_in_order_and_in_the_contents(page):
    assert [section["id"] for section in page.all("section")] == SECTIONS
    contents = [link["href"] for link in page.all("a")]
    assert {f"#{name}" for name in SECTIONS} <= set(contents)


def test_identifiers_are_unique_and_what_is_referred_to_is_there(page):
    names = page.values("id")
    assert len(names) == len(set(names))
    referred = [href[1:] for href in page.values("href") if href.startswith("#")]
    referred += [name for attribute in ("aria-labelledby", "data-for") for name in page.values(attribute)]
    assert set(referred) <= set(names)


def test_nothing_is_fetched(page):
    for address in [*page.values("src"), *page.values("href")]:
        assert address.startswith(("data:image/", "#")) or re.fullmatch(r"[\w./-]+", address), address
    assert not re.search(
        r"@import|url\(|<link|<base|<iframe|<object|<embed|fetch\(|XMLHttpRequest", page.source
    )


def test_links_lead_to_files_beside_the_page(page, hostile):
    beside = [href for href in page.values("href") if not href.startswith("#")]
    assert len(beside) > 10
    assert [href for href in beside if not (hostile.results / href).exists()] == []


def test_every_picture_has_a_size_and_an_alternative_text(page):
    pictures = page.all("img")
    assert len(pictures) == 1
    for picture in pictures:
        assert len(picture["alt"]) > 40
        assert int(picture["width"]) > 100
        assert int(picture["height"]) > 100


def test_a_picture_in_the_page_has_the_pixels_of_its_file(page, hostile):
    content = base64.b64decode(page.all("img")[0]["src"].partition(",")[2])
    with Image.open(io.BytesIO(content)) as inside, Image.open(hostile.results / "figures/fig4b.png") as file:
        assert inside.size == file.size
        assert inside.convert("RGB").tobytes() == file.convert("RGB").tobytes()


def test_every_row_of_the_forest_plot_and_every_table_has_words(page):
    for svg in page.all("svg"):
        assert svg.get("aria-label") or svg.get("aria-hidden") == "true"
    for table in page.all("table"):
        assert table.get("aria-label") or table.get("aria-labelledby")


def test_texts_of_the_configuration_are_escaped(page):
    assert len(page.all("script")) == 1
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert "49" not in re.findall(r"CGCNN (\S+)", page.text)
    shown = page.text
    for words in ("Phonons", "Combined", "Boxes", "Note", "rounded by "):
        assert f"{words}{ATTACK}" in shown
    assert "MDL&amp; CGCNN {{ 7 * 7 }}" in shown


def test_the_policy_lets_the_own_script_and_style_run_and_nothing_else(page):
    policy = next(meta["content"] for meta in page.all("meta") if "http-equiv" in meta)
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page.source, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert not page.values("style")


def test_the_note_stands_before_the_answer(page):
    shown = page.text
    assert shown.index("Note") < shown.index("So far, with 44 of 48 trials")


def test_what_limits_the_answer_is_named(page):
    missing = page.text.partition("What is missing")[2].partition("What is missing")[2]
    assert "4 of 48 planned trials are missing." in missing
    assert "exfoliation/cgcnn/mdl/gmt/seed-333" in missing
    assert "7 to 9 of 97" in missing
    assert "Exfoliation is not the original data: rounded by" in missing


def test_every_trial_has_a_line_and_every_change_a_row_of_the_forest_plot(page, hostile):
    trials = read_table(hostile.results / "analysis/trials.parquet").num_rows
    assert page.source.count('<a href="trials/') == trials + 1  # and the folder itself
    changes = 2 * (2 * 2 + 2)  # settings; datasets and poolings, averages
    first = 2 * 2 * 2  # of two datasets each by itself
    assert page.source.count('role="img"') == changes + first


def test_every_change_has_that_of_the_averaged_reading_beside_it(page, hostile):
    trials = of_reading(read_trials(hostile.results / "analysis/trials.parquet"), "averaged")
    found = changes_by_condition(changes_by_seed(trials)).set_index(["dataset", "model", "edges", "pooling"])
    value = found.loc[("exfoliation", "cgcnn", "mdl", "gmt"), "mean_change"]
    pattern = r'<tr [^>]*data-dataset="Exfoliation"[^>]*data-setting="MDL[^"]*CGCNN[^"]*">.*?</tr>'
    every = page.source.split('<section id="changes"')[1].split("</section>")[0]
    rows = re.findall(pattern, every, flags=re.DOTALL)
    (row,) = [row for row in rows if 'data-pooling="GMT"' in row and "verdict" in row]
    assert re.search(rf'data-v="{value}">\(?{re.escape(number(value, digits=2))}\)?<', row)
    assert page.source.count("<small>other sign</small>") > 0


def test_both_readings_are_defined_once_and_beside_the_headline(page):
    assert "In the averaged reading of the same trainings, " in page.text
    assert page.text.count(f"Raw {MEANING['raw']}") == 1
    assert page.text.count(f"Averaged {MEANING['averaged']}") == 1


def test_the_same_results_give_the_same_page(hostile):
    before = hostile.page.read_bytes()
    write_page(hostile, note=f"Note{ATTACK}")
    assert hostile.page.read_bytes() == before


def test_a_table_is_the_same_in_the_page_and_on_its_own(page, hostile):
    alone = (hostile.results / "tables/table1.html").read_text("utf-8")
    body = re.search(r"<tbody>.*?</tbody>", alone, flags=re.DOTALL)[0]
    assert body in page.source


def test_pictures_of_any_folder_have_a_gallery_of_their_own(hostile):
    folder = hostile.results / "atom_shares" / "first"
    folder.mkdir(parents=True)
    shutil.copy(hostile.results / "figures/fig4b.png", folder / "one.png")
    metadata = {
        "title": "Shares",
        "description": "What each atom of a crystal adds to its prediction, drawn.",
        "png_sha256": file_sha256(folder / "one.png"),
    }
    write_table(folder / "one.parquet", pa.table({"x": [1]}), metadata=metadata)
    world = World(hostile.config, hostile.results)
    write_page(world, pictures=[folder / "one.png"], note=f"Note{ATTACK}")
    galleries = Page(world.page)
    write_page(world, note=f"Note{ATTACK}")
    assert [s["id"] for s in galleries.all("section") if "gallery" in s["id"]] == ["gallery-1", "gallery-2"]
    assert "Atom shares" in galleries.text
    assert [picture["alt"] for picture in galleries.all("img")][1] == metadata["description"]


@pytest.fixture
def copied(hostile, tmp_path):
    """A figure and its numbers, free to be damaged."""
    for suffix in ("png", "parquet"):
        shutil.copy(hostile.results / f"figures/fig4b.{suffix}", tmp_path / f"one.{suffix}")
    return tmp_path / "one.png"


def test_a_figure_too_tall_for_webp_stays_png():
    content = io.BytesIO()
    Image.new("1", (1, 17_000)).save(content, "PNG")
    assert _address(content.getvalue()).startswith("data:image/png;base64,")


def test_every_flipped_bit_of_a_figure_is_noticed(copied):
    whole = copied.read_bytes()
    assert read_galleries([copied], beside=copied.parent)[0].pictures[0].name == "one"
    for place in np.linspace(0, len(whole) - 1, 300).astype(int):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << (place % 8)
        copied.write_bytes(flipped)
        with pytest.raises(ArtifactError, match=r"one\.png: damaged, .*; delete it and run again"):
            read_galleries([copied], beside=copied.parent)


@pytest.mark.parametrize("content", [b"", b"GIF89a", None], ids=["empty", "another kind", "missing"])
def test_a_file_that_is_no_figure_is_named(copied, content):
    copied.unlink() if content is None else copied.write_bytes(content)
    with pytest.raises(ArtifactError, match=r"one\.png: .*; delete it and run again"):
        read_galleries([copied], beside=copied.parent)


def test_a_figure_without_a_title_is_named(hostile, copied):
    write_table(copied.with_suffix(".parquet"), pa.table({"x": [1]}), metadata={})
    with pytest.raises(ArtifactError, match=r"one.parquet: metadata: found no 'png_sha256'"):
        write_page(hostile, pictures=[copied])


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
@pytest.mark.parametrize(
    ("content", "saved"),
    [
        ("=1+1", "'=1+1"),
        ("+1+cmd", "'+1+cmd"),
        ("-cmd", "'-cmd"),
        (" @SUM(A1)", "'@SUM(A1)"),
        ("-2.5", "-2.5"),
        ("+1.2 to +3.4", "+1.2 to +3.4"),
        ("GMT", "GMT"),
    ],
)
def test_text_that_a_spreadsheet_would_run_is_saved_as_text(content, saved):
    """The function of the page that quotes a cell for CSV."""
    (function,) = re.findall(
        r"^function quoted.*?^}$", (files("gnnpool.report") / "page.js").read_text("utf-8"), re.M | re.S
    )
    program = f"{function}\nprocess.stdout.write(quoted({json.dumps(content)}))"
    found = subprocess.run(["node", "-e", program], capture_output=True, text=True, check=True)
    assert found.stdout == f'"{saved}"'


def test_targets_that_grow_with_the_cell_have_lines_and_averages_of_their_own(make_world, small):
    for block in small["blocks"]:
        block["datasets"] = ["phonons", "exfoliation", "dielectric", "perovskites"]
    world = make_world(small)
    page = Page(world.page)
    answer = page.source.split('<section id="answer"')[1].split("</section>")[0]
    every = page.source.split('<section id="changes"')[1].split("</section>")[0]
    settings, poolings = 2, 2
    for dataset in ("Average, intensive targets", "Perovskites"):
        assert answer.count(f'data-dataset="{dataset}"') == settings * poolings
    assert answer.count("<tr class=") == 2 * settings * poolings
    # The dots of an average are its datasets, and that over all datasets stays where every change is.
    labels = [row["aria-label"] for row in page.all("svg") if row.get("role") == "img"]
    (ours,) = [text for text in labels if text.startswith("MAMM, Average, intensive targets, MDL CGCNN")]
    assert [line.split(":")[0] for line in ours.splitlines()[2:]] == ["Phonons", "Exfoliation", "Dielectric"]
    assert every.count('data-dataset="Average"') == settings * poolings
    assert "(Perovskites: all cells have five atoms, so that nothing can grow)" in page.text
    assert "averaged over the datasets with one kind of target where" in page.text
    assert "of an average over 3 datasets" in page.text
    assert "of an average over 4 datasets" not in page.text


def test_the_answer_is_there_as_text_and_printed_with_the_places_of_the_results(page, hostile, capsys):
    paragraphs = hostile.page.with_suffix(".txt").read_text("utf-8").splitlines()
    assert len(paragraphs) == 4
    shown = page.text.replace("\N{NO-BREAK SPACE}", " ")
    assert all(re.sub(r"\s+", " ", paragraph) in shown for paragraph in paragraphs)
    assert main(["where", str(hostile.results)]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert printed.endswith(" ".join(paragraphs[0].split()))


def test_with_nothing_finished_the_page_says_so(make_world, small):
    world = make_world(small, keep=lambda trial: False)
    page = Page(world.page)
    assert "There is no result yet: none of 36 planned trials is finished." in page.text
    assert "36 of 36 planned trials are missing." in page.text
    assert [section["id"] for section in page.all("section")] == SECTIONS


def test_a_study_of_held_out_structures_alone_says_what_it_found_there(make_world, small):
    split = {"scheme": "size", "reference": "phonons"}
    held_out = {"phonons_size": small["datasets"]["phonons"] | {"label": "Larger cells", "split": split}}
    for block in small["blocks"]:
        block["datasets"] = ["phonons_size"]
    world = make_world(
        {**small, "datasets": small["datasets"] | held_out}, keep=lambda trial: trial.init == 0
    )
    answer = Page(world.page).source.split('<section id="answer"')[1].split("</section>")[0]
    assert "Where a split holds something out of training (Larger cells), none of 4 changes" in answer
    assert "no result" not in answer


def test_without_mean_pooling_no_change_is_made_up(make_world, small):
    page = Page(make_world(small, keep=lambda trial: trial.pooling != "mean").page)
    assert "There is no result yet: 24 of 36 planned trials are finished, but no pooling" in page.text
    assert 'role="img"' not in page.source
    assert "24 trials have no trial of mean pooling to be compared with." in page.text


def test_one_seed_and_one_dataset_have_changes_without_intervals(make_world, small):
    one = lambda trial: trial.seed == 111 and trial.dataset == "phonons"  # noqa: E731
    page = Page(make_world(small, keep=one).page)
    assert "no change can be tested: a test needs two seeds" in page.text
    assert "No trial of these datasets is finished: Exfoliation." in page.text
    assert page.source.count('class="interval" d="M4 13H36"') == 1  # of the legend
    assert page.source.count('class="interval"') == 1


def test_what_is_held_out_has_a_section_of_its_own_and_no_part_in_the_answer(make_world, small):
    """In the answer it would count the crystals of its reference twice."""
    small["datasets"]["large"] = {"label": "Large", "split": {"scheme": "size", "reference": "phonons"}}
    small = complete_variants(small)
    small["blocks"][0]["datasets"] = ["phonons", "large"]
    table = small["tables"][0] | {
        "kind": "generalisation",
        "name": "beyond",
        "datasets": ["phonons", "large"],
    }
    small["tables"].append(table)
    page = Page(make_world(small).page)
    sections = [section["id"] for section in page.all("section")]
    place = SECTIONS.index("tables")
    assert sections == [*SECTIONS[:place], "beyond", *SECTIONS[place:]]
    assert 'href="#beyond"' in page.source
    section = page.source.split('<section id="beyond"')[1].split("</section>")[0]
    assert 'id="table-beyond"' in section
    assert 'id="table-table1"' not in section
    assert 'data-dataset="Phonons"' in page.source
    changes = page.source.split('<section id="changes"')[1].split("</section>")[0]
    assert 'data-dataset="Large"' not in changes


def test_rows_left_out_are_named_with_reason(make_world, small):
    world = make_world(small, keep=lambda trial: False)
    fault = {
        "dataset": "phonons",
        "row": 7,
        "id": "mp-1",
        "field": "lattice",
        "value": "flat",
        "expected": "high",
    }
    counts = {"rows_expected": 1265, "rows_read": 1260, "rows_kept": 1259}
    write_manifest(world.results, "phonons", small["datasets"]["phonons"], skipped=[fault], **counts)
    write_page(world)
    shown = Page(world.page).text
    assert "Phonons: 1260 rows were read, 1265 expected." in shown
    assert "Phonons: 1 row was left out, named under Data." in shown
    assert re.search(r"7\s+mp-1\s+lattice\s+flat\s+high", shown)


@pytest.mark.slow
def test_the_page_of_the_paper_stays_below_five_megabytes(make_world):
    config = read_config([ROOT / "config/config.yaml"])
    config["statistics"]["resamples"] = 99
    config["tables"] = [entry for entry in config["tables"] if entry["kind"] == "by_dataset"]
    world = make_world(config)
    assert read_table(world.results / "analysis/trials.parquet").num_rows == 805
    assert world.page.stat().st_size < 5e6
    assert "n average over 6 targets that do not grow with the cell and with 5 seeds" in Page(world.page).text


def test_classes_of_poolings_and_equal_effort_are_there_in_both_readings(page):
    titles = [
        f"{what}, {reading} reading"
        for what in ("Poolings by targets", "Weights, time and memory")
        for reading in MEANING
    ]
    assert all(title in page.text for title in titles)
    assert "Sees the number of atoms: MAMM" in page.text
    # Of two poolings of which one has a further seed, the common seeds count.
    assert "Not trained, or not of all seeds" not in page.text
