"""Greedy decoding that looks at what it wrote, and searches on where that is in doubt."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import lru_cache
from math import inf, log
from random import Random
from typing import Final

import torch

from saps.data.symbols import SymbolTable
from saps.data.tasks.natural_inputs import LARGEST_NUMBER, LIMITS, draw_by_type
from saps.lang import AlgoLispError, Node, Value, compile_program, infer_signature
from saps.model.protocols import Scorer
from saps.search.beam import BeamSearch
from saps.search.greedy import GreedyDecoder
from saps.search.interface import Prediction, TreeSearch, count, setting
from saps.search.request import NOTHING_KNOWN, Request

# Whether a program is one that a person would ask for, before anything is known of its outputs.

_TYPES: Final = ("int", "int[]", "string", "string[]")
_LARGEST: Final = (LARGEST_NUMBER, LARGEST_NUMBER, 12, 5, 5, 2) * 4
_SETTLED_BY_TWINS: Final = frozenset(
    {"==", "!=", "<", ">", "<=", ">=", "-", "/", "%", "min", "max", "&&", "||"}
)
_NUMERAL: Final = re.compile(r"-?\d+")
_VARIABLE: Final = re.compile(r"\b[A-Z]\w*\b")


def is_plausible(program: Node, request: Request) -> bool:
    """Tell whether a program uses all that it is given, can run, and does not always give the same.

    What it is given are its arguments. Nor may it compare, or take the lesser of, a thing with
    itself or two numerals: no generated program does.

    On inputs that are drawn as the generator draws them: that it raises on most is no fault, since
    a person has others in mind, and that it does not vary is none of a truth, since some are rare.
    A program with no argument, or with one whose values the generator cannot draw, is not run.
    """
    declared = request.wanted_arguments()
    arguments = None if declared is None else tuple(declared.items())
    return _is_plausible(program, arguments, request.result)


# A vote, a ranking and a search may each ask of the same program.
@lru_cache(maxsize=4096)
def _is_plausible(
    program: Node, arguments: tuple[tuple[str, str], ...] | None, result: str | None
) -> bool:
    declared = None if arguments is None else dict(arguments)
    symbols = {node.symbol for node in program.preorder()}
    if declared is not None and not declared.keys() <= symbols:
        return False
    if _says_nothing(program):
        return False
    try:
        signature = infer_signature(program, declared, result)
    except AlgoLispError:
        return False
    # What the program leaves open is drawn as numbers.
    kinds = {n: _VARIABLE.sub("int", str(kind)) for n, kind in signature.arguments.items()}
    if not kinds or any(kind not in _TYPES for kind in kinds.values()):
        return True
    values = [repr(value) for value in _values(program, kinds)]
    if len(values) < 2:
        return False
    return str(signature.result) == "bool" or len(set(values)) > 1


def _says_nothing(program: Node) -> bool:
    """Whether some part of a program is settled whatever its arguments are, as `(< a a)` is."""
    return any(
        node.symbol in _SETTLED_BY_TWINS
        and len(node.children) == 2
        and (
            node.children[0] == node.children[1]
            or all(not x.children and _NUMERAL.fullmatch(x.symbol) for x in node.children)
        )
        for node in program.preorder()
    )


def _values(program: Node, arguments: Mapping[str, str]) -> Iterator[Value]:
    """Yield what a program gives on inputs by chance, where it does not raise."""
    run, rng = compile_program(program, arguments, LIMITS), Random(0)
    for largest in _LARGEST:
        try:
            yield run(draw_by_type(arguments, largest, rng))
        except AlgoLispError:
            continue


@dataclass(eq=False)
class PlausibleSearch(TreeSearch):
    """The greedy program if it is likely and plausible; else a beam's likeliest plausible one.

    A network that did not understand a text often writes a program that leaves out an argument,
    or that raises on nearly every input. Where no program of the beam is plausible either, the
    greedy one is the answer.

    Attributes:
        width: partial trees of a text that grow together in its beam, and complete ones that are
            looked at.
        sure: probability, in [0, 1], that a plausible greedy program must have to be taken without
            a beam; 0 takes all of them.
        typed, max_depth, max_size: see `TreeSearch`.
    """

    width: int = count(10)
    _: KW_ONLY
    sure: float = setting(0.9, lambda value: 0 <= value <= 1, "from 0 to 1")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.greedy = GreedyDecoder(**self.caps)
        self.beam = BeamSearch(self.width, top=self.width, **self.caps)

    @torch.inference_mode()
    def search(
        self, scorer: Scorer, symbols: SymbolTable, requests: Sequence[Request] | None = None
    ) -> list[list[Prediction]]:
        """Return one program a text; see `Search.search`.

        Raises:
            RequestTypeError: no program can have the types of a request.
        """
        found = self.candidates(scorer, symbols, requests)
        known = requests or [NOTHING_KNOWN] * len(found)
        return [
            next(([p] for p in others if is_plausible(p.program, request)), [greedy])
            for (greedy, *others), request in zip(found, known, strict=True)
        ]

    @torch.inference_mode()
    def candidates(
        self, scorer: Scorer, symbols: SymbolTable, requests: Sequence[Request] | None = None
    ) -> list[list[Prediction]]:
        """Return the greedy program of each text, and behind it a beam's where it is in doubt."""
        greedy = self.greedy.search(scorer, symbols, requests)
        known = requests or [NOTHING_KNOWN] * len(greedy)
        doubtful = {
            number: found
            for number, found in enumerate(greedy)
            if self.is_doubtful(found[0], known[number])
        }
        beams = self.beam.search_on(doubtful, scorer, symbols, requests) if doubtful else {}
        return [[*found, *beams.get(number, ())] for number, found in enumerate(greedy)]

    def is_doubtful(self, found: Prediction, request: Request) -> bool:
        """Tell whether a program is one to search on from."""
        least = log(self.sure) if self.sure else -inf
        return found.log_prob < least or not is_plausible(found.program, request)
