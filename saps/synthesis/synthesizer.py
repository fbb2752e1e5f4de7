"""English in, a checked program out: what `from saps import Synthesizer` gives."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from math import exp, inf
from pathlib import Path
from time import monotonic
from typing import Final

import torch

from saps.english import Vocabulary
from saps.english.declarations import settle_signature
from saps.lang import (
    AlgoLispError,
    Limits,
    Node,
    Program,
    Value,
    compile_program,
    to_python,
    values_equal,
)
from saps.lang.limits import n_elements
from saps.search.beam import BeamSearch
from saps.search.fallback import PlausibleSearch
from saps.search.greedy import GreedyDecoder
from saps.search.guided import GuidedSearch
from saps.search.interface import Prediction, Search
from saps.search.request import InputOutput
from saps.search.sampling import SamplingSearch
from saps.synthesis.answer import Candidate, Outcome, Synthesis, SynthesisError
from saps.synthesis.asking_back import NotKnownError, question, samples
from saps.synthesis.behaviour import (
    Found,
    among_kinds,
    behaviours,
    computing,
    conditioned,
    is_unlikely,
    likeliest,
    search_all,
    together,
    with_edges_shown,
    with_examples,
    with_small_parts,
    without_rejected,
)
from saps.synthesis.calibration import Calibration
from saps.synthesis.explanation import Explanation, explain
from saps.synthesis.faults import Factors
from saps.synthesis.predictor import Predictor
from saps.synthesis.preparation import (
    MAX_TOKENS,
    ExampleLike,
    Prepared,
    Task,
    as_shown,
    prepare,
)

# From what a search found to what a person reads: names, types, Python, examples.

_REWORD = "put the specification in other words"
_EXAMPLE_LIMITS = Limits()
_MOST_KEPT = 20_000
"""Elements of the values that one candidate computes from all examples."""
_UNREADABLE: Final = 0.5


def answer(
    found: Found, *, top: int, calibration: Calibration | None, is_declared: bool
) -> Synthesis:
    """Return the best of some predictions, those that pass most examples first.

    Args:
        found: the task as it was understood, and what was found for it.
        top: candidates at most.
        calibration: of the model, if it has one.
        is_declared: whether the task gave its arguments; else they were guessed.

    Raises:
        SynthesisError: there is none, or none is well-typed.
    """
    prepared = found.prepared
    text = prepared.task.text
    if not found.predictions:
        wrote = "the model wrote no complete program"
        if prepared.task.rejected:
            wrote = "every program found gives an output that was marked as wrong"
        raise SynthesisError(f"{wrote}; {_REWORD}, or give an example", text, code="no-program")
    # What examples rank is written in full; else those alone that are shown.
    is_ranked = bool(prepared.task.examples) or not found.behaviours
    shown = found.predictions if is_ranked else found.predictions[:top]
    candidates = _ranked(_candidates(prepared, shown))[:top]
    best = candidates[0]
    # A search of the caller's choice tells no behaviours; the best program has one all the same.
    written = Prediction(best.written or best.program, best.log_prob)
    likely = found.behaviours or behaviours((written,), prepared.request)
    names = prepared.names.with_names_for(likely[0].types) if likely else prepared.names
    n_examples = len(prepared.task.examples)
    answered = Synthesis(
        text,
        best.program,
        best.arguments,
        best.return_type,
        best.log_prob,
        best.python,
        candidates,
        reading=prepared.reading,
        names=names.name_of,
        letters=names.kept,
        samples=samples(likely[0], names) if likely else (),
        open_question=question(likely, names) if likely else None,
        by_text=None if found.by_text is None else _candidate(prepared, found.by_text),
        n_meanings=len(found.behaviours) if n_examples and best.passes else 0,
    )
    if calibration is None:
        return answered
    confidence, share = 0.0, answered.unknown_share
    # A program that fails an example is wrong; and a text that can hardly be read says nothing.
    if best.passes and share < _UNREADABLE:
        confidence = calibration.confidence(
            best.log_prob,
            best.program.size,
            share,
            is_declared=is_declared,
            n_examples=n_examples,
        )
    return replace(answered, confidence=confidence, is_sure=calibration.is_sure(confidence))


def _candidates(prepared: Prepared, predictions: Iterable[Prediction]) -> list[Candidate]:
    found: list[Candidate] = []
    fault: SynthesisError | None = None
    written: dict[Node, Node] = {}
    for prediction in predictions:
        try:
            candidate = _candidate(prepared, prediction)
        except AlgoLispError as error:
            fault = fault or _ill_typed(prepared, prediction.program, error)
            continue
        # A number may be a label as well: what stands for it then gives the same program again.
        if written.setdefault(candidate.program, prediction.program) == prediction.program:
            found.append(candidate)
    if not found and fault is not None:
        raise fault
    return found


def _ill_typed(prepared: Prepared, program: Node, error: AlgoLispError) -> SynthesisError:
    return SynthesisError(
        f"the model's program does not type-check: {program}: {error}; {_REWORD}",
        prepared.task.text,
        program,
        "ill-typed",
    )


def _ranked(candidates: list[Candidate]) -> tuple[Candidate, ...]:
    if not any(candidate.outcomes for candidate in candidates):
        # A search knows why it put one first: a likelier one may leave an argument out.
        return tuple(candidates)
    return tuple(sorted(candidates, key=lambda c: (-c.n_passed, -c.log_prob)))


def _candidate(prepared: Prepared, prediction: Prediction) -> Candidate:
    request, names = prepared.request, prepared.names
    given = prepared.task.arguments or prepared.reading.declared
    declared = {**names.to_letters(given), **names.stand_in_types}
    if request.examples:
        declared = dict(request.argument_types() or {})
    task = prepared.task
    spoken = prepared.reading.text
    signature = settle_signature(prediction.program, "", declared, request.result, spoken)
    types = signature.types
    names = names.with_names_for(types)
    arguments = _with_floats(names.to_names(types), given, task.examples)
    program, result = names.rename(prediction.program), str(signature.result)
    return Candidate(
        program,
        arguments,
        result,
        prediction.log_prob,
        to_python(program, arguments, result),
        _outcomes(program, arguments, prepared),
        prediction.program,
    )


def _with_floats(
    arguments: dict[str, str], given: Mapping[str, str], examples: Iterable[InputOutput]
) -> dict[str, str]:
    """Return the types, `float` for `int` where the user declared one or an example has one."""
    floats = {name for name, kind in given.items() if "float" in kind or "number" in kind}
    for example in examples:
        floats |= {name for name, value in example.inputs.items() if _has_float(value)}
    return {n: k.replace("int", "float") if n in floats else k for n, k in arguments.items()}


def _has_float(value: Value) -> bool:
    if isinstance(value, dict):
        return any(map(_has_float, [*value, *value.values()]))
    return any(map(_has_float, value)) if isinstance(value, list) else isinstance(value, float)


def _outcomes(program: Node, arguments: dict[str, str], prepared: Prepared) -> tuple[Outcome, ...]:
    if not prepared.task.examples:
        return ()
    # An argument whose name no program can have goes by its letter.
    kept = {name: letter for letter, name in prepared.names.kept.items()}
    compiled = compile_program(program, arguments, _EXAMPLE_LIMITS)
    outcomes: list[Outcome] = []
    n_kept: float = 0
    for example in prepared.task.examples:
        named = {kept.get(name, name): value for name, value in example.inputs.items()}
        inputs = {name: value for name, value in named.items() if name in arguments}
        outcome = _outcome(compiled, example, inputs, prepared.deadline)
        n_kept += n_elements(outcome.got)
        outcomes.append(outcome if n_kept <= _MOST_KEPT else _without_value(outcome))
    return tuple(outcomes)


def _outcome(
    program: Program, example: InputOutput, inputs: dict[str, Value], deadline: float
) -> Outcome:
    got, error = None, ""
    if monotonic() > deadline:
        error = "not run: the examples took too long in all"
    else:
        try:
            got = program(inputs)
        except AlgoLispError as fault:
            error = str(fault)
    passed = not error and values_equal(got, example.output, by_value=True)
    return Outcome(example.inputs, example.output, got, error, passed)


def _without_value(outcome: Outcome) -> Outcome:
    if outcome.passed:
        return replace(outcome, got=outcome.expected)
    told = f"wrong, and not kept: the values have more than {_MOST_KEPT:,} elements in all"
    return replace(outcome, got=None, error=outcome.error or told)


# Ways of searching by their names.

DECODINGS: Final = ("plausible", "greedy", "beam", "guided", "sampling")
_CHOICE_LEAST_WIDTH: Final = 10


def choose_search(
    decoding: str | Search | None,
    *,
    top: int = 1,
    has_examples: bool = False,
    seconds: float | None = None,
) -> Search:
    """Return a search.

    Args:
        decoding: a name, or a search that is taken as it is; None for the plausible one, or the
            guided one where there are examples.
        top: programs that are wanted.
        has_examples: whether examples are known.
        seconds: when the guided search gives up; None for no limit.

    Raises:
        ValueError: there is no such name.
    """
    if decoding is not None and not isinstance(decoding, str):
        return decoding
    name = decoding or ("guided" if has_examples else "plausible")
    if name == "plausible":
        return PlausibleSearch()
    if name == "greedy":
        return GreedyDecoder()
    if name == "beam":
        return BeamSearch(max(_CHOICE_LEAST_WIDTH, top), top=top)
    if name == "guided":
        return GuidedSearch(top=top, seconds=seconds)
    if name == "sampling":
        return SamplingSearch(max(_CHOICE_LEAST_WIDTH, top))
    raise ValueError(f"there is no decoding {name!r}: expected one of {', '.join(DECODINGS)}")


__all__ = [
    "MAX_TOKENS",
    "Candidate",
    "Outcome",
    "Synthesis",
    "SynthesisError",
    "Synthesizer",
    "Task",
]


class Synthesizer:
    """A trained model that turns specifications into programs.

    Several threads may use it at once: it keeps nothing between calls.
    """

    def __init__(self, predictor: Predictor, decoding: str | Search | None = None) -> None:
        """Put a model and a way of searching together.

        Args:
            predictor: the model.
            decoding: see `load`.

        Raises:
            ValueError: there is no decoding of that name.
            CalibrationError: the model's calibration is damaged.
        """
        choose_search(decoding)
        self.predictor = predictor
        self.decoding = decoding
        bundle = predictor.bundle
        self.calibration = (
            None if bundle.calibration is None else Calibration.from_json(bundle.calibration)
        )
        self.vocabulary = (
            Vocabulary.of_tokenizer(bundle.tokenizer)
            if bundle.words is None
            else Vocabulary(bundle.words)
        )

    @classmethod
    def load(
        cls,
        path: str | Path | None = None,
        *,
        device: torch.device | str = "cpu",
        decoding: str | Search | None = None,
    ) -> "Synthesizer":
        """Read a model.

        Args:
            path: folder of a model or of a run, or the name of a run in `runs/`; None for the
                bundled model.
            device: where the network goes.
            decoding: "plausible", "greedy", "beam", "guided", "sampling", or a search object.
                None chooses: the guided search if examples are given, else the plausible one
                (`PlausibleSearch`), followed by others if several programs are asked for
                (`SeveralSearch`).

        Raises:
            BundleError: the folder is missing, incomplete or damaged.
            ValueError: there is no decoding of that name.
        """
        return cls(Predictor.load(_folder(path), device), decoding)

    def synthesize(
        self,
        text: str,
        *,
        examples: Iterable[ExampleLike] = (),
        arguments: Mapping[str, str] | None = None,
        returns: str | None = None,
        top: int = 1,
        decoding: str | Search | None = None,
        seconds: float | None = None,
        rejected: Iterable[ExampleLike] = (),
        best: bool = False,
    ) -> Synthesis:
        """Return a program for a specification in English.

        Args:
            text: the specification.
            examples: pairs of inputs by argument name and output. The answer is the program that
                passes the most of them; `Synthesis.passes` tells whether it passes all.
            arguments: types of arguments by name, such as {"a": "int[]"}.
            returns: type of the value, such as "int".
            top: how many programs to return at most, in `Synthesis.candidates`.
            decoding: overrides the synthesizer's own.
            seconds: time limit of a search by examples. After twice as long, no program is run on
                them any more. None leaves the search its own budget.
            rejected: pairs of inputs and a wrong output, such as both outputs of a `Question`. No
                answer gives one of them.
            best: return the best guess even if it is hardly ever right. With a search of your
                own choice this is always so.

        Raises:
            NotKnownError: no program is likely enough; its `guess` is the best one.
            SynthesisError: the text is empty or too long, the examples contradict each other, no
                program can have the types, or the model wrote none that type-checks.
            ValueError: `top` is below 1, or there is no such decoding.
        """
        task = Task.of(text, examples, arguments, returns, rejected)
        result = next(
            self.synthesize_many([task], top=top, decoding=decoding, seconds=seconds, best=best)
        )
        if isinstance(result, SynthesisError):
            raise result
        return result

    def synthesize_many(
        self,
        texts: Iterable[str | Task],
        *,
        top: int = 1,
        decoding: str | Search | None = None,
        seconds: float | None = None,
        batch_size: int = 64,
        best: bool = False,
    ) -> Iterator[Synthesis | SynthesisError]:
        """Answer specifications in order; one that fails yields its error, and the others continue.

        Args:
            texts: strings, or a `Task` with types and examples; read lazily, one batch ahead.
            top: see `synthesize`.
            decoding: see `synthesize`.
            seconds: see `synthesize`; shared by the texts of a batch.
            batch_size: texts that the network reads together.
            best: see `synthesize`.

        Raises:
            ValueError: `top` or `batch_size` is below 1, or there is no such decoding.
        """
        if min(top, batch_size) < 1:
            raise ValueError(f"top={top}, batch_size={batch_size}: both must be at least 1")
        chosen = self.decoding if decoding is None else decoding
        searches = {
            known: choose_search(chosen, top=top, has_examples=known, seconds=seconds)
            for known in (False, True)
        }
        is_shown = best or chosen is not None
        return self._answers(iter(texts), searches, top, batch_size, seconds, is_shown=is_shown)

    def explain(self, synthesis: Synthesis) -> Explanation:
        """Return how the model came to a program that it wrote: symbols, words looked at."""
        return explain(self.predictor, synthesis)

    def _answers(
        self,
        remaining: Iterator[str | Task],
        searches: Mapping[bool, Search],
        top: int,
        batch_size: int,
        seconds: float | None,
        *,
        is_shown: bool,
    ) -> Iterator[Synthesis | SynthesisError]:
        while batch := list(islice(remaining, batch_size)):
            # The search takes its seconds; what it has found is run on the examples after it.
            deadline = inf if seconds is None else monotonic() + 2 * seconds
            ready = [self._prepared(item, deadline) for item in batch]
            found = self._found([x for x in ready if isinstance(x, Prepared)], searches, top)
            for item in ready:
                if isinstance(item, Prepared):
                    answered = self._answer(found[id(item)], top)
                    if all(map(_is_default, searches.values())):
                        answered = self._or_as_shown(item, answered, searches[True], top)
                    yield answered if is_shown else self._unless_unknown(answered)
                else:
                    yield item

    def _prepared(self, item: str | Task, deadline: float = inf) -> Prepared | SynthesisError:
        task = item if isinstance(item, Task) else Task(item)
        try:
            prepared = prepare(task, self.vocabulary, self.predictor.bundle.symbols)
            return replace(prepared, deadline=deadline)
        except SynthesisError as error:
            return error

    def _found(
        self, ready: Sequence[Prepared], searches: Mapping[bool, Search], top: int
    ) -> dict[int, Found]:
        """Search for all, those with examples apart; by identity of the prepared task."""
        answers: dict[int, Found] = {}
        for shown, search in searches.items():
            group = [item for item in ready if bool(item.task.examples) == shown]
            if shown and isinstance(search, GuidedSearch):
                found = self._by_examples(group, search)
            elif isinstance(search, PlausibleSearch):
                found = likeliest(self.predictor, group, self._factors, several=top > 1)
            else:
                found = search_all(self.predictor, group, search)
            answers |= {id(item): one for item, one in zip(group, found, strict=True)}
        return answers

    def _by_examples(self, group: Sequence[Prepared], search: GuidedSearch) -> list[Found]:
        """Try what the texts say, in both their readings; search on where nothing passes."""
        told = self._in_both_readings(group)
        factors = self._factors
        passing = [
            with_examples(one)
            or with_edges_shown(one, factors)
            or among_kinds(self.predictor, one, factors)
            for one in told
        ]
        missed = [one for one, found in zip(told, passing, strict=True) if found is None]
        guided = iter(search_all(self.predictor, [one.prepared for one in missed], search))
        answers = []
        for one, known in zip(told, passing, strict=True):
            other = next(guided) if known is None else Found(one.prepared, ())
            found = known or computing(one, other.predictions, factors)
            if found is None or (found is known and is_unlikely(found)):
                found = with_small_parts(self.predictor, one, found, factors)
            answers.append(_nearest(one, other) if found is None else conditioned(found))
        return answers

    def _in_both_readings(self, group: Sequence[Prepared]) -> list[Found]:
        told = likeliest(self.predictor, group, self._factors, several=True)
        read = [self._prepared(Task(item.task.text)) for item in group]
        bare = [
            one
            for one, item in zip(read, group, strict=True)
            if isinstance(one, Prepared) and one.reading.text != item.reading.text
        ]
        others = dict(
            zip(
                map(id, bare),
                likeliest(self.predictor, bare, self._factors, several=True),
                strict=True,
            )
        )
        return [
            without_rejected(together(one, others[id(other)], self._factors))
            if id(other) in others
            else one
            for one, other in zip(told, read, strict=True)
        ]

    def _or_as_shown(
        self, item: Prepared, answered: Synthesis | SynthesisError, search: Search, top: int
    ) -> Synthesis | SynthesisError:
        """Return the answer to a text that has an example of its own, searched for by it.

        What seems to be an example may be none, so it counts where its answer is the likelier one.
        """
        task = as_shown(item)
        if task is None or _computes(answered, task.examples):
            return answered
        prepared = self._prepared(task, item.deadline)
        if isinstance(prepared, SynthesisError):
            return answered
        (found,) = self._by_examples([prepared], search)  # type: ignore[arg-type]
        other = self._answer(found, top)
        if isinstance(other, SynthesisError) or not other.passes:
            return answered
        if isinstance(answered, Synthesis) and not _is_likelier(other, answered):
            return answered
        plain = tuple(replace(candidate, outcomes=()) for candidate in other.candidates)
        return replace(other, candidates=plain, n_meanings=0)

    @property
    def _factors(self) -> Factors:
        return Factors() if self.calibration is None else self.calibration.factors

    def _unless_unknown(self, answered: Synthesis | SynthesisError) -> Synthesis | SynthesisError:
        """Return an answer, or that there is none, where hardly any such answer is right."""
        if isinstance(answered, SynthesisError) or not answered.passes:
            return answered
        if self.calibration is None or answered.confidence is None:
            return answered
        is_unlikely = answered.confidence < self.calibration.least
        return NotKnownError(answered) if is_unlikely else answered

    def _answer(self, found: Found, top: int) -> Synthesis | SynthesisError:
        try:
            return answer(
                found,
                top=top,
                calibration=self.calibration,
                is_declared=_is_declared(found.prepared),
            )
        except SynthesisError as error:
            return error


def _is_default(search: Search) -> bool:
    return isinstance(search, PlausibleSearch | GuidedSearch)


def _is_likelier(one: Synthesis, other: Synthesis) -> bool:
    return (one.confidence or exp(one.log_prob)) > (other.confidence or exp(other.log_prob))


def _computes(answered: Synthesis | SynthesisError, examples: Sequence[InputOutput]) -> bool:
    """Whether the program of an answer computes all of some examples."""
    if isinstance(answered, SynthesisError):
        return False
    try:
        run = compile_program(answered.program, answered.arguments, _EXAMPLE_LIMITS)
        names = list(answered.arguments)
        given = [dict(zip(names, one.inputs.values(), strict=True)) for one in examples]
        return all(
            values_equal(run(inputs), one.output)
            for inputs, one in zip(given, examples, strict=True)
        )
    except (AlgoLispError, ValueError):  # as many inputs as arguments
        return False


def _nearest(told: Found, searched: Found) -> Found:
    """Return what was found for a task by the text and by a search, where nothing passes.

    The program that passes most of the examples is the answer, whoever found it.
    """
    all_found = {p.program: p for p in (*searched.predictions, *told.predictions)}
    return Found(told.prepared, tuple(all_found.values()))


def _is_declared(given: Prepared) -> bool:
    return bool(given.task.arguments or given.task.examples or given.reading.declared)


def _folder(path: str | Path | None) -> Path | None:
    """Return the folder that a path or the name of a run means."""
    if path is None:
        return None
    run = Path("runs") / path
    return run if not Path(path).exists() and run.is_dir() else Path(path)
