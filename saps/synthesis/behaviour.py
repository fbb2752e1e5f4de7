"""What programs compute: candidates that do the same are one answer.

A network spreads its probability over programs that are written differently and do the same. What
a person wants to know is how likely it is that a program *does* what they meant, so the
probabilities of such programs add up.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from math import exp, inf, log
from random import Random
from time import monotonic
from typing import Final

from saps.data.symbols import SymbolTable
from saps.data.tasks.natural_inputs import draw_inputs, with_values
from saps.english import Reading
from saps.english.declarations import settle_signature
from saps.english.vocabulary import published_words
from saps.lang import AlgoLispError, Limits, Node, Value, compile_program, values_equal
from saps.lang.program_values import constant
from saps.lang.unify import type_of_value
from saps.model.protocols import Scorer
from saps.search.fallback import PlausibleSearch
from saps.search.interface import Prediction, Search
from saps.search.request import InputOutput, Request
from saps.synthesis.bottom_up import put_together
from saps.synthesis.code_programs import code_predictions
from saps.synthesis.edge_cases import empty_for_empty, is_like, mended, said_edges, with_edge
from saps.synthesis.faults import SMALL, Factors, Faults, faults_of, misnamed
from saps.synthesis.kind_programs import kind_predictions
from saps.synthesis.predictor import Predictor
from saps.synthesis.preparation import Prepared, is_open

N_INPUTS: Final = 24
_MOST_FAVOURED: Final = 12  # numbers and strings that inputs are made to meet
_LIMITS: Final = Limits(steps=20_000, elements=20_000)
_UNSEEN: Final = 0.02
"""Share of the programs that compute an example and that no search came upon, guessed."""
_WIDTH: Final = 10
_MOST_NODES: Final = 120
_MOST_COSTED: Final = 3  # of programs that do the same: the others are hardly likely
_KINDS_SHARE: Final = 0.65
"""Weight of the programs of kinds beside those of the network.

Of 402 requests with types 0.45 answers 172, 0.65 184, 0.8 183; from the text alone 132, 137, 131.
"""
_KINDS_SHARE_PUBLISHED: Final = 0.45  # for texts of published words alone: the network's own
_N_KIND_PROGRAMS: Final = 10
_N_KIND_PROGRAMS_WANTED: Final = 40
# Where examples tell right from wrong: mostly half a second of processor time. A program may run
# into its limits, which takes a second, and a weak example is computed by hundreds.
_N_KIND_PROGRAMS_TRIED: Final = 1000
_N_KINDS_TRIED: Final = 150
_SECONDS_TRIED: Final = 2.0
_MOST_ASSIGNMENTS: Final = 6
_LIKELY: Final = 0.13
"""Programs are put together where those that pass had less of the probability, all together."""
_N_EDGED: Final = 8
_EDGED_SHARE: Final = 0.7
"""Of the probability of a program that goes to its like with the edge of the text, guessed."""
_USUAL: Final = Factors()


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Candidates that do the same on inputs drawn for their types.

    Attributes:
        best: the one that leaves least out, with the probability of all of them together, less
            what its faults cost.
        members: all, the likeliest first.
        faults: what the best of them leaves out.
        inputs: what they were run on.
        outputs: what they gave; None where they failed.
        types: of the arguments, by letter.
    """

    best: Prediction
    members: tuple[Prediction, ...]
    faults: Faults
    inputs: tuple[Mapping[str, Value], ...]
    outputs: tuple[Value | None, ...]
    types: Mapping[str, str]


def behaviours(
    predictions: Sequence[Prediction],
    request: Request,
    reading: Reading | None = None,
    factors: Factors = _USUAL,
) -> list[Behaviour]:
    """Return what some predictions do, the likeliest first.

    Args:
        predictions: programs by letters; ill-typed ones are left out.
        request: what is known of the program: types of arguments by letter, literals among them.
            Programs that differ on one of its examples are never taken for one.
        reading: of the text, which says what a program should have; None where there is none.
        factors: what it costs to leave something out.
    """
    groups: dict[object, list[tuple[Prediction, _Run]]] = {}
    favoured = _favoured(predictions, request)
    for prediction in predictions:
        run = _run(prediction.program, request, reading, favoured)
        if run is not None:
            groups.setdefault(run.key, []).append((prediction, run))
    text, labelled = ("", ()) if reading is None else (reading.text, reading.labelled)
    named = () if reading is None else reading.named
    found = []
    for group in groups.values():
        group.sort(key=lambda pair: -pair[0].log_prob)
        costed = []
        for prediction, run in group[:_MOST_COSTED]:
            outputs = run.outputs if run.types else ()
            faults = faults_of(prediction.program, request, text, labelled, outputs, named)
            by_name = {} if reading is None else _types_by_name(run.types, reading, request)
            faults = replace(faults, example=run.n_failed, misnamed=misnamed(by_name))
            costed.append((factors.loss(faults) - prediction.log_prob, faults, prediction, run))
        _, faults, chosen, run = min(costed, key=lambda one: one[0])
        total = log(min(1.0, sum(exp(p.log_prob) for p, _ in group)) or 1e-300)
        best = Prediction(chosen.program, min(0.0, total) - factors.loss(faults))
        members = tuple(p for p, _ in group)
        found.append(Behaviour(best, members, faults, run.inputs, run.outputs, run.types))
    return sorted(found, key=lambda behaviour: -behaviour.best.log_prob)


def _types_by_name(types: Mapping[str, str], reading: Reading, request: Request) -> dict[str, str]:
    """Return the types of the arguments that a text names and nobody declared."""
    declared = request.wanted_arguments() or {}
    return {
        reading.names.get(letter, letter): kind
        for letter, kind in types.items()
        if letter in reading.named and letter not in declared
    }


@dataclass(frozen=True, slots=True)
class _Run:
    key: object
    inputs: tuple[Mapping[str, Value], ...]
    outputs: tuple[Value | None, ...]
    types: Mapping[str, str]
    n_failed: int  # examples of the text that the program does not compute


def _favoured(predictions: Sequence[Prediction], request: Request) -> tuple[Value, ...]:
    """Return the literals of the text, and the numbers that some programs have besides.

    Whether a bound itself counts shows only where something is equal to it.
    """
    numbers = (
        known[0]
        for prediction in predictions
        for part in prediction.program.preorder()
        if not part.children and part.symbol not in SMALL
        for known in [constant(part.symbol)]
        if known is not None and type(known[0]) is int
    )
    return tuple(dict.fromkeys((*request.literals.values(), *numbers)))[:_MOST_FAVOURED]


def _run(
    program: Node, request: Request, reading: Reading | None, favoured: tuple[Value, ...]
) -> _Run | None:
    text = None if reading is None else reading.text
    known = {n: k for n, k in (request.argument_types() or {}).items() if not _is_variable(k)}
    literals = request.literals
    used = {part.symbol for part in program.preorder()}
    declared = {name: kind for name, kind in known.items() if name in used or name not in literals}
    try:
        signature = settle_signature(program, "", declared, request.result, text)
        types = signature.types
        if any(map(is_open, types.values())):  # inputs are of some type: numbers
            signature = settle_signature(program, "", declared, request.result)
            types = signature.types
        run = compile_program(program, types, _LIMITS)
    except AlgoLispError:
        return None
    free = {name: kind for name, kind in types.items() if name not in literals}
    given = {name: literals[name] for name in types if name in literals}
    inputs = _drawn(tuple(free.items()), favoured)
    shown = [e.inputs for e in request.examples if free.keys() <= e.inputs.keys()]
    examples = () if reading is None else reading.examples
    told = [one for one in examples if _fit(one[0], list(free.values()))]
    outputs: list[Value | None] = []
    for values in (
        *inputs,
        *(dict(zip(free, values, strict=True)) for values, _ in told),
        *({name: one[name] for name in free} for one in shown),
    ):
        try:
            outputs.append(run({**values, **given}))
        except AlgoLispError:
            outputs.append(None)
    key = (tuple(free.values()), str(signature.result), repr(outputs))
    of_told = outputs[len(inputs) : len(inputs) + len(told)]
    wanted = [output for _, output in told]
    n_failed = sum(not is_like(*pair) for pair in zip(of_told, wanted, strict=True))
    return _Run(key, inputs, tuple(outputs[: len(inputs)]), free, n_failed)


def _fit(values: Sequence[Value], kinds: Sequence[str]) -> bool:
    """Whether values of an example in the text are what a program takes, one by one."""
    try:
        own = [str(type_of_value(value)) for value in values]
    except AlgoLispError:
        return False
    return own == [kind.replace("float", "int") for kind in kinds]


# The candidates for a text mostly take the same arguments, and are compared on the same inputs.
@lru_cache(maxsize=1_024)
def _drawn(
    types: tuple[tuple[str, str], ...], favoured: tuple[Value, ...]
) -> tuple[Mapping[str, Value], ...]:
    rng, known = Random(0), dict(types)
    drawn = [draw_inputs(known, rng) for _ in range(N_INPUTS if types else 1)]
    half = len(drawn) // 2
    met = (with_values(known, inputs, favoured, rng) for inputs in drawn[half:])
    return (*drawn[:half], *met)


def passes(program: Node, request: Request, deadline: float = inf) -> bool:
    """Whether a program computes all examples of a request, and is known to by a time."""
    try:
        run = compile_program(program, request.argument_types() or {}, Limits())
        return all(
            monotonic() < deadline
            and values_equal(run(dict(example.inputs)), example.output, by_value=True)
            for example in request.examples
        )
    except AlgoLispError:
        return False


def _is_variable(kind: str) -> bool:
    return kind.isalnum() and kind[0].isupper()


@dataclass(frozen=True, slots=True)
class Found:
    """A task with the programs found for it, the best first.

    Attributes:
        prepared: as it was understood.
        predictions: one for each behaviour, with the probability of the behaviour.
        behaviours: what these do; empty where a search of the caller's choice found them.
        by_text: the likeliest meaning of the text, where it does not compute the examples.
    """

    prepared: Prepared
    predictions: tuple[Prediction, ...]
    behaviours: tuple[Behaviour, ...] = ()
    by_text: Prediction | None = None


def search_all(predictor: Predictor, tasks: Sequence[Prepared], search: Search) -> list[Found]:
    """Search for all tasks together; there may be none."""
    if not tasks:
        return []
    texts = [task.reading.text for task in tasks]
    answers = predictor.n_best(texts, [task.request for task in tasks], search)
    return [Found(task, tuple(found)) for task, found in zip(tasks, answers, strict=True)]


class CandidateSearch(PlausibleSearch):
    """All that the plausible search comes upon: the greedy program, and in doubt those of a beam.

    Programs of people are small: the sizes keep a network that understood nothing from filling
    pages, which takes seconds.
    """

    def __init__(self, *, several: bool = False) -> None:
        """Set whether other programs are looked for though the greedy one is in no doubt."""
        super().__init__(_WIDTH, max_depth=40, max_size=_MOST_NODES)
        self.several = several

    def is_doubtful(self, found: Prediction, request: Request) -> bool:
        return self.several or super().is_doubtful(found, request)

    def search(
        self, scorer: Scorer, symbols: SymbolTable, requests: Sequence[Request] | None = None
    ) -> list[list[Prediction]]:
        """Return the programs of each text, each once; see `Search.search`."""
        found = self.candidates(scorer, symbols, requests)
        return [list({p.program: p for p in some}.values()) for some in found]


def likeliest(
    predictor: Predictor,
    tasks: Sequence[Prepared],
    factors: Factors = _USUAL,
    *,
    several: bool = False,
) -> list[Found]:
    """Return what tasks most likely mean, their examples left aside.

    Args:
        predictor: a model.
        tasks: any number.
        factors: what it costs a program to leave something out.
        several: whether more programs than one are wanted.
    """
    bare = [replace(task, request=without_examples(task.request)) for task in tasks]
    answers = []
    for task, found in zip(
        tasks, search_all(predictor, bare, CandidateSearch(several=several)), strict=True
    ):
        prepared = found.prepared
        predictions = _with_kinds(predictor, prepared, found.predictions, several=several)
        done = _with_edges(
            behaviours(predictions, task.request, prepared.reading, factors), task, factors
        )
        # An ill-typed program alone is kept: whoever asked is told of it.
        best = tuple(behaviour.best for behaviour in done) or found.predictions
        answers.append(without_rejected(Found(task, best, tuple(done))))
    return answers


def _with_edges(done: list[Behaviour], prepared: Prepared, factors: Factors) -> list[Behaviour]:
    """Put edges around the likeliest programs: those of the text, and nothing for nothing."""
    values = said_edges(prepared.reading.text, prepared.names.stand_ins)
    literals, kinds = prepared.names.stand_in_values, prepared.names.stand_in_types
    predictions: list[Prediction] = []
    changed = False
    for rank, behaviour in enumerate(done):
        plain, edged, share = list(behaviour.members), None, _EDGED_SHARE
        if rank < _N_EDGED:
            inputs = [{**drawn, **literals} for drawn in _with_small(behaviour.inputs)]
            program, types = behaviour.best.program, {**kinds, **behaviour.types}
            edged = with_edge(program, values, types, inputs, prepared.reading.text)
            if edged is None:
                edged, share = empty_for_empty(program, types, inputs), 1.0
        if edged is not None:
            changed = True
            whole = sum(exp(member.log_prob) for member in plain)
            plain = [Prediction(m.program, m.log_prob + log(1 - share)) for m in plain if share < 1]
            plain.append(Prediction(edged, log(max(whole * share, 1e-300))))
        predictions += plain
    if not changed:
        return done
    return behaviours(predictions, prepared.request, prepared.reading, factors)


def _with_small(inputs: Sequence[Mapping[str, Value]]) -> Iterator[Mapping[str, Value]]:
    """Yield inputs, and the first of them with each array and string empty, or its end alone."""
    yield from inputs
    for name, value in inputs[0].items() if inputs else ():
        if isinstance(value, list | str):
            yield {**inputs[0], name: value[:0]}
            yield {**inputs[0], name: value[-1:]}


def _with_kinds(
    predictor: Predictor, prepared: Prepared, written: Sequence[Prediction], *, several: bool
) -> Sequence[Prediction]:
    """Return the network's programs together with those of whole kinds, as a mixture of both."""
    classifier = predictor.bundle.kinds
    if classifier is None:
        return written
    most = _N_KIND_PROGRAMS_WANTED if several else _N_KIND_PROGRAMS
    of_kinds = kind_predictions(classifier, prepared, most=most)
    likely: dict[Node, float] = {}
    spelled = code_predictions(classifier, prepared)
    rest = 1 - sum(exp(one.log_prob) for one in spelled)
    words = {word for word in prepared.reading.text.split() if word.isalpha() and len(word) > 1}
    share = _KINDS_SHARE if words - set(published_words()) else _KINDS_SHARE_PUBLISHED
    mixture = ((1.0, spelled), (rest * (1 - share), written), (rest * share, of_kinds))
    for weight, some in mixture:
        for one in some:
            likely[one.program] = likely.get(one.program, 0.0) + weight * exp(one.log_prob)
    return [Prediction(program, log(p or 1e-300)) for program, p in likely.items()]


def among_kinds(predictor: Predictor, told: Found, factors: Factors = _USUAL) -> Found | None:
    """Return a task with those programs of many more kinds that compute its examples, if any do.

    Args:
        predictor: a model.
        told: the task; none of its programs computes the examples.
        factors: what it costs a program to leave something out.
    """
    classifier, prepared = predictor.bundle.kinds, told.prepared
    if classifier is None:
        return None
    tried = kind_predictions(
        classifier, prepared, most=_N_KIND_PROGRAMS_TRIED, n_kinds=_N_KINDS_TRIED
    )
    request = prepared.request
    deadline = min(prepared.deadline, monotonic() + _SECONDS_TRIED)
    passing = (one for one in tried if passes(one.program, request, deadline))
    chosen = list(islice(passing, _N_KIND_PROGRAMS_WANTED))
    chosen = chosen or mended(tried, request, deadline)
    return computing(told, chosen, factors)


def with_small_parts(
    predictor: Predictor, told: Found, passing: Found | None, factors: Factors = _USUAL
) -> Found | None:
    """Return a task with programs put together by values besides those that are there.

    Args:
        predictor: a model.
        told: the task, and what its text says.
        passing: programs that compute its examples; None where there are none.
        factors: what it costs a program to leave something out.
    """
    classifier = predictor.bundle.kinds
    built = [] if classifier is None else put_together(classifier, told.prepared)
    known = () if passing is None else passing.behaviours
    found = computing(told, [*(m for b in known for m in b.members), *built], factors)
    return found if found is None or passing is None else replace(found, by_text=passing.by_text)


def is_unlikely(passing: Found) -> bool:
    """Whether what computes several examples was hardly likely before they were known.

    A single example is computed by too many programs to prefer an unlikely one to another.
    """
    n_shown = len(passing.prepared.request.examples)
    return n_shown > 1 and sum(exp(b.best.log_prob) for b in passing.behaviours) < _LIKELY


def conditioned(passing: Found) -> Found:
    """Return a task with the probabilities of its programs, given that they are those that pass."""
    total = sum(exp(b.best.log_prob) for b in passing.behaviours) + _UNSEEN
    kept = tuple(
        replace(b, best=Prediction(b.best.program, b.best.log_prob - log(total)))
        for b in passing.behaviours
    )
    return replace(passing, predictions=tuple(b.best for b in kept), behaviours=kept)


def with_edges_shown(told: Found, factors: Factors = _USUAL) -> Found | None:
    """Return a task with programs that lacked but an edge which its examples show, if any did."""
    prepared = told.prepared
    likely = [behaviour.best for behaviour in told.behaviours]
    fixed = mended(likely, prepared.request, prepared.deadline)
    return computing(told, fixed, factors)


def computing(
    told: Found, predictions: Iterable[Prediction], factors: Factors = _USUAL
) -> Found | None:
    """Return a task with what those programs do that compute its examples; None if none does.

    Args:
        told: the task, and what its text says.
        predictions: programs by letters.
        factors: what it costs a program to leave something out.
    """
    prepared = told.prepared
    request, deadline = prepared.request, prepared.deadline
    chosen = [one for one in predictions if passes(one.program, request, deadline)]
    done = behaviours(chosen, request, prepared.reading, factors)
    by_text = told.behaviours[0].best if told.behaviours else None
    best = tuple(behaviour.best for behaviour in done)
    kept = without_rejected(Found(prepared, best, tuple(done), by_text))
    return kept if kept.behaviours else None


def with_examples(found: Found) -> Found | None:
    """Return a task with those of its programs that compute its examples; None if none does."""
    request, deadline = found.prepared.request, found.prepared.deadline
    kept = tuple(b for b in found.behaviours if passes(b.best.program, request, deadline))
    if not kept:
        return None
    return replace(found, predictions=tuple(b.best for b in kept), behaviours=kept)


def without_rejected(found: Found) -> Found:
    """Return a task without those of its programs that compute what the person said is wrong."""
    rejected = found.prepared.task.rejected
    if not rejected or not found.behaviours:
        return found
    kept = tuple(
        b for b in found.behaviours if not any(_computes(b, found.prepared, r) for r in rejected)
    )
    return replace(found, predictions=tuple(b.best for b in kept), behaviours=kept)


def _computes(behaviour: Behaviour, prepared: Prepared, example: InputOutput) -> bool:
    """Whether a program gives an output for an input by the person's names."""
    names, literals = prepared.names.with_names_for(behaviour.types), prepared.request.literals
    own = {names.shown(letter): letter for letter in behaviour.types}
    if not own.keys() <= example.inputs.keys():
        return False
    inputs = {letter: example.inputs[name] for name, letter in own.items()}
    types = {**behaviour.types, **prepared.names.stand_in_types}
    request = Request(types, examples=(InputOutput({**inputs, **literals}, example.output),))
    return passes(behaviour.best.program, request)


def without_examples(request: Request) -> Request:
    """Return a request with the types that its examples tell, and no examples."""
    return replace(request, arguments=request.argument_types(), examples=())


# One text, read in two ways: as it is declared, and as if nothing were known but its words. Whoever
# gives an example names the arguments by it, and the text is then read under these names. A network
# may understand a text better without them. So programs of the other reading are tried on the
# examples as well, and an example never loses an answer that the text alone would get.


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
    ways = list(islice(assignments(own, wanted), _MOST_ASSIGNMENTS))
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
