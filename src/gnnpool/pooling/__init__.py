"""Operators that turn node embeddings into one vector for each graph, one file each."""
