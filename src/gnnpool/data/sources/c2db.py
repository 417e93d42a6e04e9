"""The database of C2DB: the dataset consists of the rows with a work function."""

from pathlib import Path

from gnnpool.data.sources import ase_db
from gnnpool.data.structure import RawStructure


def read(path: str | Path, *, key: str = "workfunction") -> list[RawStructure]:
    """Read the rows of C2DB that have a key; see :func:`gnnpool.data.sources.ase_db.read`.

    Args:
        path: ASE database such as ``c2db.db``.
        key: Name of the target; the work function is in eV.

    Returns:
        One raw structure for each row with the key.
    """
    return ase_db.read(path, key=key)
