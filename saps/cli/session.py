"""The prompt of `saps synthesize`: sentences, programs, and what to do with them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from saps.cli.answers import (
    VIEWS,
    answer_lines,
    not_known_lines,
    notes,
    read_views,
    sample_lines,
    view_lines,
)
from saps.cli.asking import Asking, read_argument, read_type
from saps.cli.console import CommandError, styled
from saps.cli.prompt import Completion, Conversation
from saps.cli.values import read_example, read_inputs, require_arguments
from saps.resources import show_value

if TYPE_CHECKING:
    from saps.synthesis.synthesizer import Synthesis

HELP: Final = """\
SENTENCE              write a program for it; the next sentence replaces it
+ WORDS               add words to the last sentence
:run {"a": [1, 2]}    compute the program's value
:show VIEW            tree, attention, steps, python or all
:arg a=int[]          declare an argument; :arg alone shows what is declared
:returns int          declare the type of the value; :returns alone forgets it
:example {"a": 1} -> 2  the program should do this; :example alone shows all
1, 2 or n             answer a question: the first output is right, the second, neither
:forget               forget arguments, type and examples
:top 3                show the three best programs
:save out.py          write the Python; :save! replaces a file that is there
:help                 this
:quit                 leave; so does Ctrl-D
What is declared holds until :forget, and the last sentence is answered anew when it changes."""


def run_prompt(asking: Asking) -> None:
    """Answer what is typed until the user leaves."""
    Session(asking).run()


class Session(Conversation):
    """What was declared and said so far."""

    history = "synthesize-history"
    welcome = "Say what a program should do. :help shows the commands, Ctrl-D leaves."

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._text = ""
        self._last: Synthesis | None = None
        self.commands = {
            ":run": self._run,
            ":show": self._show,
            ":arg": self._declare,
            ":returns": self._returns,
            ":example": self._example,
            ":forget": lambda _: self._change(
                "nothing is declared", arguments={}, examples=[], rejected=[], returns=None
            ),
            ":top": self._top,
            ":save": lambda name: self._save(name, "x"),
            ":save!": lambda name: self._save(name, "w"),
            ":help": lambda _: HELP,
        }

    def completions(self, word: str) -> Iterator[Completion]:
        """Yield the commands and views that begin with a word."""
        known = dict.fromkeys([*self.commands, ":quit"], "command") | dict.fromkeys(VIEWS, "view")
        for name, meaning in known.items():
            if word and name.startswith(word):
                yield Completion(name, meaning)

    def say(self, line: str) -> str:
        question = None if self._last is None else self._last.question()
        if line in ("1", "2", "n") and question is not None:
            told = self._asking.answered(question, line)
            return self._change("noted", examples=told.examples, rejected=told.rejected)
        if line.startswith("+"):
            line = f"{self._text} {line.removeprefix('+').strip()}".strip()
        return self._synthesize(line)

    def _synthesize(self, text: str) -> str:
        from saps.synthesis.asking_back import NotKnownError

        # What was said to be wrong was about the sentence before.
        rejected = self._asking.rejected if text == self._text else []
        self._asking = replace(self._asking, rejected=rejected)
        self._text, self._last = text, None
        try:
            self._last = self._asking.synthesize(text)
        except NotKnownError as error:
            self._last = error.guess  # so that its question can be answered
            return "\n".join(not_known_lines(error))
        remarks = [styled("faint", note) for note in notes(self._last)]
        shown = [*answer_lines(self._last), *sample_lines(self._last)]
        return "\n".join([*shown, *([""] if remarks else []), *remarks])

    def _change(self, told: str, **fields: Any) -> str:
        """Declare something, and answer the last sentence anew; undo what makes it fail."""
        before, last = self._asking, self._last
        self._asking = replace(before, **fields)
        try:
            if self._text:
                return f"{told}\n{self._synthesize(self._text)}"
            self._asking.check()
        # A declaration that no program can have is not kept.
        except Exception:
            self._asking, self._last = before, last
            raise
        return told

    def _program(self) -> "Synthesis":
        if self._last is None:
            raise CommandError("there is no program yet; say what it should do")
        return self._last

    def _run(self, text: str) -> str:
        synthesis = self._program()
        inputs = read_inputs(text or "{}", ":run")
        require_arguments(synthesis.by_letter(inputs), synthesis.arguments, ":run")
        return show_value(synthesis.run(inputs))

    def _show(self, text: str) -> str:
        synthesis, views = self._program(), read_views([text or "all"], ":show")
        synthesizer = self._asking.synthesizer
        return "\n\n".join("\n".join(view_lines(view, synthesizer, synthesis)) for view in views)

    def _declare(self, text: str) -> str:
        arguments = self._asking.arguments
        if not text:
            return "\n".join(f"{name}: {kind}" for name, kind in arguments.items()) or "none"
        name, kind = read_argument(text, ":arg")
        return self._change(f"{name}: {kind}", arguments={**arguments, name: kind})

    def _returns(self, text: str) -> str:
        if not text:
            return self._change("the type of the value is open", returns=None)
        return self._change(f"returns {text}", returns=read_type(text))

    def _example(self, text: str) -> str:
        examples = list(self._asking.examples)
        if not text:
            listed = [f"{show_value(inputs)} -> {show_value(out)}" for inputs, out in examples]
            return "\n".join(listed) or "none"
        examples.append(read_example(text, ":example"))
        n = len(examples)
        return self._change(f"{n} example{'s' if n > 1 else ''}", examples=examples)

    def _top(self, text: str) -> str:
        if not (text.isascii() and text.isdigit() and int(text[:9]) > 0):
            raise CommandError(f":top {text}: expected a number of programs, such as :top 3")
        return self._change(f"the best {text}", top=int(text[:9]))

    def _save(self, name: str, mode: str) -> str:
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
