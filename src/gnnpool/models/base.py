"""The interface of every encoder: a graph in, one embedding for each node out."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from gnnpool.graphs.batch import GraphBatch


class Encoder(nn.Module, ABC):
    """Layers before the pooling.

    A subclass takes ``cutoff`` and explicit keyword options, and defines :meth:`embed` on plain
    tensors, so that it can be compiled. It must not pool. Its class states

    - ``needs_vectors``: whether :meth:`embed` reads the directions of the edges.
    - ``separable``: whether a graph's embedding is independent of the rest of the batch, also in
      training mode; false with batch normalization. If it is true, training accumulates the gradients
      of a large batch over parts of it, which bounds the memory.

    Args:
        out_channels: Channels F of the node embeddings.
        layers: Number L of layers whose embeddings :meth:`embed` can return, the last one included;
            None if it can return only those of the last layer.
    """

    needs_vectors = False
    separable = False

    def __init__(self, out_channels: int, *, layers: int | None = None) -> None:
        super().__init__()
        self.out_channels = out_channels
        self.layers = layers
        # Set by the network for a pooling that needs the embeddings after every layer.
        self.all_layers = False

    @abstractmethod
    def embed(
        self,
        species: Tensor,
        source: Tensor,
        target: Tensor,
        shell: Tensor,
        shell_length: Tensor,
        edge_vector: Tensor | None,
    ) -> Tensor:
        """Embed the nodes of a graph.

        Args:
            species: Atomic number less one, int64 ``[N]``.
            source: Node where each edge starts, int64 ``[E]``.
            target: Node where each edge ends, int64 ``[E]``, ascending.
            shell: Shell of each edge, int64 ``[E]``.
            shell_length: Length of the edges of each shell, Å, ``[S]``. Compute what depends
                on the length alone once for each shell, and look it up for the edges.
            edge_vector: Å, ``[E, 3]``, from target to source; None unless ``needs_vectors``.

        Returns:
            Node embeddings ``[N, F]``; with ``all_layers`` those after each layer, side by side,
            ``[N, L F]``, as the encoder would return them if it ended there. The last F channels are
            the embeddings that it returns without ``all_layers``.
        """

    def forward(self, graphs: GraphBatch) -> Tensor:
        """Embed the nodes of a batch, ``[N, F]`` or ``[N, L F]``; see :meth:`embed`.

        Raises:
            ValueError: If the batch has no species, lengths, or vectors that the encoder needs.
        """
        if graphs.species is None or graphs.shell_length is None:
            raise ValueError(f"{type(self).__name__}: needs species and edge lengths of the graphs")
        if self.needs_vectors and graphs.edge_vector is None:
            raise ValueError(f"{type(self).__name__}: needs the edge vectors of the graphs")
        return self.embed(
            graphs.species,
            graphs.source,
            graphs.target,
            graphs.shell,
            graphs.shell_length,
            graphs.edge_vector,
        )
