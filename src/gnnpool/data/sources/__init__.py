"""One reader for each form in which structures come."""

from gnnpool import extras

extras.require("data", "pymatgen", "pandas")
