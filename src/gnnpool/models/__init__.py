"""Encoders that turn a graph into node embeddings, one file each.

``from gnnpool.models import CGCNN`` imports the file of that encoder alone.
"""

from gnnpool import plugins


def __getattr__(name: str) -> type:
    return plugins.exported(__name__, name, base="Encoder")
