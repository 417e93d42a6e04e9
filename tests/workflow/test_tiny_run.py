"""The tiny configuration from raw structures to tables and figures."""

import json

import pyarrow.parquet as pq
import pytest

from gnnpool.artifacts import read_table
from gnnpool.records import TIMINGS

TRIALS = 2 * 2 * 3 * 2  # datasets, edges, poolings, seeds


def record(flow, name="salts/cgcnn/mdl/mamm/seed-1"):
    return flow.folder / "results/trials" / name / "record.parquet"


def without_timings(path):
    row = read_table(path).to_pylist()[0]
    return {key: value for key, value in row.items() if key not in TIMINGS}


def test_every_trial_leaves_its_four_files(finished):
    folders = {path.parent for path in finished.folder.glob("results/trials/*/*/*/*/*/record.parquet")}
    assert len(folders) == TRIALS
    for folder in folders:
        assert {p.name for p in folder.iterdir()} == {
            "record.parquet",
            "history.parquet",
            "predictions.parquet",
            "model.safetensors",
        }


def test_predictions_hold_every_structure_once_and_give_the_error_of_the_record(finished):
    row = without_timings(record(finished))
    table = read_table(record(finished).with_name("predictions.parquet")).to_pandas()
    assert len(set(table["id"])) == len(table) == 40
    test = table[table["part"] == "test"]
    assert (test["prediction"] - test["target"]).abs().mean() == pytest.approx(row["test_mae"])
    assert row["n_train"] + row["n_val"] + row["n_test"] == 40


def test_the_best_epoch_is_the_one_with_the_lowest_validation_error(finished):
    row = without_timings(record(finished))
    history = read_table(record(finished).with_name("history.parquet")).to_pandas()
    assert len(history) == 2
    assert row["best_epoch"] == history["epoch"][history["val_mae"].idxmin()]
    assert row["val_mae"] == pytest.approx(history["val_mae"].min())


def test_tables_and_figures_are_made_and_those_with_nothing_planned_are_not(finished):
    results = finished.folder / "results"
    assert {p.name for p in (results / "tables").glob("table1.*")} == {
        f"table1.{kind}" for kind in ("parquet", "csv", "md", "tex", "html")
    }
    assert (results / "tables/table3.md").exists()
    assert (results / "figures/fig4b.png").read_bytes()[:4] == b"\x89PNG"
    assert (results / "figures/fig4b.pdf").read_bytes()[:4] == b"%PDF"
    assert {p.stem for p in (results / "figures").glob("*.png")} == {"fig4b", "curves", "size"}
    assert not (results / "figures/fig5a.png").exists()
    assert json.loads((results / "checks/passed.json").read_text())["missing"] == []


def test_an_explanation_is_made_of_the_poolings_there_are(finished):
    folder = finished.folder / "results/explanations/salts"
    atoms = read_table(folder / "atoms.parquet").to_pandas()
    assert set(atoms["pooling"]) == {"mean", "mamm"}  # GMT is not planned
    assert atoms["id"].nunique() == 2
    for name in ("crystals", "shares"):
        assert (folder / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
        assert b"description" in read_table(folder / f"{name}.parquet").schema.metadata
    assert not (finished.folder / "results/explanations/untrained").exists()


def test_the_report_answers_and_holds_the_tables_and_figures(finished):
    page = (finished.folder / "results/report.html").read_text(encoding="utf-8")
    assert "<p>On the target that does not grow with the cell (Salts) and with 2 seeds, " in page
    for part in ('id="table-table1"', 'id="table-power"', 'id="picture-1-1"', ">Salts, per cell<"):
        assert part in page
    assert page.count('<a href="trials/salts') == TRIALS


def test_an_entry_of_the_table_is_the_mean_change_of_its_trials(finished):
    def error(pooling, seed):
        return without_timings(record(finished, f"salts/cgcnn/mdl/{pooling}/seed-{seed}"))["test_mae"]

    changes = [100 * (error("mamm", s) / error("mean", s) - 1) for s in (1, 2)]
    table = pq.ParquetFile(finished.folder / "results/tables/table1.parquet").read().to_pandas()
    entry = table[(table["dataset"] == "salts") & (table["pooling"] == "mamm")]
    assert entry["value"].item() == pytest.approx(sum(changes) / 2)


def test_figures_draw_the_files_that_their_kinds_need(finished):
    figures = finished.folder / "results/figures"
    curves = read_table(figures / "curves.parquet").to_pandas()
    assert set(curves["pooling"]) == {"mean", "mamm"}
    assert curves.groupby("pooling")["n_chosen"].sum().to_dict() == {"mean": 2, "mamm": 2}  # seeds
    size = read_table(figures / "size.parquet").to_pandas()
    tested = set()
    for seed in (1, 2):
        path = record(finished, f"salts/cgcnn/mdl/mamm/seed-{seed}").with_name("predictions.parquet")
        table = read_table(path).to_pandas()
        tested |= set(table.loc[table["part"] == "test", "id"])
    assert size.loc[size["pooling"] == "mamm", "n"].sum() == len(tested)


def test_every_parquet_file_carries_page_checksums(finished):
    files = list(finished.folder.glob("results/**/*.parquet"))
    assert len(files) > TRIALS
    for path in files:
        read_table(path)


def test_logs_have_one_line_for_each_epoch(finished):
    log = (finished.folder / "logs/trials/salts/cgcnn/mdl/mamm/seed-1.log").read_text()
    assert log.count(" train_mae ") == 2


def test_a_second_run_does_nothing(finished):
    assert "Nothing to be done" in finished("--cores", "2")


def test_a_lost_record_trains_that_trial_again_with_the_same_bits(finished):
    before = without_timings(record(finished))
    weights = record(finished).with_name("model.safetensors").read_bytes()
    record(finished).unlink()
    planned = finished.planned()
    assert planned["train_trial"] == 1
    assert "build_graphs" not in planned
    finished("--cores", "2")
    assert without_timings(record(finished)) == before
    assert record(finished).with_name("model.safetensors").read_bytes() == weights
    assert "Nothing to be done" in finished("--cores", "2")


def test_another_seed_trains_only_its_own_trials(finished):
    planned = finished.planned(overlay="seeds: [1, 2, 3]")
    assert planned["train_trial"] == TRIALS // 2
    assert planned["make_split"] == 2
    assert "build_graphs" not in planned


def test_another_number_of_epochs_trains_everything_again(finished):
    assert finished.planned(overlay="training: {epochs: 3}")["train_trial"] == TRIALS


def test_another_label_trains_nothing(finished):
    planned = finished.planned(overlay="poolings: {mamm: {label: Mean and more}}")
    assert "train_trial" not in planned
    assert planned["render_table"] == 7


@pytest.mark.parametrize("damaged", [False, True], ids=["gone", "damaged"])
def test_partial_results_name_their_gaps(finished, damaged):
    lost = record(finished, "salts/cgcnn/mdl/mean_sum/seed-2")
    content = lost.read_bytes()
    lost.write_bytes(content[:-1]) if damaged else lost.unlink()
    try:
        printed = finished("--cores", "2", "results/tables/table1.md", overlay="allow_partial: true")
        assert ("record.parquet: left out: expected the checksum" in printed) == damaged
        assert "(n = 1 of 2)" in (finished.folder / "results/tables/table1.md").read_text()
    finally:
        lost.write_bytes(content)


FURTHER = """
poolings: {{ max: {{ label: Max }}, gmt: {{ label: GMT, options: {{ heads: {heads} }} }} }}
blocks:
  - {{ name: tiny, datasets: [salts, salts_cell], models: [cgcnn], edges: [mdl, ocp],
      poolings: [mean, mamm, mean_sum, {pooling}] }}
"""


def test_a_further_pooling_checks_the_networks_and_trains_only_its_own_trials(finished):
    planned = finished.planned(overlay=FURTHER.format(pooling="max", heads=4))
    assert planned["check_networks"] == 1
    assert planned["train_trial"] == TRIALS // 3


def test_another_folder_for_logs_trains_nothing_again(finished):
    assert "train_trial" not in finished.planned(overlay="logs: other_logs")


def test_a_further_pooling_that_cannot_be_trained_stops_the_run_and_leaves_finished_trials(finished):
    wrong = FURTHER.format(pooling="gmt", heads=3)
    printed = finished("train_all", "--cores", "2", overlay=wrong, status=1)
    assert (
        "pooling 'gmt' (gmt) with encoder 'cgcnn' and edges 'mdl': pooling 'gmt', operator 'gmt': heads: "
        "expected a divisor of the 16 channels, got 3"
    ) in printed
    assert not list(finished.folder.glob("results/trials/*/*/*/gmt"))
    for overlay in (wrong, FURTHER.format(pooling="max", heads=4)):
        planned = finished.planned(overlay=overlay)
        assert planned["check_networks"] == 1
        assert planned["train_trial"] == TRIALS // 3
    # A test before this one wrote a record back, so tables may be planned; nothing trains again.
    assert not {"check_networks", "train_trial"} & finished.planned().keys()
