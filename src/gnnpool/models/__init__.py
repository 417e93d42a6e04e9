"""Encoders that turn a graph into node embeddings, one file each."""
