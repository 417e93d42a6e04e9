"""What each atom of a crystal contributes to the prediction of a trained network."""

from gnnpool import extras

extras.require("analysis", "pandas")
