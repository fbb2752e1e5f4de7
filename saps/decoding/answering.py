"""From what a search found to what a person reads: names, types, Python, examples."""

from collections.abc import Iterable, Sequence

from saps.decoding.calibration import Calibration
from saps.decoding.declarations import settle_signature
from saps.decoding.prediction import Prediction
from saps.decoding.preparation import Prepared
from saps.decoding.request import InputOutput
from saps.decoding.synthesis import Candidate, Outcome, Synthesis, SynthesisError
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

_REWORD = "put the specification in other words"
_EXAMPLE_LIMITS = Limits()


def answer(
    prepared: Prepared,
    predictions: Sequence[Prediction],
    *,
    top: int,
    calibration: Calibration | None,
    is_declared: bool,
) -> Synthesis:
    """Return the best of some predictions, those that pass most examples first.

    Args:
        prepared: the task as it was understood.
        predictions: for it, the best first.
        top: candidates at most.
        calibration: of the model, if it has one.
        is_declared: whether the task gave its arguments; else they were guessed.

    Raises:
        SynthesisError: there is none, or none is well-typed.
    """
    text = prepared.task.text
    if not predictions:
        reason = f"the model wrote no complete program; {_REWORD}"
        raise SynthesisError(reason, text, code="no-program")
    candidates = _ranked(_candidates(prepared, predictions))[:top]
    best = candidates[0]
    confidence = None
    if calibration is not None:
        confidence = calibration.confidence(
            best.log_prob, best.program.size, is_declared=is_declared
        )
    return Synthesis(
        text,
        best.program,
        best.arguments,
        best.return_type,
        best.log_prob,
        best.python,
        candidates,
        confidence,
        None if calibration is None else calibration.is_sure(confidence),
        prepared.reading,
        prepared.names.name_of,
        prepared.names.kept,
    )


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
    declared = {**names.to_letters(prepared.task.arguments or {}), **names.stand_in_types}
    if request.examples:
        declared = dict(request.argument_types() or {})
    signature = settle_signature(
        prediction.program, prepared.reading.text, declared, request.result
    )
    arguments = names.to_names({name: str(kind) for name, kind in signature.arguments.items()})
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


def _outcomes(program: Node, arguments: dict[str, str], prepared: Prepared) -> tuple[Outcome, ...]:
    if not prepared.task.examples:
        return ()
    # An argument whose name no program can have goes by its letter.
    kept = {name: letter for letter, name in prepared.names.kept.items()}
    compiled = compile_program(program, arguments, _EXAMPLE_LIMITS)
    return tuple(
        _outcome(
            compiled,
            example,
            {kept.get(n, n): v for n, v in example.inputs.items() if kept.get(n, n) in arguments},
        )
        for example in prepared.task.examples
    )


def _outcome(program: Program, example: InputOutput, inputs: dict[str, Value]) -> Outcome:
    try:
        got = program(inputs)
    except AlgoLispError as error:
        return Outcome(example.inputs, example.output, None, str(error), passed=False)
    return Outcome(
        example.inputs, example.output, got, "", passed=values_equal(got, example.output)
    )
