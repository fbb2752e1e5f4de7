"""Where the project's own files lie: `conf/` and `grammar/`, in a checkout and in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource_folder(name: str) -> Path:
    """Return the folder `name` (`conf` or `grammar`) that belongs to this installation.

    In a source checkout these folders stand at the top level, for people; a wheel carries them
    inside the package.

    Raises:
        FileNotFoundError: neither place has the folder, so the installation is incomplete.
    """
    if name == "conf":
        # Whoever composes a configuration comes here first; most commands need no OmegaConf.
        import saps.naming  # noqa: F401 - registers what conf/data names data by
    for folder in (_PACKAGE.parent / name, _PACKAGE / name):
        # A folder called `conf` beside site-packages' `saps` would not be ours.
        if folder.is_dir() and (folder.parent == _PACKAGE or _is_checkout(_PACKAGE.parent)):
            return folder
    raise FileNotFoundError(
        f"the folder {name!r} of SAPS is missing beside {_PACKAGE}; reinstall the package"
    )


def _is_checkout(folder: Path) -> bool:
    return (folder / "pyproject.toml").is_file()
