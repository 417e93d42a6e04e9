"""The examples of the recipes run as they are printed."""

import re
import textwrap
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from gnnpool import plugins
from gnnpool.analysis.collect import collect_trials
from gnnpool.config import check_config, read_config
from gnnpool.data.build import build_structures
from gnnpool.data.structure import read_structures
from gnnpool.figures.draw import draw_figure
from gnnpool.network import build_network
from gnnpool.records import Trial
from gnnpool.tables.render import render_table

ROOT = Path(__file__).parents[3]
SCHEMA = ROOT / "workflow/schemas/config.schema.yaml"
RECIPES = sorted((ROOT / "docs/recipes").glob("*.md"))
OTHERS = "docs/recipes/other-packages.md"
ENTRY = {"name": "x", "settings": [["cgcnn", "mdl"]], "datasets": ["phonons"], "poolings": ["gmt"]}
STUDY = {
    "labels": {"datasets": {}, "models": {}, "edges": {}, "poolings": {"gmt": "GMT"}},
    "statistics": {"confidence": 0.95, "resamples": 99, "margin": 3.0},
    "statistic": "mean_change",
    "seeds": [1, 2],
}
PLANNED = [("phonons", "cgcnn", "mdl", pooling) for pooling in ("mean", "gmt")]
TABLE = {"parquet": "parquet", "csv": "csv", "markdown": "md", "latex": "tex", "html": "html"}


def points(page=OTHERS):
    """Entry points of the examples of a page, in the form of a distribution."""
    text = "".join(re.findall(r"^```toml\n(.*?)^```$", (ROOT / page).read_text("utf-8"), flags=re.M | re.S))
    return (
        text.replace('[project.entry-points."', "[").replace('"]', "]").replace('"', "").replace(" = ", "=")
    )


def test_poolings_and_models_of_another_package_are_built(install, examples, tmp_path):
    install({"my_poolings": examples(OTHERS)["my-poolings/my_poolings.py"]}, points())
    (tmp_path / "theirs.yaml").write_text(examples(OTHERS)["theirs.yaml"])
    config = read_config([ROOT / "config/config.yaml", tmp_path / "theirs.yaml"])
    check_config(config | {"tables": [], "figures": [], "explanations": []}, SCHEMA)
    for pooling in config["blocks"][0]["poolings"]:
        entry = config["poolings"].get(pooling)
        build_network(model=config["models"]["bag"], pooling=pooling, pooling_entry=entry, cutoff=8.0)


def test_a_reader_reads_its_file(install, examples, tmp_path):
    install(
        {"my_readers": examples("docs/recipes/dataset.md")["src/gnnpool/data/sources/json_lines.py"]},
        points(),
    )
    line = '{{"id": "{0}", "lattice": [[4, 0, 0], [0, 4, 0], [0, 0, {0}]], "elements": ["Cu"], '
    line += '"fractional": [[0, 0, 0]], "gap": {0}.5}}'
    (tmp_path / "cubes.jsonl").write_text("\n".join(line.format(i) for i in (3, 4)))
    entry = {
        **{"label": "Cubes", "source": "json_lines", "target": "gap", "unit": "eV"},
        **{"structures": 2, "options": {"target": "gap"}},
    }
    paths = {"structures": tmp_path / "structures.parquet", "manifest": tmp_path / "manifest.json"}
    build_structures(raw=tmp_path / "cubes.jsonl", dataset="cubes", entry=entry, on_bad_row="error", **paths)
    assert read_structures(paths["structures"]).ids == ["3", "4"]


@pytest.fixture
def trials(tmp_path, write_record):
    """Records of mean pooling and GMT with two seeds, collected."""
    errors = {("mean", 1): 5.0, ("mean", 2): 6.0, ("gmt", 1): 4.0, ("gmt", 2): 7.0}
    records = [write_record(Trial("phonons", "cgcnn", "mdl", *key), error) for key, error in errors.items()]
    collect_trials(records=records, output=tmp_path / "trials.parquet")
    return {"trials": tmp_path / "trials.parquet"}


def test_a_kind_of_table_is_rendered(install, examples, trials, tmp_path):
    page = examples("docs/recipes/table.md")
    install({"my_tables": page["src/gnnpool/tables/extremes.py"]}, points())
    outputs = {form: tmp_path / f"table.{suffix}" for form, suffix in TABLE.items()}
    render_table(
        **{"inputs": trials, "spec": ENTRY | {"kind": "extremes", "title": "Extremes"}, "study": STUDY},
        **{"planned": PLANNED, "scheme": "random", "physics": {}, "variants": {}, "outputs": outputs},
    )
    (row,) = pq.read_table(outputs["parquet"]).to_pylist()
    assert row == {"pooling": "gmt", "lowest": 4.0, "highest": 7.0, "n": 2}
    assert "| GMT | 4.000 | 7.000 (n = 2) |" in outputs["markdown"].read_text()


def test_a_kind_of_figure_is_drawn(install, examples, trials, tmp_path):
    page = examples("docs/recipes/figure.md")
    install({"my_figures": page["src/gnnpool/figures/seconds_of_epochs.py"]}, points())
    outputs = {form: tmp_path / f"figure.{form}" for form in ("png", "pdf", "parquet")}
    entry = ENTRY | {"kind": "seconds_of_epochs", "title": "Seconds"}
    draw_figure(inputs=trials, spec=entry, study=STUDY, planned=PLANNED, outputs=outputs)
    assert pq.read_table(outputs["parquet"])["seconds"].to_pylist() == [0.3, 0.3]  # 60 s in 200 epochs


@pytest.mark.parametrize("page", ["figure", "table"])
def test_the_recipe_lists_every_kind(page):
    text = (ROOT / f"docs/recipes/{page}.md").read_text()
    listed = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?`) \|", text, flags=re.M))))
    assert set(plugins.names(f"gnnpool.{page}s")) - {"base", "draw", "style", "datasets"} - listed <= {
        *{"formats", "html", "printed", "render"}
    }


@pytest.mark.parametrize("page", RECIPES, ids=lambda page: page.stem)
def test_examples_of_configurations_have_valid_entries(page):
    """Overlays of fragments: what they name is a key of the configuration, and poolings can be built."""
    schema = yaml.safe_load(SCHEMA.read_text())
    for block in re.findall(r"^```yaml\n(.*?)^```$", page.read_text("utf-8"), flags=re.M | re.S):
        overlay = yaml.safe_load(textwrap.dedent(block))
        assert set(overlay) <= set(schema["properties"]), page.name


def test_the_page_of_recipes_links_to_each():
    index = (ROOT / "docs/recipes/README.md").read_text()
    assert set(re.findall(r"\((\w[\w-]*\.md)\)", index)) == {page.name for page in RECIPES} - {"README.md"}
