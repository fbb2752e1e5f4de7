"""A trained model that answers many texts at once."""

from collections.abc import Sequence
from pathlib import Path

import torch

from saps.data.batching import pad_pieces
from saps.decoding.greedy import GreedyDecoder
from saps.decoding.prediction import Prediction
from saps.model.bundle import Bundle, load_bundle


class Predictor:
    """A bundle and a way of decoding."""

    def __init__(
        self, bundle: Bundle, decoder: GreedyDecoder | None = None, batch_size: int = 64
    ) -> None:
        self.bundle = bundle
        self.decoder = decoder or GreedyDecoder()
        self.batch_size = batch_size

    @classmethod
    def load(
        cls,
        path: str | Path | None = None,
        device: torch.device | str = "cpu",
        decoder: GreedyDecoder | None = None,
        batch_size: int = 64,
    ) -> "Predictor":
        """Read a model folder (None: the bundled model).

        Raises:
            BundleError: see `load_bundle`.
        """
        return cls(load_bundle(path, device), decoder, batch_size)

    def predict(self, texts: Sequence[str]) -> Sequence[Prediction | None]:
        """Return the program of each text, in order; None where the network wrote no tree.

        Texts of a batch are alike in length.

        Raises:
            ValueError: a text has no token.
        """
        pieces = self.bundle.tokenizer.encode_many(texts)
        by_length = sorted(range(len(pieces)), key=lambda i: len(pieces[i]))
        device = next(self.bundle.network.parameters()).device
        predictions: dict[int, Prediction | None] = {}
        for start in range(0, len(by_length), self.batch_size):
            chosen = by_length[start : start + self.batch_size]
            batch = pad_pieces([pieces[i] for i in chosen]).to(device)
            answers = self.decoder.decode(self.bundle.network, batch, self.bundle.symbols)
            predictions.update(zip(chosen, answers, strict=True))
        return [predictions[i] for i in range(len(pieces))]
