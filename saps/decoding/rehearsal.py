"""Runs programs, and parts of programs, on the examples of a request."""

from dataclasses import dataclass

from saps.decoding.request import Request
from saps.lang import AlgoLispError, Limits, Node, Value, compile_program, values_equal
from saps.lang.errors import LimitError


@dataclass(frozen=True, slots=True)
class Run:
    """What became of one run: a value, or the code of the error that ended it ("" for none)."""

    value: Value | None
    error: str = ""


class Rehearsal:
    """The examples of one request, and what programs made of them so far."""

    def __init__(self, request: Request, limits: Limits) -> None:
        """Take the examples; types of the arguments are read off them if not declared."""
        self.n_examples = len(request.examples)
        self._arguments = request.argument_types() or {}
        self._outputs = [example.output for example in request.examples]
        # A file may give values for names that the task does not declare.
        self._inputs = [
            {name: e.inputs[name] for name in self._arguments if name in e.inputs}
            for e in request.examples
        ]
        self._limits = limits
        self._known: dict[Node, tuple[Run, ...]] = {}

    def runs(self, program: Node) -> tuple[Run, ...]:
        """Run a program on each example; the same tree is run once."""
        if program not in self._known:
            self._known[program] = self._run(program)
        return self._known[program]

    def passed(self, program: Node) -> tuple[bool, ...]:
        """Return for each example whether the program computes its output."""
        return tuple(
            not run.error and values_equal(run.value, output)
            for run, output in zip(self.runs(program), self._outputs, strict=True)
        )

    def behaviour(self, program: Node) -> str:
        """Return a text that is the same for programs that do the same on all examples."""
        return repr([run.error or run.value for run in self.runs(program)])

    def _run(self, program: Node) -> tuple[Run, ...]:
        try:
            compiled = compile_program(program, self._arguments, self._limits)
        except AlgoLispError as error:
            return (Run(None, error.code),) * self.n_examples
        runs: list[Run] = []
        for inputs in self._inputs:
            try:
                runs.append(Run(compiled(inputs)))
            except LimitError as error:
                # It may well run as long on the others, which would not make it right.
                return (Run(None, error.code),) * self.n_examples
            except AlgoLispError as error:
                runs.append(Run(None, error.code))
        return tuple(runs)
