# For type checkers: the names that the package imports when they are asked for.
from gnnpool.pooling.base import Pooled as Pooled
from gnnpool.pooling.base import Pooling as Pooling
from gnnpool.pooling.crystal_attention import CrystalAttentionPooling as CrystalAttentionPooling
from gnnpool.pooling.dense_diff import DenseDiffPooling as DenseDiffPooling
from gnnpool.pooling.gmt import GMTPooling as GMTPooling
from gnnpool.pooling.layer_mean import LayerMeanPooling as LayerMeanPooling
from gnnpool.pooling.max import MaxPooling as MaxPooling
from gnnpool.pooling.mean import MeanPooling as MeanPooling
from gnnpool.pooling.memory import MemoryPooling as MemoryPooling
from gnnpool.pooling.min import MinPooling as MinPooling
from gnnpool.pooling.phi_mean import PhiMeanPooling as PhiMeanPooling
from gnnpool.pooling.random_attention import RandomAttentionPooling as RandomAttentionPooling
from gnnpool.pooling.set2set import Set2SetPooling as Set2SetPooling
from gnnpool.pooling.set_transformer import SetTransformerPooling as SetTransformerPooling
from gnnpool.pooling.softmax_mean import SoftmaxMeanPooling as SoftmaxMeanPooling
from gnnpool.pooling.std import StdPooling as StdPooling
from gnnpool.pooling.sum import SumPooling as SumPooling
