import json
import math
from pathlib import Path

import pytest
import yaml

from gnnpool.cli import main
from gnnpool.config import read_config
from gnnpool.errors import ConfigError
from gnnpool.records import BASELINE, Trial
from gnnpool.seed_overlay import further_blocks
from gnnpool.seed_plan import FIRST, HIGHER, LATE, LOWER, MORE, NEVER, WITHIN, plan_seeds
from gnnpool.seed_table import as_json, as_text
from gnnpool.trials import plan_trials

ROOT = Path(__file__).parents[2]
SEEDS = [111, 222, 333, 444, 555]
# Deviations from the mean change, in units of their standard deviation (n - 1 in the denominator).
SCATTER = [-1.2649, -0.6325, 0.0, 0.6325, 1.2649]
# Mean change and standard deviation over the seeds, %, and what is to be said about it.
POOLINGS = {
    "max": (-20.0, 1.0, LOWER),
    "min": (20.0, 1.0, HIGHER),
    "sum": (0.1, 0.5, WITHIN),
    "std": (-4.0, 3.0, MORE),
    "mamm": (3.0, 2.9, MORE),
    "gmt": (-4.0, 30.0, NEVER),
    "memory": (None, None, FIRST),
}


@pytest.fixture
def config(tmp_path):
    block = {"datasets": ["salts"], "models": ["cgcnn"], "edges": ["mdl"]}
    shipped = read_config([ROOT / "config/config.yaml"])
    return shipped | {
        "results": str(tmp_path),
        "seeds": SEEDS,
        "noise_floor": {"poolings": ["mean"], "initialisations": [1]},
        "datasets": {"salts": shipped["datasets"]["phonons"]},
        "blocks": [{"name": "all", **block, "poolings": ["mean", *POOLINGS]}],
        "tables": [],
        "figures": [],
        "explanations": [],
    }


@pytest.fixture
def trained(config, write_record):
    """A function that writes the records of the planned trials, all but those of memory pooling."""

    def write(config=config):
        for trial in plan_trials(config["blocks"], config["seeds"]):
            mean, sd, _ = POOLINGS.get(trial.pooling, (0.0, 0.0, None))
            if mean is None:
                continue
            order = SEEDS if trial.seed in SEEDS else range(15)
            change = mean + sd * SCATTER[order.index(trial.seed) % 5]
            seconds = 1800.0 if trial.pooling == BASELINE else 3600.0
            write_record(trial, 10.0 * (1 + change / 100), cpu_seconds=seconds, n_train=508, n_test=96)

    write()
    return write


def by_pooling(plan):
    return {one.condition[-1]: one for one in plan.comparisons}


def test_each_comparison_is_decided_or_open_for_a_reason(config, trained):
    found = by_pooling(plan_seeds(config, detect=5))
    assert {name: one.state for name, one in found.items()} == {name: s for name, (*_, s) in POOLINGS.items()}
    assert found["max"].change == pytest.approx(-20)
    assert found["max"].low < -20 < found["max"].high < 0
    assert (found["std"].seeds, found["gmt"].seeds, found["memory"].seeds) == (20, None, 5)
    assert found["gmt"].detectable > 5 > found["sum"].detectable
    assert (found["memory"].n, math.isnan(found["memory"].change)) == (0, True)


def test_the_cost_counts_missing_trials_and_shared_baselines_once(config, trained):
    plan = plan_seeds(config, detect=5)
    std, memory = ("salts", "cgcnn", "mdl", "std"), ("salts", "cgcnn", "mdl", "memory")
    assert plan.cost([std]) == (pytest.approx(15 * 1.0 + 15 * 0.5), 0)
    assert plan.cost([memory]) == (0, 5)  # its baselines are there
    assert plan.cost(plan.trials) == (pytest.approx(15 * 2.0 + 15 * 0.5), 5)


def test_an_overlay_plans_the_seeds_of_open_conditions_and_no_others(config, trained):
    plan = plan_seeds(config, detect=5)
    before = set(plan_trials(config["blocks"], SEEDS, config["noise_floor"]))
    after = set(plan_trials(plan.blocks, SEEDS, config["noise_floor"]))
    assert before < after
    new = {
        Trial("salts", "cgcnn", "mdl", pooling, seed)
        for pooling in ("mean", "std", "mamm")
        for seed in range(15)
    }
    assert after - before == new


def test_the_next_look_asks_for_its_seeds_alone(config, trained):
    plan = plan_seeds(config, detect=5, next_look=True)
    seeds = {t.seed for t in plan_trials(plan.blocks, SEEDS)} - set(SEEDS)
    assert seeds == set(range(5))


def test_a_second_plan_keeps_the_trials_of_the_first(config, trained):
    first = plan_seeds(config, detect=5, next_look=True)
    config["blocks"] = first.blocks
    trained(config)
    second = plan_seeds(config, detect=5)
    assert by_pooling(second)["std"].n == 10
    assert by_pooling(second)["std"].look == 10
    assert set(plan_trials(first.blocks, SEEDS)) <= set(plan_trials(second.blocks, SEEDS))
    assert [block["name"] for block in second.blocks] == ["all", "more_seeds_1"]


def test_a_decision_stands_although_later_seeds_blur_it(config, write_record, trained):
    config["seeds"] = [*SEEDS, *range(5)]
    for seed in range(5):
        for pooling, error in (("mean", 10.0), ("max", 10.0 + 8 * (-1) ** seed)):
            write_record(Trial("salts", "cgcnn", "mdl", pooling, seed), error, n_train=508, n_test=96)
    found = by_pooling(plan_seeds(config, detect=5))["max"]
    assert (found.n, found.look, found.state) == (10, 5, LOWER)


def test_no_look_is_left_after_the_last(config, trained):
    found = by_pooling(plan_seeds(config, detect=5, looks=[5]))
    assert (found["std"].state, found["std"].seeds) == (LATE, None)
    assert "open after the last look at 5 seeds" in as_text(plan_seeds(config, detect=5, looks=[5]))


def test_the_reading_chooses_the_errors(config, trained, write_record):
    for seed in SEEDS:
        write_record(Trial("salts", "cgcnn", "mdl", "max", seed), 8.0, averaged_test_mae=12.0 + seed / 100)
    assert by_pooling(plan_seeds(config, detect=5, reading="averaged"))["max"].state == HIGHER


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"detect": 0}, "--detect: found 0"),
        ({"detect": math.nan}, "--detect: found nan"),
        ({"detect": 5, "looks": [5, 5]}, "--looks: found 5 5, expected increasing"),
        ({"detect": 5, "looks": [1]}, "--looks: found 1, expected increasing numbers of seeds, at least 2"),
    ],
)
def test_an_impossible_rule_is_refused(config, options, message):
    with pytest.raises(ConfigError, match=message):
        plan_seeds(config, **options)


def test_official_folds_allow_no_look_beyond_them(config):
    config |= {"split": config["split"] | {"scheme": "matbench"}, "seeds": [0, 1, 2, 3, 4]}
    with pytest.raises(ConfigError, match="--looks: found 20, expected at most 5"):
        plan_seeds(config, detect=5)


def test_the_command_prints_a_table_and_writes_an_overlay(config, trained, tmp_path, capsys):
    base, overlay = tmp_path / "config.yaml", tmp_path / "more.yaml"
    base.write_text(yaml.safe_dump(config))
    command = ["plan", "--detect", "5", "--configfile", str(base), "--output", str(overlay)]
    assert main(command) == 0
    text = capsys.readouterr().out
    assert "open: 20 seeds decide 5 %" in text
    assert "More seeds will not decide a change of 5 %" in text
    merged = read_config([base, overlay])
    assert len(plan_trials(merged["blocks"], merged["seeds"])) == 8 * 5 + 3 * 15
    assert main([*command, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == as_json(plan_seeds(config, detect=5))
    assert printed["not_decided_by_seeds"] == ["salts/cgcnn/mdl/gmt"]
    memory = printed["comparisons"][-1]
    assert (memory["pooling"], memory["change"], memory["core_hours"]) == ("memory", None, None)


def test_an_overlay_replaces_no_file_of_the_user(config, trained, tmp_path, capsys):
    base, mine = tmp_path / "config.yaml", tmp_path / "mine.yaml"
    base.write_text(yaml.safe_dump(config))
    mine.write_text("note: mine\n")
    command = ["plan", "--detect", "5", "--configfile", str(base), str(mine), "--output", str(mine)]
    assert main(command) == 2
    assert f"{mine}: found another file, expected a new one or an overlay" in capsys.readouterr().err
    assert mine.read_text() == "note: mine\n"


def test_no_further_seed_is_planned_without_mean_pooling():
    block = {"datasets": ["salts"], "models": ["cgcnn"], "edges": ["mdl"], "poolings": ["mean"], "name": "a"}
    wanted = [Trial("salts", "cgcnn", "mdl", pooling, 1) for pooling in ("gmt", "mean")]
    with pytest.raises(ConfigError, match=r"seed 1 of .* is planned for 'mean' and not for 'gmt'"):
        further_blocks([block], [1], {}, {"gmt": wanted})


def test_no_overlay_is_written_where_no_seed_is_missing(config, tmp_path, capsys):
    base, overlay = tmp_path / "config.yaml", tmp_path / "more.yaml"
    base.write_text(yaml.safe_dump(config))
    assert main(["plan", "--detect", "5", "--configfile", str(base), "--output", str(overlay)]) == 0
    assert not overlay.exists()
    assert "not written" in capsys.readouterr().err


def test_a_plan_that_cannot_be_made_ends_with_the_status_of_a_wrong_configuration(config, tmp_path, capsys):
    base = tmp_path / "config.yaml"
    base.write_text(yaml.safe_dump(config))
    assert main(["plan", "--detect", "-5", "--configfile", str(base)]) == 2
    assert "--detect: found -5" in capsys.readouterr().err
