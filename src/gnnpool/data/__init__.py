"""Structures, targets and splits: from raw files to verified Parquet."""
