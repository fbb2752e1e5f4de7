"""A trained model that answers many texts at once."""

from collections.abc import Sequence
from pathlib import Path

import torch

from saps.data.batching import pad_pieces
from saps.lang import Node
from saps.model.bundle import Bundle, BundleError, load_bundle
from saps.search.greedy import GreedyDecoder
from saps.search.interface import NodeScore, Prediction, Search, replay
from saps.search.request import Request


class Predictor:
    """A model and a way of searching for programs with it.

    May be used from several threads at once.
    """

    def __init__(self, bundle: Bundle, search: Search | None = None, batch_size: int = 64) -> None:
        """Put a model and a search together.

        Args:
            bundle: the model.
            search: how programs are found; None for the greedy ones.
            batch_size: texts that the network reads, and the search serves, together.

        Raises:
            BundleError: the model reads no texts.
        """
        if bundle.network.reads_trees:
            raise BundleError(
                f"the model is {type(bundle.network).__name__}, which reads programs, not texts: "
                "'saps train experiment=sapspre_vh_att_256 pretrained=FOLDER' makes one that does"
            )
        self.bundle = bundle
        self.search = search or GreedyDecoder()
        self.batch_size = batch_size

    @classmethod
    def load(
        cls,
        path: str | Path | None = None,
        device: torch.device | str = "cpu",
        search: Search | None = None,
        batch_size: int = 64,
    ) -> "Predictor":
        """Read a model folder (None: the bundled model).

        Raises:
            BundleError: see `load_bundle`; or the model reads no texts.
        """
        return cls(load_bundle(path, device), search, batch_size)

    def predict(
        self, texts: Sequence[str], requests: Sequence[Request] | None = None
    ) -> list[Prediction | None]:
        """Return the best program of each text, in order; see `n_best`.

        None stands where the search found no program.
        """
        return [found[0] if found else None for found in self.n_best(texts, requests)]

    def n_best(
        self,
        texts: Sequence[str],
        requests: Sequence[Request] | None = None,
        search: Search | None = None,
    ) -> list[list[Prediction]]:
        """Return the programs that the search finds for each text, in order, the best first.

        Args:
            texts: any number; those of a batch are alike in length.
            requests: what is known of each program; None where nothing is.
            search: another one than the predictor's own.

        Raises:
            ValueError: a text has no token, or there are not as many requests as texts.
            RequestTypeError: no program can have the types of a request; nothing is answered
                then, so look at requests of strangers with
                `saps.search.mask.check_request` first.
        """
        if requests is not None and len(requests) != len(texts):
            raise ValueError(f"{len(requests)} requests for {len(texts)} texts: give one for each")
        pieces = self.bundle.tokenizer.encode_many(texts)
        by_length = sorted(range(len(pieces)), key=lambda i: len(pieces[i]))
        answers: dict[int, list[Prediction]] = {}
        for start in range(0, len(by_length), self.batch_size):
            chosen = by_length[start : start + self.batch_size]
            known = None if requests is None else [requests[i] for i in chosen]
            found = self._search([pieces[i] for i in chosen], known, search or self.search)
            answers.update(zip(chosen, found, strict=True))
        return [answers[i] for i in range(len(pieces))]

    def replay(self, text: str, program: Node) -> list[NodeScore]:
        """Return how the network scores each node of a program for a text, in pre-order.

        The places of `NodeScore.attention` are those of the pieces of `bundle.tokenizer`.

        Raises:
            SymbolError: the model has no label for a node.
        """
        batch = pad_pieces(self.bundle.tokenizer.encode_many([text]))
        with torch.inference_mode():
            scorer = self.bundle.network.scorer(batch.to(self._device()))
            return replay(scorer, self.bundle.symbols, program)

    def _search(
        self,
        pieces: Sequence[Sequence[int]],
        requests: Sequence[Request] | None,
        search: Search,
    ) -> list[list[Prediction]]:
        batch = pad_pieces(pieces).to(self._device())
        with torch.inference_mode():
            scorer = self.bundle.network.scorer(batch)
            return search.search(scorer, self.bundle.symbols, requests)

    def _device(self) -> torch.device:
        return next(self.bundle.network.parameters()).device
