"""Faulty configurations: each is refused before any job, with its key; sound ones pass."""

import json
import math
import re
from pathlib import Path

import pytest
import yaml

from gnnpool.config import check_config, networks_of, read_config
from gnnpool.errors import ConfigError
from gnnpool.trials import plan_trials

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "workflow/schemas/config.schema.yaml"
SHIPPED = json.dumps(read_config([ROOT / "config/config.yaml"]))
NAN, INFINITE = math.nan, math.inf
CGCNN, TORCHMD = "models.cgcnn.options", "models.torchmd.options"


def changed(changes):
    """The shipped configuration with other values; `...` removes a key, and missing ones are made."""
    config = json.loads(SHIPPED)
    for path, value in changes.items():
        *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        node = config
        for step in way:
            node = node.setdefault(step, {}) if isinstance(node, dict) else node[step]
        if value is ...:
            del node[last]
        else:
            node[last] = value
    return config


def refusal(changes):
    with pytest.raises(ConfigError) as caught:
        check_config(changed(changes), SCHEMA)
    return str(caught.value)


def options_of(operator, **options):
    return {"poolings.mine": {"label": "Mine", "operators": [{"operator": operator, "options": options}]}}


FAULTS = [
    # Numbers that are none.
    *[
        ({key: value}, f"config: {key}: expected a finite number")
        for key in (
            "download.deadline",
            "download.stall",
            "download.pause",
            "download.patience",
            "checkpoint.seconds",
            "split.train",
            "datasets.phonons.target_statistics.mean",
            "datasets.phonons.target_statistics.mean_absolute_deviation",
            f"{CGCNN}.gaussian_width",
            "edges.mdl.cutoff",
            "poolings.mamm_encdec.encoder_decoder.weight",
            "training.learning_rate",
            "training.weight_decay",
            "training.gradient_clip",
            "training.scheduler.factor",
            "training.scheduler.threshold",
            "training.scheduler.min_learning_rate",
            "statistics.confidence",
            "statistics.margin",
        )
        for value in (NAN, INFINITE)
    ],
    ({"seeds": [NAN]}, "config: seeds.0: expected a finite number"),
    ({"training.epochs": 10**30}, r"training\.epochs: expected a number below 2\^63, found one of 31 digits"),
    # Integers that are none.
    *[
        ({key: value}, rf"config: {key}: {value} is not of type 'integer'")
        for key in (
            "training.epochs",
            "training.batch_size",
            "training.threads",
            "training.scheduler.patience",
            "checkpoint.epochs",
            "download.tries",
            "statistics.resamples",
            "edges.mdl.max_neighbors",
            "models.cgcnn.head.layers",
            "models.cgcnn.head.channels",
            "datasets.phonons.structures",
            "seeds.0",
            "noise_floor.initialisations.0",
        )
        for value in (3.0, True)
    ],
    ({"edges.mdl.max_offsets": 2.0}, r"edges\.mdl\.max_offsets: 2\.0 is not"),
    ({"explanations.0.structures": 2.0}, r"explanations\.0\.structures: 2\.0 is not"),
    ({"explanations.0.seed": 111.0}, r"explanations\.0\.seed: 111\.0 is not"),
    ({"training.learning_rate": "1e-3"}, r"learning_rate: '1e-3' is not .*, write 0\.001 without quotes"),
    ({"training.learning_rate": True}, r"training\.learning_rate: True is not of type 'number'"),
    # Out of bounds.
    ({"training.threads": 1_000_000}, r"training\.threads: 1000000 is greater than the maximum of 1024"),
    ({"training.threads": 0}, r"training\.threads: 0 is less"),
    ({"training.scheduler.threshold": 1.0}, r"training\.scheduler\.threshold"),
    ({"training.scheduler.min_learning_rate": 0.1}, r"min_learning_rate: expected at most learning_rate"),
    ({"statistics.resamples": 10**9}, r"statistics\.resamples"),
    ({"statistics.confidence": 1}, r"statistics\.confidence"),
    ({"seeds": [2**31]}, r"seeds\.0: 2147483648 is greater than the maximum of 2147483647"),
    ({"seeds": [-1]}, r"seeds\.0: -1 is less than the minimum"),
    ({"seeds": [7, 8, 7]}, r"seeds: 7 is given twice"),
    ({"seeds": list(range(10_000))}, r"blocks: they plan 1,610,000 trials .* at most 50,000"),
    ({"seeds": "111"}, r"seeds: '111' is not of type 'array'"),
    ({"blocks.0.seeds": [1, 1]}, r"blocks\.0\.seeds: 1 is given twice"),
    ({"blocks.0.seeds": []}, r"blocks\.0\.seeds"),
    ({"blocks.0.seeds": list(range(10_000))}, r"blocks: they plan 910,350 trials .* at most 50,000"),
    (
        {"seeds": [0, 1, 2, 3, 4], "blocks.0.seeds": [5], "split.scheme": "matbench"},
        r"expected 0 to 4, found 5",
    ),
    ({"noise_floor": {"poolings": ["mean"], "initialisations": [0]}}, r"noise_floor\.initialisations\.0"),
    ({"noise_floor.poolings": ["max"]}, r"pooling of a block, named by noise_floor: 'max'"),
    # Names and texts.
    (
        {"poolings.all": {"label": "All", "operators": ["mean", "max"]}},
        r"poolings\.all: expected another name",
    ),
    ({"blocks.0.name": "mine\n"}, r"blocks\.0\.name: 'mine\\n' does not match"),
    ({"blocks.0.name": "a" * 101}, r"blocks\.0\.name: .* is too long"),
    ({"tables.0.name": " table"}, r"tables\.0\.name"),
    ({"tables.0.name": "table2"}, r"tables: expected distinct names, table2 is given twice"),
    ({"tables.0.title": "Title "}, r"tables\.0\.title: 'Title ' does not match"),
    ({"figures.0.title": " Title"}, r"figures\.0\.title"),
    ({"figures.0.reading": "mean"}, r"figures\.0\.reading: 'mean' is not one of \['raw', 'averaged'\]"),
    ({"tables.0.kind": "readings", "tables.0.reading": "raw"}, r"tables\.0\.reading: expected none"),
    ({"datasets.phonons.label": "Phonons\n"}, r"datasets\.phonons\.label"),
    ({"datasets.phonons.label": ""}, r"datasets\.phonons\.label"),
    ({"datasets.phonons.label": True}, r"datasets\.phonons\.label"),
    ({"datasets.phonons.unit": "eV\tper atom"}, r"datasets\.phonons\.unit"),
    ({"datasets.phonons.file": "data.json\n"}, r"datasets\.phonons\.file"),
    ({"datasets.phonons.url": "https://a.org/x y"}, r"datasets\.phonons\.url"),
    ({"datasets.phonons.sha256": "0" * 64 + "\n"}, r"datasets\.phonons\.sha256"),
    ({"datasets.Phonons": {}}, r"datasets: the key 'Phonons': 'Phonons' does not match"),
    ({"datasets.phonons.options.Key": 1}, r"datasets\.phonons\.options: the key 'Key'"),
    ({"poolings.max\n": {"label": "Max"}}, r"poolings: the key 'max\\n'"),
    ({"blocks.0.poolings": ["mean", "gmt\n"]}, r"blocks\.0\.poolings\.1"),
    ({"blocks.0.datasets": ["phonons", "phonons"]}, r"blocks\.0\.datasets: 'phonons' is given twice"),
    ({"blocks.0.poolings": ["mean", "gmtt"]}, r"block 'cgcnn_mdl': .*'gmtt'; did you mean gmt"),
    ({"mirror": ""}, r"config: mirror"),
    ({"mirror": str(ROOT / "Snakefile")}, r"mirror: expected a folder, found the file .*Snakefile"),
    ({"note": None}, r"config: note: None is not of type 'string'"),
    ({"device": "gpu"}, r"config: device: 'gpu' is not one of"),
    ({"training.epoch": 3}, r"training: unknown key 'epoch', did you mean 'epochs'"),
    ({"tables": ...}, r"top level: missing 'tables'"),
    # Folders.
    *[
        ({key: "/"}, rf"{key}: expected a folder of its own, found '/'")
        for key in ("results", "logs", "resources")
    ],
    (
        {"results": "."},
        r"results: expected a folder of its own, found '\.', which holds the working directory",
    ),
    ({"results": ".."}, r"results: expected a folder of its own"),
    ({"results": str(ROOT)}, r"results: expected a folder of its own, .* holds the (working|checkout)"),
    ({"results": str(ROOT / "src/out")}, r"results: expected a folder outside of the workflow's src/"),
    ({"logs": "results"}, r"results, logs: expected folders apart from each other"),
    ({"logs": "results/trials"}, r"results, logs: expected folders apart from each other"),
    ({"results": "resources/raw"}, r"results, resources: expected folders apart from each other"),
    ({"results": "results/"}, r"results: expected the shortest form 'results', found 'results/'"),
    ({"logs": "./logs"}, r"logs: expected the shortest form 'logs'"),
    ({"logs": "logs\n"}, r"config: logs"),
    ({"logs": ""}, r"config: logs"),
    ({"results": str(ROOT / "Snakefile/out")}, r"results: expected a folder, but .*Snakefile is a file"),
    # Options of encoders.
    (
        {f"{CGCNN}.chanels": 64},
        rf"{CGCNN}\.chanels: unknown option of encoder 'cgcnn'; did you mean 'channels'",
    ),
    ({f"{CGCNN}.cutoff": 8.0}, rf"{CGCNN}\.cutoff: unknown option"),
    ({f"{CGCNN}.layers": ...}, rf"{CGCNN}: missing 'layers' \(encoder 'cgcnn'\)"),
    ({f"{CGCNN}.channels": 0}, rf"{CGCNN}\.channels: expected an integer ≥ 1, found 0"),
    ({f"{CGCNN}.channels": 64.0}, rf"{CGCNN}\.channels: expected an integer ≥ 1, found 64\.0"),
    ({f"{CGCNN}.channels": "64"}, rf"{CGCNN}\.channels: expected an integer ≥ 1, found '64'"),
    ({f"{CGCNN}.layers": True}, rf"{CGCNN}\.layers: expected an integer ≥ 1, found True"),
    ({f"{CGCNN}.pre_layers": -1}, rf"{CGCNN}\.pre_layers: expected an integer ≥ 1, found -1"),
    ({f"{CGCNN}.gaussians": None}, rf"{CGCNN}\.gaussians: expected an integer ≥ 1, found None"),
    ({f"{CGCNN}.gaussian_width": 0}, rf"{CGCNN}\.gaussian_width: expected a number > 0, found 0"),
    (
        {f"{TORCHMD}.headz": 8},
        rf"{TORCHMD}\.headz: unknown option of encoder 'torchmd'; did you mean 'heads'",
    ),
    ({f"{TORCHMD}.heads": 0}, rf"{TORCHMD}\.heads: expected an integer ≥ 1"),
    ({f"{TORCHMD}.radial": [50]}, rf"{TORCHMD}\.radial: expected an integer ≥ 1"),
    ({"models.cgcnn.encoder": "cgccn"}, r"encoder of model 'cgcnn': 'cgccn'; did you mean cgcnn"),
    # Options of operators, of a pooling alone and of one among several.
    (
        {"poolings.gmt.options.headz": 4},
        r"poolings\.gmt\.options\.headz: unknown option .* did you mean 'heads'",
    ),
    ({"poolings.gmt.options.heads": 0}, r"poolings\.gmt\.options\.heads: expected an integer ≥ 1"),
    ({"poolings.gmt.options.encoder_blocks": -1}, r"gmt\.options\.encoder_blocks: expected an integer ≥ 0"),
    ({"poolings.gmt.options.in_channels": 4}, r"gmt\.options\.in_channels: unknown option"),
    ({"poolings.mean.options.eps": 1}, r"poolings\.mean\.options\.eps: unknown option .*; options: none"),
    (
        {"poolings.set2set.options.steps": 3.0},
        r"set2set\.options\.steps: expected an integer ≥ 1, found 3\.0",
    ),
    ({"poolings.memory.options.tau": 0.0}, r"memory\.options\.tau: expected a number > 0"),
    ({"poolings.memory.options.aux_weight": -0.1}, r"memory\.options\.aux_weight: expected a number ≥ 0"),
    ({"poolings.dense_diff.options.clusters": "ten"}, r"dense_diff\.options\.clusters: expected an integer"),
    (options_of("std", eps=-1.0), r"poolings\.mine\.operators\.0\.options\.eps: expected a number > 0"),
    (
        options_of("std", epz=1.0),
        r"poolings\.mine\.operators\.0\.options\.epz: unknown option of operator 'std'",
    ),
    (options_of("meen"), r"poolings: unknown operator of pooling 'mine': 'meen'; did you mean mean"),
    ({"poolings.mine": {"label": "Mine"}}, r"poolings: unknown operator of pooling 'mine'"),
    ({"poolings.mamm.options.eps": 1}, r"pooling 'mamm': give options to the items of operators"),
    ({"poolings.mamm.operators": []}, r"poolings\.mamm\.operators"),
    (
        {"poolings.mamm.operators": [{"pyg": "MeanAgregation"}]},
        r"PyG aggregation .* did you mean MeanAggregation",
    ),
    ({"poolings.mamm.operators": [{"pyg": "Max", "tgp": "x"}]}, r"poolings\.mamm\.operators\.0"),
    ({"poolings.mamm.head": "narrow"}, r"poolings\.mamm\.head"),
    ({"poolings.mamm.order_dependent": "yes"}, r"poolings\.mamm\.order_dependent"),
    # Options of readers, and whether there is a file to read.
    ({"datasets.2d.options.kee": "gap"}, r"datasets\.2d\.options\.kee: unknown option of source 'c2db'; did"),
    ({"datasets.2d.options.key": 5}, r"datasets\.2d\.options\.key: expected a string, found 5"),
    ({"datasets.2d.options.path": "x"}, r"datasets\.2d\.options\.path: unknown option"),
    (
        {"datasets.2d": {"source": "demo", "label": "D", "target": "t", "unit": "1", "structures": 9}},
        "missing 'target'",
    ),
    ({"datasets.phonons.source": "demo", "datasets.phonons.options.target": "per_atom"}, "expects no 'file'"),
    (
        {"datasets.2d": {"source": "c2db", "label": "D", "target": "t", "unit": "1", "structures": 9}},
        r"datasets\.2d: source 'c2db' expects 'file', found none",
    ),
    (
        {
            "datasets.2d": {
                "source": "demo",
                "label": "D",
                "target": "t",
                "unit": "1",
                "structures": 9,
                "options": {"target": "per_mole"},
            }
        },
        r"datasets\.2d\.options\.target: expected one of 'per_atom', 'per_cell', found 'per_mole'",
    ),
    ({"datasets.2d.source": "c2bd"}, r"source of dataset '2d': 'c2bd'; did you mean c2db"),
    ({"poolings.mean.operators": ["sum"]}, r"poolings\.mean\.operators: expected none, .* found \['sum'\]"),
    (
        {"poolings.two": {"label": "T", "operators": [{"pyg": "MeanAggregation", "tgp": "topk"}]}},
        r"poolings\.two\.operators\.0: expected one form, found that of several",
    ),
    # Tables, figures, explanations.
    ({"tables.0.kind": "by_datasets"}, r"kind of table 'table1': 'by_datasets'; did you mean by_dataset"),
    ({"figures.0.kind": ""}, r"figures\.0\.kind"),
    ({"tables.0.settings": [["cgcnn"]]}, r"tables\.0\.settings\.0"),
    ({"tables.0.settings": [["cgcnn", "mdl"]] * 2}, r"settings: \['cgcnn', 'mdl'\] is given twice"),
    ({"tables.0.options": {}}, r"tables\.0: unknown key 'options'"),
]


@pytest.mark.parametrize(("changes", "message"), FAULTS, ids=range(len(FAULTS)))
def test_a_faulty_configuration_is_refused_with_its_key(changes, message):
    found = refusal(changes)
    assert re.search(message, found), found


SOUND = [
    {},
    {"seeds": [0, 2**31 - 1]},
    {"seeds": list(range(300))},
    {"blocks.0.seeds": [1, 2, 3]},
    {"training.learning_rate": 1},
    {"training.threads": 1024},
    {"results": "/somewhere/results", "logs": "/somewhere/logs"},
    {"results": "results/mine", "logs": "logs/mine"},
    {"results": "../elsewhere"},
    {"mirror": "/data with spaces"},
    {"datasets.phonons.label": "ω, last peak (cm⁻¹)"},
    {"edges.mdl.max_offsets": 2},
    {"models.cgcnn.options.gaussian_width": 1},
    {"poolings.memory.options.aux_weight": 0},
    {"poolings.gmt.options": {"encoder_blocks": 0, "heads": 2}},
    {"poolings.mine": {"label": "Mine", "operators": [{"pyg": "SoftmaxAggregation", "learn": True}, "std"]}},
    options_of("std", eps=1e-3),
    {"datasets.2d.options.key": "gap"},
    {
        "datasets.mine": {
            "source": "demo",
            "label": "Demo",
            "target": "t",
            "unit": "1",
            "structures": 9,
            "options": {"target": "per_cell", "count": 9},
        }
    },
]


@pytest.mark.parametrize("changes", SOUND, ids=range(len(SOUND)))
def test_a_sound_configuration_passes(changes):
    check_config(changed(changes), SCHEMA)


OVERLAYS = sorted(path.name for path in (ROOT / "config").glob("*.yaml"))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_shipped_configuration_passes(overlay):
    check_config(read_config([ROOT / "config/config.yaml", ROOT / "config" / overlay]), SCHEMA)


def test_the_message_of_a_few_faults_word_by_word():
    assert refusal({"training.epochs": 3.0}) == (
        "config: training.epochs: 3.0 is not of type 'integer' (Passes over the training structures.)"
    )
    assert refusal({"training.scheduler.factor": NAN}) == (
        "config: training.scheduler.factor: expected a finite number, found nan"
    )
    assert refusal({f"{CGCNN}.chanels": 64}) == (
        "models.cgcnn.options.chanels: unknown option of encoder 'cgcnn'; did you mean 'channels'?"
    )
    assert refusal({"seeds": list(range(10_000))}) == (
        "blocks: they plan 1,610,000 trials with 10,000 seeds, expected at most 50,000: Snakemake plans all "
        "of them at once, 2 ms and 40 kB of memory for each; divide them into several configurations with "
        "'results' of their own"
    )


def test_a_network_is_named_by_what_decides_it_and_not_by_labels_or_edges():
    def names(changes):
        config = changed(changes)
        trials = plan_trials(config["blocks"], config["seeds"], config["noise_floor"])
        return {key: network["name"] for key, network in networks_of(config, trials).items()}

    before = names({})
    assert before["cgcnn", "mdl", "gmt"] == before["cgcnn", "ocp", "gmt"]
    assert len(set(before.values())) == 13 + 3  # poolings with CGCNN, with TorchMD
    assert names({"poolings.gmt.label": "Other", "models.cgcnn.label": "Other"}) == before
    after = names({"poolings.gmt.options": {"heads": 2}})
    assert {key[2] for key in before if after[key] != before[key]} == {"gmt"}


def test_many_faults_are_counted_and_the_first_are_named():
    found = refusal(
        {f"seeds.{number}": f"x{number}" for number in range(5)} | {"note": 1, "device": 2}
    ).splitlines()
    assert len(found) == 6
    assert found[-1] == "config: ... and 2 more"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", r"mine\.yaml: line 3: the key 'a' is given twice, see line 1"),
        ("x: {b: 1, b: 2}\n", r"mine\.yaml: line 1: the key 'b' is given twice"),
        ("x:\n  - {y: 1, z: 2, y: 3}\n", r"mine\.yaml: line 2: the key 'y' is given twice"),
        ("a: {b: 1\nc: 2\n", r"mine\.yaml: cannot be read: .*\n?.*line 2"),
        ("a: &a [*a]\n", r"mine\.yaml: cannot be read: .*ircular"),
        ("a: !!python/object/apply:os.getcwd []\n", r"mine\.yaml: cannot be read"),
    ],
)
def test_a_fault_of_a_file_is_named_with_file_and_line(tmp_path, text, message):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_config([path])
    assert re.search(message, str(caught.value), flags=re.S)


def test_a_key_may_replace_one_that_is_merged_in(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("x: {y: &a {<<: &b {k: 1, l: 1}, k: 2}}\nz: {<<: *a, l: 3}\nw: *b\n")
    assert read_config([path]) == yaml.safe_load(path.read_text())
