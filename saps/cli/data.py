"""`saps data`: looks at files of tasks, and at the families that the generator has."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from saps.cli.failure import CommandError
from saps.cli.options import DebugOption

if TYPE_CHECKING:
    from saps.data.statistics import Statistics
    from saps.data.verification import Progress, Verification

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Verify, clean, measure and merge files of tasks; list the generator's families.",
)

SourceArgument = Annotated[
    Path, typer.Argument(metavar="PATH", help="A .jsonl[.gz] file, or a folder with the splits.")
]
WorkersOption = Annotated[
    int | None, typer.Option(min=1, help="Processes; as many as there are cores if not given.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]
_COMPARED = ("tasks", "programs", "text_length", "program_depth", "program_length")
_SHOWN = 20  # failures that a table shows; --json and reports have them all


@app.command()
def verify(
    path: SourceArgument,
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
    path: SourceArgument,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A file, or a folder if PATH is.")],
    workers: WorkersOption = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
    _debug: DebugOption = False,
) -> None:
    """Keep the tasks that do what their tests say, and report the others in OUT.report.json.

    Exits with 1 if a line, or the end of a file, can not be read.

    saps data clean data/algolisp data/algolisp-cleaned
    """
    from saps.data.verification import clean

    files = _files(path)
    _check_kind(path, out)
    places = {file: out / file.name if path.is_dir() else out for file in files}
    _check_places(places, out, overwrite)
    with _counting("cleaning") as progress:
        found = [
            clean(file, place, workers=workers, progress=progress) for file, place in places.items()
        ]
    _print_verifications(found, as_json)
    if any("unreadable" in verification.kinds for verification in found):
        raise typer.Exit(1)


@app.command()
def stats(
    path: SourceArgument,
    against: Annotated[
        str | None,
        typer.Option(metavar="published|PATH", help="Print another column, and the distance."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw histograms, as a .png or .svg.")
    ] = None,
    as_json: JsonOption = False,
    _debug: DebugOption = False,
) -> None:
    """Measure a set of tasks: lengths, depths, words, symbols, families.

    With --json, --against adds to each split the figures compared with, and the distances.

    saps data stats data/generated --against published --plot statistics.png
    """
    from saps.cli.statistics_plot import check_plot_path, plot_statistics
    from saps.cli.statistics_table import print_statistics
    from saps.data.algolisp import read_examples
    from saps.data.statistics import Statistics

    def measured(source: Path) -> dict[str, Statistics]:
        return {_split_of(file): Statistics.of(read_examples(file)) for file in _files(source)}

    if plot is not None:
        check_plot_path(plot)
    found = measured(path)
    other = measured(Path(against)) if against not in (None, "published") else None
    if other is not None and len(found) == len(other) == 1:  # whatever the files are called
        other = dict(zip(found, other.values(), strict=True))
    if plot is not None:
        plot_statistics(plot, found, other, published=against == "published")
    if as_json:
        print(json.dumps(_statistics_json(found, other, against == "published"), indent=2))
    else:
        print_statistics(found, other, published=against == "published")


@app.command()
def merge(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="The folder that holds 1-of-4, 2-of-4, ...")
    ],
    overwrite: OverwriteOption = False,
    _debug: DebugOption = False,
) -> None:
    """Make one data set of the parts that `saps generate shard=i/n` made, in their folder.

    It is the same, byte for byte, as if it had been made in one piece.

    saps data merge data/million
    """
    from saps.data.generator.merge import merge_parts

    with _counting("merging") as progress:
        folder = merge_parts(path, progress, overwrite=overwrite)
    print(folder)


@app.command()
def families(
    pattern: Annotated[
        str, typer.Argument(metavar="[TEXT]", help="Only families whose name holds TEXT.")
    ] = "",
    as_json: JsonOption = False,
    _debug: DebugOption = False,
) -> None:
    """List the kinds of tasks that the generator knows, with an example each.

    saps data families median
    """
    from saps.data.generator.catalogue import default_catalogue
    from saps.data.generator.specimen import specimen

    catalogue = default_catalogue()
    chosen = [family for family in catalogue.families if pattern in family.name]
    if not chosen:
        raise CommandError(f"no family has {pattern!r} in its name; without it all are listed")
    examples = [(family, specimen(family, catalogue)) for family in chosen]
    if as_json:
        fields = [
            {"name": f.name, "result": f.result, "text": e.text, "program": str(e.program)}
            for f, e in examples
        ]
        print(json.dumps(fields, indent=2))
        return
    for family, example in examples:
        print(f"{family.name} : {family.result}\n    {example.text}\n    {example.program}")


def _files(path: Path) -> list[Path]:
    """Return the files of tasks that a path means."""
    from saps.data.algolisp import SPLITS, DataError, find_split

    if not path.is_dir():
        return [path]
    files = []
    for split in SPLITS:
        try:
            files.append(find_split(path, split))
        except DataError:
            continue
    if not files:
        raise CommandError(
            f"{path} holds no train, dev or test split; give a .jsonl file, or such a folder"
        )
    return files


def _check_kind(path: Path, out: Path) -> None:
    """Refuse to clean a folder into a file, or a file into a folder."""
    if path.is_dir() and out.exists() and not out.is_dir():
        raise CommandError(f"{out} is a file, but {path} a folder; give a folder to write to")
    if not path.is_dir() and out.is_dir():
        file = out / path.name
        raise CommandError(f"{out} is a folder, but {path} a file; give a file, such as {file}")
    for place in out.parents:
        if place.exists() and not place.is_dir():
            raise CommandError(f"{out} can not be made: {place} is a file; choose another place")


def _check_places(places: dict[Path, Path], out: Path, overwrite: bool) -> None:
    """Refuse to write over the tasks themselves, or unasked over anything else."""
    written = [p for to in places.values() for p in (to, to.with_name(f"{to.name}.report.json"))]
    sources = {file.resolve() for file in places}
    if any(place.resolve() in sources for place in written):
        raise CommandError(f"{out} is where the tasks come from; choose another place")
    there = [place for place in written if place.exists()]
    if there and not overwrite:
        raise CommandError(f"{there[0]} exists; choose another place, or --overwrite to replace it")


def _split_of(file: Path) -> str:
    parts = file.name.split(".")
    return next((part for part in parts if part in ("train", "dev", "test")), file.name)


def _statistics_json(
    found: "dict[str, Statistics]", other: "dict[str, Statistics] | None", published: bool
) -> dict[str, Any]:
    """Return the statistics of each split, and what they are compared with, if anything."""
    from saps.data.published import FIGURES

    columns = {name: column.to_json() for name, column in found.items()}
    if published:
        references = {split: asdict(figures) for split, figures in FIGURES.items()}
    elif other is not None:
        references = {split: column.to_json() for split, column in other.items()}
    else:
        return columns
    return {
        n: {**column, **_comparison(column, references.get(n))} for n, column in columns.items()
    }


def _comparison(column: dict[str, Any], reference: dict[str, Any] | None) -> dict[str, Any]:
    """Return the figures of the other set, null where it lacks the split, and the distances."""
    if reference is None:
        return {"against": None, "distance": None}
    figures = {name: reference[name] for name in _COMPARED if name in reference}
    distances = {name: column[name] / value - 1 for name, value in figures.items() if value}
    return {"against": figures, "distance": distances}


@contextmanager
def _counting(what: str) -> "Iterator[Progress]":
    from saps.data.progress import data_progress

    with data_progress() as bar:
        task = bar.add_task(what, total=None)
        yield lambda n: bar.advance(task, n)


def _print_verifications(found: "list[Verification]", as_json: bool) -> None:
    if as_json:
        print(json.dumps(_merged(found), indent=2))
        return
    for verification in found:
        print(f"{verification.path}: {verification.reproduced:,} of {verification.examples:,} ok")
        for kind, n_failures in verification.kinds.items():
            print(f"  {n_failures:,} {kind}")
        for failure in verification.failures[:_SHOWN]:
            print(f"  line {failure.line}: {failure.reason}")
        if len(verification.failures) > _SHOWN:
            print(f"  ... and {len(verification.failures) - _SHOWN:,} more; see --json")


def _merged(found: "list[Verification]") -> dict[str, Any]:
    if len(found) == 1:
        return found[0].to_json()
    return {
        "examples": sum(verification.examples for verification in found),
        "reproduced": sum(verification.reproduced for verification in found),
        "failures": [
            {"path": str(verification.path), **failure}
            for verification in found
            for failure in verification.to_json()["failures"]
        ],
    }
