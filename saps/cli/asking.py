"""What a person hands over: JSON, inputs, examples, declared types; and what is asked with it."""

import json
import math
import re
import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from saps.cli.console import CommandError, cut, excerpt
from saps.lang import AlgoLispError, Value, parse_type

if TYPE_CHECKING:
    from saps.search.interface import Search
    from saps.synthesis.answer import Question, Synthesis, SynthesisError
    from saps.synthesis.synthesizer import Synthesizer

Example = tuple[dict[str, Any], Any]

InputOption = Annotated[
    str | None,
    typer.Option(
        "--input",
        metavar="JSON|@FILE",
        help="""The arguments by name, as one JSON object: '{"a": [3, 8, 1], "b": 2}'; @FILE """
        "reads it from a file, @- from stdin.",
    ),
]
_INPUTS: Final = '{"a": [3, 8, 1], "b": 2}'
_EXAMPLE: Final = """such as '{"a": [1, 2, 3]} -> 6'"""
_MAX_FILE: Final = 64 << 20


def read_json(text: str, of: str) -> Any:
    """Read JSON, or raise a CommandError that calls it `of`."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise CommandError(f"{of}: not JSON: {error.msg} at character {error.pos + 1}") from error
    except (ValueError, RecursionError) as error:  # an int of 5,000 digits; 100,000 brackets
        raise CommandError(f"{of} cannot be read: {error}") from error


# Inputs of a program.


def read_inputs(text: str, option: str = "--input") -> dict[str, Value]:
    """Read a JSON object that maps the names of arguments to their values, or `@FILE` of one.

    A CommandError names the `option` that the text was typed for, and the place in it.
    """
    if text.startswith("@"):
        option, text = f"{option} {text}", _read_text(text[1:])
    quoted = f"'{_INPUTS}'" if option.startswith("--") else _INPUTS
    text = text.rstrip()  # so that a text that is cut off shows its end
    try:
        inputs = json.loads(text)
    except json.JSONDecodeError as error:
        raise CommandError(
            f"{option} is not JSON: {error.msg} at character {error.pos + 1}\n"
            f"{excerpt(text, error.pos)}\n"
            f"Names and strings take double quotes: {option} {quoted}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{option} cannot be read: {error}") from error
    if not isinstance(inputs, dict):
        kinds = {list: "an array", str: "a string", bool: "a truth value", type(None): "null"}
        raise CommandError(
            f"{option} must be a JSON object of arguments by name, such as {_INPUTS}; this is "
            f"{kinds.get(type(inputs), 'a number')}"
        )
    return inputs


def require_arguments(
    inputs: Mapping[str, Value], arguments: Mapping[str, str], option: str = "--input"
) -> None:
    """Raise a CommandError that names all `arguments` (name -> type) without a value."""
    missing = [name for name in arguments if name not in inputs]
    if missing:
        wanted = ", ".join(f"{name} ({arguments[name]})" for name in missing)
        example = "{" + ", ".join(f'"{name}": ...' for name in arguments) + "}"
        example = f"'{example}'" if option.startswith("--") else example
        raise CommandError(f"the program needs a value for {wanted}; give {option} {example}")


# Examples of what a program should do.


def read_example(text: str, option: str = "--example") -> Example:
    """Read `{"a": [1, 2, 3]} -> 6`, typed for `option`, or raise a CommandError."""
    text = text.strip()
    shown = f"{option} {cut(text, 200)!r}"
    try:
        inputs, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):  # the same again, for the words
        inputs, end = read_json(text.partition("->")[0], f"the inputs of {shown}"), 0
    right = text[end:].lstrip()
    if not right.startswith("->"):
        raise CommandError(
            f"{shown} has no '->' after the inputs: expected inputs -> output, {_EXAMPLE}"
        )
    if not isinstance(inputs, dict):
        raise CommandError(f"the inputs of {shown} are not a JSON object, {_EXAMPLE}")
    return inputs, read_json(right[2:], f"the output of {shown}")


def read_examples_file(path: Path) -> list[Example]:
    """Read a file of examples, however it is packed.

    A .csv file has a header with the names of the arguments and `output`. Any other file has JSON
    objects {"input": {...}, "output": ...}, a line each, or one array of them.

    Raises:
        CommandError: a row is no example; the line is named.
        DataError: the file cannot be read, holds no example, or has a ragged row.
    """
    from saps.data.files import DataError, holds_no
    from saps.data.table_file import cell_value, is_json, read_table

    examples = []
    has_cells = not is_json(path)
    # A .csv has cells, and text in them that is JSON.
    part = "a column" if has_cells else "a field"
    for line, row in read_table(path, "example"):
        if isinstance(row, DataError):
            raise row
        if has_cells:
            values = {name: cell_value(cell) for name, cell in row.items()}
            row = {"input": {k: v for k, v in values.items() if k != "output"}, **values}
        examples.append(_of_row(f"{path}, line {line}", row, part))
    if not examples:
        raise holds_no("example", path)
    return examples


def _of_row(of: str, row: dict[str, Any], part: str) -> Example:
    if "output" not in row:
        raise CommandError(f"{of}: expected {part} 'output' beside the inputs")
    if not isinstance(row.get("input"), dict):
        raise CommandError(f'{of}: expected {{"input": {{...}}, "output": ...}}')
    example = row["input"], row["output"]
    try:
        json.dumps(example, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise CommandError(
            f"{of}: a text has half of a surrogate pair, not a character; write the whole pair"
        ) from error
    return example


def _read_text(path: str) -> str:
    """Read a file of text, or `-` for stdin."""
    from saps.data.files import open_text

    if path == "-":
        raw = sys.stdin.buffer.read(_MAX_FILE + 1)
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise CommandError(f"stdin is not UTF-8 text: byte {error.start + 1}") from error
    else:
        with open_text(Path(path)) as file:
            text = file.read(_MAX_FILE + 1)
    # A file that was meant for something else would fill the memory.
    if len(text) > _MAX_FILE:
        raise CommandError(f"{path} has more than {_MAX_FILE >> 20} MiB: give fewer values")
    return text


# Declared types, and what those meant who write them as other languages do.


def read_argument(text: str, option: str = "--arg") -> tuple[str, str]:
    """Read `a=int[]`, typed for `option`."""
    name, found, kind = (part.strip() for part in text.partition("="))
    if not (name and found and kind):
        raise CommandError(f"{option} {text!r}: expected a name and a type, such as a=int[]")
    if re.search(r'[\s(),\[\]"]', name):
        raise CommandError(
            f"an argument cannot be named {cut(name, 60)!r}: a name is one word, such as "
            f"{cut(one_word(name), 60)}"
        )
    return name, read_type(kind, f"argument {name}")


def one_word(name: str) -> str:
    """Return a name that an argument can have: "unit_price" for "unit price"."""
    return "_".join(re.findall(r"\w+", name)) or "a"


def read_arguments(texts: Iterable[str]) -> dict[str, str]:
    """Read `a=int[]` and the like; a CommandError where one is none, or a name has two types."""
    found: dict[str, str] = {}
    for name, kind in map(read_argument, texts):
        if found.setdefault(name, kind) != kind:
            raise CommandError(f"argument {name} is declared as {found[name]} and as {kind}")
    return found


def read_type(text: str, of: str = "the result") -> str:
    """Return a type, or say what to write in place of one of another language.

    One that is none, and means none, is refused later: see `Asking.check`.
    """
    try:
        parse_type(text)
    except AlgoLispError as error:
        if meant := meant_types(text):
            told = f"{of}: {cut(text, 60)!r} is not a type; write {' or '.join(meant)}"
            raise CommandError(told) from error
    return text


_LONGEST: Final = 60
_WORDS: Final = {
    ("int",): "int integer number num float double",
    ("bool",): "bool boolean",
    ("string",): "string str text word char character",
    ("int[]", "string[]"): "list array",
    ("dict<string,int>", "dict<int,int>"): "dict dictionary map",
}
_PLAIN: Final = {word: kinds for kinds, words in _WORDS.items() for word in words.split()}
_ARRAY: Final = r"(?:list|array|vector|sequence|set|tuple)s?"
_MANY: Final = re.compile(
    rf"{_ARRAY} ?\[(?P<square>.+)\]|{_ARRAY} ?<(?P<angle>.+)>|{_ARRAY} of (?P<words>.+)"
    rf"|\[(?P<bare>.+)\]|(?P<suffix>.+?) ?\[ ?\]|(?P<before>.+) {_ARRAY}"
)
_DICTIONARY: Final = re.compile(r"(?:dict|dictionary|map) ?[\[<](?P<key>[^,]+),(?P<value>.+)[\]>]")


def meant_types(text: str) -> tuple[str, ...]:
    """Return the types that a text may mean: "int[]" for "list[int]"; none if that is unclear."""
    return _meant(" ".join(text.lower().split())) if len(text) <= _LONGEST else ()


def _meant(text: str) -> tuple[str, ...]:
    if text in _PLAIN:
        return _PLAIN[text]
    if many := _MANY.fullmatch(text):
        element = next(filter(None, many.groups())).strip()
        return tuple(f"{kind}[]" for kind in _of_plural(element) or _meant(element))
    if found := _DICTIONARY.fullmatch(text):
        keys, values = _meant(found["key"].strip()), _meant(found["value"].strip())
        return tuple(f"dict<{key},{value}>" for key in keys for value in values)
    return tuple(f"{kind}[]" for kind in _of_plural(text))  # "numbers", "strings"


def _of_plural(text: str) -> tuple[str, ...]:
    return _PLAIN.get(text.removesuffix("s"), ()) if text.endswith("s") else ()


# The question to the model, with how to search and for how long.

_DRAWN: Final = 10  # programs that are drawn or kept for examples to choose among
_SHARE: Final = 0.8  # of the time, for the search; what was found by then is the answer
_NEITHER: Final = ("n", "no", "none", "neither")
_LONGEST_ALARM_S: Final = 1e8  # the system takes no longer one


@dataclass(frozen=True)
class Asking:
    """The options of the command. Changed ones (`dataclasses.replace`) share the model.

    Attributes:
        arguments: declared types by name, and `returns` that of the value.
        decoding: how to search; None for what suits the rest.
        timeout_s: of one answer; may be infinite.
        rejected: inputs and outputs that are wrong.
        best: whether the best guess is shown where hardly any such answer is right.
    """

    model: str | None = None
    arguments: dict[str, str] = field(default_factory=dict)
    returns: str | None = None
    examples: list[Example] = field(default_factory=list)
    top: int = 1
    decoding: "Search | None" = None
    timeout_s: float = 30.0
    rejected: list[Example] = field(default_factory=list)
    best: bool = False
    _loaded: "list[Synthesizer]" = field(default_factory=list)

    @property
    def synthesizer(self) -> "Synthesizer":
        """The model, read when it is first needed, and once."""
        from saps.synthesis.synthesizer import Synthesizer

        if not self._loaded:
            self._loaded.append(Synthesizer.load(self.model))
        return self._loaded[0]

    def check(self, text: str | None = None) -> None:
        """Refuse what no model could answer, before one is read, which takes seconds.

        Raises:
            CommandError: the text is not UTF-8.
            SynthesisError: it has no word, or too many; the examples are not of one program; no
                program can have the types.
        """
        from saps.synthesis.synthesizer import Task

        try:
            (text or "").encode()
        except UnicodeEncodeError as error:
            told = f"TEXT is not UTF-8: character {error.start + 1} is invalid"
            raise CommandError(told) from error
        # Without a text, what is declared is looked at beside one that is harmless.
        given = "a" if text is None else text
        Task.of(given, self.examples, self.arguments, self.returns).check()

    def synthesize(self, text: str) -> "Synthesis":
        """Answer one text; raises what `check` does, or a CommandError when the time is over."""
        # The alarm rings on the search alone: reading a model is no fault of the text.
        self.check(text)
        synthesizer = self.synthesizer
        with time_limit(self.timeout_s):
            return synthesizer.synthesize(
                text,
                examples=self.examples,
                arguments=self.arguments,
                returns=self.returns,
                top=self.top,
                decoding=self.decoding,
                seconds=self._search_s,
                rejected=self.rejected,
                best=self.best,
            )

    def answered(self, question: "Question", said: str) -> "Asking":
        """Return what is asked once a person has said which output is right.

        That is "1" or "2", the right one as JSON, or "n" for neither; else a CommandError.
        """
        said = said.strip()
        # What was asked becomes an example, or one that is wrong.
        inputs = dict(question.inputs)
        if said.lower() in _NEITHER:
            wrong = [(inputs, output) for output in question.outputs]
            return replace(self, rejected=[*self.rejected, *wrong])
        if said in ("1", "2"):
            output = question.outputs[int(said) - 1]
        else:
            try:
                output = json.loads(said)
            except ValueError as error:
                raise CommandError(
                    f"{cut(said, 60)!r}: expected 1 or 2, the right output as JSON (a string in "
                    "double quotes), or n for neither"
                ) from error
        return replace(self, examples=[*self.examples, (inputs, output)])

    def synthesize_many(self, texts: Iterable[str]) -> "Iterator[Synthesis | SynthesisError]":
        """Answer many texts, all with the same declarations."""
        from saps.synthesis.synthesizer import Task

        tasks = (Task.of(text, (), self.arguments, self.returns) for text in texts)
        return self.synthesizer.synthesize_many(
            tasks, top=self.top, decoding=self.decoding, seconds=self._search_s, best=self.best
        )

    @property
    def _search_s(self) -> float | None:
        return _SHARE * self.timeout_s if math.isfinite(self.timeout_s) else None


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """End a `with` block by a CommandError when it takes longer.

    Where the system or the thread has no alarm, the limits of the search alone hold.
    """
    # Python runs signal handlers in the main thread alone.
    in_main_thread = threading.current_thread() is threading.main_thread()
    if seconds > _LONGEST_ALARM_S or not hasattr(signal, "setitimer") or not in_main_thread:
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise CommandError(
            f"no answer within {seconds:g} s; allow more time with --timeout, or search less widely"
        )

    earlier = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, earlier)


def choose_decoding(
    beam: int | None, temperature: float | None, seed: int | None, top: int, *, has_examples: bool
) -> "Search | None":
    """Return the search that `--beam` or `--temperature` asks for; None for neither."""
    if beam is not None and temperature is not None:
        raise CommandError("--beam and --temperature are two kinds of search: give one of them")
    if seed is not None and temperature is None:
        raise CommandError(f"--seed {seed} has no effect without --temperature: give both")
    if beam is not None:
        from saps.search.beam import BeamSearch

        return BeamSearch(beam, top=beam if has_examples else min(top, beam))
    if temperature is not None:
        if not 0 < temperature < math.inf:
            raise CommandError(f"--temperature {temperature:g}: expected a number above 0")
        from saps.search.sampling import SamplingSearch

        count = max(top, _DRAWN) if has_examples else top
        return SamplingSearch(count, temperature=temperature, seed=seed or 0)
    return None
