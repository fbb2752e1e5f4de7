"""What tests of the data share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from saps.data.data_module import TaskData


@pytest.fixture
def small_data() -> Callable[..., TaskData]:
    """Return a maker of small data of a folder, not read yet, with settings of the test's own."""

    def make(folder: Path, **settings: object) -> TaskData:
        return TaskData(
            name="ours",
            path=str(folder),
            vocabulary_size=400,
            batch_size=8,
            token_budget=4000,
            train_limit=None,
            dev_limit=None,
            filler_dropout={"text_rate": 0.0, "word_rate": 0.0},
            seed=3,
            **settings,  # type: ignore[arg-type]
        )

    return make
