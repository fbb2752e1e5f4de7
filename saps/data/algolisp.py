"""Files of tasks in the published AlgoLisp format: one JSON object a line, plain or gzip."""

import gzip
import json
import logging
import os
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from saps.data.example import Example, Test, normalise_text
from saps.lang import AlgoLispError, Node, parse, parse_type

MAX_WORDS = 5_000
"""Texts beyond this are taken for damage; the longest published one has 164 words."""

SPLITS = ("train", "dev", "test")

logger = logging.getLogger(__name__)


class DataError(ValueError):
    """A file of tasks can not be read.

    Attributes:
        path: the file.
        reason: what is wrong and what to do, in one clause without a full stop.
        line: counted from 1; None when the whole file is at fault.
        field: the field at fault, if one is.
    """

    def __init__(
        self, path: str | Path, reason: str, line: int | None = None, field: str | None = None
    ) -> None:
        super().__init__(path, reason, line, field)  # all fields: errors cross the worker pool
        self.path, self.reason, self.line, self.field = Path(path), reason, line, field

    def __str__(self) -> str:
        line = "" if self.line is None else f", line {self.line}"
        field = "" if self.field is None else f", field '{self.field}'"
        return f"{self.path}{line}{field}: {self.reason}"


def read_examples(path: str | Path) -> Iterator[Example]:
    """Stream the tasks of a file.

    Raises:
        DataError: at the first line that is no task, or when the file can not be read.
    """
    for item in scan_examples(path):
        if isinstance(item, DataError):
            raise item
        yield item


def scan_examples(path: str | Path) -> Iterator[Example | DataError]:
    """Stream the tasks of a file, with an error in the place of each line that is no task.

    Raises:
        DataError: when the file itself can not be read to its end.
    """
    for number, line in read_lines(path):
        try:
            yield parse_example(line, path, number)
        except DataError as error:
            yield error


def read_lines(path: str | Path) -> Iterator[tuple[int, bytes]]:
    """Stream the lines that are not blank, numbered from 1.

    Raises:
        DataError: the file is missing, unreadable, empty, or a gzip file that is cut.
    """
    path, number, n_lines = Path(path), 0, 0
    try:
        with open_binary(path) as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    n_lines += 1
                    yield number, line
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        reason = f"the gzip data breaks off or is damaged ({error}); fetch or write the file anew"
        raise DataError(path, reason, number + 1) from error
    except OSError as error:
        raise DataError(path, f"can not be read ({error.strerror}); check the path") from error
    if n_lines == 0:
        raise DataError(path, "holds no task; fetch or write the file anew")


def open_binary(path: Path) -> IO[bytes] | gzip.GzipFile:
    """Open a file for reading, unpacking gzip whatever the file is called."""
    with path.open("rb") as file:
        is_packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if is_packed else path.open("rb")


def load_split(source: str | Path, split: str, *, cleaned: bool = False) -> list[Example]:
    """Return all tasks of one split ("train", "dev" or "test").

    Args:
        cleaned: keep only the tasks of which the interpreter reproduces every test, and log how
            many it drops and why; about one in ten of the published ones.
        source: a folder with SPLIT.jsonl or metaset3.SPLIT.jsonl, plain or .gz; or one file,
            which is then read whatever the split.
        split: the name in the file's name.

    Raises:
        DataError: no such file, or a line of it is no task.
    """
    path = find_split(source, split)
    examples = read_examples(path)
    return _cleaned(examples, path) if cleaned else list(examples)


def _cleaned(examples: Iterable[Example], path: Path) -> list[Example]:
    from saps.data.verification import reproduces  # which reads files through this module

    kept, dropped = [], Counter[str]()
    for example in examples:
        failure = reproduces(example)
        if failure is None:
            kept.append(example)
        else:
            dropped[failure.kind] += 1
    reasons = ", ".join(f"{n} {kind}" for kind, n in dropped.most_common()) or "none"
    logger.info("%s: %d tasks kept; dropped: %s", path, len(kept), reasons)
    return kept


def find_split(source: str | Path, split: str) -> Path:
    """Return the file that holds a split; see `load_split`."""
    source = Path(source)
    if source.is_file():
        return source
    names = [f"{stem}{split}.jsonl{end}" for stem in ("", "metaset3.") for end in ("", ".gz")]
    for name in names:
        if (source / name).is_file():
            return source / name
    if not source.is_dir():
        raise DataError(source, "no such file or folder; give a folder that holds the splits")
    raise DataError(
        source, f"holds no {split} split; expected one of {', '.join(names)}; try `saps generate`"
    )


def write_examples(path: str | Path, examples: Iterable[Example]) -> int:
    """Write tasks in the published format and return how many.

    The file appears when it is complete and not before; a name ending in .gz is packed.
    """
    return write_lines(path, (format_example(example) for example in examples))


def write_lines(path: str | Path, lines: Iterable[str]) -> int:
    """Write lines, atomically; see `write_examples`."""
    path, n_lines = Path(path), 0
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as raw, _packed(raw, path) as file:
            for line in lines:
                file.write(line.encode() + b"\n")
                n_lines += 1
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return n_lines


def _packed(raw: IO[bytes], path: Path) -> IO[bytes] | gzip.GzipFile:
    if path.suffix != ".gz":
        return raw
    return gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0)  # same tasks, same bytes


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def format_example(example: Example) -> str:
    """Return the task as one line of the published format, without the line's end."""
    fields = {
        "text": example.text.split(" "),
        "args": dict(example.arguments),
        "return_type": example.return_type,
        "short_tree": example.program.to_short_tree(),
        "tests": [{"input": dict(t.inputs), "output": t.output} for t in example.tests],
        "nodes": list(example.nodes),
        "tags": [],
        "funcs": [],
    }
    return json.dumps(fields, ensure_ascii=False)


def parse_example(line: str | bytes, path: str | Path, number: int) -> Example:
    """Return the task of one line; `path` and `number` say where it came from.

    Raises:
        DataError: the line is no task; names the field at fault.
    """
    try:
        return _Fields(_decode(line)).example()
    except _FieldError as error:
        raise DataError(path, error.reason, number, error.field) from error


class _FieldError(Exception):
    def __init__(self, field: str | None, reason: str) -> None:
        super().__init__(field, reason)
        self.field, self.reason = field, reason


def _decode(line: str | bytes) -> dict[str, Any]:
    try:
        # the standard module: orjson turns integers beyond 64 bits into floats
        fields = json.loads(line.rstrip())
    except UnicodeDecodeError as error:
        reason = f"byte {error.start + 1} is not UTF-8 ({error.reason}); save the file as UTF-8"
        raise _FieldError(None, reason) from error
    except json.JSONDecodeError as error:
        reason = f"no JSON, column {error.colno}: {error.msg}; mend or delete the line"
        raise _FieldError(None, reason) from error
    except (RecursionError, ValueError) as error:
        reason = f"JSON nested too deep or a number too long ({error}); delete the line"
        raise _FieldError(None, reason) from error
    if not isinstance(fields, dict):
        reason = f"expected a JSON object, found {_kind(fields)}; delete the line"
        raise _FieldError(None, reason)
    return fields


class _Fields:
    """The fields of one line on their way to an `Example`."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    def example(self) -> Example:
        arguments = self.arguments()
        return Example(
            text=self.text(),
            arguments=arguments,
            return_type=_checked_type("return_type", self.required("return_type")),
            program=self.program(),
            tests=self.tests(arguments),
            nodes=self.nodes(),
            typed=self.typed(),
        )

    def required(self, field: str) -> Any:
        if field not in self.fields:
            found = ", ".join(map(str, self.fields)) or "none"
            raise _FieldError(field, f"is missing (fields found: {found}); add it")
        return self.fields[field]

    def text(self) -> str:
        text = self.required("text")
        if isinstance(text, list) and all(isinstance(word, str) for word in text):
            text = " ".join(text)
        if not isinstance(text, str):
            raise _FieldError("text", f"expected words or one string, found {_kind(text)}")
        text = normalise_text(text)
        n_words = text.count(" ") + 1 if text else 0
        if not 0 < n_words <= MAX_WORDS:
            reason = f"expected 1 to {MAX_WORDS:,} words, found {n_words:,}; delete the line"
            raise _FieldError("text", reason)
        return text

    def typed(self) -> str:
        text = self.fields["text"]
        return text if isinstance(text, str) else ""

    def arguments(self) -> dict[str, str]:
        args = self.required("args")
        pairs = list(args.items()) if isinstance(args, dict) else args
        if not isinstance(pairs, list) or not all(_is_pair(pair) for pair in pairs):
            reason = 'expected an object {"a": "int"} or a list of pairs [["a", "int"]]'
            raise _FieldError("args", f"{reason}, found {_kind(args)}")
        return {name: _checked_type("args", text) for name, text in pairs}

    def program(self) -> Node:
        for field in ("short_tree", "code_tree"):
            if self.fields.get(field) is not None:
                return _tree(field, self.fields[field])
        if self.fields.get("code_sequence") is not None:
            return _sequence("code_sequence", self.fields["code_sequence"])
        reason = "is missing, and so are code_tree and code_sequence; add the program"
        raise _FieldError("short_tree", reason)

    def tests(self, arguments: Mapping[str, str]) -> tuple[Test, ...]:
        tests = self.required("tests")
        if not isinstance(tests, list) or not tests:
            reason = f"expected a list of at least one test, found {_kind(tests)}; add some"
            raise _FieldError("tests", reason)
        return tuple(_test(i, test, arguments) for i, test in enumerate(tests))

    def nodes(self) -> tuple[str, ...]:
        nodes = self.fields.get("nodes") or []
        if not isinstance(nodes, list):
            raise _FieldError("nodes", f"expected a list of names, found {_kind(nodes)}")
        return tuple(map(str, nodes))


def _is_pair(pair: object) -> bool:
    return isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], str)


def _checked_type(field: str, text: object) -> str:
    if not isinstance(text, str):
        raise _FieldError(field, f"expected the name of a type, found {_kind(text)}")
    reason = _type_fault(text)
    if reason is not None:
        raise _FieldError(field, f"unknown type {text!r} ({reason}); use int, int[], string, ...")
    return text


@lru_cache(maxsize=1024)
def _type_fault(text: str) -> str | None:
    try:
        parse_type(text)
    except (AlgoLispError, ValueError) as error:
        return str(error).splitlines()[0]
    return None


def _tree(field: str, tree: Any) -> Node:
    try:
        return Node.from_short_tree(tree)
    except (AlgoLispError, ValueError, TypeError) as error:
        raise _FieldError(field, f"no program: {error}") from error


def _sequence(field: str, sequence: Any) -> Node:
    if isinstance(sequence, list) and all(isinstance(token, str) for token in sequence):
        sequence = " ".join(sequence)
    if not isinstance(sequence, str):
        raise _FieldError(field, f"expected tokens or one string, found {_kind(sequence)}")
    try:
        return parse(sequence)
    except (AlgoLispError, ValueError) as error:
        raise _FieldError(field, f"no program: {error}") from error


def _test(index: int, test: Any, arguments: Mapping[str, str]) -> Test:
    field = f"tests[{index}]"
    if not isinstance(test, dict) or "input" not in test or "output" not in test:
        raise _FieldError(field, f'expected {{"input": ..., "output": ...}}, found {_kind(test)}')
    inputs = test["input"]
    if not isinstance(inputs, dict):
        raise _FieldError(f"{field}.input", f"expected an object, found {_kind(inputs)}")
    missing = [name for name in arguments if name not in inputs]
    if missing:
        reason = f"lacks argument {', '.join(missing)} of args; add a value or delete the test"
        raise _FieldError(f"{field}.input", reason)
    return Test(inputs, test["output"])


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", type(None): "null"}
    if isinstance(value, list) and not value:
        return "an empty list"
    return names.get(type(value), f"{value!r:.40}")
