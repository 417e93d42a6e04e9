"""Predictions of finished trials for changed structures.

``changes`` needs no torch; ``run`` does.
"""
