"""What comes out of a bundle alone, and whether it is what is kept beside it."""

import subprocess
import sys

import pytest
from made_up import write_results as write_exhibits

from gnnpool.bundle.agreement import compare_tables, compare_texts
from gnnpool.bundle.files import open_bundle
from gnnpool.bundle.findings import findings_of
from gnnpool.bundle.remake import remake
from gnnpool.bundle.write import write_bundle
from gnnpool.errors import ConfigError


@pytest.fixture(scope="module")
def remade(bundle, tmp_path_factory):
    output = tmp_path_factory.mktemp("remade")
    return output, remake(bundle.folder, output)


def test_a_table_from_a_bundle_is_the_table_from_its_results(world, planned, remade):
    output, made = remade
    records = {trial: world.results / f"trials/{trial}/record.parquet" for trial in planned}
    write_exhibits(world, records, planned)
    assert made.tables == ["table1"]
    assert (output / "tables/table1.csv").read_bytes() == (world.results / "tables/table1.csv").read_bytes()
    assert (output / "figures/fig4b.png").exists()


def test_the_page_from_a_bundle_says_so(remade):
    output, _ = remade
    assert "Made from a bundle." in (output / "report.html").read_text()


def test_what_needs_structures_is_not_made_and_named(rebundle, tmp_path):
    entry = {"settings": [["cgcnn", "mdl"]], "datasets": ["phonons"], "poolings": ["mamm"]}
    size = {**entry, "name": "size", "title": "Sizes", "kind": "error_by_size"}
    bundle = rebundle(lambda world: world.config.update(figures=[size]))
    made = remake(bundle.folder, tmp_path / "out")
    assert made.gaps == {"figure size": "it needs structures, which a bundle does not hold"}
    assert "Not made: figure size: it needs structures" in (tmp_path / "out/report.html").read_text()


def test_a_table_of_held_out_datasets_is_made_where_no_structure_is_changed(rebundle, tmp_path):
    entry = {"settings": [["cgcnn", "mdl"]], "datasets": ["phonons"], "poolings": ["mamm"]}
    table = {**entry, "name": "beyond", "title": "Beyond", "kind": "generalisation"}
    bundle = rebundle(lambda world: world.config.update(tables=[table]))
    made = remake(bundle.folder, tmp_path / "out")
    assert (made.tables, made.gaps) == (["beyond"], {})
    assert "In distribution" in (tmp_path / "out/tables/beyond.md").read_text()


def test_results_of_a_workflow_are_not_overwritten(bundle, world):
    with pytest.raises(ConfigError, match="found results of a workflow, expected a folder of its own"):
        remake(bundle.folder, world.results)


def test_making_everything_from_a_bundle_loads_no_torch(bundle, tmp_path):
    code = (
        "import sys; from gnnpool.cli import main; "
        f"main(['remake', {str(bundle.folder)!r}, {str(tmp_path / 'out')!r}]); "
        f"main(['findings', {str(bundle.folder)!r}]); sys.exit('torch' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=False).returncode == 0
    )


def test_a_table_that_differs_is_named_with_line_and_column(remade, tmp_path):
    output, _ = remade
    kept = tmp_path / "table1.csv"
    text = (output / "tables/table1.csv").read_text()
    kept.write_text(text)
    assert compare_tables(tmp_path, output / "tables") == []
    column = text.splitlines()[0].split(",").index("n_seeds")
    lines = [line.split(",") for line in text.splitlines()]
    lines[3][column] = "4"
    kept.write_text("\n".join(map(",".join, lines)) + "\n")
    (difference,) = compare_tables(tmp_path, output / "tables")
    assert difference == f"{kept}: line 4: n_seeds: found '4', expected '3'"


def test_texts_agree_up_to_the_last_place_of_their_numbers(tmp_path):
    kept = tmp_path / "findings.md"
    kept.write_text("change -2.3 % of 5 seeds\n")
    assert compare_texts(kept, "change -2.4 % of 5 seeds\n") == ""
    for other in (
        "change -2.5 % of 5 seeds\n",
        "change -2.3 % of 6 seeds\n",
        "change +2.3 % of 5 seeds\n",
        "",
    ):
        assert compare_texts(kept, other).startswith(f"{kept}: ")


def test_findings_hold_both_readings_of_every_dataset_and_the_bands(bundle):
    text = findings_of(bundle.folder)
    assert "18 of" not in text
    assert "36 of 36 planned trials are finished" in text
    for reading in ("raw", "averaged"):
        for place in ("Exfoliation, MDL CGCNN", "Phonons, MDL CGCNN", "Phonons, MDL TorchMD"):
            assert f"### {place}, {reading}" in text
    assert "53.5 ± 9.1, 3 splits: ours is" in text
    assert "13 cannot" in text


def test_findings_speak_of_planned_trials_alone(world, tmp_path):
    fewer = [{**block, "poolings": ["mean", "mamm"]} for block in world.config["blocks"]]
    config = {**world.config, "blocks": fewer, "tables": [], "figures": [], "explanations": []}
    write_bundle(world.results, tmp_path / "bundle", config=config)
    text = findings_of(tmp_path / "bundle")
    assert "24 of 24 planned trials are finished" in text
    assert "GMT" not in text.split("## The paper")[0]


def test_findings_name_what_was_not_reached(world, planned, tmp_path):
    kept = [trial for trial in planned if trial.pooling != "gmt" or trial.model != "cgcnn"]
    for trial in kept:
        target = tmp_path / f"results/trials/{trial}"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(world.results / f"trials/{trial}")
    for name in ("data", "graphs"):
        (tmp_path / "results" / name).symlink_to(world.results / name)
    write_bundle(tmp_path / "results", tmp_path / "bundle", config=world.config)
    text = findings_of(open_bundle(tmp_path / "bundle").folder)
    assert "30 of 36 planned trials" in text
    assert "- Phonons, MDL CGCNN: GMT (3)" in text
