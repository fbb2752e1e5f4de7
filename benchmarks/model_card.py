"""Evaluate the bundled model and write its facts and figures into docs/model-card.md.

    python benchmarks/model_card.py --data data/generated

A report that is in the folder of --runs already, and of the same model and data, is not made again.
Between the marks of the page everything is made here; what stands outside of them is kept.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from benchmarks.free_english import by_what_is_given
from saps.data.algolisp import find_split
from saps.evaluation.digest import file_digest, folder_digest
from saps.evaluation.folder import PREDICTIONS, REPORT
from saps.evaluation.layout import MEASURES, Table, caption, tables
from saps.evaluation.markdown import escape, render_table
from saps.evaluation.metrics import Rate
from saps.evaluation.record import Record, load_records
from saps.evaluation.report import Report, load_report
from saps.model.bundle import load_bundle

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "model-card.md"
MODEL = ROOT / "saps" / "pretrained"
FREE = "tests/data/free_rewordings.jsonl"
DEVELOPMENT = "tests/data/free_requests.jsonl"
DEEP = "data/sample.jsonl"
N_EXAMPLES = 6
N_FAMILIES = 10
# A text that is no longer understood is answered slowly: its tree grows to the bounds before it is
# decoded again with types.
N_REWORDED = 1000
# A text that is in doubt is read under eight namings.
N_REWORDED_AS_TYPED = 300
ROBUSTNESS = "Robustness to rewording"
CONFUSIONS = "Most frequent confusions between symbols"
NONE_FOUND = "None was found."
MADE_BY = "made by benchmarks/model_card.py"


class CardError(Exception):
    """The page can not be written; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Section:
    """A report that the page shows.

    Attributes:
        name: of its folder.
        title: its heading.
        overrides: of `saps evaluate`, besides the folder of the report.
        parts: titles of the report's tables that are shown.
    """

    name: str
    title: str
    overrides: tuple[str, ...]
    parts: tuple[str, ...]


def sections(data: str, limit: int | None = None) -> tuple[Section, ...]:
    """Return the reports of the page, for one set of tasks, or the first `limit` of them."""
    tasks = (f"data.path={data}", *([] if limit is None else [f"limit={limit}"]))
    return (
        Section(
            "greedy",
            "Greedy, on the test split",
            tasks,
            (
                MEASURES,
                "Outcomes",
                "By target depth, levels",
                "By target length, symbols",
                "By text length, words",
            ),
        ),
        Section(
            "guided",
            "Guided by three examples, on the test split",
            (*tasks, "decoding=guided"),
            (MEASURES,),
        ),
        *_reworded(data, limit),
        Section(
            "deep",
            "Greedy, on tasks that nest up to four deep, which are not those it was trained on",
            (f"data.path={DEEP}", "data.name=sample"),
            (MEASURES, "By target depth, levels"),
        ),
        *_in_free_english(),
    )


def _reworded(data: str, limit: int | None) -> tuple[Section, ...]:
    """Return the reports on reworded texts: as the network reads them, and as a user has them."""
    most, most_as_typed = (min(limit or n, n) for n in (N_REWORDED, N_REWORDED_AS_TYPED))
    return (
        Section(
            "robustness",
            "Greedy, on reworded texts of the test split, unread",
            (f"data.path={data}", f"limit={most}", "robustness=true"),
            (ROBUSTNESS,),
        ),
        Section(
            "robustness-as-typed",
            "As `saps synthesize` answers, on reworded texts of the test split",
            (
                *(f"data.path={data}", f"limit={most_as_typed}", "robustness=true"),
                *("as_typed=true", "decoding=plausible"),
            ),
            (ROBUSTNESS,),
        ),
    )


def _in_free_english() -> tuple[Section, ...]:
    free = (f"data.path={FREE}", "data.name=free_rewordings", "as_typed=true")
    development = (f"data.path={DEVELOPMENT}", "data.name=free_requests", "as_typed=true")
    return (
        Section(
            "free",
            "As `saps synthesize` answers with all declared, 60 requests in free English",
            (*free, "decoding=plausible"),
            (MEASURES,),
        ),
        Section(
            "free-guided",
            "Guided by three examples, on the same 60 requests",
            (*free, "decoding=guided"),
            (MEASURES,),
        ),
        Section(
            "development",
            "As `saps synthesize` answers, on the 239 requests by which its reading was tuned",
            (*development, "decoding=plausible"),
            (MEASURES,),
        ),
    )


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="folder of the set whose test split is used")
    parser.add_argument("--limit", type=int, help="judge the first so many tasks of it")
    parser.add_argument("--runs", type=Path, default=Path("runs/model_card"))
    options = parser.parse_args()
    try:
        chosen = sections(options.data, options.limit)
        for section in chosen:
            _evaluate(section, options.runs / section.name)
        write_page(PAGE, chosen, options.runs, given=render_table(by_what_is_given()))
    except (CardError, subprocess.CalledProcessError) as error:
        sys.exit(f"model_card: {error}")


def write_page(page: Path, chosen: tuple[Section, ...], runs: Path, given: str) -> None:
    """Put facts and figures between the marks of the page.

    Args:
        page: the file.
        chosen: what it shows.
        runs: folder of the reports.
        given: the table of `benchmarks.free_english`.
    """
    made = {
        "facts": facts(),
        "figures": "\n\n".join(figures(section, runs / section.name) for section in chosen),
        "given": given,
        "calibration": calibration(),
        "failures": failures(runs / "greedy"),
        "free failures": free_failures(runs / "development"),
    }
    text = page.read_text(encoding="utf-8")
    for name, content in made.items():
        text = replace_between(text, name, content)
    page.write_text(text, encoding="utf-8")


def between(text: str, name: str) -> str:
    """Return what stands between the marks of a part."""
    return _marked(text, name)[2]


def replace_between(text: str, name: str, content: str) -> str:
    """Return the text with other content between the marks of a part."""
    found = _marked(text, name)
    return f"{text[: found.start(2)]}{content.strip()}{text[found.end(2) :]}"


def _marked(text: str, name: str) -> re.Match[str]:
    pattern = rf"(<!-- {name}: {re.escape(MADE_BY)} -->\n\n)(.*?)(\n\n<!-- end of {name} -->)"
    found = re.search(pattern, text, re.DOTALL)
    if found is None:
        raise CardError(f"the page has lost its marks of {name}: put them back")
    return found


def _evaluate(section: Section, folder: Path) -> None:
    if _is_of_this_model(section, folder):
        return
    command = ["evaluate", *section.overrides, f"out={folder}", "overwrite=true"]
    print("saps", *command, file=sys.stderr)
    subprocess.run([str(Path(sys.executable).with_name("saps")), *command], check=True)


def _is_of_this_model(section: Section, folder: Path) -> bool:
    if not (folder / REPORT).is_file():
        return False
    provenance = load_report(folder).provenance
    given = dict(item.split("=", 1) for item in section.overrides)
    limit = int(given["limit"]) if "limit" in given else None
    data = file_digest(find_split(given["data.path"], "test"))
    found = (provenance.model.sha256, provenance.data.sha256, provenance.data.limit)
    return found == (folder_digest(MODEL), data, limit)


def facts() -> str:
    """Say in a table what the bundled model is and how it was trained."""
    config = json.loads((MODEL / "config.json").read_text(encoding="utf-8"))
    rows = [(name, str(value)) for name, value in _facts(config)]
    return render_table(Table("", ("", "the bundled model"), tuple(rows)))


def _facts(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    info, encoder, decoder = config["info"], config["model"]["encoder"], config["model"]["decoder"]
    data, training, best = info["data"], info["training"], info["best"]
    network = load_bundle(MODEL).network
    n_parameters = sum(weight.numel() for weight in network.parameters())
    yield "name", info["name"]
    yield "parameters", f"{n_parameters:,}"
    yield "weights", _weights(MODEL / "model.safetensors")
    yield "encoder", _sizes(encoder)
    yield "decoder", _sizes(decoder)
    yield "trained on", _trained_on(data, training["data"])
    yield "chosen on", f"{data['dev']:,} tasks of the development split"
    if training.get("start_from"):
        yield "began with the weights of", Path(training["start_from"]).name
    for kind in ("filler_dropout", "paraphrase", "retelling"):
        if training["data"].get(kind):
            rates = ", ".join(f"{key} {value}" for key, value in training["data"][kind].items())
            yield f"in training: {kind}", rates
    yield "epochs", f"{training['trainer']['max_epochs']}, the best was {best['epoch'] + 1}"
    yield best["metric"], f"{100 * best['value']:.2f} %"
    yield "seed", str(training["seed"])
    yield "SAPS", info["saps_version"]


def _trained_on(data: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """Name the texts, and the tasks where some are told more than once."""
    limit = settings.get("train_limit")
    if limit is None or limit >= data["train"]:
        return f"{data['train']:,} tasks ({data['name']})"
    return f"{data['train']:,} texts of {limit:,} tasks ({data['name']})"


def _weights(file: Path) -> str:
    weights = load_file(file)
    kinds = {str(weight.dtype).removeprefix("torch.") for weight in weights.values()}
    return f"{file.stat().st_size / 1e6:.1f} MB, {', '.join(sorted(kinds))}"


def _sizes(part: Mapping[str, Any]) -> str:
    told = {key: value for key, value in part.items() if isinstance(value, int | float | str)}
    kind = str(told.pop("_target_", "")).rpartition(".")[2]
    return f"{kind}: " + ", ".join(f"{key} {value}" for key, value in told.items() if key[0] != "_")


def figures(section: Section, folder: Path) -> str:
    """Show the tables of one report, with the command that made it."""
    report = load_report(folder)
    shown = {table.title: table for table in tables(report)}
    return "\n\n".join(
        (
            f"### {section.title}",
            f"{escape(_caption(report))}",
            f"```console\n$ saps evaluate {' '.join(section.overrides)}\n```",
            *(_part(shown[title]) for title in section.parts if title in shown),
        )
    )


def _caption(report: Report) -> str:
    pieces = caption(report).partition(" on ")[2]
    provenance = report.provenance
    return (
        f"Tasks: {pieces}. Model {provenance.model.sha256[:16]}, "
        f"data {provenance.data.sha256[:16]}, {provenance.created[:10]}."
    )


def _part(table: Table) -> str:
    heading = "" if table.title == MEASURES else f"{escape(table.title)}:\n\n"
    return f"{heading}{render_table(table)}"


def calibration() -> str:
    """Show how often answers are right, by the confidence that the model states."""
    path = MODEL / "calibration.json"
    if not path.is_file():
        return "The bundled model is not calibrated: it states no confidence."
    content = json.loads(path.read_text(encoding="utf-8"))
    parts = [_reliability("tasks whose texts give their arguments", content)]
    if "undeclared" in content:
        parts.append(_reliability("texts that give none", content["undeclared"]))
    return "\n\n".join(parts)


def _reliability(kind: str, content: Mapping[str, Any]) -> str:
    error, data = content["calibration_error"], content["data"]
    rows = [_confidence_row(part) for part in content["reliability"]["after"]]
    header = ("confidence", "answers", "right", "mean confidence")
    return (
        f"On {data['n']:,} {kind} ({data['file']}, sha256 {data['sha256'][:16]}) the expected "
        f"calibration error is {100 * error['before']:.1f} points before and "
        f"{100 * error['after']:.1f} after the fit, where each half is judged by a fit on the "
        f"other half.\n\n{render_table(Table('', header, tuple(rows))).strip()}"
    )


def _confidence_row(part: Mapping[str, Any]) -> tuple[str, ...]:
    right = Rate(part["passed"], part["n"])
    share = "-" if right.value is None else f"{100 * right.value:.1f} % ({part['passed']:,})"
    mean = "-" if part["confidence"] is None else f"{100 * part['confidence']:.1f} %"
    return f"{100 * part['low']:.0f}-{100 * part['high']:.0f} %", f"{part['n']:,}", share, mean


def failures(folder: Path) -> str:
    """Show what the model gets wrong: families, confusions, and tasks with short texts.

    Never of the requests in free English: who reads their texts may tune something by them.
    """
    report = load_report(folder)
    shown = {table.title: table for table in tables(report)}
    hard = [row for row in report.hardest_families if row.exact_match.count < row.n][:N_FAMILIES]
    parts = []
    if hard:
        parts.append(_part(first_rows(shown["Hardest families"], len(hard))))
    if CONFUSIONS in shown:
        parts.append(_part(first_rows(shown[CONFUSIONS], N_FAMILIES)))
    wrong = _wrong(load_records(folder / PREDICTIONS))
    if wrong:
        parts.append(f"Failures with the shortest texts, one a family:\n\n{_listed(wrong)}")
    return "\n\n".join(parts) or NONE_FOUND


def free_failures(folder: Path) -> str:
    """Show the shortest requests for development that are answered wrongly."""
    failed = [record for record in load_records(folder / PREDICTIONS) if not record.passed]
    return _listed(sorted(failed, key=lambda r: (len(r.text), r.text))[:N_EXAMPLES]) or NONE_FOUND


def _listed(records: Sequence[Record]) -> str:
    return "\n".join(f"- {escape(record.text)}: {_answer(record)}" for record in records)


def first_rows(table: Table, n: int) -> Table:
    """Return the table with its first rows alone."""
    return Table(table.title, table.header, table.rows[:n])


def _wrong(records: list[Record]) -> list[Record]:
    """Return tasks that fail, one a family, the shortest texts first; the same ones each time."""
    failed = sorted((r for r in records if not r.passed), key=lambda r: (len(r.text), r.text))
    by_family: dict[tuple[str, ...], Record] = {}
    for record in failed:
        by_family.setdefault(record.nodes[:1], record)
    return list(by_family.values())[:N_EXAMPLES]


def _answer(record: Record) -> str:
    given = f"`{_shortened(record.predicted)}`" if record.predicted else "no program"
    return f"wanted `{record.gold}`, got {given} ({record.outcome})"


def _shortened(program: str) -> str:
    return program if len(program) <= 150 else f"{program[:150]} ..."


if __name__ == "__main__":
    main()
