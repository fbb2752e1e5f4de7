"""Greedy writing of bracketed tokens, just as the network would have it.

Sizes: B examples, R of them still being written.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from saps.model.bracket_parser import BracketParser
from saps.model.layout import Layout
from saps.model.sequence_decoder import SequenceContext, SequenceDecoder, SequenceState


class Written(NamedTuple):
    """A program as the labels of its tree in pre-order.

    Attributes:
        labels: without the marks, which they determine.
        log_prob: of all tokens, marks included; natural log.
    """

    labels: list[int]
    log_prob: float


def write_greedily(
    decoder: SequenceDecoder, context: SequenceContext, *, max_depth: int, max_size: int
) -> list[Written | None]:
    """Take the most likely token at each step, until each program ends.

    Nothing keeps the tokens well-formed. A program whose brackets or numbers of children go wrong,
    or that outgrows `max_depth` levels or `max_size` nodes, is given up there.

    Returns:
        Each example's program, in order; None where it was given up.
    """
    n_examples, device = len(context.latent), context.latent.device
    parser = BracketParser(
        n_examples, decoder.arities, max_depth=max_depth, max_size=max_size, device=device
    )
    log_prob = torch.zeros(n_examples, dtype=torch.float64, device=device)
    rows = torch.arange(n_examples, device=device)
    state = decoder.start(context)
    steps: list[Tensor] = []
    while True:
        best, token = decoder.score(state).float().log_softmax(dim=1).max(dim=1)
        steps.append(torch.full_like(log_prob, decoder.marks.end, dtype=torch.long))
        steps[-1][rows] = token
        log_prob[rows] += best.double()
        parser.read(steps[-1])
        going = (parser.alive & ~parser.ended)[rows].nonzero().squeeze(1)
        if len(going) == 0:
            break
        if len(going) < len(rows):
            rows, token, context = rows[going], token[going], context.take(going)
            state = SequenceState(*(part[going] for part in state))
        state = decoder.advance(state, token, context, Layout.one_each(len(rows), device))
    return _programs(torch.stack(steps, dim=1), log_prob, parser)


def _programs(token: Tensor, log_prob: Tensor, parser: BracketParser) -> list[Written | None]:
    """Drop the marks; the parser says which programs came to their end."""
    found: list[Written | None] = []
    for row, total, ended in zip(
        token.tolist(), log_prob.tolist(), parser.ended.tolist(), strict=True
    ):
        labels = [number for number in row if number < parser.marks.open]
        found.append(Written(labels, total) if ended else None)
    return found
