"""One text, read in two ways: as it is declared, and as if nothing were known but its words.

Whoever gives an example names the arguments by it, and the text is then read under these names. A
network may understand a text better without them. So programs of the other reading are tried on
the examples as well, and an example never loses an answer that the text alone would get.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice
from math import exp, log
from typing import Final

from saps.lang import Node
from saps.search.interface import Prediction
from saps.synthesis.behaviour import Behaviour, Found, behaviours
from saps.synthesis.faults import Factors
from saps.synthesis.preparation import Prepared

_MOST_WAYS: Final = 6


def together(declared: Found, bare: Found, factors: Factors) -> Found:
    """Return what a task means by both of its readings, each with half of the probability.

    Args:
        declared: what was found for the task as it is.
        bare: what was found for its text alone.
        factors: what it costs a program to leave something out.
    """
    prepared = declared.prepared
    likely: dict[Node, float] = defaultdict(float)
    for prediction in (p for behaviour in declared.behaviours for p in behaviour.members):
        likely[prediction.program] += exp(prediction.log_prob) / 2
    for behaviour in bare.behaviours:
        for prediction in _carried(behaviour, bare.prepared, prepared):
            likely[prediction.program] += exp(prediction.log_prob) / 2
    predictions = [Prediction(program, log(p or 1e-300)) for program, p in likely.items()]
    found = behaviours(predictions, prepared.request, prepared.reading, factors)
    if not found:
        return declared
    return Found(prepared, tuple(behaviour.best for behaviour in found), tuple(found))


def _carried(behaviour: Behaviour, old: Prepared, new: Prepared) -> Iterator[Prediction]:
    """Yield the programs of a reading by the letters of another, for each way to name arguments."""
    names = old.names.with_names_for(behaviour.types)
    own = names.to_names(behaviour.types)
    known = new.request.argument_types() or {}
    wanted = new.names.to_names({n: k for n, k in known.items() if n not in new.names.stand_ins})
    by_name = {name: letter for letter, name in new.names.name_of.items()}
    literals = {literal: letter for letter, literal in new.names.stand_ins.items()}
    ways = list(islice(assignments(own, wanted), _MOST_WAYS))
    for way in ways:
        letters = {
            letter: by_name.get(way[name], way[name])
            for letter in behaviour.types
            for name in [names.name_of.get(letter, letter)]
        }
        letters |= {
            letter: literals.get(literal, literal) for letter, literal in names.stand_ins.items()
        }
        for member in behaviour.members:
            yield Prediction(member.program.renamed(letters), member.log_prob - log(len(ways)))


def assignments(own: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield the ways to take each of `own` for another one of `wanted` whose type fits.

    Where all names are the same, with the same types, they stay. Some of `wanted` may be left over.
    An argument whose type is a letter, or arrays of one, takes any type of that form. To the
    language `float` and `int` are one type.

    Args:
        own: arguments of a program, name to type.
        wanted: those that it may have, name to type.
    """
    if all(wanted.get(name) == kind for name, kind in own.items()):
        yield {name: name for name in own}
    else:
        yield from _by_type(dict(own), dict(wanted))


def _by_type(own: dict[str, str], wanted: dict[str, str]) -> Iterator[dict[str, str]]:
    """Yield the ways one after another, for there may be more than anybody wants to hold."""
    if not own:
        yield {}
        return
    (first, kind), *others = own.items()
    for name, true in wanted.items():
        is_any = kind.rstrip("[]").isupper() and kind.count("[]") <= true.count("[]")
        if kind.replace("float", "int") == true.replace("float", "int") or is_any:
            rest = {other: wanted[other] for other in wanted if other != name}
            for way in _by_type(dict(others), rest):
                yield {first: name, **way}
