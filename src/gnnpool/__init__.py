"""gnnpool: which pooling should a graph neural network use to predict a property of a crystal?"""

from importlib.metadata import version

__version__ = version("gnnpool")
