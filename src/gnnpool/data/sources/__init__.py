"""One reader for each kind of source."""

from gnnpool import extras

extras.require("data", "pymatgen", "pandas")
