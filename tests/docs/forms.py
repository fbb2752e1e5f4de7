"""Whether a command would be understood, found out without doing what it asks for."""

import argparse
import itertools
import re
import runpy
import shlex
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest
import typer
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf, open_dict

from saps.cli.app import app
from saps.resources import resource_folder
from tests.docs.console import ROOT

_OPERATORS = {"&&", "|", ";", ">", "<"}


class _ParsedError(Exception):
    """A script has read its command line and would start now."""


def check(text: str, *, complete: bool = True) -> None:
    """Fail where a command line could not start.

    Args:
        text: one command, or several joined by `&&` and `|`.
        complete: whether an argument that is required may not be missing.
    """
    for words in _simple_commands(text):
        _check_words(words, complete)


def _simple_commands(text: str) -> list[list[str]]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars="|&;<>")
    lexer.commenters, lexer.whitespace_split = "#", True
    groups = [
        list(group)
        for is_operator, group in itertools.groupby(lexer, _OPERATORS.__contains__)
        if not is_operator
    ]
    return [_without_wrappers(group) for group in groups]


def _without_wrappers(words: list[str]) -> list[str]:
    """Take away what only times a command, or sets a variable for it."""
    while words and re.match(r"[A-Z_]+=", words[0]):
        words = words[1:]
    return words[3:] if words[:2] == ["/usr/bin/time", "-f"] else words


def _check_words(words: list[str], complete: bool) -> None:
    if len(words) == 1 and re.search(r"\.(json|jsonl|csv|png|md)$", words[0]):
        return  # the file behind a `>`
    form = next((form for form in FORMS if words[: len(form)] == list(form)), None)
    if form is None:
        pytest.fail(f"tests/docs/forms.py knows no command like {shlex.join(words)}")
    FORMS[form](words[len(form) :], complete)


def _saps(words: Sequence[str], complete: bool) -> None:
    """Parse as the command line does; compose the configuration of a Hydra application."""
    command: Any = typer.main.get_command(app)
    name, rest = "saps", list(words)
    while (commands := getattr(command, "commands", None)) is not None:
        if not rest or rest[0].startswith("-"):
            return  # `saps --version`
        assert rest[0] in commands, f"saps has no command {rest[0]}"
        name, *rest = rest
        command = commands[name]
    try:
        context = command.make_context(name, rest)
    except typer.Exit:
        return  # --help
    except typer.BadParameter as error:
        if complete or type(error).__name__ != "MissingParameter":
            raise
        return
    if command.context_settings.get("ignore_unknown_options"):
        _compose(name, context.args)


def _compose(name: str, given: list[str]) -> None:
    if "--help" in given:
        return
    overrides = [word for word in given if word not in ("--multirun", "-m", "--cfg", "job")]
    with initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
        loader = GlobalHydra.instance().config_loader()
        parsed = OverridesParser.create(config_loader=loader).parse_overrides(overrides)
        runs = [
            list(override.sweep_string_iterator()) if override.is_sweep_override() else None
            for override in parsed
        ]
        assert "--multirun" in given or not any(runs), "a sweep without --multirun"
        choices = [
            [f"{override.get_key_element()}={value}" for value in values] if values else [word]
            for override, values, word in zip(parsed, runs, overrides, strict=True)
        ]
        for chosen in itertools.product(*choices):
            cfg = compose(name, overrides=list(chosen), return_hydra_config=True)
            HydraConfig.instance().set_config(cfg)  # what `${hydra:...}` is read from
            with open_dict(cfg):
                del cfg["hydra"]
            OmegaConf.to_container(cfg, resolve=True)


def _script(words: Sequence[str], _: bool) -> None:
    """Run a script of the checkout until it has read its command line."""
    _read_by_script(ROOT / words[0], list(words[1:]))


def _module(words: Sequence[str], _: bool) -> None:
    if words[0] in ("venv", "http.server"):
        return  # of the standard library
    _read_by_script(ROOT / f"{words[0].replace('.', '/')}.py", list(words[1:]))


def _read_by_script(path: Path, arguments: list[str]) -> None:
    source = path.read_text(encoding="utf-8")
    if "ArgumentParser" not in source:
        assert not arguments or "sys.argv[" in source, f"{path} takes no arguments"
        return
    read = argparse.ArgumentParser.parse_args

    def stop(parser: argparse.ArgumentParser, *given: object) -> NoReturn:
        read(parser)
        raise _ParsedError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [str(path), *arguments])
        patch.setattr(argparse.ArgumentParser, "parse_args", stop)
        patch.syspath_prepend(str(path.parent))
        patch.syspath_prepend(str(ROOT))
        with pytest.raises(_ParsedError):
            runpy.run_path(str(path), run_name="__main__")


def _pytest(words: Sequence[str], _: bool) -> None:
    for word in words:
        if word.startswith("tests"):
            assert (ROOT / word.partition("::")[0]).exists(), f"there is no {word}"


def _pip_install(words: Sequence[str], _: bool) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    for word in words:
        for names in re.findall(r"\[(.*)\]$", word):
            assert set(names.split(",")) <= set(extras), f"{word} names an extra that is not there"
        if word.endswith(".lock"):
            assert (ROOT / word).is_file()


def _file(words: Sequence[str], _: bool) -> None:
    assert (ROOT / words[0]).is_file(), f"there is no {words[0]}"


def _anything(words: Sequence[str], _: bool) -> None:
    """Take a program of the system, or one that has no options of ours, as it is."""


FORMS: dict[tuple[str, ...], Callable[[Sequence[str], bool], None]] = {
    ("saps",): _saps,
    ("python", "-m"): _module,
    ("python3.11", "-m"): _module,
    ("torchrun",): _anything,
    ("python",): _script,
    ("pytest",): _pytest,
    ("pip", "install"): _pip_install,
    **{
        (name,): _anything
        for name in (
            ".",
            "cp",
            "curl",  # tests/serve/test_documentation.py runs them
            "ls",
            "mkdir",
            "printf",
            "echo",
            "ruff",
            "mypy",
            "mkdocs",
            "pre-commit",
            "tensorboard",
        )
    },
    ("pip", "freeze"): _anything,
    ("git",): _anything,
    (".ci/run",): lambda *_: _file([".ci/run"], True),
}
