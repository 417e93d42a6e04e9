"""What a pooling costs beside mean pooling: seconds of a training, parameters and memory."""

import numpy as np
import pandas as pd

from gnnpool.records import BASELINE

UNITS = {
    "seconds": "s, processor time on a CPU, wall time on a GPU; median over seeds and datasets",
    "seconds_ratio": "of mean pooling's, geometric mean over datasets",
    "seconds_ratio_lowest": "of mean pooling's, lowest dataset",
    "seconds_ratio_highest": "of mean pooling's, highest dataset",
    "parameters": "trainable numbers, median over datasets",
    "parameters_ratio": "of mean pooling's",
    "memory": "MiB, peak of the process; median over seeds and datasets",
}
_SETTING = ["model", "edges"]
_PLACE = [*_SETTING, "dataset"]
_DEVICE = ["device", "device_name", "processor", "threads"]


def relative_cost(trials: pd.DataFrame) -> pd.DataFrame:
    """Compare each training with those of mean pooling on the same dataset and kind of device.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`; further initialisations do not
            count.

    Returns:
        One row for each model, edges and pooling, mean pooling among them with ratios of one: seconds
        (:func:`training_seconds`, median), seconds_ratio (the median over the seeds of each dataset,
        then the geometric mean over the datasets; missing if no training of mean pooling compares),
        seconds_ratio_lowest and seconds_ratio_highest (over the datasets), parameters and
        parameters_ratio, memory, and n_compared, the trainings that compare.
    """
    first = trials[trials["init"] == 0]
    first = first.assign(seconds=training_seconds(first))
    means = first[first["pooling"] == BASELINE]
    # Seconds of another kind of device do not compare; parameters do.
    seconds = means.groupby([*_PLACE, *_DEVICE]).agg(seconds_of_mean=("seconds", "median"))
    parameters = means.groupby(_PLACE).agg(parameters_of_mean=("parameters", "first"))
    pairs = first.merge(seconds.reset_index(), on=[*_PLACE, *_DEVICE], how="left")
    pairs = pairs.merge(parameters.reset_index(), on=_PLACE, how="left")
    pairs["ratio"] = pairs["seconds"] / pairs["seconds_of_mean"]
    pairs["parameters_ratio"] = pairs["parameters"] / pairs["parameters_of_mean"]
    rows = [(*names, *_cost(group)) for names, group in pairs.groupby([*_SETTING, "pooling"])]
    return pd.DataFrame(rows, columns=[*_SETTING, "pooling", *UNITS, "n_compared"])


def training_seconds(trials: pd.DataFrame) -> pd.Series:
    """Time that each training took of its device: processor time on a CPU, wall time on a GPU.

    Processor time does not count what others on the same machine took meanwhile, nor the processes of a
    compiler; a GPU has no such count.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.

    Returns:
        Seconds, of all attempts.
    """
    return trials["wall_seconds"].where(trials["device"] == "cuda", trials["cpu_seconds"])


def _cost(pairs: pd.DataFrame) -> tuple[float, ...]:
    by_dataset = pairs.groupby("dataset")["ratio"].median().dropna()
    mean = float(np.exp(np.log(by_dataset).mean())) if len(by_dataset) else np.nan
    return (
        float(pairs["seconds"].median()),
        mean,
        float(by_dataset.min()),
        float(by_dataset.max()),
        float(pairs["parameters"].median()),
        float(pairs["parameters_ratio"].median()),
        float(pairs["peak_memory"].median()),
        int(pairs["ratio"].notna().sum()),
    )
