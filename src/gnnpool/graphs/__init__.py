"""Structures with edges: neighbor search, edge schemes, files and batches."""
