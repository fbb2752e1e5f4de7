"""The configuration of an ablation, checked before anything is read or trained."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from omegaconf import DictConfig, OmegaConf

from saps.evaluation.ablation.row import AblationError, Row, limited, read_rows

_PARTS: Final = ("models", "cells", "pretraining", "topology")
SIZES: Final = "data_sizes"
# What is left of the configuration without these is settings of `saps train`.
_OWN: Final = (
    *(
        "out",
        "runs",
        "publish",
        "overwrite",
        "size",
        "epochs",
        "autoencoder_epochs",
        "train",
        "rows",
        "row",
    ),
    *(
        *_PARTS,
        SIZES,
        "data_sizes_row",
        "evaluate",
        "evaluation",
        "table",
        "sections",
        "comparisons",
    ),
)


@dataclass(frozen=True, slots=True)
class Judging:
    """How the best model of each row is judged: the keys `evaluation` of conf/ablate.yaml."""

    dev_limit: int | None
    test_limit: int | None
    batch_size: int
    workers: int | None
    device: str

    def limit(self, split: str) -> int | None:
        return self.dev_limit if split == "dev" else self.test_limit


@dataclass(frozen=True, slots=True)
class Settings:
    """An ablation.

    Attributes:
        out: its folder.
        runs: folder of the run folders.
        publish: folder that gets the tables, the curves and the best report too; None for none.
        overwrite: an ablation with other settings may be replaced.
        size: choice of conf/model/size.
        epochs: of every row that does not say otherwise.
        autoencoder_epochs: of the run that SAPSpre starts from.
        seed: of every run.
        train: more overrides of `saps train` for every row.
        evaluate: overrides of `saps evaluate` for rows that have none of their own.
        shared: settings of `saps train` that every row has: the data, the optimiser, the trainer.
        judging: how models are judged.
        rows: to be shown, and those that they need, in order.
        sections: names of the rows of each part of the table, in order; a row may be in several.
        comparisons: pairs of rows whose difference on the test tasks is told.
    """

    out: Path
    runs: Path
    publish: Path | None
    overwrite: bool
    size: str
    epochs: int
    autoencoder_epochs: int
    seed: int
    train: tuple[str, ...]
    evaluate: tuple[str, ...]
    shared: Mapping[str, Any]
    judging: Judging
    rows: tuple[Row, ...]
    sections: Mapping[str, tuple[str, ...]]
    comparisons: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, cfg: DictConfig) -> "Settings":
        """Check a configuration.

        Raises:
            AblationError: a value is of the wrong kind, out of range or unknown.
        """
        epochs = _count(cfg, "trainer.max_epochs")
        shared = OmegaConf.to_container(cfg, resolve=True)
        assert isinstance(shared, dict), "conf/ablate.yaml is a mapping"
        _check_alone(shared["trainer"])
        table = read_rows(cfg.table)
        sections = _sections(cfg, table)
        for names in sections.values():
            table |= {row.name: row for row in names}
        named = {part: tuple(row.name for row in rows) for part, rows in sections.items()}
        return cls(
            out=Path(str(cfg.out)),
            runs=Path(str(cfg.runs)),
            publish=None if cfg.publish is None else Path(str(cfg.publish)),
            overwrite=_flag(cfg, "overwrite"),
            size=str(cfg.size),
            epochs=epochs,
            autoencoder_epochs=_count(cfg, "autoencoder_epochs"),
            seed=_whole(cfg, "seed"),
            train=tuple(map(str, _list(cfg, "train"))),
            evaluate=tuple(map(str, _list(cfg, "evaluate"))),
            shared=MappingProxyType({str(k): v for k, v in shared.items() if k not in _OWN}),
            judging=_judging(cfg),
            rows=_with_needed(named, table),
            sections=MappingProxyType(named),
            comparisons=_comparisons(cfg, table),
        )

    @property
    def data(self) -> Mapping[str, Any]:
        """The settings of the data that all rows are trained on."""
        data = self.shared["data"]
        assert isinstance(data, dict), "conf/data holds mappings"
        return data

    def row(self, name: str) -> Row:
        return next(row for row in self.rows if row.name == name)

    def epochs_of(self, row: Row) -> int:
        return row.epochs or self.epochs


def _sections(cfg: DictConfig, table: Mapping[str, Row]) -> dict[str, list[Row]]:
    """Return the rows of each part that is asked for."""
    names = {part: _list(cfg, f"sections.{part}") for part in _PARTS if _flag(cfg, part)}
    if cfg.rows is not None:
        names = {"rows": _list(cfg, "rows"), **names}
        names.pop("models", None)
    chosen = {
        part: [_known(str(name), table) for name in dict.fromkeys(rows)]
        for part, rows in names.items()
        if rows
    }
    if _list(cfg, SIZES):
        chosen[SIZES] = _sizes(cfg, table)
    if not chosen:
        raise AblationError("no row is asked for: models=true, cells=true, rows=[saps_vh_att], ...")
    return chosen


def _sizes(cfg: DictConfig, table: Mapping[str, Row]) -> list[Row]:
    """Return the rows of the learning curve: fewest tasks first, all tasks last."""
    row = _known(str(cfg.data_sizes_row), table)
    sizes = _list(cfg, SIZES)
    if any(type(size) is not int or size < 1 for size in sizes):
        raise AblationError(f"{SIZES}={sizes}: expected whole numbers of at least 1")
    return [*(limited(row, size) for size in sorted(set(sizes))), row]


def _comparisons(cfg: DictConfig, table: Mapping[str, Row]) -> tuple[tuple[str, str], ...]:
    pairs = _list(cfg, "comparisons")
    if any(not isinstance(pair, list) or len(pair) != 2 for pair in pairs):
        raise AblationError(f"comparisons={pairs}: expected pairs, such as [[saps_h,saps_vh]]")
    return tuple((_known(str(a), table).name, _known(str(b), table).name) for a, b in pairs)


def _known(name: str, table: Mapping[str, Row]) -> Row:
    if name in table:
        return table[name]
    near = difflib.get_close_matches(name, table, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise AblationError(f"there is no row {name}; {hint}there are {', '.join(table)}")


def _with_needed(
    sections: Mapping[str, Sequence[str]], table: Mapping[str, Row]
) -> tuple[Row, ...]:
    """Return each row once, in order, with the rows that they need."""
    names = list(dict.fromkeys(name for rows in sections.values() for name in rows))
    needed = [table[name].needs for name in names]
    names += [name for name in dict.fromkeys(needed) if name is not None and name not in names]
    return tuple(table[name] for name in names)


def _check_alone(trainer: Mapping[str, Any]) -> None:
    """Several processes a row would each start the whole command again."""
    if trainer.get("devices") not in (1, "1") or "strategy" in trainer:
        raise AblationError(
            "a row is trained by one process on one device: leave trainer.devices=1, and train "
            "rows side by side with hydra/launcher=processes"
        )


def _judging(cfg: DictConfig) -> Judging:
    return Judging(
        dev_limit=_count_or_all(cfg, "evaluation.dev_limit"),
        test_limit=_count_or_all(cfg, "evaluation.test_limit"),
        batch_size=_count(cfg, "evaluation.batch_size"),
        workers=_count_or_all(cfg, "evaluation.workers"),
        device=str(cfg.evaluation.device),
    )


def _list(cfg: DictConfig, key: str) -> list[Any]:
    value = OmegaConf.select(cfg, key)
    content = OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value
    if not isinstance(content, list):
        raise AblationError(f"{key}={content}: expected a list, such as {key}=[...]")
    return content


def _flag(cfg: DictConfig, key: str) -> bool:
    value = OmegaConf.select(cfg, key)
    if type(value) is not bool:
        raise AblationError(f"{key}={value}: expected true or false")
    return value


def _whole(cfg: DictConfig, key: str) -> int:
    value = OmegaConf.select(cfg, key)
    if type(value) is not int:
        raise AblationError(f"{key}={value}: expected a whole number")
    return value


def _count(cfg: DictConfig, key: str) -> int:
    value = OmegaConf.select(cfg, key)
    if type(value) is not int or value < 1:
        raise AblationError(f"{key}={value}: expected a whole number of at least 1")
    return value


def _count_or_all(cfg: DictConfig, key: str) -> int | None:
    return None if OmegaConf.select(cfg, key) is None else _count(cfg, key)
