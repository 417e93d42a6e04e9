"""Operators that turn node embeddings into one vector for each graph, one file each.

``from gnnpool.pooling import GMTPooling`` imports the file of that operator alone.
"""

from gnnpool import plugins


def __getattr__(name: str) -> type:
    return plugins.exported(__name__, name, base="Pooling", suffix="Pooling", others=("Pooled",))
