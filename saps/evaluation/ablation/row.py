"""One row of the table: what is trained, how it is judged, and what was published of it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from omegaconf import OmegaConf


class AblationError(ValueError):
    """An ablation can not start or go on; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Published:
    """What was published of a model, on AlgoLisp.

    Attributes:
        measure: exact match, or tests: which accuracy it is.
        validation: per cent.
        test: per cent.
        parameters: million weights; None where it was not given.
    """

    measure: str
    validation: float
    test: float
    parameters: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row, as conf/ablation/table.yaml describes it.

    Attributes:
        name: the key there, and of its folders.
        title: for people.
        train: settings of `saps train`; empty for a row that trains nothing.
        evaluate: settings of `saps evaluate`.
        starts_from: the row whose decoder this one starts from.
        model_of: the row whose model this one judges in another way.
        epochs: where they are not those of all rows.
        train_limit: train on the first so many tasks; None for all that the others have.
        dev_limit: judge on the first so many validation tasks, where all would take too long.
        judged: False for a network that reads no text.
        published: None where nothing was.
    """

    name: str
    title: str
    train: tuple[str, ...] = ()
    evaluate: tuple[str, ...] = ()
    starts_from: str | None = None
    model_of: str | None = None
    epochs: int | None = None
    train_limit: int | None = None
    dev_limit: int | None = None
    judged: bool = True
    published: Published | None = None

    @property
    def needs(self) -> str | None:
        """The row that has to be made before this one."""
        return self.starts_from or self.model_of

    @property
    def runs_in(self) -> str:
        """The name of the run folder whose model is judged."""
        return self.model_of or self.name


def read_rows(table: Any) -> dict[str, Row]:
    """Read `table` of the configuration.

    Raises:
        AblationError: a row has a key that rows do not have, or lacks what it must have.
    """
    content = OmegaConf.to_container(table, resolve=True)
    if not isinstance(content, dict):
        raise AblationError("table: expected rows by their names")
    rows = {str(name): _read_row(str(name), value) for name, value in content.items()}
    for row in rows.values():
        if row.needs is not None and row.needs not in rows:
            raise AblationError(f"table.{row.name} needs {row.needs}, and there is no such row")
        if row.needs is not None and rows[row.needs].needs is not None:
            raise AblationError(f"table.{row.name} needs {row.needs}, which needs another row")
    return rows


def limited(row: Row, n_tasks: int) -> Row:
    """Return the row trained on the first `n_tasks` tasks."""
    return replace(
        row,
        name=f"{row.name}_{n_tasks}",
        title=f"{row.title}, {n_tasks:,} tasks",
        train_limit=n_tasks,
        published=None,
    )


def _read_row(name: str, value: Any) -> Row:
    place = f"table.{name}"
    known = [field.name for field in fields(Row) if field.name != "name"]
    content = _mapping(value, place, known)
    if not name.isidentifier():
        raise AblationError(f"{place}: letters, digits and _ make the name of a row")
    if bool(content.get("train")) == bool(content.get("model_of")):
        raise AblationError(f"{place}: give either train or model_of")
    values = dict(content)
    for key in ("train", "evaluate"):
        values[key] = _texts(content.get(key), f"{place}.{key}")
    values["title"] = str(content.get("title", name))
    values["published"] = _published(content.get("published"), place)
    return Row(name=name, **values)


def _published(value: Any, place: str) -> Published | None:
    if value is None:
        return None
    known = [field.name for field in fields(Published)]
    content = _mapping(value, f"{place}.published", known)
    try:
        return Published(**content)
    except TypeError as error:
        raise AblationError(f"{place}.published: give measure, validation and test") from error


def _mapping(value: Any, place: str, known: list[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise AblationError(f"{place}: expected settings, such as title and train")
    for key in value:
        if key not in known:
            raise AblationError(f"{place}.{key}: no such key; there are {', '.join(known)}")
    return {str(key): item for key, item in value.items()}


def _texts(value: Any, place: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise AblationError(f"{place}: expected a list, such as [experiment=saps_vh]")
    return tuple(map(str, value))
