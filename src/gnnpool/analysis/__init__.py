"""From trial records to tables."""

from gnnpool import extras

extras.require("analysis", "pandas", "scipy")
