"""A TorchMD training step against attention as torch-geometric's MessagePassing.

Forward, backward, clipping, AdamW. Both start from the same weights and predict the same; the batch of
100 is made beforehand.
"""

from steps import measure


def main() -> None:
    """Measure every input under both edge schemes."""
    measure(
        "torchmd_step",
        __doc__,
        name="TorchMD training step",
        model="torchmd",
        reach={"mdl": (1.8, 2.5), "ocp": (2.2, 3.5)},
        rounds={"mdl": 15, "ocp": 4},
        with_kept_memory=False,  # two peers at once would take sixteen GiB
        limit="matrix products at the nodes, which the peer makes as well: 11 GFLOP in a step on perovskites",
    )


if __name__ == "__main__":
    main()
