"""Predictions of finished trials for changed structures.

``changes`` needs numpy alone; ``run`` needs torch.
"""
