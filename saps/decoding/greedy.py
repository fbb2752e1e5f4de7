"""Greedy decoding: the most likely label at every node."""

from collections.abc import Container, Sequence
from typing import Any, Protocol, overload, runtime_checkable

import torch

from saps.data.symbols import SymbolTable
from saps.decoding.constraint import constraint_for
from saps.decoding.expansion import Expansion
from saps.decoding.gate_waves import grow_by_gates
from saps.decoding.greedy_growth import grow_greedily
from saps.decoding.prediction import Prediction
from saps.decoding.request import NOTHING_KNOWN, Request
from saps.decoding.scorer import Scorer
from saps.decoding.settings import flag, spelled, whole_numbers
from saps.decoding.waves import grow_in_waves
from saps.lang import AlgoLispError, Node, infer_signature
from saps.model.network import Network, Source, TreeNetwork


class Written(Protocol):
    """A program that a network wrote on its own."""

    @property
    def labels(self) -> list[int]: ...
    @property
    def log_prob(self) -> float: ...


@runtime_checkable
class WritesPrograms(Protocol):
    """A network that writes programs with nothing forced; None where what it wrote is none."""

    def write(self, source: Any, *, max_depth: int, max_size: int) -> Sequence[Written | None]: ...


class GreedyDecoder:
    """Takes the most likely label at every node, among those that are allowed.

    The tree is always complete and well-formed and within the caps. Typed, it is the tree that
    comes of choosing, in pre-order, the likeliest label that can still lead to a well-typed
    program within the caps.

    That tree is found without looking at types wherever they do not matter: the tree is first
    grown in waves, each node by its likeliest label. If it type-checks and no cap interfered, it is
    the answer. For then each of its labels was allowed when its node's turn came, since what led
    to a well-typed program within the caps can lead there; and the likeliest of all labels is the
    likeliest of those allowed, whose scores the labels before it fix. Only the other texts are
    decoded again, in pre-order and with masks.
    """

    n_examples = 0

    def __init__(self, max_depth: int = 60, max_size: int = 400, *, typed: bool = True) -> None:
        """Set the caps: `max_depth` levels (a lone root has 1), `max_size` nodes a tree.

        Raises:
            ValueError: a cap is no whole number of at least 1, or `typed` neither true nor false.
        """
        caps = whole_numbers(max_depth=max_depth, max_size=max_size)
        if min(caps.values()) < 1:
            raise ValueError(f"{spelled(**caps)}: both must be at least 1")
        self.max_depth, self.max_size = caps["max_depth"], caps["max_size"]
        self.typed = flag("typed", typed)

    @overload
    def decode(
        self, network: TreeNetwork, source: Source, symbols: SymbolTable
    ) -> list[Prediction]: ...

    @overload
    def decode(
        self, network: Network, source: Source, symbols: SymbolTable
    ) -> Sequence[Prediction | None]: ...

    def decode(
        self, network: Network, source: Source, symbols: SymbolTable
    ) -> Sequence[Prediction | None]:
        """Return the greedy tree of each example, in order, whatever its types.

        This is what training validates by; `search` is for users. A network that writes tokens
        writes them as it likes, and where the topology is predicted its gates decide; None stands
        where what came of it is no program.

        Args:
            network: what was trained.
            source: what it reads, such as texts; see `Network.source`.
            symbols: the labels that it gives.
        """
        with torch.inference_mode():
            if isinstance(network, TreeNetwork) and network.decoder.topology is not None:
                return grow_by_gates(
                    network.scorer(source),
                    symbols,
                    max_depth=self.max_depth,
                    max_size=self.max_size,
                )
            if isinstance(network, WritesPrograms):
                written = network.write(source, max_depth=self.max_depth, max_size=self.max_size)
                return [_prediction(answer, symbols) for answer in written]
            return self._decode(network.scorer(source), symbols, None, typed=False)

    @torch.inference_mode()
    def search(
        self, scorer: Scorer, symbols: SymbolTable, requests: Sequence[Request] | None = None
    ) -> list[list[Prediction]]:
        """Return one program a text; see `Search.search`.

        Raises:
            RequestTypeError: no program can have the types of a request.
        """
        found = self._decode(scorer, symbols, requests, typed=self.typed)
        return [[prediction] for prediction in found]

    def _decode(
        self,
        scorer: Scorer,
        symbols: SymbolTable,
        requests: Sequence[Request] | None,
        *,
        typed: bool,
    ) -> list[Prediction]:
        found: dict[int, Prediction] = {}
        if scorer.by_anchor:
            known = requests or [NOTHING_KNOWN] * scorer.n_examples
            waves = grow_in_waves(scorer, symbols, max_depth=self.max_depth, max_size=self.max_size)
            for number, (wave, request) in enumerate(zip(waves, known, strict=True)):
                if not typed or (not wave.capped and _fits(wave.program, request)):
                    found[number] = Prediction(wave.program, wave.log_prob)
        if len(found) < scorer.n_examples:
            found |= self._decode_in_preorder(scorer, symbols, requests, typed, found)
        return [found[number] for number in range(scorer.n_examples)]

    def _decode_in_preorder(
        self,
        scorer: Scorer,
        symbols: SymbolTable,
        requests: Sequence[Request] | None,
        typed: bool,
        done: Container[int],
    ) -> dict[int, Prediction]:
        """Decode the texts that are not done."""
        constraint = constraint_for(
            symbols, typed=typed, max_depth=self.max_depth, max_size=self.max_size
        )
        expansion = Expansion(scorer, constraint)
        roots = [root for root in expansion.roots(requests) if root.example not in done]
        return {
            grown.example: Prediction(symbols.build(grown.labels), grown.log_prob)
            for grown in grow_greedily(expansion, constraint, roots)
        }


def _prediction(written: Written | None, symbols: SymbolTable) -> Prediction | None:
    if written is None:
        return None
    return Prediction(symbols.build(written.labels), written.log_prob)


def _fits(program: Node, request: Request) -> bool:
    """Whether a program has the types of a request and names no argument beyond it."""
    declared = request.argument_types()
    try:
        signature = infer_signature(program, declared, request.result)
    except AlgoLispError:
        return False
    return declared is None or set(signature.arguments) <= set(declared)
