"""Build every planned network and train it for one step before any training.

Components of other packages may fail in any way, and even end the process. So the networks are built in a
separate process; if it ends early, the network that it was building is at fault.
"""

import json
import logging
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gnnpool import plugins
from gnnpool.artifacts import write_json
from gnnpool.errors import ConfigError
from gnnpool.pooling_names import GROUP, read_operators

_SHOWN = 10  # faults
_logger = logging.getLogger(__name__)


def check_networks(networks: Mapping[str, Mapping[str, Any]]) -> None:
    """Build each network on the CPU, train it for one step on small graphs, and check its pooling.

    Args:
        networks: By the JSON file to write, which gets the channels of the pooled vector, whether it sees the
            number of atoms (measured where the operators are of other packages), and the number of
            parameters: the entries of the configuration that decide the network, which are model,
            pooling_entry and cutoff (Å), and the names of its pooling and of edges that it is trained with.

    Raises:
        ConfigError: If a network cannot be built or trained, with pooling and operator, each reason once.
    """
    answers = _answers(networks)
    if faults := {name: answer["fault"] for name, answer in answers.items() if answer["fault"]}:
        alike = Counter(faults.values())
        first = {fault: name for name, fault in reversed(faults.items())}
        lines = [
            f"{_where(networks[first[fault]])}: {fault}"
            + (f" ({count - 1} more networks alike)" if count > 1 else "")
            for fault, count in list(alike.items())[:_SHOWN]
        ]
        more = [f"... and {len(alike) - _SHOWN} more"] if len(alike) > _SHOWN else []
        raise ConfigError("\n".join([*lines, *more]))
    for output, answer in answers.items():
        write_json(output, {key: answer[key] for key in ("pooled_channels", "sees_size", "parameters")})
    _logger.info("%d networks can be built and trained", len(answers))


def _where(network: Mapping[str, Any]) -> str:
    found = [("gnnpool.models", "encoder", network["model"]["encoder"])]
    choices = read_operators(network["pooling"], network["pooling_entry"])
    found += [(GROUP, "operator", choice.name) for choice in choices if choice.kind == "operator"]
    foreign = [
        f"{what} {name!r} is {origin} of another package"
        for group, what, name in found
        if (origin := plugins.origin(name, group))
    ]
    operators = ", ".join(dict.fromkeys(choice.name for choice in choices))
    return "; ".join(
        [
            f"pooling {network['pooling']!r} ({operators}) with encoder {network['model']['encoder']!r} "
            f"and edges {network['edges']!r}",
            *foreign,
        ]
    )


def _answers(networks: Mapping[str, Mapping]) -> dict[str, dict[str, Any]]:
    """The result for each network; if one ends the process, it is started again for the remaining ones."""
    answers: dict[str, dict[str, Any]] = {}
    while left := {name: network for name, network in networks.items() if name not in answers}:
        with TemporaryDirectory() as folder:
            file = Path(folder, "answers")
            command = [sys.executable, "-c", f"from {__name__} import _main; _main()", str(file)]
            ended = subprocess.run(
                command, input=json.dumps(left), capture_output=True, text=True, errors="replace", check=False
            )
            _logger.info("%s%s", ended.stdout, ended.stderr)
            lines = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        if not lines:
            raise ConfigError(
                f"no network could be built, status {ended.returncode}:\n{ended.stderr[-2000:]}"
            )
        for line in lines:
            answers[line["name"]] = line
        last = answers[lines[-1]["name"]]
        if last["fault"] is None and "parameters" not in last:
            last["fault"] = f"it ended the process (status {ended.returncode}), which a component must not do"
    return answers


def _main() -> None:
    """Build the networks of standard input; write a line to the file before and after each."""
    networks = json.load(sys.stdin)
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        for name, network in networks.items():
            print(json.dumps({"name": name, "fault": None}), file=file, flush=True)
            print(json.dumps({"name": name, **_try(network)}), file=file, flush=True)


def _try(network: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"fault": None, **_tried(network)}
    except SystemExit as error:
        traceback.print_exc()
        return {"fault": f"it ends the process (SystemExit: {error.code}), which a component must not do"}
    except (ConfigError, TypeError, ValueError) as error:
        traceback.print_exc()
        return {"fault": str(error) or type(error).__name__}
    except Exception as error:
        traceback.print_exc()
        return {"fault": f"{type(error).__name__}: {error}"}


def _tried(network: Mapping[str, Any]) -> dict[str, Any]:
    import torch  # imported here, because the parent process needs no torch

    from gnnpool.network import build_network
    from gnnpool.pooling._laws import check_laws, small_graphs

    torch.manual_seed(0)
    built = build_network(
        **{key: network[key] for key in ("model", "pooling", "pooling_entry", "cutoff")}
    ).train()
    check_laws(built.pooling, what=f"pooling {network['pooling']!r}")
    graphs = small_graphs(torch.get_default_dtype())
    found = built(graphs)
    for what, value in _tensors(found):
        if tuple(value.shape) != (graphs.num_graphs,) or not value.isfinite().all():
            raise ConfigError(f"expected a finite {what} for each of {graphs.num_graphs} graphs, got {value}")
    sum(value.sum() for _, value in _tensors(found)).backward()
    if all(weight.grad is None for weight in built.encoder.parameters()):
        raise ConfigError("expected a gradient in the encoder, got none; does the pooling detach its result?")
    return {
        "pooled_channels": built.pooling.out_channels,
        "sees_size": built.pooling.sees_size,
        "parameters": built.num_parameters,
    }


def _tensors(prediction: Any) -> Iterator[tuple[str, Any]]:
    yield "prediction", prediction.value
    if prediction.aux_loss is not None:
        yield "auxiliary loss", prediction.aux_loss
