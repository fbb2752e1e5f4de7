"""`saps data`: looks at files of tasks, and at the families that the generator has."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from saps.cli.console import CommandError, DebugOption, JsonOption, WorkersOption
from saps.lang import to_python
from saps.resources import command_line

if TYPE_CHECKING:
    from rich.table import Table

    from saps.data.files import Progress
    from saps.data.statistics import Statistics
    from saps.data.verification import Verification

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Verify, clean, import, measure and merge files of tasks; list the generator's families.",
)

_SourceArgument = Annotated[
    Path,
    typer.Argument(metavar="PATH", help="A .jsonl file, packed or not; or a folder of splits."),
]
_OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace what exists.")]
# The figures that two sets are compared by, and what the table calls them.
_COMPARED: Final = {
    "tasks": "tasks",
    "programs": "different programs",
    "text_length": "text length (words)",
    "program_depth": "program depth",
    "program_length": "program length (symbols)",
}
_SHOWN: Final = 20  # failures that a table shows; --json and reports have them all


@app.command()
def verify(
    path: _SourceArgument,
    workers: WorkersOption = None,
    as_json: JsonOption = False,
    _debug: DebugOption = False,
) -> None:
    """Run every task on its tests; exit with 1 if any fails.

    saps data verify data/generated
    """
    from saps.data.verification import verify

    with _counting("verifying") as progress:
        found = [verify(file, workers=workers, progress=progress) for file in _files(path)]
    _print_verifications(found, as_json)
    if any(verification.failures for verification in found):
        raise typer.Exit(1)


@app.command()
def clean(
    path: _SourceArgument,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A file, or a folder if PATH is.")],
    workers: WorkersOption = None,
    overwrite: _OverwriteOption = False,
    as_json: JsonOption = False,
    _debug: DebugOption = False,
) -> None:
    """Keep the tasks that do what their tests say, and report the others in OUT.report.json.

    Exits with 1 if a line, or the end of a file, cannot be read.

    saps data clean data/algolisp data/algolisp-cleaned
    """
    from saps.data.verification import clean

    files = _files(path)
    places = {file: out / file.name if path.is_dir() else out for file in files}
    _check_places(path, out, places, overwrite)
    with _counting("cleaning") as progress:
        found = [
            clean(file, place, workers=workers, progress=progress) for file, place in places.items()
        ]
    _print_verifications(found, as_json)
    if any("unreadable" in verification.kinds for verification in found):
        raise typer.Exit(1)


@app.command(name="import")
def import_(
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="A .csv or .tsv with a header, or a .jsonl.")
    ],
    text: Annotated[str, typer.Option(metavar="COLUMN", help="Holds the English.")] = "text",
    program: Annotated[str, typer.Option(metavar="COLUMN", help="Holds the program.")] = "program",
    tests: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Holds tests; default: they are drawn.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Default: data/NAME-OF-FILE.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the tests and splits.")] = 1,
    workers: WorkersOption = None,
    overwrite: _OverwriteOption = False,
    as_json: JsonOption = False,
    _debug: DebugOption = False,
) -> None:
    """Make a data set of English and programs: types are inferred, tests drawn, splits made.

    No program is in two splits. Exits with 1 if a row makes no task.

    saps data import data/mine.csv --text question --program answer
    """
    from saps.data.pairs import Columns, import_pairs

    folder = out or Path("data") / path.name.split(".")[0]
    with _counting("importing") as progress:
        report = import_pairs(
            path,
            folder,
            Columns(text, program, tests),
            seed=seed,
            workers=workers,
            overwrite=overwrite,
            progress=progress,
        )
    if as_json:
        print(json.dumps(report.to_json(), indent=2))
    else:
        sizes = ", ".join(f"{name} {n:,}" for name, n in report.sizes.items())
        n_tasks = sum(report.sizes.values())
        print(f"{report.folder}: {n_tasks:,} tasks from {report.rows:,} rows ({sizes})")
        print(f"  {report.programs:,} different programs, none of them in two splits")
        print(f"  duplicate rows left out: {report.duplicates:,}")
        _print_failures(report.failures)
        told = (report.constants_override,) if report.constants else ()
        print("next:", command_line("saps train", {"data.path": report.folder}, *told))
    if report.failures:
        raise typer.Exit(1)


@app.command()
def stats(
    path: _SourceArgument,
    against: Annotated[
        str | None,
        typer.Option(metavar="published|PATH", help="Compare: add a column, and the distance."),
    ] = None,
    as_json: JsonOption = False,
    _debug: DebugOption = False,
) -> None:
    """Measure a set of tasks: lengths, depths, words, symbols, families.

    With --json, --against adds to each split the figures compared with, and the distances.

    saps data stats data/generated --against published
    """
    from saps.data.algolisp import SPLITS, read_examples
    from saps.data.statistics import Statistics
    from saps.english.vocabulary import FIGURES

    def measured(source: Path) -> dict[str, Statistics]:
        found = {}
        for file in _files(source):
            parts = (part for part in file.name.split(".") if part in SPLITS)
            found[next(parts, file.name)] = Statistics.of(read_examples(file))
        return found

    found = measured(path)
    columns = {name: column.to_json() for name, column in found.items()}
    if against is not None:
        if against == "published":
            references = {split: asdict(figures) for split, figures in FIGURES.items()}
        else:
            other = measured(Path(against))
            references = {split: column.to_json() for split, column in other.items()}
            if len(found) == len(other) == 1:  # whatever the files are called
                references = dict(zip(found, references.values(), strict=True))
        columns = {n: {**c, **_comparison(c, references.get(n))} for n, c in columns.items()}
    if as_json:
        print(json.dumps(columns, indent=2))
    else:
        _print_statistics(columns, sum(found.values(), Statistics()))


@app.command()
def merge(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="The folder that holds 1-of-4, 2-of-4, ...")
    ],
    overwrite: _OverwriteOption = False,
    _debug: DebugOption = False,
) -> None:
    """Make one data set of the parts that `saps generate shard=i/n` made, in their folder.

    It is the same, byte for byte, as if it had been made in one piece.

    saps data merge data/million
    """
    from saps.data.tasks.dataset_folder import merge_parts

    with _counting("merging") as progress:
        folder = merge_parts(path, progress, overwrite=overwrite)
    print(folder)


@app.command()
def families(
    pattern: Annotated[
        str, typer.Argument(metavar="[TEXT]", help="Only kinds whose name or purpose holds TEXT.")
    ] = "",
    catalogue: Annotated[
        str, typer.Option(metavar="people|published", help="Which catalogue to list.")
    ] = "people",
    result: Annotated[
        str, typer.Option("--type", metavar="TYPE", help="Only kinds with this result: int[].")
    ] = "",
    as_json: JsonOption = False,
    _debug: DebugOption = False,
) -> None:
    """List the kinds of tasks that the generator knows, with what people say and the program.

    saps data families median --type int
    """
    if catalogue not in ("people", "published"):
        raise CommandError(f"--catalogue {catalogue}: expected people or published")
    rows = _kinds_of_people() if catalogue == "people" else _published_families()
    chosen = [
        row
        for row in rows
        if pattern in f"{row['name']} {row['about']}" and result in ("", row["result"])
    ]
    if not chosen:
        of_type = f" of type {result}" if result else ""
        raise CommandError(
            f"no kind{of_type} has {pattern!r} in its name or purpose; leave it out to list all"
        )
    if as_json:
        print(json.dumps(chosen, indent=2, ensure_ascii=False))
        return
    for row in chosen:
        print(f"{row['name']} : {row['result']}    {row['about']}".rstrip())
        for text in row["texts"]:
            print(f"    {text}")
        print(f"    {row['program']}")
        for line in row["python"].splitlines():
            print(f"    {line}")


def _published_families() -> Iterator[dict[str, Any]]:
    from saps.data.tasks.composer import specimen
    from saps.data.tasks.family import default_catalogue

    found = default_catalogue()
    for family in found.families:
        example = specimen(family, found)
        yield {
            "name": family.name,
            "about": "",
            "result": family.result,
            "texts": [example.text],
            "program": str(example.program),
            "python": "",
        }


def _kinds_of_people() -> Iterator[dict[str, Any]]:
    """Yield the kinds with three wordings of different registers, and their Python."""
    from saps.data.tasks.kinds import REGISTERS, people
    from saps.data.wordings.requests import shown_wording

    for kind in people().kinds.values():
        registers = [register for register in REGISTERS if kind.of(register)]
        types = {n: s.language_type for n, s in kind.slots.items() if not s.is_applied}
        # A kind that takes a function has no Python of its own.
        is_plain = len(types) == len(kind.slots)
        yield {
            "name": kind.name,
            "about": kind.about,
            "result": kind.language_type,
            "texts": [shown_wording(kind.of(r)[0]) for r in registers[:: len(registers) // 3][:3]],
            "program": str(kind.program),
            "python": to_python(kind.program, types, kind.language_type) if is_plain else "",
        }


def _files(path: Path) -> list[Path]:
    """Return the files of tasks that a path means."""
    from saps.data.algolisp import SPLITS, find_split
    from saps.data.files import DataError

    if not path.is_dir():
        return [path]
    files = []
    for split in SPLITS:
        with suppress(DataError):  # not every set has all of them
            files.append(find_split(path, split))
    if not files:
        raise CommandError(
            f"{path} holds no train, dev or test split; give a .jsonl file, or such a folder"
        )
    return files


def _check_places(path: Path, out: Path, places: dict[Path, Path], overwrite: bool) -> None:
    """Refuse a file for a folder, the tasks themselves, and unasked whatever else is there."""
    if path.is_dir() and out.exists() and not out.is_dir():
        raise CommandError(f"{out} is a file, but {path} is a folder; give a folder to write to")
    if not path.is_dir() and out.is_dir():
        file = out / path.name
        raise CommandError(f"{out} is a folder, but {path} is a file; give a file, such as {file}")
    for place in out.parents:
        if place.exists() and not place.is_dir():
            raise CommandError(f"{out} cannot be made: {place} is a file; choose another place")
    written = [p for to in places.values() for p in (to, to.with_name(f"{to.name}.report.json"))]
    # Links and relative paths may name one file in two ways.
    sources = {file.resolve() for file in places}
    if any(place.resolve() in sources for place in written):
        raise CommandError(f"{out} is where the tasks come from; choose another place")
    there = [place for place in written if place.exists()]
    if there and not overwrite:
        raise CommandError(f"{there[0]} exists; choose another place, or --overwrite to replace it")


def _comparison(column: dict[str, Any], reference: dict[str, Any] | None) -> dict[str, Any]:
    """Return the figures of the other set, null where it lacks the split, and the distances."""
    if reference is None:
        return {"against": None, "distance": None}
    figures = {name: reference[name] for name in _COMPARED if name in reference}
    distances = {name: column[name] / value - 1 for name, value in figures.items() if value}
    return {"against": figures, "distance": distances}


@contextmanager
def _counting(what: str) -> "Iterator[Progress]":
    from saps.data.statistics import data_progress

    with data_progress() as bar:
        task = bar.add_task(what, total=None)
        yield lambda n: bar.advance(task, n)


def _print_verifications(found: "list[Verification]", as_json: bool) -> None:
    from saps.data.verification import leaks

    if as_json:
        whole = found[0].to_json()
        if len(found) > 1:
            whole = {
                "examples": sum(one.examples for one in found),
                "reproduced": sum(one.reproduced for one in found),
                "failures": [
                    {"path": str(one.path), **failure}
                    for one in found
                    for failure in one.to_json()["failures"]
                ],
                "leaks": [
                    {"paths": list(map(str, paths)), "programs": n}
                    for paths, n in leaks(found).items()
                ],
            }
        print(json.dumps(whole, indent=2))
        return
    for verification in found:
        print(f"{verification.path}: {verification.reproduced:,} of {verification.examples:,} ok")
        for kind, n_failures in verification.kinds.items():
            print(f"  {n_failures:,} {kind}")
        _print_failures(verification.failures)
    for (one, other), n in leaks(found).items():
        print(f"{n:,} programs are in both {one.name} and {other.name}")


def _print_failures(failures: Sequence[Any]) -> None:
    for failure in failures[:_SHOWN]:
        print(f"  line {failure.line}: {failure.reason}")
    if len(failures) > _SHOWN:
        print(f"  ... and {len(failures) - _SHOWN:,} more; see --json")


# The figures of a data set, as tables.

_BAR: Final = 40  # characters of the longest bar of a histogram
_N_SYMBOLS: Final = 30  # rows of the histogram of symbols


def _print_statistics(columns: Mapping[str, dict[str, Any]], whole: "Statistics") -> None:
    """Print the means of each split, with what they are compared with, and counts of all."""
    from rich.console import Console

    console = Console(highlight=False)
    console.print(_means(columns))
    for title, counts, width in (
        ("program depth", whole.depths, 1),
        ("program length", whole.program_lengths, 10),
        ("text length", whole.text_lengths, 10),
    ):
        binned: Counter[int] = Counter()
        for value, n in counts.items():
            binned[value // width * width] += n
        console.print(_histogram(title, dict(sorted(binned.items())), "tasks"))
    console.print(_histogram("symbol", dict(whole.symbols.most_common(_N_SYMBOLS)), "uses"))
    console.print(_vocabulary(whole))


def _means(columns: Mapping[str, dict[str, Any]]) -> "Table":
    from rich.table import Table

    def figure(value: float) -> str:
        return f"{value:,}" if isinstance(value, int) else f"{value:.2f}"

    table = Table("split", "", title="means")
    is_compared = any("against" in column for column in columns.values())
    for heading in ("here", "against", "distance") if is_compared else ("here",):
        table.add_column(heading, justify="right")
    for split, column in columns.items():
        for key, title in _COMPARED.items():
            row = [split, title, figure(column[key])]
            if key in (column.get("distance") or {}):
                row += [figure(column["against"][key]), f"{column['distance'][key]:+.1%}"]
            table.add_row(*row)
        table.add_section()
    return table


def _histogram(title: str, counts: Mapping[int, int] | Mapping[str, int], what: str) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(title, what, "", box=None)
    largest = max(counts.values(), default=1)
    for value, n in counts.items():
        # Text: a symbol is not markup
        table.add_row(Text(str(value)), f"{n:,}", "█" * round(_BAR * n / largest))
    return table


def _vocabulary(whole: "Statistics") -> "Table":
    from rich.table import Table

    table = Table("", "", title="words and families", show_header=False)
    numbers = whole.to_json()
    used, known = numbers["published_words_used"], numbers["published_words"]
    n_outside, n_words = whole.outside_words.total(), whole.words.total()
    share = numbers["outside_words_share"]
    outside = [f"{word} {n:,}" for word, n in numbers["outside_words"].items()]
    largest = [f"{name} {part:.2%}" for name, part in [*numbers["largest_families"].items()][:8]]
    for title, figure in (
        ("published words used", f"{used} of {known} ({used / known:.1%})"),
        ("words outside them", f"{n_outside:,} of {n_words:,} tokens ({share:.2%})"),
        ("most frequent of those", ", ".join(outside) or "none"),
        (f"largest of {len(whole.families)} families", ", ".join(largest) or "none named"),
        ("different symbols", f"{len(whole.symbols)}, of which the commonest stand above"),
        ("symbols outside the published set", ", ".join(whole.outside_symbols) or "none"),
    ):
        table.add_row(title, figure)
    return table
