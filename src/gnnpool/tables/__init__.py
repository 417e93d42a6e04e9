"""From trial records to printed tables, one kind of table per file."""

from gnnpool import extras

extras.require("analysis", "pandas")
