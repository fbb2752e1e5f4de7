"""A few tasks with programs of every shape, and tiny networks, for the tests of the upper rooms."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import nn

from saps.data.algolisp import write_examples
from saps.data.batching import Batch, batch_sequences, batch_trees, encode_examples, pad_pieces
from saps.data.example import Example, Test
from saps.data.symbols import SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.english.declarations import settle_signature
from saps.lang import Value, compile_program, parse
from saps.model.cells.cell import Cell
from saps.model.cells.lstm import LstmCell
from saps.model.encoder import TextEncoder
from saps.model.network import Text2Tree
from saps.model.tree_decoder import FirstChild, Recurrence, Topology, TreeDecoder

SENTENCES = {
    "you are given numbers a and b , your task is to find a + b": "(+ a b)",
    "given a number a , find a squared": "(square a)",
    "given a string a , find its length": "(strlen a)",
    "given numbers a and b , compute the smaller of them": "(min a b)",
    "consider an array of numbers a , find the sum of its elements": "(reduce a 0 +)",
    "consider an array of numbers a , what is its maximum": "(reduce a 0 max)",
    "given an array of numbers a and a number b , how many elements of a are greater than b": (
        "(reduce (map a (lambda1 (if (> arg1 b) 1 0))) 0 +)"
    ),
    "given an array of numbers a , find elements of a at even positions": (
        "(map (filter (range 0 (len a)) (lambda1 (== (% arg1 2) 0))) (partial0 a int-deref))"
    ),
    "given a number a , find factorial of a": (
        "(invoke1 (lambda1 (if (<= arg1 1) 1 (* (self (- arg1 1)) arg1))) a)"
    ),
    "given a number a , write its digits backwards": (
        "(reduce (reverse (digits a)) 0 (lambda2 (+ (* arg1 10) arg2)))"
    ),
}
_INPUTS: dict[str, Value] = {"int": 5, "int[]": [3, 8, 1], "string": "word"}


def examples() -> list[Example]:
    """Return one task for each sentence, with a single true test."""
    return [_example(text, program) for text, program in SENTENCES.items()]


def _example(text: str, program: str) -> Example:
    node = parse(program)
    signature = settle_signature(node, text)
    arguments = {name: str(kind) for name, kind in signature.arguments.items()}
    inputs = {name: _INPUTS[kind] for name, kind in arguments.items()}
    output = compile_program(node, arguments)(inputs)
    return Example(text, arguments, str(signature.result), node, (Test(inputs, output),))


def write_data(folder: Path) -> Path:
    """Write the tasks as all three splits of a data folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for split in ("train", "dev", "test"):
        write_examples(folder / f"{split}.jsonl", examples())
    return folder


def vocabularies() -> tuple[Tokenizer, SymbolTable]:
    return Tokenizer.train(SENTENCES, 120), SymbolTable.of_language()


def batch(tokenizer: Tokenizer, symbols: SymbolTable, *chosen: int) -> Batch:
    """Return a batch of the given tasks, all of them when none is given."""
    indices = chosen or tuple(range(len(SENTENCES)))
    encoded = encode_examples(examples(), tokenizer, symbols)
    trees = [encoded[i].tree for i in indices]
    return Batch(
        pad_pieces([encoded[i].pieces for i in indices]),
        batch_trees(trees, len(symbols)),
        indices,
        sequence=batch_sequences(trees, len(symbols)),
    )


def network(
    tokenizer: Tokenizer,
    symbols: SymbolTable,
    recurrence: Recurrence = "vh",
    attention: bool = True,
    seed: int = 0,
    *,
    topology: Topology = "arity",
    latent_at_nodes: bool | None = None,
    cell: Callable[..., Cell] = LstmCell,
    layer: Callable[..., nn.Module] | None = None,
    first_child: FirstChild = "parent",
    decoder: type[TreeDecoder] = TreeDecoder,
) -> Text2Tree:
    """Return an untrained network, in float64, without dropout; all sizes differ.

    `cell` is the decoder's, and the encoder's unless `layer` is given. z is seen at the nodes where
    there is no attention, unless `latent_at_nodes` says otherwise.
    """
    torch.manual_seed(seed)
    encoder = partial(
        TextEncoder,
        embedding_size=11,
        hidden_size=13,
        n_layers=2,
        latent_size=17,
        dropout=0.0,
        cell=layer or cell,
    )
    make = partial(
        decoder,
        embedding_size=19,
        hidden_size=23,
        recurrence=recurrence,
        attention=attention,
        latent_at_nodes=not attention if latent_at_nodes is None else latent_at_nodes,
        step_embedding=True,
        dropout=0.0,
        cell=cell,
        topology=topology,
        first_child=first_child,
    )
    net = Text2Tree(n_pieces=len(tokenizer), arities=symbols.arities, encoder=encoder, decoder=make)
    return net.double()
