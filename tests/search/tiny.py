"""Networks so small that all their trees can be counted."""

from collections.abc import Iterator
from functools import cache
from itertools import product

import torch

from saps.data.symbols import Label, SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.lang import Node
from saps.model.network import Text2Tree, TreeScorer
from saps.search.interface import replay
from tests.tasks import batch, network, vocabularies

MAX_DEPTH = 3
MAX_SIZE = 5


@cache
def tokenizer() -> Tokenizer:
    return vocabularies()[0]


@cache
def all_symbols() -> SymbolTable:
    return SymbolTable.of_language()


@cache
def few_symbols() -> SymbolTable:
    """Of numbers and one array: enough for ill-typed trees."""
    labels = [("+", 2), ("square", 1), ("len", 1), ("a", 0), ("b", 0), ("2", 0)]
    return SymbolTable([Label(*label) for label in labels])


@cache
def net(symbols: SymbolTable, seed: int = 0) -> Text2Tree:
    """An untrained network whose preferences are strong enough to differ from text to text."""
    made = network(tokenizer(), symbols, seed=seed)
    with torch.no_grad():
        made.decoder.to_label.weight.mul_(6.0)
    return made.eval()


@cache
def scorer(symbols: SymbolTable, *texts: int, seed: int = 0) -> TreeScorer:
    """The network after it has read some of the tasks' texts, all when none is given."""
    with torch.inference_mode():
        text = batch(tokenizer(), all_symbols(), *texts).text
        return net(symbols, seed).scorer(text)


def trees(depth: int = MAX_DEPTH, symbols: SymbolTable | None = None) -> Iterator[Node]:
    """All trees of the few symbols within a depth and `MAX_SIZE`."""
    for label in (symbols or few_symbols()).labels:
        if label.arity == 0:
            yield Node(label.symbol)
        elif depth > 1:
            for children in product(trees(depth - 1, symbols), repeat=label.arity):
                if 1 + sum(child.size for child in children) <= MAX_SIZE:
                    yield Node(label.symbol, children)


@cache
def log_prob(program: Node, symbols: SymbolTable, text: int, seed: int = 0) -> float:
    with torch.inference_mode():
        scores = replay(scorer(symbols, text, seed=seed), symbols, program)
    return sum(score.log_prob for score in scores)
