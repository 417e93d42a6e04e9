# For type checkers: the names that the package imports when they are asked for.
from gnnpool.models.base import Encoder as Encoder
from gnnpool.models.cgcnn import CGCNN as CGCNN
from gnnpool.models.no_edges import NoEdges as NoEdges
from gnnpool.models.torchmd import TorchMD as TorchMD
