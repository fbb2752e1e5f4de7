"""Runs programs: checked and compiled once, then called many times, in this process or in others.

The code of a program works with a meter, which serves one run at a time; so a `Program` keeps one
instance of the code, with a meter of its own, for each run that goes on at the same time.
"""

import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from types import TracebackType
from typing import Any, Final

from saps.lang.check import declarations, known_types, the_tree
from saps.lang.compiler import FILENAME, Compiled, Compiler
from saps.lang.errors import (
    AlgoLispError,
    DeclarationError,
    DivisionByZeroError,
    DomainError,
    InputError,
    SizeLimitError,
    TimeLimitError,
    ValueTypeError,
    on_this_stack,
)
from saps.lang.functions.function_table import Function, run_deep
from saps.lang.limits import WORD, Limits, Meter, extra_size, n_elements
from saps.lang.node import Node, located
from saps.lang.program_values import FunctionValue, TypeValue, Value, is_text, kind_of
from saps.lang.types import (
    BOOL,
    INT,
    STRING,
    Array,
    Dictionary,
    FunctionType,
    Type,
    Variable,
    parts_of,
)
from saps.lang.unify import TermReader, Unifier, term_of_value
from saps.pool import Cause, Loss, checked_workers, in_order, map_isolated


def compile_program(
    node: Node, arguments: Mapping[str, str | Type], limits: Limits | None = None
) -> "Program":
    """Check names, arity and forms of a program, dead branches included, and make it runnable.

    Raises:
        DeclarationError: an argument's type or name is not possible, or the limits are none.
        UnknownSymbolError: a symbol means nothing where it stands.
        ArityError: a function or form has the wrong number of arguments.
        SizeLimitError: a literal is too large.
    """
    return Program(node, arguments, Limits() if limits is None else limits)


class Program:
    """A compiled program; calling it runs it.

    May be called from several threads at once, and may be pickled.
    """

    def __init__(self, node: Node, arguments: Mapping[str, str | Type], limits: Limits) -> None:
        if type(limits) is not Limits:
            raise DeclarationError(f"limits are a saps.Limits, not {type(limits).__name__}")
        self.node = the_tree(node)
        self.limits = limits
        self.arguments = declarations(arguments)
        self._checks = [(name, _input_check(kind, limits)) for name, kind in self.arguments.items()]
        self._is_related = any(map(_is_open, self.arguments.values()))
        self._compiled = self._as_code(is_deep=False)
        self._idle = [_Machine(self._compiled, limits)]

    def __call__(self, inputs: Mapping[str, Value]) -> Value:
        """Run on inputs, given by name.

        Raises:
            InputError: the inputs do not fit the declared arguments.
            EvaluationError, ArityError: the run failed or was stopped, at `path` in the tree.
        """
        return self._run(self._read(inputs))

    def __reduce__(self) -> tuple[Any, ...]:
        return Program, (self.node, self.arguments, self.limits)

    def _as_code(self, *, is_deep: bool) -> Compiled:
        type_of = known_types(self.node, self.arguments)
        compiler = Compiler(self.node, self.arguments, self.limits, type_of, is_deep=is_deep)
        return on_this_stack(compiler.compile)

    def _run(self, values: list[Any], deadline: float = 0.0) -> Value:
        try:
            machine = self._idle.pop()
        except IndexError:
            machine = _Machine(self._compiled, self.limits)
        meter, compiled = machine.meter, machine.compiled
        meter.reset(compiled.cost, deadline)
        try:
            if self._is_related:  # so there may be functions among them
                values = [machine.bound(v) if type(v) is Function else v for v in values]
            result: Value = machine.function(*values)
            if compiled.is_deep:
                result = run_deep(result)
            if type(result) not in _PLAIN:
                self._check_result(result)
            return result
        except Exception as error:
            if compiled.is_deep or not isinstance(error, RecursionError):
                raise self._explained(error, compiled) from None
            deadline = meter.deadline
        finally:
            if compiled is self._compiled:
                self._idle.append(machine)
        # Again, with calls on a list, since the frames that Python allows were too few. What needs
        # them for some inputs will for others: from now on, no run tries the frames first.
        if not self._compiled.is_deep:
            self._compiled, self._idle = self._as_code(is_deep=True), []
        return self._run(values, deadline)

    def _read(self, inputs: Mapping[str, Any]) -> list[Any]:
        values = []
        try:
            for name, check in self._checks:
                value = inputs[name]
                if not check(value):
                    raise _input_error(self.arguments, inputs, self.limits)
                values.append(value)
            if len(inputs) > len(values):
                raise _input_error(self.arguments, inputs, self.limits)
        except (KeyError, TypeError, IndexError):
            raise _input_error(self.arguments, inputs, self.limits) from None
        if self._is_related:
            on_this_stack(_check_relations, self.arguments, values)
        return values

    def _explained(self, error: Exception, compiled: Compiled) -> Exception:
        """Turn what Python raised into an error of the family, and say where it happened."""
        converted: Exception = error
        if isinstance(error, RecursionError):
            converted = Meter(self.limits).too_deep()
        elif isinstance(error, ZeroDivisionError):
            converted = DivisionByZeroError("division by zero")
        elif isinstance(error, OverflowError):
            converted = DomainError("a number is too large for a float")
        elif isinstance(error, MemoryError):
            converted = SizeLimitError("out of memory")
        if isinstance(converted, AlgoLispError) and converted.path is None:
            path = compiled.paths[_line_of(error.__traceback__) - 1]
            located(converted, self.node, path)
        # The frames would keep alive all that the run has made.
        return converted.with_traceback(None)

    def _check_result(self, result: Any) -> None:
        waiting = [result]
        while waiting:
            value = waiting.pop()
            kind = type(value)
            if kind is list:
                if not _PLAIN.issuperset(map(type, value)):
                    waiting += reversed(value)
            elif kind is dict:
                waiting += value.values()
            elif kind is FunctionValue or kind is TypeValue:
                message = f"the program's value is or holds {kind_of(value)}"
                raise located(ValueTypeError(message), self.node, ())


class _Machine:
    """The code of a program together with a meter; good for one run at a time."""

    __slots__ = ("compiled", "function", "meter")

    def __init__(self, compiled: Compiled, limits: Limits) -> None:
        self.compiled = compiled
        self.meter = Meter(limits, is_deep=compiled.is_deep)
        self.function = compiled.instance(self.meter)

    def bound(self, function: Function) -> FunctionValue:
        """Make a function of the table a value that this program may call."""
        node, meter = Node(function.name), self.meter
        compiler = Compiler(node, (), meter.limits, None, is_deep=meter.is_deep)
        # By another name of a file: its lines are none of the program's.
        value: FunctionValue = compiler.compile("<input>").instance(meter)()
        return value


_PLAIN: Final = frozenset({int, float, bool, str})


def _line_of(traceback: TracebackType | None) -> int:
    """The line of the program's code that was at work: it tells the innermost node."""
    line = 1
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == FILENAME:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def _is_open(kind: object) -> bool:
    """Whether a type leaves something open that a value alone does not tell."""
    return isinstance(kind, Variable | FunctionType) or any(map(_is_open, parts_of(kind)))


# The inputs of a run, checked against the declared types before the run.

Check = Callable[[Any], bool]

_NUMBERS: Final = frozenset({int, float})
_STRINGS: Final = frozenset({str})
_MAX_SHOWN: Final = 60


@lru_cache(maxsize=1_024)
def _input_check(kind: Type, limits: Limits) -> Check:
    """Return a function that tells whether a value is of this type and within the limits."""
    bound, longest = 1 << limits.bits, limits.elements
    if kind == INT:
        return lambda value: (type(value) is int and -bound < value < bound) or type(value) is float
    if kind == STRING:
        return lambda value: type(value) is str and len(value) <= longest and is_text(value)
    if kind == BOOL:
        return lambda value: type(value) is bool
    if isinstance(kind, FunctionType):
        return lambda value: type(value) is Function
    if kind == Array(STRING):
        return lambda value: (
            type(value) is list
            and _STRINGS.issuperset(map(type, value))
            and len(value) + sum(map(len, value)) <= longest
            and is_text("".join(value))
        )
    check = _part_check(kind, limits)

    # The size first: a list may hold another one twice, which may hold another one twice ...
    def check_all(value: Any) -> bool:
        return n_elements(value, limits.nesting) <= longest and check(value)

    if kind != Array(INT):
        return check_all
    return lambda value: (
        type(value) is list
        and len(value) <= longest
        and _NUMBERS.issuperset(map(type, value))
        # As `is_flat`, which would look at all types again.
        and (not value or -WORD < min(value) <= max(value) < WORD or check_all(value))
    )


def _part_check(kind: Type, limits: Limits) -> Check:
    """The check of a value by its parts."""
    parts = [_input_check(part, limits) for part in parts_of(kind) if isinstance(part, Type)]
    if any(isinstance(part, FunctionType) for part in parts_of(kind)):  # they come alone
        return lambda _: False
    if isinstance(kind, Array):
        return lambda value: type(value) is list and all(map(parts[0], value))
    if isinstance(kind, Dictionary):
        return lambda value: (
            type(value) is dict and all(map(parts[0], value)) and all(map(parts[1], value.values()))
        )
    if isinstance(kind, Variable):
        return lambda value: _is_any(value, limits)
    return lambda _: False


def _is_any(value: Any, limits: Limits) -> bool:
    """Whether it is a value at all, for a type that was left open."""
    plain = [_input_check(kind, limits) for kind in (INT, STRING, BOOL)]
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if type(value) is list:
            waiting += value
        elif type(value) is dict:
            waiting += [*value.keys(), *value.values()]
        elif not any(fits(value) for fits in plain):
            return False
    return True


def _check_relations(declared: Mapping[str, Type], values: list[Any]) -> None:
    """Types that were left open must be the same wherever they have the same name.

    Raises:
        InputError: a value is of another type than those before it say.
    """
    unifier = Unifier()
    reader = TermReader(unifier.constraints)
    for (name, kind), value in zip(declared.items(), values, strict=True):
        expected = reader.read(kind)
        try:
            if isinstance(value, Function):
                found = TermReader(unifier.constraints).read(value.type)
            else:
                found = term_of_value(value, unifier)
            is_right = unifier.unify(expected, found)
        except AlgoLispError:
            is_right = False
        if not is_right:
            raise InputError(
                f"input {name!r} should be {kind}, which has one meaning for all arguments, "
                f"found {_described(value)} of another type"
            )


def _input_error(declared: Mapping[str, Type], inputs: Any, limits: Limits) -> InputError:
    """The error for inputs that were refused: the first reason."""
    if not isinstance(inputs, Mapping):
        return InputError(f"expected values by name, found {kind_of(inputs)}")
    for name, kind in declared.items():
        if name not in inputs:
            return InputError(f"input {name!r} is missing; its type is {kind}")
        if not _input_check(kind, limits)(inputs[name]):
            return _wrong_input(name, kind, inputs[name], limits)
    listed = ", ".join(sorted(map(_shortened, set(inputs) - set(declared)))[:10])
    return InputError(
        f"unexpected input {listed}; the arguments are {', '.join(declared) or 'none'}"
    )


def _wrong_input(name: str, kind: Type, value: Any, limits: Limits) -> InputError:
    """The error for a value of another type than declared, or beyond the limits."""
    where, needed, found = name, kind, value
    inner: tuple[str, Type, Any] | None = where, needed, found
    while inner is not None:  # the innermost part that does not fit
        where, needed, found = inner
        parts = _parts(where, needed, found)
        inner = next((part for part in parts if not _input_check(part[1], limits)(part[2])), None)
    place = "" if where == name else f" at {where}, where {needed} is expected"
    return InputError(
        f"input {name!r} should be {kind} and within the limits, found {_described(found)}{place}"
    )


def _parts(where: str, kind: Type, value: Any) -> Iterator[tuple[str, Type, Any]]:
    """The parts of a value, each with its place and the type that it should have."""
    if isinstance(kind, Array) and type(value) is list:
        yield from ((f"{where}[{i}]", kind.element, part) for i, part in enumerate(value))
    if isinstance(kind, Dictionary) and type(value) is dict:
        for key, part in value.items():
            yield f"a key of {where}", kind.key, key
            yield f"{where}[{_shortened(key)}]", kind.value, part


def _shortened(key: Any) -> str:
    if type(key) is str or (type(key) is int and key.bit_length() < 1_000):
        text = repr(key)
        return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 3]}..."
    return _described(key)


def _described(value: Any) -> str:
    if type(value) is int and extra_size(value):
        return f"a number of {value.bit_length()} bits"
    if type(value) is str:
        sort = f"of length {len(value)}" if is_text(value) else "with half a surrogate pair"
        return f"a string {sort}"
    return kind_of(value)


# Many programs on many inputs, in several processes.

Outcome = Value | AlgoLispError
"""What a run gave, or the error that ended it."""

_GRACE_S: Final = 10.0  # beyond the seconds of the runs themselves
# That a process is given at a time: it loses them all if it dies, and has a second for each.
_MAX_INPUTS: Final = 25


class WorkerError(AlgoLispError, code="worker"):
    """The process that ran a program died."""


@dataclass(frozen=True, slots=True)
class Job:
    """One program and the inputs to run it on."""

    program: Node
    arguments: Mapping[str, str]
    inputs: Sequence[Mapping[str, Value]]

    def __post_init__(self) -> None:
        if not isinstance(self.inputs, Sequence) or isinstance(self.inputs, str | bytes):
            given = type(self.inputs).__name__
            raise InputError(f"the inputs of a job are a list of mappings, not {given}")


def evaluate(job: Job, limits: Limits) -> list[Outcome]:
    """Run one job in this process: an outcome for each of its inputs, in order."""
    try:
        program = compile_program(job.program, job.arguments, limits)
    except AlgoLispError as error:
        return [error] * len(job.inputs)
    outcomes: list[Outcome] = []
    for inputs in job.inputs:
        try:
            outcomes.append(program(inputs))
        except AlgoLispError as error:
            outcomes.append(error)
    return outcomes


def evaluate_many(
    jobs: Iterable[Job], *, limits: Limits | None = None, processes: int | None = None
) -> Iterator[list[Outcome]]:
    """Run jobs in a pool of processes, and yield the outcomes of each in the order of the jobs.

    A worker that dies, or hangs beyond the limits, costs only the inputs that it had just begun:
    their outcomes are a `WorkerError` or a `TimeLimitError`. Jobs are taken from the iterable as
    they are needed, so it may be endless. A script that starts processes needs
    `if __name__ == "__main__":`.

    Args:
        jobs: what to run; a job of many inputs is spread over the workers.
        limits: of each run.
        processes: by default one for each core; 0 runs everything in this process.
    """
    chosen, jobs = Limits() if limits is None else limits, _only_jobs(jobs)
    if processes == 0:
        yield from (evaluate(job, chosen) for job in jobs)
        return
    begun: deque[list[int]] = deque()  # of each job, the inputs of its parts

    def parts() -> Iterator[tuple[int, bytes | InputError]]:
        for job in jobs:
            starts = range(0, max(len(job.inputs), 1), _MAX_INPUTS)
            split = [replace(job, inputs=job.inputs[at : at + _MAX_INPUTS]) for at in starts]
            begun.append([len(part.inputs) for part in split])
            yield from ((len(part.inputs), _packed(part)) for part in split)

    results = in_order(
        map_isolated(
            partial(_evaluate_packed, evaluate, chosen),
            parts(),
            n_workers=checked_workers(processes),
            timeout_s=_GRACE_S + chosen.seconds * _MAX_INPUTS,
            chunk=1,
        )
    )
    for first in results:
        outcomes: list[Outcome] = []
        sizes = begun.popleft()
        for place, size in enumerate(sizes):
            result = first if place == 0 else next(results)
            outcomes += [_lost(result)] * size if isinstance(result, Loss) else result
        yield outcomes


def _only_jobs(given: Iterable[Job]) -> Iterator[Job]:
    for job in given if isinstance(given, Iterable) else [given]:
        if type(job) is not Job:
            raise InputError(f"found {type(job).__name__}, expected a saps.lang.Job")
        yield job


def _packed(job: Job) -> bytes | InputError:
    """Pack a job here, where what a caller passed can be told from what goes wrong on the way."""
    try:
        return pickle.dumps(job)
    except (pickle.PicklingError, AttributeError, TypeError, RecursionError) as error:
        return InputError(f"the inputs cannot be sent to a worker: {error}")


def _evaluate_packed(run: Any, limits: Limits, part: tuple[int, bytes | InputError]) -> Any:
    size, packed = part
    if isinstance(packed, InputError):
        return [packed] * size
    return run(pickle.loads(packed), limits)  # noqa: S301  what the caller's process has packed


def _lost(loss: Loss) -> AlgoLispError:
    if loss.cause is Cause.TIMED_OUT:
        return TimeLimitError("the worker process did not answer in time")
    return WorkerError(f"the process that ran the program died ({loss.message})")
