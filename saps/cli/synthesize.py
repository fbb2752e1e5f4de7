"""`saps synthesize`: from a sentence to a program, its type, its Python, its value."""

import json
import sys
from codecs import BOM_UTF8
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Final

import typer
from typer import Argument, BadParameter, Option

from saps.cli.answers import (
    answer_lines,
    not_known_lines,
    notes,
    read_views,
    sample_lines,
    view_lines,
)
from saps.cli.asking import (
    Asking,
    choose_decoding,
    read_arguments,
    read_example,
    read_examples_file,
    read_inputs,
    read_type,
    require_arguments,
)
from saps.cli.console import CommandError, DebugOption, JsonOption, ModelOption, cut, describe
from saps.lang import Value
from saps.resources import jsonable, show_value

if TYPE_CHECKING:
    from saps.cli.own_data import OwnData
    from saps.synthesis.answer import Question, Synthesis

_NOTHING_PASSES: Final = 3  # exit status
_NOT_KNOWN: Final = 4
_MOST_QUESTIONS: Final = 3

# The options. Each stands for itself; what they mean together is looked at in `synthesize`.
_TEXT = """What to compute, in English and in quotes; - reads one a line from stdin. Without it, a \
terminal gets a prompt."""
_INPUT = """Also run the program: its arguments by name, '{"a": [3, 8, 1], "b": 2}'; @FILE reads \
them from a file."""
_CSV = """A table, .csv, .tsv, .jsonl, .json or - for stdin: the columns that TEXT names are \
arguments, and the program is run on them."""
_COLUMN = "With --csv: the column NAME is the argument ARG; may be repeated."
_APPLY = """With --csv: run the program on each row, and write the rows with one more column to \
the file OUT; rowwise or - prints them."""
_ARG = """Declare an argument, such as a=int[]; may be repeated. A type is int, bool, string, T[] \
(an array of T) or dict<K,V>."""
_EXAMPLE = """What the program should do: '{"a": [1, 2, 3]} -> 6'; may be repeated."""
_EXAMPLES = """Examples: JSON lines {"input": ..., "output": ...}, or .csv with a column for each \
argument and one named output."""
_BEAM = "Search by a beam of width N, and show what it finds."
_TEMPERATURE = "Draw programs at random; a T below 1 prefers likely ones."
_SEED = """With --temperature: another number draws other programs, the same number the same ones \
again; 0 if not given."""
_SHOW = "Also show: tree, attention, steps, python or all; may be repeated."
_ASK = "Ask which of two likely meanings is right, at most three times."
_BEST = "Show the best guess, however unlikely it is to be right."
_PYTHON = "Print only the program, as a Python function."
_TIMEOUT = "Give up after this many seconds; inf means never."
_RETURNS = "Declare the type of the value, such as int."
_SAMPLES = "Show the program on a few inputs."


@dataclass(frozen=True)
class _Form:
    """In which form an answer is shown.

    Attributes:
        inputs: to run the program on, or to run it on beside the columns of `table`.
        views: other sides of the answer that are shown.
    """

    inputs: dict[str, Value] | None
    views: list[str]
    samples: bool
    ask: bool
    as_json: bool
    python: bool
    table: "OwnData | None" = None


def synthesize(
    context: typer.Context,
    text: Annotated[str | None, Argument(metavar="TEXT", help=_TEXT, show_default=False)] = None,
    input_: Annotated[str | None, Option("--input", metavar="JSON|@FILE", help=_INPUT)] = None,
    csv: Annotated[str | None, Option("--csv", metavar="FILE", help=_CSV)] = None,
    column: Annotated[list[str] | None, Option(metavar="NAME=ARG", help=_COLUMN)] = None,
    apply: Annotated[str | None, Option(metavar="OUT|rowwise", help=_APPLY)] = None,
    arg: Annotated[list[str] | None, Option(metavar="NAME=TYPE", help=_ARG)] = None,
    returns: Annotated[str | None, Option(metavar="TYPE", help=_RETURNS)] = None,
    example: Annotated[list[str] | None, Option(metavar="EXAMPLE", help=_EXAMPLE)] = None,
    examples: Annotated[Path | None, Option(metavar="FILE", help=_EXAMPLES)] = None,
    top: Annotated[int, Option(min=1, metavar="K", help="Show the K best programs.")] = 1,
    beam: Annotated[int | None, Option(min=1, metavar="N", help=_BEAM)] = None,
    temperature: Annotated[float | None, Option(metavar="T", help=_TEMPERATURE)] = None,
    seed: Annotated[int | None, Option(min=0, metavar="N", help=_SEED)] = None,
    show: Annotated[list[str] | None, Option(metavar="VIEW", help=_SHOW)] = None,
    timeout: Annotated[float, Option(metavar="S", help=_TIMEOUT)] = 30.0,
    samples: Annotated[bool, Option("--samples/--no-samples", help=_SAMPLES)] = True,
    ask: Annotated[bool, Option("--ask", help=_ASK)] = False,
    best: Annotated[bool, Option("--best", help=_BEST)] = False,
    as_json: JsonOption = False,
    python: Annotated[bool, Option("--python", help=_PYTHON)] = False,
    model: ModelOption = None,
    _debug: DebugOption = False,
) -> None:
    """Write a program for an English TEXT.

    saps synthesize "the sum of the even numbers of xs" --input '{"xs": [3, 4]}'

    saps synthesize "the mean of price" --csv sales.csv

    The answer goes to stdout, notes go to stderr. Exit status: 1 for an error, 2 for a wrong use,
    3 if no program passes all examples, 4 if no program is likely to be right.
    """
    _check_use(context, text)
    inputs = None if input_ is None else read_inputs(input_)
    form = _Form(inputs, read_views(show or []), samples, ask, as_json, python)
    _check_form(form, text, csv)
    given = [read_example(one) for one in example or []]
    given += [] if examples is None else read_examples_file(examples)
    if text == "-" and (given or form.views):
        raise CommandError("- answers many texts; it takes no examples and no --show")
    if not timeout > 0:
        raise CommandError(f"--timeout {timeout:g}: expected more than 0 seconds")
    arguments, result = read_arguments(arg or []), None if returns is None else read_type(returns)
    search = choose_decoding(beam, temperature, seed, top, has_examples=bool(given))
    asking = Asking(model, arguments, result, given, top, search, timeout, best=best)
    form = replace(form, table=_table(form, text, csv, column or [], apply))
    _answer(asking, text, form)


def _check_use(context: typer.Context, text: str | None) -> None:
    if context.args:
        words = " ".join([text or "", *context.args]).replace('"', "'")
        raise BadParameter(
            f'put a text of several words in quotes: {context.command_path} "{cut(words, 60)}"',
            context,
            param_hint="TEXT",
        )
    if text is None and not sys.stdin.isatty():
        raise BadParameter("give a text, or - to read specifications from stdin", param_hint="TEXT")


def _check_form(form: _Form, text: str | None, csv: str | None) -> None:
    """Refuse two forms of answer at once."""
    is_more = form.as_json or form.views or form.inputs is not None or csv is not None
    if form.python and (text == "-" or is_more):
        raise CommandError(
            "--python prints one function; it takes no --input, no --json, no --show, no --csv "
            "and no -"
        )
    if form.ask and (form.as_json or text is None or text == "-"):
        raise CommandError(
            "--ask asks a person about one TEXT: with --json the question is in the answer, and "
            "the prompt asks by itself"
        )


def _table(
    form: _Form, text: str | None, csv: str | None, column: list[str], apply: str | None
) -> "OwnData | None":
    if csv is None:
        if column or apply is not None:
            option = "--column" if column else "--apply"
            raise CommandError(f"{option} is about the columns of a table: give --csv FILE too")
        return None
    if text in (None, "-"):
        raise CommandError("--csv needs a TEXT that says what to compute from its columns")
    if apply is not None and form.as_json:
        raise CommandError("--apply writes a table and --json one object: give one of them")
    from saps.cli.own_data import OwnData

    return OwnData.open(csv, column, apply)


def _answer(asking: Asking, text: str | None, form: _Form) -> None:
    if text is None or text == "-":
        asking.check()
        if text is None:
            from saps.cli.prompt import SentencePrompt

            SentencePrompt(asking).run()
        else:
            _answer_lines(asking, form.inputs)
        return
    table = form.table
    if table is not None:
        asking, text = table.declare(asking, text)
        for note in table.notes():
            print(note, file=sys.stderr)
    if form.as_json:
        synthesis = _print_json(asking, text, form)
    else:
        synthesis = _synthesized(asking, text, ask=form.ask)
        if form.python:
            print(synthesis.python.rstrip())
        elif table is not None and table.target is not None:
            # stdout holds the table and nothing else, for the next command in a pipe.
            with redirect_stdout(sys.stderr) if table.prints_rows else nullcontext():
                _print_answer(asking, synthesis, replace(form, inputs=None))
            table.apply(synthesis, form.inputs or {})
        else:
            _print_answer(asking, synthesis, _with_columns(form, synthesis))
    # Notes come after the answer, also where both streams go into one file.
    sys.stdout.flush()
    for note in notes(synthesis):
        print(note, file=sys.stderr)
    if not synthesis.passes:
        raise typer.Exit(_NOTHING_PASSES)


def _with_columns(form: _Form, synthesis: "Synthesis") -> _Form:
    """Have the program run on the columns of the table, if there is one."""
    if form.table is None:
        return form
    return replace(form, inputs=form.table.inputs(synthesis) | (form.inputs or {}))


def _print_answer(asking: Asking, synthesis: "Synthesis", form: _Form) -> None:
    for line in answer_lines(synthesis):
        print(line)
    for view in form.views:
        if view != "python" or len(form.views) == 1:  # which the answer has
            print("", *view_lines(view, asking.synthesizer, synthesis), sep="\n")
    if form.inputs is not None:
        print(f"\nvalue:   {show_value(_value(synthesis, form.inputs, form.table))}")
    elif form.samples and synthesis.samples and not form.views:
        print("", *sample_lines(synthesis), sep="\n")


def _print_json(asking: Asking, text: str, form: _Form) -> "Synthesis":
    """Print one object, with an `error` where something failed; that is then reported too."""
    from saps.synthesis.asking_back import NotKnownError

    answer: dict[str, Any] = {"text": text}
    try:
        synthesis = asking.synthesize(text)
        # Tree and Python are in every object.
        is_explained = "attention" in form.views or "steps" in form.views
        explanation = asking.synthesizer.explain(synthesis) if is_explained else None
        answer = jsonable(synthesis.to_json(explanation))
        form = _with_columns(form, synthesis)
        if form.inputs is not None:
            answer["value"] = jsonable(_value(synthesis, form.inputs, form.table))
    except NotKnownError as error:
        print(json.dumps(jsonable(error.to_json())), flush=True)
        raise typer.Exit(_NOT_KNOWN) from error
    except Exception as error:
        print(json.dumps({**answer, "error": describe(error)}), flush=True)
        raise
    print(json.dumps(answer))
    return synthesis


def _value(
    synthesis: "Synthesis", inputs: dict[str, Value], table: "OwnData | None" = None
) -> Value:
    require_arguments(synthesis.by_letter(inputs), synthesis.arguments)
    return synthesis.run(inputs, None if table is None else table.limits)


def _synthesized(asking: Asking, text: str, *, ask: bool) -> "Synthesis":
    """Answer a text, asking back where that is wanted; leave with 4 where nothing is known."""
    from saps.synthesis.asking_back import NotKnownError

    try:
        # What is asked may settle what is not known, so a guess is asked about, too.
        synthesis = replace(asking, best=asking.best or ask).synthesize(text)
        if not ask:
            return synthesis
        asking, synthesis = _asked_back(asking, text, synthesis)
        # What came of the questions is judged like any other answer.
        return synthesis if asking.best else asking.synthesize(text)
    except NotKnownError as error:
        for line in not_known_lines(error):
            print(line, file=sys.stderr)
        raise typer.Exit(_NOT_KNOWN) from error


def _asked_back(asking: Asking, text: str, synthesis: "Synthesis") -> "tuple[Asking, Synthesis]":
    """Ask which output is right where two meanings are likely, at most three times."""
    for _ in range(_MOST_QUESTIONS):
        question = synthesis.question()
        if question is None:
            break
        given = ", ".join(f"{n} = {show_value(v)}" for n, v in question.inputs.items())
        print(f"for {given}:", file=sys.stderr)
        for number, output in enumerate(question.outputs, start=1):
            print(f"  {number}: {show_value(output)}", file=sys.stderr)
        told = _told(asking, question)
        if told is None:
            break
        asking = told
        synthesis = replace(asking, best=True).synthesize(text)
    return asking, synthesis


def _told(asking: Asking, question: "Question") -> Asking | None:
    """Ask until what is typed is an answer; None where nothing more comes."""
    while True:
        print("1, 2, the right value, or n for neither: ", end="", file=sys.stderr, flush=True)
        said = sys.stdin.readline()
        if not said:
            return None
        try:
            return asking.answered(question, said)
        except CommandError as error:
            print(error, file=sys.stderr)


# Specifications on stdin, one a line, and their answers in the same order.


def _answer_lines(asking: Asking, inputs: dict[str, Value] | None) -> None:
    """Answer stdin line by line; a line that fails is answered too, and fails the command."""
    n_read = n_failed = n_unknown = 0
    for text, result in line_answers(sys.stdin.buffer, asking.synthesize_many):
        answer = _line_answer(text, result, inputs)
        n_read += 1
        n_failed += "error" in answer
        n_unknown += answer.get("program", "") is None
        print(json.dumps(answer), flush=True)
    if n_failed:
        raise CommandError(f"{n_failed} of {n_read} lines failed")
    if n_unknown:
        raise typer.Exit(_NOT_KNOWN)


def _line_answer(
    text: str, result: "Synthesis | Exception", inputs: dict[str, Value] | None
) -> dict[str, Any]:
    from saps.synthesis.asking_back import NotKnownError

    if isinstance(result, NotKnownError):
        return dict(jsonable(result.to_json()))
    if isinstance(result, Exception):
        return {"text": text, "error": describe(result)}
    answer: dict[str, Any] = jsonable(result.to_json())
    try:
        if inputs is not None:
            answer["value"] = jsonable(_value(result, inputs))
    except Exception as error:  # whatever one program does, the next lines are answered
        answer["error"] = describe(error)
    return answer


def line_answers(
    stream: BinaryIO,
    synthesize_many: "Callable[[Iterable[str]], Iterator[Synthesis | Exception]]",
) -> "Iterator[tuple[str, Synthesis | Exception]]":
    """Yield each line with what became of it, in the order of the stream.

    The synthesizer may read ahead to fill its batches.
    """
    # Lines read and not answered yet. One that is no text is asked about like the others, so that
    # each has one answer in its turn; then it gets its error instead.
    waiting: deque[tuple[str, CommandError | None]] = deque()

    def texts() -> Iterator[str]:
        for number, line in enumerate(stream, start=1):
            if number == 1:  # Windows programs begin a file of text with it
                line = line.removeprefix(BOM_UTF8)
            line = line.rstrip(b"\r\n")
            error = None
            try:
                line.decode()
            except UnicodeDecodeError as fault:
                told = f"line {number} is not UTF-8 text: byte {fault.start + 1} is invalid"
                error = CommandError(told)
            text = line.decode(errors="backslashreplace")
            waiting.append((text, error))
            yield text

    for result in synthesize_many(texts()):
        text, error = waiting.popleft()
        yield text, error or result
