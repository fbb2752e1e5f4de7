"""A data set made of English and programs alone, as a table of one's own may have them.

Types are inferred, tests are drawn from the program and run. Texts and the names of arguments stay
as they were typed: whoever trains on them reads them. No program, however its arguments are called,
is in two splits.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import saps
from saps.data.algolisp import MAX_WORDS, SPLITS, format_example
from saps.data.example import Example, Test
from saps.data.files import DataError, Progress, sole_writer
from saps.data.symbols import CONSTANTS, is_literal
from saps.data.table_file import Cells, read_table
from saps.data.tasks.dataset_folder import check_folder, write_folder
from saps.data.tasks.generate import N_TESTS
from saps.data.tasks.natural_inputs import LARGEST_NUMBER, draw_by_type
from saps.data.tasks.sharding import split_sizes
from saps.data.tokenizer import normalise_text
from saps.data.verification import LIMITS, Failure, checked, reproduces
from saps.english.declarations import settle_signature
from saps.lang import AlgoLispError, Node, Value, compile_program, infer_signature, parse
from saps.resources import made_folder

_ATTEMPTS = 100  # inputs that are tried for ten tests
_REMEDY = "give --out another name, or --overwrite to replace it"
_DRAWN = ("int", "int[]", "string", "string[]")


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table, or the fields of its JSON objects; `tests` is None for no such."""

    text: str
    program: str
    tests: str | None = None


@dataclass
class Imported:
    """What became of the rows of a table.

    Attributes:
        folder: where the data set is.
        rows: of the table.
        sizes: tasks of each split.
        programs: different ones, whatever their arguments are called.
        duplicates: rows whose text and program came before.
        failures: rows of which no task was made; the rows are numbered as the file's lines.
        constants: literals that no published program has, which `data.constants` must name.
    """

    folder: Path
    rows: int = 0
    sizes: dict[str, int] = field(default_factory=dict)
    programs: int = 0
    duplicates: int = 0
    failures: list[Failure] = field(default_factory=list)
    constants: list[str] = field(default_factory=list)

    @property
    def constants_override(self) -> str:
        """What `saps train` is to be told where there are other constants, as Hydra reads it."""
        literals = (*CONSTANTS, *self.constants)
        quoted = [f"'{text}'" if text.startswith('"') else text for text in literals]
        return f"data.constants=[{','.join(quoted)}]"

    def to_json(self) -> dict[str, Any]:
        return {
            **{name: value for name, value in vars(self).items() if name != "failures"},
            "folder": str(self.folder),
            "failures": [asdict(failure) for failure in self.failures],
        }


def import_pairs(
    path: str | Path,
    out: str | Path,
    columns: Columns,
    *,
    seed: int = 1,
    workers: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Make a data set of a table: OUT/train.jsonl, dev.jsonl, test.jsonl and metadata.json.

    Args:
        path: a .csv or .tsv file with a header, or JSON objects as `read_lines` takes them.
        out: the folder to write.
        columns: where text, program and perhaps tests are. A program is an s-expression or a
            nested list; tests are a list of {"input": {...}, "output": ...}, as JSON in a table.
        seed: decides tests and splits.
        workers: processes; None for one a core.
        overwrite: replace a data set that the folder holds and that was not made of this file.
        progress: told how many rows are done.

    Raises:
        DataError: the file cannot be read or lacks a column, too few programs are left to have
            three splits, or the folder holds another data set.
    """
    path, folder = Path(path), Path(out)
    source = {"source": path.name}
    check_folder(folder, source, _REMEDY, overwrite=overwrite)
    report = Imported(folder)
    with made_folder(folder), sole_writer(folder):
        examples = _collected(path, columns, seed, workers, report, progress)
        splits = _split(path, examples, seed)
        report.sizes = {name: len(splits[name]) for name in SPLITS}
        report.programs = len({example.canonical_program for example in examples})
        nodes = chain.from_iterable(example.program.preorder() for example in examples)
        leaves = {node.symbol for node in nodes if not node.children}
        report.constants = sorted(filter(is_literal, leaves - set(CONSTANTS)))
        counts = {"sizes": report.sizes, "programs": report.programs}
        metadata = {**source, "saps_version": saps.__version__, **counts}
        lines = {name: (format_example(e).encode() for e in splits[name]) for name in SPLITS}
        write_folder(folder, lines, lambda: metadata)
    return report


def _collected(
    path: Path,
    columns: Columns,
    seed: int,
    workers: int | None,
    report: Imported,
    progress: Progress | None,
) -> list[Example]:
    """Return the tasks of all rows that make one, each text once; note the others."""
    found: dict[str, tuple[int, Example]] = {}
    check = partial(_example_or_failure, columns, seed)
    for (number, _), result in checked(check, _rows(path, columns), workers, chunk=20):
        report.rows += 1
        if progress is not None:
            progress(1)
        if isinstance(result, Failure):
            report.failures.append(replace(result, line=number))
        else:
            earlier, same = found.setdefault(result.text, (number, result))
            if same.program != result.program:
                reason = f"the text of line {earlier} with another program: {same.program}"
                report.failures.append(Failure(number, "ambiguous", reason))
            elif same is not result:
                report.duplicates += 1
    return [example for _, example in found.values()]


def _rows(path: Path, columns: Columns) -> Iterator[tuple[int, Cells | DataError]]:
    """Stream the rows, or what is wrong with them.

    Raises:
        DataError: the table lacks a column.
    """
    wanted = [name for name in asdict(columns).values() if name is not None]
    is_first = True
    for number, row in read_table(path):
        if isinstance(row, DataError) or row.keys() >= set(wanted):
            yield number, row
            is_first = False
            continue
        missing = next(name for name in wanted if name not in row)
        found = ", ".join(row) or "none"
        reason = f"has no column '{missing}' (found: {found}); name one that it has"
        fault = DataError(path, reason, 1 if is_first else number)
        if is_first:  # so will all be
            raise fault
        yield number, fault


def _example_or_failure(
    columns: Columns, seed: int, numbered: tuple[int, Cells | DataError]
) -> Example | Failure:
    """Return the task of a row, or why it makes none."""
    _, row = numbered
    if isinstance(row, DataError):
        return Failure(0, "unreadable", row.reason)
    try:
        example = _example(columns, seed, row)
        failure = reproduces(example)
    except AlgoLispError as error:
        return Failure(0, error.code, f"the program: {error}")
    except (TypeError, ValueError) as error:
        return Failure(0, "unreadable", str(error))
    return example if failure is None else failure


def _example(columns: Columns, seed: int, row: Cells) -> Example:
    typed, code = row[columns.text], row[columns.program]
    if not isinstance(typed, str):
        typed = " ".join(map(str, typed or ()))
    typed.encode()  # half of a surrogate pair is a ValueError
    text = normalise_text(typed)
    if not 0 < len(text.split()) <= MAX_WORDS:
        raise ValueError(f"the text has {len(text.split()):,} words, expected 1 to {MAX_WORDS:,}")
    program = parse(code) if isinstance(code, str) else Node.from_short_tree(code)
    tests = _given_tests(row[columns.tests]) if columns.tests is not None else ()
    named = dict.fromkeys(infer_signature(program).arguments, "int")
    example = Example(text, named, "int", program, tests, typed=typed)
    # What a text says of the types it says of letters.
    lettered = example.anonymised()
    signature = settle_signature(lettered.program, lettered.text)
    kinds = (str(signature.arguments[letter]) for letter in lettered.arguments)
    arguments = dict(zip(named, kinds, strict=True))
    tests = tests or _drawn_tests(program, arguments, seed)
    return replace(example, arguments=arguments, return_type=str(signature.result), tests=tests)


def _given_tests(given: Any) -> tuple[Test, ...]:
    tests = json.loads(given) if isinstance(given, str) else given
    if not isinstance(tests, list) or not tests:
        raise ValueError('tests: expected a list of {"input": {...}, "output": ...}')
    try:
        return tuple(Test(dict(test["input"]), test["output"]) for test in tests)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError('tests: expected {"input": {...}, "output": ...} of each') from error


def _drawn_tests(program: Node, arguments: Mapping[str, str], seed: int) -> tuple[Test, ...]:
    """Return ten tests, or fewer of a program that seldom has a value.

    Raises:
        AlgoLispError: it had a value on none of the inputs.
        ValueError: there is no drawing values of an argument's type.
    """
    run = compile_program(program, arguments, LIMITS)
    rng = Random(f"{seed}:{program}")
    tests: list[Test] = []
    last: AlgoLispError | None = None
    for attempt in range(_ATTEMPTS):
        n_failures = attempt - len(tests)
        # A factorial or a position asks for small numbers.
        largest = LARGEST_NUMBER if n_failures < 10 else 12 if n_failures < 30 else 5
        plain = {name: kind for name, kind in arguments.items() if kind in _DRAWN}
        drawn = draw_by_type(plain, largest, rng)
        inputs = {n: drawn[n] if n in drawn else _draw(k, rng) for n, k in arguments.items()}
        try:
            tests.append(Test(inputs, run(inputs)))
        except AlgoLispError as error:
            last = error
        if len(tests) == N_TESTS:
            break
    if not tests and last is not None:
        raise last
    return tuple(tests)


def _draw(kind: str, rng: Random) -> Value:
    if kind in _DRAWN:
        return draw_by_type({"a": kind}, LARGEST_NUMBER, rng)["a"]
    if kind == "bool":
        return rng.random() < 0.5
    if kind.endswith("[]"):
        return [_draw(kind.removesuffix("[]"), rng) for _ in range(rng.randint(1, 6))]
    raise ValueError(f"no values of type {kind} can be drawn; give the row tests of its own")


def _split(path: Path, examples: Sequence[Example], seed: int) -> dict[str, list[Example]]:
    """Share tasks out in the published proportions, all of one program to one split."""
    by_program: dict[str, list[Example]] = {}
    for example in examples:
        by_program.setdefault(example.canonical_program, []).append(example)
    if len(by_program) < len(SPLITS):
        raise DataError(
            path,
            f"{len(by_program)} different programs are left, too few for three splits; "
            "give at least three",
        )
    wanted = split_sizes(len(examples))
    splits: dict[str, list[Example]] = {name: [] for name in SPLITS}
    # By a hash, so that the order of the rows changes nothing; the smallest groups first, so that
    # a program with many texts does not fill dev or test alone.
    ranked = sorted(by_program, key=lambda program: blake2b(f"{seed}:{program}".encode()).digest())
    for program in sorted(ranked, key=lambda program: len(by_program[program]) > 1):
        group = by_program[program]
        small = [
            name
            for name in ("test", "dev")
            if not splits[name] or len(splits[name]) + len(group) <= wanted[name]
        ]
        splits[small[0] if small else "train"] += group
    return splits
