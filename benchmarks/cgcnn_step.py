"""A CGCNN training step against torch-geometric's CGConv: forward, backward, clipping, AdamW.

Both start from the same weights and predict the same; the batch of 100 is made beforehand.
"""

from steps import measure


def main() -> None:
    """Measure every input under both edge schemes."""
    measure(
        "cgcnn_step",
        __doc__,
        name="CGCNN training step",
        model="cgcnn",
        reach={"mdl": (2.6, 3.2), "ocp": (3.5, 4.5)},
        rounds={"mdl": 40, "ocp": 9},
        with_kept_memory=True,
    )


if __name__ == "__main__":
    main()
