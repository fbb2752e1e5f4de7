"""The prompt of `saps synthesize`: sentences, programs, and what to do with them."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saps.cli.failure import CommandError, describe
from saps.cli.prompt_words import as_command
from saps.cli.synthesis.asking import Asking
from saps.cli.synthesis.checking import check_examples, check_returns
from saps.cli.synthesis.layout import answer_lines
from saps.cli.synthesis.notes import notes
from saps.cli.synthesis.style import cut, faint
from saps.cli.synthesis.views import VIEWS, read_views, view_lines
from saps.cli.synthesis.wish import read_argument, read_example
from saps.cli.values import show_value

if TYPE_CHECKING:
    from saps.cli.terminal import Candidate
    from saps.decoding.synthesis import Synthesis

_HISTORY = "synthesize-history"
_HELP = """\
SENTENCE              write a program for it; a next sentence takes its place
+ WORDS               add words to the last sentence
:run {"a": [1, 2]}    compute the program's value
:show VIEW            tree, attention, steps, python or all
:arg a=int[]          declare an argument; :arg alone shows what is declared
:returns int          declare the type of the value; :returns alone forgets it
:example {"a": 1} -> 2  the program should do this; :example alone shows all
:forget               forget arguments, type and examples
:top 3                show the three best programs
:save out.py          write the Python; :save! replaces a file that is there
:help                 this
:quit                 leave; so does Ctrl-D
What is declared holds until :forget, and the last sentence is answered anew when it changes."""


def run_prompt(asking: Asking) -> None:
    """Answer what is typed until the user leaves."""
    from saps.cli.terminal import typed_lines

    session = Session(asking)
    print("Say what a program should do. :help shows the commands, Ctrl-D leaves.", file=sys.stderr)
    for line in typed_lines("saps> ", session.completions, _HISTORY):
        if as_command(line) == ":quit":
            break
        try:
            answer = session.answer(line)
        except KeyboardInterrupt:
            answer = "stopped"
        if answer:
            print(answer)


class Session:
    """What was declared and said so far. Knows no terminal."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._text = ""
        self._last: Synthesis | None = None
        self._commands: dict[str, Callable[[str], str]] = {
            ":run": self._run,
            ":show": self._show,
            ":arg": self._declare,
            ":returns": self._returns,
            ":example": self._example,
            ":forget": self._forget,
            ":top": self._top,
            ":save": self._save,
            ":save!": self._replace,
            ":help": lambda _: _HELP,
        }

    def answer(self, line: str) -> str:
        """Return what to print for a line; an error becomes its message."""
        try:
            return self._answer(as_command(line))
        except Exception as error:  # the prompt lives on whatever one line does
            return f"error: {describe(error)}"

    def completions(self, word: str) -> "Iterator[Candidate]":
        """Yield the commands and views that begin with a word."""
        from saps.cli.terminal import Candidate

        for name in (*self._commands, ":quit"):
            if word and name.startswith(word):
                yield Candidate(name, "command")
        for name in VIEWS:
            if word and name.startswith(word):
                yield Candidate(name, "view")

    def _answer(self, line: str) -> str:
        if not line:
            return ""
        if line.startswith(":"):
            command, _, rest = line.partition(" ")
            if command not in self._commands:
                raise CommandError(f"there is no command {command}; :help shows all")
            return self._commands[command](rest.strip())
        if line.startswith("+"):
            line = f"{self._text} {line.removeprefix('+').strip()}".strip()
        return self._synthesize(line)

    def _synthesize(self, text: str) -> str:
        self._text, self._last = text, None
        self._last = self._asking.synthesize(text)
        remarks = [faint(note) for note in notes(self._last)]
        return "\n".join([*answer_lines(self._last), *([""] if remarks else []), *remarks])

    def _change(self, told: str, **fields: Any) -> str:
        """Declare something, and answer the last sentence anew; undo what makes it fail."""
        before, last = self._asking, self._last
        self._asking = replace(before, **fields)
        try:
            return f"{told}\n{self._synthesize(self._text)}" if self._text else told
        except Exception:
            self._asking, self._last = before, last
            raise

    def _program(self) -> "Synthesis":
        if self._last is None:
            raise CommandError("there is no program yet; say what it should do")
        return self._last

    def _run(self, text: str) -> str:
        synthesis = self._program()
        example = ", ".join(f'"{name}": ...' for name in synthesis.arguments)
        expected = f"expected :run {{{example}}}"
        try:
            inputs = json.loads(text or "{}")
        except (ValueError, RecursionError) as error:
            raise CommandError(f"{cut(text, 60)} is not JSON: {error}; {expected}") from error
        if not isinstance(inputs, dict):
            raise CommandError(f"{cut(text, 60)} has no names of arguments; {expected}")
        missing = [a for a in synthesis.arguments if a not in synthesis.by_letter(inputs)]
        if missing:
            raise CommandError(f"no value for {', '.join(missing)}; {expected}")
        return show_value(synthesis.run(inputs))

    def _show(self, text: str) -> str:
        synthesis, views = self._program(), read_views([text or "all"], ":show")
        blocks = []
        for view in views:
            lines = view_lines(view, self._asking.synthesizer, synthesis)
            blocks.append("\n".join([f"{view}:", *(f"  {line}" for line in lines)]))
        return "\n\n".join(blocks)

    def _declare(self, text: str) -> str:
        if not text:
            found = self._asking.arguments
            return "\n".join(f"{name}: {kind}" for name, kind in found.items()) or "none"
        name, kind = read_argument(text, ":arg")
        arguments = {**self._asking.arguments, name: kind}
        return self._change(f"{name}: {kind}", arguments=arguments)

    def _returns(self, text: str) -> str:
        if not text:
            return self._change("the type of the value is open", returns=None)
        check_returns(text)
        return self._change(f"returns {text}", returns=text)

    def _example(self, text: str) -> str:
        examples = list(self._asking.examples)
        if not text:
            listed = [f"{show_value(inputs)} -> {show_value(out)}" for inputs, out in examples]
            return "\n".join(listed) or "none"
        examples.append(read_example(text, ":example"))
        check_examples(examples)
        n = len(examples)
        return self._change(f"{n} example{'s' if n > 1 else ''}", examples=examples)

    def _forget(self, _: str) -> str:
        return self._change("nothing is declared", arguments={}, examples=[], returns=None)

    def _top(self, text: str) -> str:
        if not text.isdigit() or int(text) < 1:
            raise CommandError(f":top {text}: expected a number of programs, such as :top 3")
        return self._change(f"the best {text}", top=int(text))

    def _save(self, name: str) -> str:
        return self._write(name, mode="x")

    def _replace(self, name: str) -> str:
        return self._write(name, mode="w")

    def _write(self, name: str, mode: str) -> str:
        python = self._program().python
        if not name:
            raise CommandError("expected a file, such as :save out.py")
        path = Path(name).expanduser()
        try:
            with path.open(mode, encoding="utf-8") as file:
                file.write(python)
        except FileExistsError as error:
            raise CommandError(f"{path} is there already; :save! {name} replaces it") from error
        return f"saved {path}"
