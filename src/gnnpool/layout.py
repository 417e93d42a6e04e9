"""Where the files of a study lie."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """Paths of what the workflow makes; names may be wildcards such as "{dataset}".

    Args:
        results: Folder of results.
        logs: Folder of logs.
        resources: Folder of downloads.
    """

    results: str
    logs: str
    resources: str

    def raw(self, dataset: str, file: str) -> str:
        """The raw file of a dataset."""
        return f"{self.resources}/raw/{dataset}/{file}"

    def data(self, dataset: str) -> str:
        """The folder of the structures of a dataset."""
        return f"{self.results}/data/{dataset}"

    def graphs(self, dataset: str, edges: str) -> str:
        """The graphs of a dataset, without suffix."""
        return f"{self.results}/graphs/{dataset}/{edges}"

    def trial(self, name: str) -> str:
        """The folder of a trial."""
        return f"{self.results}/trials/{name}"

    def perturbed(self, name: str) -> str:
        """Predictions of a trial for changed structures."""
        return f"{self.results}/perturbations/{name}/perturbed.parquet"

    def network(self, name: str) -> str:
        """The check of a network."""
        return f"{self.results}/networks/{name}.json"

    def collection(self, name: str) -> str:
        """Trials that were collected."""
        return f"{self.results}/analysis/{name}.parquet"
