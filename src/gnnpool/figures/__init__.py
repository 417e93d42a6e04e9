"""From tidy tables to pictures, one kind of figure per file."""

from gnnpool import extras

extras.require("analysis", "pandas", "matplotlib")
