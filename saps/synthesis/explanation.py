"""How a model came to a program: node by node, with the words that it looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

from saps.data.symbols import Label, SymbolTable
from saps.lang import Node
from saps.synthesis.answer import Synthesis
from saps.synthesis.predictor import Predictor
from saps.synthesis.preparation import Names


@dataclass(frozen=True, slots=True)
class ExplainedNode:
    """One node of a program, as the model wrote it.

    Attributes:
        symbol: of the node.
        depth: 0 for the root.
        probability: of the symbol, given the text and the nodes before it.
        likeliest: symbols that were likely there, with their probabilities, the best first.
        attention: share of each word of the text, summing to 1; None where the model has none.
    """

    symbol: str
    depth: int
    probability: float
    likeliest: tuple[tuple[str, float], ...]
    attention: tuple[float, ...] | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A program, explained.

    Attributes:
        words: of the text as the model read it, with the user's names and numbers.
        nodes: in pre-order.
    """

    words: tuple[str, ...]
    nodes: tuple[ExplainedNode, ...]

    def to_json(self) -> dict[str, Any]:
        """Return words and nodes; shares and probabilities to a millionth, which is read easily."""
        return {
            "words": list(self.words),
            "nodes": [
                {
                    "symbol": node.symbol,
                    "depth": node.depth,
                    "probability": round(node.probability, 6),
                    "likeliest": [[symbol, round(p, 6)] for symbol, p in node.likeliest],
                    "attention": None
                    if node.attention is None
                    else [round(share, 6) for share in node.attention],
                }
                for node in self.nodes
            ],
        }


def explain(predictor: Predictor, synthesis: Synthesis) -> Explanation:
    """Score a program again, node by node.

    A literal that the network has no label for, as a kind of task may have, is scored as if it were
    the empty string or 0.

    Raises:
        ValueError: the answer does not say how its text was read, or what the model wrote.
    """
    written = synthesis.candidates[0].written if synthesis.candidates else None
    if synthesis.reading is None or written is None:
        raise ValueError("the synthesis has no reading; give one that a Synthesizer made")
    text = synthesis.reading.text
    back = Names(name_of=synthesis.names, stand_ins=synthesis.reading.stand_ins)
    scores = predictor.replay(text, _with_labels(written, predictor.bundle.symbols))
    words, owners = _words(predictor.bundle.tokenizer.pieces(text))
    depths = _depths(synthesis.program)
    nodes = tuple(
        ExplainedNode(
            node.symbol,
            depth,
            exp(score.log_prob),
            tuple((_symbol(label, back), exp(value)) for label, value in score.likeliest),
            None if score.attention is None else _by_word(score.attention, owners, len(words)),
        )
        for (node, depth), score in zip(depths, scores, strict=True)
    )
    return Explanation(_named(words, back), nodes)


def _with_labels(program: Node, symbols: SymbolTable) -> Node:
    children = tuple(_with_labels(child, symbols) for child in program.children)
    known = children or program.symbol in {label.symbol for label in symbols.labels}
    symbol = '""' if program.symbol.startswith('"') else "0"
    return Node(program.symbol if known else symbol, children)


def _named(words: Sequence[str], names: Names) -> tuple[str, ...]:
    """Return words with names and literals for letters; the reader leaves no article "a"."""
    return tuple(map(names.shown, words))


def _words(pieces: Sequence[str]) -> tuple[list[str], list[int]]:
    """Return the words that pieces make, and for each piece the place of its word."""
    words: list[str] = []
    owners = []
    for piece in pieces:
        if piece.startswith("\u2581") or not words:
            words.append(piece.removeprefix("\u2581"))
        else:
            words[-1] += piece
        owners.append(len(words) - 1)
    return words, owners


def _by_word(attention: Sequence[float], owners: Sequence[int], n_words: int) -> tuple[float, ...]:
    shares = [0.0] * n_words
    for owner, share in zip(owners, attention, strict=False):
        shares[owner] += share
    return tuple(shares)


def _symbol(label: Label, names: Names) -> str:
    return names.shown(label.symbol) if not label.arity else label.symbol


def _depths(node: Node, depth: int = 0) -> list[tuple[Node, int]]:
    found = [(node, depth)]
    for child in node.children:
        found += _depths(child, depth + 1)
    return found
