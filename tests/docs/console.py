"""The commands that the documentation shows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "data" / "README.md",
        *(ROOT / "docs").rglob("*.md"),
    ]
)
_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\S*)[^\n]*\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S
)
_PROGRAMS = r"(?:saps|python (?:benchmarks|docs|-m)\b|pytest|mkdocs)"
_PLACEHOLDER = re.compile(r"\b[A-Z]{3,}\b|\.\.\.|…")


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a page, and the output that is shown below it.

    Attributes:
        page: path from the root of the checkout.
        text: as typed, continued lines joined.
        output: "" where none is shown.
        is_inline: it stands within a sentence, where a required argument may be left out.
    """

    page: str
    text: str
    output: str = ""
    is_inline: bool = False

    def __str__(self) -> str:
        return f"{self.page}: {self.text[:50]}"


def console_commands() -> list[Command]:
    """Return what stands behind a `$` in the console blocks of all pages."""
    return [
        Command(page, *command)
        for page, text in _texts()
        for language, block in _blocks(text)
        if language == "console"
        for command in _split(block)
    ]


def inline_commands() -> list[Command]:
    """Return the commands within sentences and tables, without those that hold a placeholder."""
    found = []
    for page, text in _texts():
        for span in re.findall(rf"`({_PROGRAMS} [^`]+)`", _FENCE.sub("", text)):
            command = " ".join(span.replace("\\*", "*").split())
            if _PLACEHOLDER.search(command) is None:
                found.append(Command(page, command, is_inline=True))
    return list(dict.fromkeys(found))


RENDERED = "docs/tutorial.md"
"""What a script printed, its commands among it; the script has a test of its own."""


def commands_in_other_blocks() -> list[str]:
    """Return lines that look like a command outside of the blocks that are tried."""
    return [
        f"{page}: {line.strip()}"
        for page, text in _texts()
        if page != RENDERED
        for language, block in _blocks(text)
        if language != "console"
        for line in block.splitlines()
        if re.match(rf"\s*(\$ )?{_PROGRAMS} \S", line) and "[OPTIONS]" not in line
    ]


def _texts() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        yield page.relative_to(ROOT).as_posix(), page.read_text(encoding="utf-8")


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield the language and the text of each fenced block, its indentation taken away."""
    for match in _FENCE.finditer(text):
        yield match["language"], re.sub(rf"^{match['indent']}", "", match["text"], flags=re.M)


def _split(block: str) -> Iterator[tuple[str, str]]:
    joined = re.sub(r"\\\n\s*", "", block)
    for part in re.split(r"^\$ ", joined, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output
