"""One page that answers the question, with everything that the answer rests on."""

from gnnpool import extras

extras.require("analysis", "pandas", "jinja2", "yaml", "PIL")
