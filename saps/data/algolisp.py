"""Tasks in the published AlgoLisp format: one JSON object a task (Polosukhin & Skidanov 2018)."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from saps.data.example import Example, Test
from saps.data.files import DataError, read_lines, write_lines
from saps.data.tokenizer import normalise_text
from saps.lang import AlgoLispError, Node, parse, parse_type

MAX_WORDS = 5_000
"""Texts beyond this are taken for damage; the longest published one has 164 words."""

SPLITS = ("train", "dev", "test")

_STEMS = ("", "metaset3.")
_PACKINGS = ("", ".gz", ".xz", ".bz2", ".zip")
_ENDS = tuple(f".{form}{packing}" for form in ("jsonl", "json") for packing in _PACKINGS)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def read_examples(path: str | Path) -> Iterator[Example]:
    """Stream the tasks of a file; see `read_lines` for the kinds of files.

    Raises:
        DataError: at the first line that is no task, or when the file cannot be read.
    """
    for item in scan_examples(path):
        if isinstance(item, DataError):
            raise item
        yield item


def scan_examples(path: str | Path) -> Iterator[Example | DataError]:
    """Stream the tasks of a file, with an error in the place of each line that is no task.

    Raises:
        DataError: when the file itself cannot be read to its end.
    """
    for number, line in read_lines(path):
        try:
            yield parse_example(line, path, number)
        except DataError as error:
            yield error


def load_split(source: str | Path, split: str, *, cleaned: bool = False) -> list[Example]:
    """Return all tasks of one split ("train", "dev" or "test").

    Args:
        cleaned: keep only the tasks of which the interpreter reproduces every test, and log how
            many it drops and why; about one in ten of the published ones.
        source: a folder with SPLIT.jsonl or metaset3.SPLIT.jsonl, plain or packed; or one file,
            which is then read whatever the split.
        split: the name in the file's name.

    Raises:
        DataError: no such file, or a line of it is no task.
    """
    path = find_split(source, split)
    if not cleaned:
        return list(read_examples(path))
    from saps.data.verification import cleaned_examples  # which reads files through this module

    return cleaned_examples(path)


def find_split(source: str | Path, split: str) -> Path:
    """Return the file that holds a split; see `load_split`."""
    source = Path(source)
    if source.is_file():
        return source
    names = [f"{stem}{split}{end}" for stem in _STEMS for end in _ENDS]
    for name in names:
        if (source / name).is_file():
            return source / name
    if not source.is_dir():
        raise DataError(source, "no such file or folder; give a folder that holds the splits")
    expected = ", ".join(f"{stem}{split}{end}" for stem in _STEMS for end in _ENDS[:2])
    raise DataError(
        source,
        f"holds no {split} split; expected one of {expected} (also .json, .xz, .bz2, .zip); "
        "try `saps generate`",
    )


def write_examples(path: str | Path, examples: Iterable[Example]) -> int:
    """Write tasks in the published format and return how many; see `write_lines`."""
    return write_lines(path, map(format_example, examples))


def format_example(example: Example) -> str:
    """Return the task as one line of the published format, without the line's end.

    A text that is there as it was typed is one string, others are words.
    """
    fields = {
        "text": example.as_typed if example.typed else example.text.split(" "),
        "args": dict(example.arguments),
        "return_type": example.return_type,
        "short_tree": example.program.to_short_tree(),
        "tests": [{"input": dict(t.inputs), "output": t.output} for t in example.tests],
        "nodes": list(example.nodes),
        "tags": [],
        "funcs": [],
    }
    return json.dumps(fields, ensure_ascii=False)


class _FieldError(Exception):
    def __init__(self, field: str | None, reason: str) -> None:
        super().__init__(field, reason)
        self.field, self.reason = field, reason


def parse_example(line: bytes, path: str | Path, number: int) -> Example:
    """Return the task of one line; `path` and `number` say where it came from.

    Raises:
        DataError: the line is no task; names the field at fault.
    """
    try:
        fields = _decode(line)
        text = _required(fields, "text")
        arguments = _arguments(_required(fields, "args"))
        return Example(
            text=_text(text),
            arguments=arguments,
            return_type=_checked_type("return_type", _required(fields, "return_type")),
            program=_program(fields),
            tests=_tests(_required(fields, "tests"), arguments),
            nodes=_nodes(fields.get("nodes") or []),
            typed=text if isinstance(text, str) else "",
        )
    except _FieldError as error:
        raise DataError(path, error.reason, number, error.field) from error


def _decode(line: bytes) -> dict[str, Any]:
    try:
        # Decoded here: json.loads would let halves of surrogate pairs pass. And not by orjson,
        # which turns integers beyond 64 bits into floats.
        fields = json.loads(line.rstrip().decode())
    except UnicodeDecodeError as error:
        reason = f"byte {error.start + 1} is not UTF-8 ({error.reason}); save the file as UTF-8"
        raise _FieldError(None, reason) from error
    except json.JSONDecodeError as error:
        reason = f"not JSON, column {error.colno}: {error.msg}; fix or delete the line"
        raise _FieldError(None, reason) from error
    except (RecursionError, ValueError) as error:
        reason = f"JSON nested too deep or a number too long ({error}); delete the line"
        raise _FieldError(None, reason) from error
    if not isinstance(fields, dict):
        reason = f"expected a JSON object, found {_kind(fields)}; delete the line"
        raise _FieldError(None, reason)
    if _SURROGATE.search(line):
        _check_characters(fields)
    return fields


def _check_characters(fields: dict[str, Any]) -> None:
    """Refuse half of a surrogate pair, which no file and no report could be written with."""
    for field, value in fields.items():
        try:
            json.dumps([field, value], ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            half = f"\\u{ord(error.object[error.start]):04x}"
            reason = f"holds {half}, half of a surrogate pair and no character; fix or delete it"
            name = field.encode(errors="backslashreplace").decode()
            raise _FieldError(name, reason) from error


def _required(fields: dict[str, Any], field: str) -> Any:
    if field not in fields:
        found = ", ".join(map(str, fields)) or "none"
        raise _FieldError(field, f"is missing (fields found: {found}); add it")
    return fields[field]


def _text(text: Any) -> str:
    if isinstance(text, list) and all(isinstance(word, str) for word in text):
        text = " ".join(text)
    if not isinstance(text, str):
        raise _FieldError("text", f"expected words or one string, found {_kind(text)}")
    text = normalise_text(text)
    n_words = text.count(" ") + 1 if text else 0
    if not 0 < n_words <= MAX_WORDS:
        reason = f"expected 1 to {MAX_WORDS:,} words, found {n_words:,}; delete the line"
        raise _FieldError("text", reason)
    return str(text)


def _arguments(args: Any) -> dict[str, str]:
    pairs = list(args.items()) if isinstance(args, dict) else args
    if not isinstance(pairs, list) or not all(
        isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], str)
        for pair in pairs
    ):
        reason = 'expected an object {"a": "int"} or a list of pairs [["a", "int"]]'
        raise _FieldError("args", f"{reason}, found {_kind(args)}")
    return {name: _checked_type("args", text) for name, text in pairs}


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


def _program(fields: dict[str, Any]) -> Node:
    given = (name for name in ("short_tree", "code_tree", "code_sequence") if name in fields)
    field = next((name for name in given if fields[name] is not None), None)
    if field is None:
        reason = "is missing, and so are code_tree and code_sequence; add the program"
        raise _FieldError("short_tree", reason)
    code = fields[field]
    try:
        if field != "code_sequence":
            return Node.from_short_tree(code)
        if isinstance(code, list) and all(isinstance(token, str) for token in code):
            code = " ".join(code)
        if not isinstance(code, str):
            raise _FieldError(field, f"expected tokens or one string, found {_kind(code)}")
        return parse(code)
    except (AlgoLispError, ValueError, TypeError) as error:
        raise _FieldError(field, f"not a program: {error}") from error


def _tests(tests: Any, arguments: Mapping[str, str]) -> tuple[Test, ...]:
    if not isinstance(tests, list) or not tests:
        reason = f"expected a list of at least one test, found {_kind(tests)}; add some"
        raise _FieldError("tests", reason)
    return tuple(_test(f"tests[{i}]", test, arguments) for i, test in enumerate(tests))


def _test(field: str, test: Any, arguments: Mapping[str, str]) -> Test:
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


def _nodes(nodes: Any) -> tuple[str, ...]:
    if not isinstance(nodes, list):
        raise _FieldError("nodes", f"expected a list of names, found {_kind(nodes)}")
    return tuple(map(str, nodes))


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", type(None): "null"}
    if isinstance(value, list) and not value:
        return "an empty list"
    return names.get(type(value), f"{value!r:.40}")
