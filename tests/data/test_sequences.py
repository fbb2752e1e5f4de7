"""Programs as bracketed tokens, against a plain recursion."""

import torch

from saps.data.batching import Marks, SequenceBatch, batch_sequences, encode_tree
from saps.data.symbols import SymbolTable
from saps.lang import Node, parse
from tests.tasks import SENTENCES

SYMBOLS = SymbolTable.of_language()
MARKS = Marks.after(len(SYMBOLS))
PROGRAMS = [parse("a"), *(parse(program) for program in SENTENCES.values()), parse("b")]


def tokens_of(program: Node) -> list[int]:
    """Return `(`, the label, the children's tokens, `)`; a leaf's label alone."""
    label = SYMBOLS.index(program)
    if not program.children:
        return [label]
    inside = [token for child in program.children for token in tokens_of(child)]
    return [MARKS.open, label, *inside, MARKS.close]


def _batch(programs: list[Node]) -> SequenceBatch:
    return batch_sequences([encode_tree(p, SYMBOLS) for p in programs], len(SYMBOLS))


def _rows(batch: SequenceBatch, tokens: torch.Tensor) -> dict[int, list[int]]:
    """Read each example's tokens off the steps."""
    found: dict[int, list[int]] = {example: [] for example in batch.order.tolist()}
    for step in torch.split(tokens, list(batch.sizes)):
        for example, token in zip(batch.order.tolist(), step.tolist(), strict=False):
            found[example].append(token)
    return found


def test_tokens_are_the_program_in_brackets_and_an_end() -> None:
    batch = _batch(PROGRAMS)
    expected = {i: [*tokens_of(p), MARKS.end] for i, p in enumerate(PROGRAMS)}
    assert _rows(batch, batch.token) == expected


def test_each_token_is_fed_the_one_before_it() -> None:
    batch = _batch(PROGRAMS)
    expected = {i: [MARKS.start, *tokens_of(p)] for i, p in enumerate(PROGRAMS)}
    assert _rows(batch, batch.fed) == expected


def test_rows_of_a_step_are_the_first_of_the_step_before_and_places_are_their_own() -> None:
    batch = _batch(PROGRAMS)
    assert list(batch.sizes) == sorted(batch.sizes, reverse=True)
    assert batch.sizes[0] == len(PROGRAMS)
    expected = [row * len(batch.sizes) + t for t, n in enumerate(batch.sizes) for row in range(n)]
    assert batch.place.tolist() == expected


def test_tensors_move_to_a_device_together() -> None:
    moved = _batch(PROGRAMS[:2]).to("meta")
    assert {t.device.type for t in (moved.token, moved.fed, moved.order, moved.place)} == {"meta"}
