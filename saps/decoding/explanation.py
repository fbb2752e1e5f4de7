"""How a model came to a program: node by node, with the words that it looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

from saps.data.symbols import Label
from saps.decoding.english.names import AFTER_ARTICLE
from saps.decoding.naming import Names
from saps.decoding.predictor import Predictor
from saps.decoding.synthesis import Synthesis
from saps.lang import Node


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


def explain(predictor: Predictor, synthesis: Synthesis) -> Explanation:
    """Score a program again, node by node.

    Raises:
        ValueError: the answer does not say how its text was read, or what the model wrote.
    """
    written = synthesis.candidates[0].written if synthesis.candidates else None
    if synthesis.reading is None or written is None:
        raise ValueError("the synthesis has no reading; take one that a Synthesizer made")
    text = synthesis.reading.text
    back = Names(name_of=synthesis.names, stand_ins=synthesis.reading.stand_ins)
    scores = predictor.replay(text, written)
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


def _named(words: Sequence[str], names: Names) -> tuple[str, ...]:
    """Return words with names and numbers for letters; an "a" that is an article stays one."""
    after = [*words[1:], ""]
    return tuple(
        word if word == "a" and follower in AFTER_ARTICLE else names.shown(word)
        for word, follower in zip(words, after, strict=True)
    )


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
