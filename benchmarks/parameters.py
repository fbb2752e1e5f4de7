"""Print the table of rows and their parameters that docs/models.md shows.

    python benchmarks/parameters.py

The labels are those of the language and the tokenizer has the default number of pieces, so the
figures need no data.
"""

import torch
from hydra import compose, initialize_config_dir

from saps.data.symbols import SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.model.bundle import build_network, plain_config
from saps.resources import resource_folder

# The row of the published tables, and its millions of parameters where they are given.
ROWS = {
    "saps_v": ("SAPS V", "5.06"),
    "saps_v_att": ("SAPS V Att", "5.17"),
    "saps_h": ("SAPS H", "5.06"),
    "saps_h_att": ("SAPS H Att", "5.17"),
    "saps_vh": ("SAPS VH", "5.62"),
    "saps_vh_att": ("SAPS VH Att", "5.73"),
    "autoencoder": ("the tree autoencoder", ""),
    "sapspre_vh_att_256": ("SAPSpre VH Att (256)", ""),
    "seq2seq_att": ("Attentional Seq2Seq", ""),
    "seq2tree": ("Seq2Tree", ""),
}


class _OfSize(Tokenizer):
    """Stands for the tokenizer that data of the default size would give."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size


def table() -> str:
    """Return the table in Markdown."""
    lines = [
        "| `experiment=` | row | published | paper size | medium | small |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for experiment, (row, published) in ROWS.items():
        figures = " | ".join(
            f"{_millions(experiment, size):.2f}" for size in ("paper", "medium", "small")
        )
        lines.append(f"| `{experiment}` | {row} | {published} | {figures} |")
    return "\n".join(lines)


def _millions(experiment: str, size: str) -> float:
    with initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
        config = compose("train", [f"experiment={experiment}", f"model/size={size}"])
    tokenizer = _OfSize(config.data.vocabulary_size)
    with torch.device("meta"):  # sizes without values
        network = build_network(plain_config(config.model), tokenizer, SymbolTable.of_language())
    return sum(weight.numel() for weight in network.parameters()) / 1e6


if __name__ == "__main__":
    print(table())
