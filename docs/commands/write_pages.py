"""Write the reference part of each command's page: python docs/commands/write_pages.py.

A page is NAME.md. What stands above its line `MARK` is written by hand and kept; what stands below
comes from the command line itself and from conf/. `tests/docs/test_command_pages.py` holds the
pages to what this makes.
"""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from omegaconf import DictConfig, OmegaConf

from saps.cli.app import app

HERE = Path(__file__).resolve().parent
CONF = HERE.parents[1] / "conf"
MARK = "<!-- below: python docs/commands/write_pages.py -->"


def pages() -> dict[str, str]:
    """Return the text below the mark of each page, by the command's name: "data-verify"."""
    root = typer.main.get_command(app)
    return {"-".join(path): _reference(path, command) for path, command in _commands(root)}


def _commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    commands = getattr(group, "commands", None)
    if commands is None:
        yield path, group
        return
    for name, command in commands.items():
        yield from _commands(command, (*path, name))


def _reference(path: tuple[str, ...], command: Any) -> str:
    help_text = inspect.cleandoc(command.help or "").replace("\b", "")
    parts = ["## Reference", *_help(help_text)]
    if command.context_settings.get("ignore_unknown_options"):
        parts += _configuration(path[-1], command)
    else:
        parts += _parameters(path, command)
    return "\n\n".join(parts) + "\n"


def _help(text: str) -> Iterator[str]:
    """Yield the paragraphs of a help text, those that are a command as a command."""
    for paragraph in re.split(r"\n{2,}", text):
        if re.match(r"(echo .*\| )?saps ", paragraph):
            yield f"```console\n$ {paragraph}\n```"
        else:
            yield " ".join(paragraph.split())


def _parameters(path: tuple[str, ...], command: Any) -> Iterator[str]:
    context = command.make_context(" ".join(("saps", *path)), [], resilient_parsing=True)
    usage = command.get_usage(context).removeprefix("Usage: ")
    yield f"```text\n{' '.join(usage.split())}\n```"
    records = [parameter.get_help_record(context) for parameter in command.get_params(context)]
    rows = [f"| `{_name(name)}` | {_cell(text)} |" for name, text in filter(None, records)]
    yield "\n".join(["| | |", "|---|---|", *rows])


def _name(text: str) -> str:
    return text.replace("|", " or ")  # which would end the cell


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def _configuration(name: str, command: Any) -> Iterator[str]:
    """Yield what can be chosen in the configuration of a Hydra application."""
    rows = [
        f"| `{', '.join(option.opts)}` | {_cell(option.help or '')} |"
        for option in command.params
        if not {"--debug", "--help"} & set(option.opts)
    ]
    if rows:
        yield "\n".join(["| | |", "|---|---|", *rows])
    yield (
        f"A [Hydra](https://hydra.cc) application: `saps {name} --help` lists the config groups,"
        f" `saps {name} --cfg job` prints the composed configuration, `key=value` changes anything"
        f" in it. `conf/{name}.yaml`:"
    )
    yield f'```yaml\n--8<-- "conf/{name}.yaml"\n```'
    for group in _groups(CONF / f"{name}.yaml"):
        yield f"### `{group}=`"
        yield "\n".join(["| choice | | |", "|---|---|---|", *_choices(group)])


def _groups(config: Path) -> list[str]:
    """Return the config groups of an application, with the groups inside them."""
    defaults = OmegaConf.load(config).defaults
    named = [str(key) for entry in defaults if isinstance(entry, DictConfig) for key in entry]
    groups = [key for key in named if (CONF / key).is_dir()]
    inner = [
        f"{group}/{folder.name}"
        for group in groups
        for folder in sorted((CONF / group).iterdir())
        if folder.is_dir()
    ]
    return groups + inner


def _choices(group: str) -> Iterator[str]:
    for file in sorted((CONF / group).glob("*.yaml")):
        command, said = _head(file)
        yield f"| `{file.stem}` | {_cell(said)} | `{command}` |"


def _head(file: Path) -> tuple[str, str]:
    """Return the command that opens a file of conf/, and what the comment says besides."""
    lines = file.read_text(encoding="utf-8").splitlines()
    comments: list[str] = []
    for line in lines:
        if line.startswith("# @package"):
            continue
        if not line.startswith("#"):
            break
        comments.append(line.removeprefix("#").strip())
    command, _, remark = comments[0].partition("    ")
    remark = remark.strip().removeprefix("(").removesuffix(")")
    return command, ". ".join(filter(None, [remark, " ".join(comments[1:])]))


def main() -> None:
    """Rewrite the pages below their marks; a command without a page gets one."""
    for name, reference in pages().items():
        page = HERE / f"{name}.md"
        title = f"# saps {name.replace('-', ' ')}\n\n"
        text = page.read_text(encoding="utf-8") if page.exists() else title
        above = text.partition(MARK)[0]
        page.write_text(f"{above}{MARK}\n\n{reference}", encoding="utf-8")


if __name__ == "__main__":
    main()
