"""The configuration of an ablation, checked before anything is read or trained."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from omegaconf import DictConfig, OmegaConf

from saps.evaluation.evaluation_settings import check_counts, checked

_PARTS: Final = ("models", "cells", "pretraining", "topology")
SIZES: Final = "data_sizes"
SPLITS: Final = ("dev", "test")
"""On which each row is judged."""


class AblationError(ValueError):
    """An ablation cannot start or go on; the message says why and what to do."""


@dataclass
class Published:
    """What was published of a model, on AlgoLisp: per cent, and million weights."""

    measure: str
    validation: float
    test: float
    parameters: float | None = None


@dataclass
class RowChoices:
    """One row, as conf/ablation/table.yaml describes it: to be checked by OmegaConf."""

    title: str = ""
    # Settings of `saps train`; a row without any trains nothing, and judges another's model.
    train: list[str] = field(default_factory=list)
    evaluate: list[str] = field(default_factory=list)
    # Another row: the one whose decoder this one starts from, or whose model it judges.
    starts_from: str | None = None
    model_of: str | None = None
    epochs: int | None = None
    # The peak learning rate, where one was chosen for this row; else optimizer.lr, as in all rows.
    lr: float | None = None
    train_limit: int | None = None
    # For search, which would take hours on all validation tasks.
    dev_limit: int | None = None
    # False for a network that reads no text.
    judged: bool = True
    published: Published | None = None


@dataclass
class Row(RowChoices):
    """A row of the table under one seed: one run, and its reports, in folders of its name.

    `group` is its key in the table, which it shares with the same row under other seeds.
    """

    name: str = ""
    group: str = ""
    seed: int = 1

    @property
    def needs(self) -> str | None:
        """The row that has to be made before this one."""
        return self.starts_from or self.model_of

    @property
    def runs_in(self) -> str:
        """The name of the run folder whose model is judged."""
        return self.model_of or self.name

    def under(self, seed: int, first: int) -> "Row":
        """Return the row under a seed. Under the first it keeps its name: seeds may be added."""
        if seed == first:
            return self
        end = f"_seed{seed}"
        starts_from, model_of = (name and name + end for name in (self.starts_from, self.model_of))
        name, title = self.name + end, f"{self.title}, seed {seed}"
        return replace(
            self, name=name, title=title, seed=seed, starts_from=starts_from, model_of=model_of
        )


@dataclass
class Judging:
    """How the best model of each row is judged: the keys `evaluation` of conf/ablate.yaml."""

    dev_limit: int | None
    test_limit: int | None
    batch_size: int
    workers: int | None
    device: str

    def __post_init__(self) -> None:
        check_counts(AblationError, self, "dev_limit", "test_limit", "batch_size", "workers")

    def limit(self, split: str) -> int | None:
        return self.dev_limit if split == "dev" else self.test_limit


@dataclass
class Choices:
    """The keys of conf/ablate.yaml; all others are settings of `saps train` for every row."""

    out: Path
    runs: Path
    publish: Path | None
    overwrite: bool
    size: str
    epochs: int
    autoencoder_epochs: int
    seed: int
    seeds: list[int] | None
    train: list[str]
    rows: list[str] | None
    row: str | None
    models: bool
    cells: bool
    pretraining: bool
    topology: bool
    data_sizes: list[int]
    data_sizes_row: str
    evaluate: list[str]
    evaluation: Judging
    table: dict[str, RowChoices]
    sections: dict[str, list[str]]
    comparisons: list[list[str]]

    def __post_init__(self) -> None:
        check_counts(AblationError, self, "epochs", "autoencoder_epochs")
        if any(size < 1 for size in self.data_sizes):
            raise AblationError(f"{SIZES}={self.data_sizes}: expected numbers of at least 1")
        if self.seeds is not None and (not self.seeds or len({*self.seeds}) < len(self.seeds)):
            raise AblationError(f"seeds={self.seeds}: expected different seeds, such as [1,2,3]")
        if any(len(pair) != 2 for pair in self.comparisons):
            raise AblationError("comparisons: expected pairs, such as [[saps_h,saps_vh]]")


@dataclass(frozen=True, slots=True)
class Settings:
    """An ablation.

    Attributes:
        epochs: of every row that does not say otherwise.
        seeds: of the runs of each row; the first is that of the budget.
        shared: settings of `saps train` that every row has: the data, the optimiser, the trainer.
        rows: to be shown, and those that they need, in order; each row under each seed.
        sections: keys of the rows of each part of the table, in order; a row may be in several.
    """

    choices: Choices
    epochs: int
    seeds: tuple[int, ...]
    shared: Mapping[str, Any]
    rows: tuple[Row, ...]
    sections: Mapping[str, tuple[str, ...]]

    @classmethod
    def read(cls, cfg: DictConfig) -> "Settings":
        """Check a configuration.

        Raises:
            AblationError: a value is of the wrong type, out of range or unknown.
        """
        own = {item.name for item in fields(Choices)}
        content = OmegaConf.to_container(cfg, resolve=True)
        assert isinstance(content, dict), "conf/ablate.yaml is a mapping"
        shared = {str(key): value for key, value in content.items() if key not in own}
        epochs = content["trainer"]["max_epochs"]  # which `epochs` gives, unless given itself
        if type(epochs) is not int or epochs < 1:
            raise AblationError(
                f"trainer.max_epochs={epochs}: expected a whole number of at least 1"
            )
        # Several processes a row would each start the whole command again.
        if shared["trainer"].get("devices") not in (1, "1") or "strategy" in shared["trainer"]:
            raise AblationError(
                "a row is trained by one process on one device: leave trainer.devices=1, and "
                "train rows side by side with hydra/launcher=processes"
            )
        given = OmegaConf.create({key: value for key, value in content.items() if key in own})
        choices = checked(Choices, given, AblationError)
        seeds = tuple(choices.seeds or [choices.seed])
        shared["seed"] = seeds[0]
        table = _table(choices, seeds[0])
        sections = _sections(choices, table)
        _check_known([name for pair in choices.comparisons for name in pair], table)
        names = dict.fromkeys(name for rows in sections.values() for name in rows)
        needed = [table[name].needs for name in names]
        names |= dict.fromkeys(need for need in needed if need is not None)
        rows = tuple(table[name].under(seed, seeds[0]) for name in names for seed in seeds)
        return cls(choices, epochs, seeds, shared, rows, sections)

    @property
    def data(self) -> Mapping[str, Any]:
        """The settings of the data that all rows are trained on."""
        data = self.shared["data"]
        assert isinstance(data, dict), "conf/data holds mappings"
        return data

    def epochs_of(self, row: Row) -> int:
        return row.epochs or self.epochs

    @property
    def data_path(self) -> Path:
        return Path(str(self.data["path"]))

    def row(self, name: str) -> Row:
        return next(row for row in self.rows if row.name == name)

    def run_folder(self, row: str) -> Path:
        """Where `saps train` leaves the row's run."""
        return self.choices.runs / row

    def model_folder(self, row: Row) -> Path:
        """Where the model lies that the row judges."""
        return self.run_folder(row.runs_in) / "best"

    def row_folder(self, row: str) -> Path:
        """Where the row's reports and log lie."""
        return self.choices.out / "rows" / row

    def report_file(self, row: Row, split: str) -> Path:
        """The file that `saps evaluate` writes last."""
        return self.row_folder(row.name) / split / "report.json"

    @property
    def owns_runs(self) -> bool:
        """Whether the run folders are the ablation's own."""
        return self.choices.runs.resolve().is_relative_to(self.choices.out.resolve())


def _table(choices: Choices, seed: int) -> dict[str, Row]:
    """Return the rows by their keys, and those with fewer tasks of the learning curve."""
    rows = {}
    for name, given in choices.table.items():
        place = f"table.{name}"
        if not name.isidentifier():
            raise AblationError(f"{place}: letters, digits and _ make the name of a row")
        if bool(given.train) == bool(given.model_of):
            near = difflib.get_close_matches(name, choices.table.keys() - {name}, n=1)
            meant = f", or did you mean table.{near[0]}?" if near else ""
            raise AblationError(f"{place}: give either train or model_of{meant}")
        if given.lr is not None and given.model_of:
            raise AblationError(f"{place}.lr has no effect: {given.model_of} trains its model")
        # A row on the command line needs no title.
        given.title = given.title or name
        rows[name] = Row(**vars(given), name=name, group=name, seed=seed)
    for row in rows.values():
        if row.needs is not None and row.needs not in rows:
            raise AblationError(f"table.{row.name} needs {row.needs}, and there is no such row")
        if row.needs is not None and rows[row.needs].needs is not None:
            raise AblationError(f"table.{row.name} needs {row.needs}, which needs another row")
    # A learning curve is a row, trained on less and less of the data.
    if choices.data_sizes:
        _check_known([choices.data_sizes_row], rows)
        whole = rows[choices.data_sizes_row]
        for size in sorted(set(choices.data_sizes)):
            name, title = f"{whole.name}_{size}", f"{whole.title}, {size:,} tasks"
            rows[name] = replace(
                whole, name=name, group=name, title=title, train_limit=size, published=None
            )
    return rows


def _sections(choices: Choices, table: Mapping[str, Row]) -> dict[str, tuple[str, ...]]:
    """Return the rows of each part that is asked for; the learning curve ends with all tasks."""
    names = {part: choices.sections[part] for part in _PARTS if getattr(choices, part)}
    # Other sections stay: --cells rows=[...] asks for both.
    if choices.rows is not None:
        names.pop("models", None)
        names = {"rows": choices.rows, **names}
    if choices.data_sizes:
        whole = choices.data_sizes_row
        sizes = [f"{whole}_{size}" for size in sorted(set(choices.data_sizes))]
        names[SIZES] = [*sizes, whole]
    chosen = {part: tuple(dict.fromkeys(rows)) for part, rows in names.items() if rows}
    if not chosen:
        raise AblationError("no row is asked for: models=true, cells=true, rows=[saps_vh_att], ...")
    _check_known([name for rows in chosen.values() for name in rows], table)
    return chosen


def _check_known(names: Sequence[str], table: Mapping[str, Row]) -> None:
    for name in names:
        if name not in table:
            near = difflib.get_close_matches(name, table, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise AblationError(f"there is no row {name}; {hint}there are {', '.join(table)}")
