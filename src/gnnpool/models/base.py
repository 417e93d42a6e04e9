"""What every encoder is: a graph in, one embedding for each node out."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from gnnpool.graphs.batch import GraphBatch


class Encoder(nn.Module, ABC):
    """Layers before the pooling.

    A subclass takes ``cutoff`` and explicit keyword options, and defines :meth:`embed` on plain
    tensors, so that it can be compiled. It must not pool.

    A subclass sets ``separable`` if a graph's embedding does not depend on the rest of the batch in
    training mode either, as it does with batch normalisation. A large batch is then trained on in
    parts, which bounds the memory.

    Args:
        out_channels: Channels F of the node embeddings.
    """

    needs_vectors = False
    separable = False

    def __init__(self, out_channels: int) -> None:
        super().__init__()
        self.out_channels = out_channels

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
            source: int64 ``[E]``.
            target: int64 ``[E]``, ascending.
            shell: Shell of each edge, int64 ``[E]``.
            shell_length: Length of the edges of each shell, Å, ``[S]``. What depends on the length
                alone is best computed for the shells and then looked up for the edges.
            edge_vector: Å, ``[E, 3]``, from target to source; None unless ``needs_vectors``.

        Returns:
            Node embeddings ``[N, F]``.
        """

    def forward(self, graphs: GraphBatch) -> Tensor:
        """Embed the nodes of a batch, ``[N, F]``."""
        return self.embed(
            graphs.species,
            graphs.source,
            graphs.target,
            graphs.shell,
            graphs.shell_length,
            graphs.edge_vector,
        )
