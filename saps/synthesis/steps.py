"""Requests of several steps: each step is a kind, done to what the step before it gave.

"Keep the positive numbers. Double each of them. Return the sum." names three kinds, and no network
that writes the whole at once may lose one of them. So the text is cut at full stops, semicolons and
"then", the classifier of kinds reads each part alone, and a beam puts their programs into one
another as far as the types allow.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import exp, log
from typing import Final

import torch
from torch import Tensor

from saps.data.tasks.kinds import filled
from saps.english.reader import opening
from saps.lang import AlgoLispError, Node
from saps.lang.check import infer_signature
from saps.model.kind_classifier import KindClassifier
from saps.search.interface import Prediction
from saps.synthesis.edge_cases import without_edges
from saps.synthesis.kind_programs import Fillers, agree, fillings, plain, with_letters
from saps.synthesis.preparation import Prepared

_CUT: Final = re.compile(
    r" (?:\) )?[.;] | ,? ?(?:and )?then (?:,? ?)|(?<=\)) \. "
    r"| , (?:and )?(?=(?:add|count|double|drop|give|join|keep|multiply|remove|return|reverse|sort"
    r"|square|sum|take)\b)"
)
_MOST_STEPS: Final = 6
_WIDTH: Final = 8
_N_KINDS: Final = 10
_N_TYPED: Final = 32  # programs of a step whose type is looked at
_SKIPPED: Final = 0.03  # share of parts that are no step, guessed
_PREVIOUS: Final = "previous"
"""A leaf that stands for what the step before gave; no argument can have the name."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A part of a text: what the classifier says of it, and the arguments that it names first."""

    kind: Tensor
    part: Tensor
    fillers: Fillers


@dataclass(frozen=True, slots=True)
class _State:
    """What the steps so far make; no program before the first."""

    program: Node | None
    type: str
    log_prob: float


def steps_of(text: str) -> list[str]:
    """Return the parts of a text that may be steps, in order; see `Reading.text`."""
    return [part for part in map(str.strip, _CUT.split(text)) if len(part.split()) > 1]


@torch.inference_mode()
def step_predictions(
    classifier: KindClassifier, prepared: Prepared, *, most: int
) -> list[Prediction]:
    """Return programs of all steps together by letters, the likeliest first; none for one step.

    Args:
        classifier: of a model.
        prepared: a task; its examples are not looked at.
        most: programs at most.
    """
    names = prepared.names
    named = prepared.task.arguments or prepared.reading.declared
    told = opening(named, names.letter_of) if named else ""
    text = prepared.reading.text.removeprefix(told)
    parts = steps_of(without_edges(text, names.stand_ins))
    if not 1 < len(parts) <= _MOST_STEPS:
        return []
    steps = _steps(classifier, prepared, parts)
    types = {**(prepared.request.argument_types() or {}), **names.stand_in_types}
    known = {name: kind for name, kind in types.items() if not kind.isupper()}
    letters = {literal: letter for letter, literal in names.stand_ins.items()}
    beam = [_State(None, "", 0.0)]
    for step in steps:
        reached = [s for state in beam for s in _after(classifier, step, state, letters)]
        beam = _best(reached, known)
    wanted, declared = prepared.request.result, prepared.request.wanted_arguments() or {}
    done: dict[Node, float] = {}
    for state in beam:
        if state.program is None or not agree(state.type, wanted):
            continue
        used = {leaf.symbol for leaf in state.program.preorder()}
        if used >= declared.keys():
            done[state.program] = max(state.log_prob, done.get(state.program, state.log_prob))
    if not done:
        return []
    # As sure of the whole as of its parts on average: more steps are no less likely.
    total = log(sum(map(exp, done.values())))
    sure = sum(float(step.kind.max()) for step in steps) / len(steps)
    best = sorted(done.items(), key=lambda item: -item[1])[:most]
    return [Prediction(program, score - total + sure) for program, score in best]


def _steps(classifier: KindClassifier, prepared: Prepared, parts: Sequence[str]) -> list[_Step]:
    """Give each part the arguments that it is the first to name; the first has the unnamed ones."""
    declared = prepared.request.wanted_arguments() or {}
    words = [part.split() for part in parts]
    first = {
        name: next((n for n, some in enumerate(words) if name in some), 0) for name in declared
    }
    whole, steps = Fillers.of(prepared), []
    for number, part in enumerate(parts):
        own = {n: plain(kind) for n, kind in declared.items() if first[n] == number}
        literals = {name: kind for name, kind in whole.literals.items() if name in words[number]}
        fillers = Fillers(
            own if declared else None,
            tuple(name for name in whole.named if name in words[number]),
            literals,
        )
        steps.append(_Step(*classifier.log_probs(part), fillers))
    return steps


def _after(
    classifier: KindClassifier, step: _Step, state: _State, letters: Mapping[str, str]
) -> Iterator[_State]:
    """Yield what a step makes of a state; the part may be no step of its own."""
    is_idle = not step.fillers.arguments
    if state.program is not None and is_idle:
        yield replace(state, log_prob=state.log_prob + log(_SKIPPED))
    fillers = step.fillers
    if state.program is not None:
        held = {**(fillers.arguments or {}), _PREVIOUS: state.type}
        fillers = replace(fillers, arguments=held)
    elif fillers.arguments == {}:
        return
    order = step.kind.argsort(descending=True).tolist()
    fitting = (n for n in order if fillers.may_fill(classifier.kinds[n].slots.values()))
    for number in islice(fitting, _N_KINDS):
        for filling in fillings(classifier, number, step.part, nests=False):
            for program, log_prob in filling.programs(fillers):
                score = state.log_prob + float(step.kind[number]) + filling.log_prob + log_prob
                written = with_letters(program, letters)
                if state.program is not None:
                    written = filled(written, {_PREVIOUS: state.program})
                yield _State(written, "", score)


def _best(reached: Sequence[_State], known: Mapping[str, str]) -> list[_State]:
    """Return the likeliest states, each program once, with its type."""
    best: dict[Node | None, _State] = {}
    for state in sorted(reached, key=lambda one: -one.log_prob):
        best.setdefault(state.program, state)
    typed = []
    for state in islice(best.values(), _N_TYPED):
        if state.program is None or state.type:
            typed.append(state)
            continue
        used = {leaf.symbol for leaf in state.program.preorder()}
        try:
            own = {name: kind for name, kind in known.items() if name in used}
            found = str(infer_signature(state.program, own).result)
        except AlgoLispError:
            continue
        typed.append(replace(state, type=re.sub(r"[A-Z]", "int", found)))
    return typed[:_WIDTH]
