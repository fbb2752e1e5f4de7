"""Runs that are trained once a process, and copied for the tests that do something to them."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from saps.training.run import TrainResult, train
from tests.training.tiny_run import compose_tiny


def _trained(folder: Path, n_epochs: int) -> TrainResult:
    return train(compose_tiny(folder, f"trainer.max_epochs={n_epochs}"))


@pytest.fixture(scope="session")
def one_epoch(tmp_path_factory: pytest.TempPathFactory) -> TrainResult:
    """A run of one epoch, beside its data; to be copied."""
    return _trained(tmp_path_factory.mktemp("one-epoch"), 1)


@pytest.fixture(scope="session")
def three_epochs(tmp_path_factory: pytest.TempPathFactory) -> TrainResult:
    """A run of three epochs, beside its data; to be read."""
    return _trained(tmp_path_factory.mktemp("three-epochs"), 3)


@pytest.fixture
def finished(one_epoch: TrainResult, tmp_path: Path) -> TrainResult:
    """A run of one epoch in `tmp_path`, which holds its data too."""
    return copied(one_epoch, tmp_path)


def copied(result: TrainResult, folder: Path) -> TrainResult:
    """Copy a run and its data into a folder."""
    shutil.copytree(result.folder.parent, folder, dirs_exist_ok=True)
    run = folder / result.folder.name
    return replace(result, folder=run, best=run / result.best.name)
