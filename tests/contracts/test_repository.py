"""Contracts between the parts of the repository."""

import ast
import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from gnnpool.config import check_config
from gnnpool.data.download import Limits
from gnnpool.errors import ConfigError
from gnnpool.records import TIMINGS, TrialRecord
from gnnpool.training.settings import Averaging, Scheduler, Training

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "workflow/schemas/config.schema.yaml"
ADAPTERS = sorted((ROOT / "workflow/scripts").glob("*.py"))
# Words for which the field has a term: significant, detects, reports, logs, names (CONTRIBUTING.md).
VAGUE = re.compile(r"\b(told|tells?)\b", re.IGNORECASE)
PROSE = ("docs", "config", "workflow", "profiles", "benchmarks", "src", "tests")
RULES = "\n".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))


@pytest.fixture
def config():
    # Lists that the file shares by an anchor are lists of their own here, so that a change is one change.
    return json.loads(json.dumps(yaml.safe_load((ROOT / "config/config.yaml").read_text())))


@pytest.fixture
def schema():
    return yaml.safe_load(SCHEMA.read_text())


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda path: path.stem)
def test_an_adapter_only_translates(adapter):
    tree = ast.parse(adapter.read_text())
    forbidden = (
        ast.FunctionDef,
        ast.If,
        ast.For,
        ast.While,
        ast.Try,
        ast.Lambda,
        ast.comprehension,
        ast.IfExp,
    )
    assert not [node for node in ast.walk(tree) if isinstance(node, forbidden)]
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert len(imports) == 2
    assert "gnnpool.logs" in {node.module for node in imports}
    calls = [node for node in tree.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
    assert len(calls) == 2
    assert len(adapter.read_text().splitlines()) <= 30


def test_every_rule_with_a_script_has_an_adapter_of_its_name_and_a_log():
    for body in re.split(r"^rule ", RULES, flags=re.M)[1:]:
        name = body.split(":")[0]
        if "script:" in body:
            assert f"scripts/{name}.py" in body
            assert "log:" in body
            assert "message:" in body
            assert (ROOT / f"workflow/scripts/{name}.py").exists()


def test_every_adapter_belongs_to_a_rule():
    assert {path.stem for path in ADAPTERS} == set(re.findall(r'scripts/(\w+)\.py"', RULES))


def test_schema_and_settings_name_the_same_keys(schema):
    training = schema["properties"]["training"]
    assert set(training["properties"]) == {f.name for f in dataclasses.fields(Training)}
    for name, settings in (("scheduler", Scheduler), ("averaging", Averaging)):
        keys = set(training["properties"][name]["properties"])
        assert keys == {f.name for f in dataclasses.fields(settings)}


def test_schema_and_limits_of_downloads_name_the_same_keys(schema):
    download = schema["properties"]["download"]
    assert set(download["properties"]) == {f.name for f in dataclasses.fields(Limits)}


# What runs code that stands in a file, or writes where a file says.
DANGEROUS = re.compile(
    r"""weights_only\s*=\s*False | allow_pickle\s*=\s*True | \bUntar\b | \.extract(all)?\(
    | \bimport\ (pickle|shelve|marshal|dill|cloudpickle|joblib)\b | \bread_pickle\( | \bpickle\.loads?\(
    | \byaml\.(unsafe_|full_)?load(_all)?\((?![^)]*Safe) | (?<![\w.])(eval|exec)\( | shell\s*=\s*True
    | \btorch\.load\((?!.*weights_only=True)""",
    re.VERBOSE,
)


@pytest.mark.parametrize(
    "line",
    [
        "torch.load(path, weights_only=False)",
        "torch.load(path)",
        "import pickle",
        "pickle.load(file)",
        "np.load(path, allow_pickle=True)",
        "yaml.load(text)",
        "yaml.load(text, Loader=yaml.Loader)",
        "yaml.unsafe_load(text)",
        "processor=pooch.Untar()",
        "archive.extractall(folder)",
        "subprocess.run(command, shell=True)",
        "eval(text)",
    ],
)
def test_calls_that_run_code_are_found(line):
    assert DANGEROUS.search(line)


@pytest.mark.parametrize(
    "line", ["yaml.safe_load(text)", "yaml.load(text, Loader=yaml.SafeLoader)", "network.eval()"]
)
def test_safe_calls_are_allowed(line):
    assert not DANGEROUS.search(line)


def test_nothing_runs_code_out_of_a_file():
    sources = [path for folder in ("src", "workflow", "benchmarks") for path in (ROOT / folder).rglob("*")]
    lines = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in [ROOT / "Snakefile", *sources]
        if path.suffix in {".py", ".smk", ""} and path.is_file()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if DANGEROUS.search(line)
    ]
    assert lines == []


def test_prose_uses_report_and_detect():
    text = {".py", ".md", ".yaml", ".smk", ".rst", ".jinja", ".js", ".sh"}
    found = [path for folder in PROSE for path in (ROOT / folder).rglob("*") if path.suffix in text]
    files = [ROOT / name for name in ("README.md", "Makefile", "Snakefile")] + sorted(found)
    names = {path: path.relative_to(ROOT).as_posix() for path in files}
    lines = [
        f"{names[path]}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if path != Path(__file__) and VAGUE.search(line)
    ]
    assert lines == []


def test_the_schema_is_closed_and_has_no_defaults(schema):
    def walk(node, path):
        if isinstance(node, dict):
            if node.get("type") == "object" and "properties" in node:
                assert "additionalProperties" in node or "pyg" in str(path) or "oneOf" in path, path
            assert not ("default" in node and "type" in node), path
            for key, value in node.items():
                walk(value, [*path, key])
        elif isinstance(node, list):
            for value in node:
                walk(value, path)

    walk(schema, [])


def test_the_shipped_configuration_passes(config):
    check_config(config, SCHEMA)


def test_every_number_of_the_training_section_has_a_reason():
    lines = (ROOT / "config/config.yaml").read_text().split("\ntraining:\n")[1].split("\n\n")[0].splitlines()
    assert [line for line in lines if "#" not in line] == []


def test_timings_are_fields_of_the_record():
    assert set(TIMINGS) <= {f.name for f in dataclasses.fields(TrialRecord)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c["training"].update(epocs=3), r"training: unknown key 'epocs', did you mean 'epochs'"),
        (lambda c: c["training"]["averaging"].update(select="first"), r"training.averaging.select: 'first'"),
        (
            lambda c: c["training"]["averaging"].update(time_constant=0),
            r"training.averaging.time_constant: 0",
        ),
        (lambda c: c.update(seed=[1]), r"top level: unknown key 'seed', did you mean 'seeds'"),
        (lambda c: c["training"].pop("epochs"), r"training: missing 'epochs'"),
        (lambda c: c["training"].update(epochs="many"), r"training.epochs: 'many' is not of type 'integer'"),
        (lambda c: c["edges"]["mdl"].update(cutoff=-1), r"edges.mdl.cutoff"),
        (lambda c: c.update(seeds=[1, 1]), r"seeds"),
        (lambda c: c.update(seeds=[]), r"seeds"),
        (lambda c: c["split"].update(train=0.9), r"split: expected shares that sum to 1"),
        (lambda c: c["blocks"][0]["poolings"].append("maen"), r"'maen'; did you mean mean"),
        (lambda c: c["blocks"][0]["datasets"].append("phonon"), r"'phonon'; did you mean phonons"),
        (lambda c: c["blocks"][0].update(name="../x"), r"blocks.0.name"),
        (lambda c: c["blocks"][0].update(poolings=["max"]), r"lack the baseline"),
        (lambda c: c["models"]["cgcnn"].update(encoder="cgcn"), r"'cgcn'; did you mean cgcnn"),
        (lambda c: c["datasets"]["phonons"].update(source="matbenhc"), r"'matbenhc'; did you mean matbench"),
        (lambda c: c["figures"][0].update(kind="box"), r"unknown kind of figure 'fig4a'"),
        (
            lambda c: c["tables"][0]["poolings"].append("mmam"),
            r"pooling in tables entry 'table1': 'mmam'; did you mean mamm",
        ),
        (
            lambda c: c["figures"][0].update(datasets=["phonon"]),
            r"dataset in figures entry 'fig4a': 'phonon'",
        ),
        (
            lambda c: c["tables"][2]["settings"].append(["cgcn", "mdl"]),
            r"model in tables entry 'table3': 'cgcn'",
        ),
        (
            lambda c: c["explanations"][0].update(dataset="surfaces"),
            r"dataset in explanations entry 'surface': 'surfaces'; did you mean surface",
        ),
        (
            lambda c: c["explanations"][0]["poolings"].append("gmtt"),
            r"pooling in explanations entry 'surface': 'gmtt'",
        ),
        (lambda c: c["explanations"][0].update(structures="best"), r"explanations.0.structures: 'best'"),
        (lambda c: c["explanations"][0].update(structures=0), r"explanations.0.structures: 0"),
        (lambda c: c["explanations"][0].update(structures=[331]), r"explanations.0.structures.0: 331"),
        (lambda c: c["explanations"][1].update(name="surface"), r"explanations: .* surface is given twice"),
        (lambda c: c["datasets"]["phonons"]["physics"].update(decided_by="light"), r"physics.decided_by"),
        (lambda c: c["datasets"]["phonons"].pop("sha256"), r"datasets.phonons"),
        (lambda c: c["datasets"]["phonons"].update(file="../../etc/passwd"), r"datasets.phonons.file"),
    ],
)
def test_a_wrong_configuration_is_refused_with_key_and_place(config, change, message):
    change(config)
    with pytest.raises(ConfigError, match=message):
        check_config(config, SCHEMA)


def test_the_description_of_the_configuration_is_up_to_date():
    script = ROOT / "workflow/schemas/describe.py"
    printed = subprocess.run(
        [sys.executable, script], capture_output=True, encoding="utf-8", check=True
    ).stdout
    assert (ROOT / "config/README.md").read_text(encoding="utf-8") == printed, (
        f"run {script} > config/README.md"
    )
