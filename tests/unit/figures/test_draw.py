import subprocess
import sys

import pytest
from PIL import Image

from gnnpool import plugins
from gnnpool.artifacts import read_table
from gnnpool.errors import ConfigError

GMT = ("phonons", "cgcnn", "mdl", "gmt")
KINDS = plugins.names("gnnpool.figures")


@pytest.fixture
def entry(entry_of):
    return entry_of("box_with_points")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn_of_nothing_at_all(compose, entry_of, kind):
    drawn = compose(entry_of(kind), [])
    assert drawn.metadata[b"description"].decode() == drawn.text
    assert drawn.text.startswith("CGCNN with MDL edges")
    assert "not trained" in drawn.text or "not planned" in drawn.text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("errors", [{"mean": 5.0}, {"mean": 5.0, "gmt": 4.0}, {"gmt": 4.0}], ids="-".join)
def test_every_kind_is_drawn_of_one_seed_of_one_dataset(compose, entry_of, study, kind, errors):
    records = study(errors, datasets=["phonons"], seeds=[111], tested=3)
    drawn = compose(entry_of(kind), records, seeds=[111])
    assert "nan" not in drawn.text.lower()


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_a_kind_writes_is_legible(build, entry_of, study, assert_legible, written, kind):
    errors = {"mean": 5.0, "gmt": 4.0, "mamm": 5.1, "dollars": 7.0, "a_long_name_of_a_pooling": 5.0}
    datasets = ["phonons", "2d", "log_kvrh", "exfoliation"]
    title = "$$ for $x_{$ or nothing"
    entry = entry_of(kind, title=title, datasets=datasets, poolings=[*errors, "never_planned"])
    records = study(errors, datasets=datasets, seeds=[111, 222], inits=(0, 1))
    planned = [(d, "cgcnn", "mdl", p) for d in datasets for p in errors]
    figure = build(entry, records, planned=planned).figure
    assert_legible(figure)
    assert title in " ".join(" ".join(written(figure)).split())


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_has_a_unit_or_is_a_name_or_a_count(compose, entry_of, study, kind):
    drawn = compose(entry_of(kind), study({"mean": 5.0, "gmt": 4.0, "mamm": 5.5}, seeds=[111, 222]))
    floats = [name for name, dtype in drawn.tidy.dtypes.items() if dtype.kind == "f"]
    assert [name for name in floats if name not in drawn.units] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_white_whatever_is_around_it(compose, entry_of, study, kind):
    with Image.open(compose(entry_of(kind), study({"mean": 5.0, "gmt": 4.0}, seeds=[111])).png) as image:
        corner = image.convert("RGBA").getpixel((0, 0))
    assert corner == (255, 255, 255, 255)


def test_picture_has_print_resolution_and_an_alternative_text(compose, entry, write_changes):
    drawn = compose(entry, write_changes([(*GMT, -2.564)]))
    assert drawn.dpi == pytest.approx((300, 300), abs=0.1)
    assert read_table(drawn.parquet).schema.metadata[b"title"].decode() == "CGCNN with MDL edges"


def test_same_records_give_the_same_bytes(compose, entry, write_changes):
    records = write_changes([(*GMT, -2.564), ("2d", "cgcnn", "mdl", "gmt", 3.0)])
    one, two = compose(entry, records, name="one"), compose(entry, records[::-1], name="two")
    for suffix in ("png", "pdf"):
        assert getattr(one, suffix).read_bytes() == getattr(two, suffix).read_bytes()
    assert b"CreationDate" not in one.pdf.read_bytes()


def test_unknown_kind_is_refused_by_the_name_of_the_figure(compose, entry_of):
    with pytest.raises(
        ConfigError, match="kind of figure 'figure': 'box_by_poolin'; did you mean box_by_pooling"
    ):
        compose(entry_of("box_by_poolin"), [])
    with pytest.raises(ConfigError, match="kind of figure 'figure': 'style'"):
        compose(entry_of("style"), [])


FULL = """
import resource
import pyarrow as pa
from matplotlib.figure import Figure
from gnnpool.errors import ArtifactError
from gnnpool.figures.draw import save_figure
figure = Figure(figsize=(1, 1))
figure.text(0.5, 0.5, "a")
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))  # the PNG file is smaller, the PDF file is not
try:
    paths = {kind: f"file.{kind}" for kind in ("png", "pdf", "parquet")}
    save_figure(figure, pa.table({"x": [0]}), **paths, metadata={"title": "a", "description": "a"})
except ArtifactError as error:
    print(error)
"""


def test_a_full_disk_is_named_with_the_file(tmp_path):
    run = subprocess.run([sys.executable, "-c", FULL], cwd=tmp_path, capture_output=True, text=True)
    assert run.stdout == "file.pdf: cannot be written: File too large\n", run.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file.png"]
