"""The prompt of `saps synthesize`, line by line, with the bundled model."""

import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from saps.cli import prompt as terminal
from saps.cli.asking import Asking, time_limit
from saps.cli.console import CommandError
from saps.cli.prompt import SENTENCE_HELP, SentencePrompt
from saps.lang import parse
from saps.synthesis.answer import Question, Synthesis
from saps.synthesis.asking_back import NotKnownError
from saps.synthesis.synthesizer import Synthesizer
from tests import pretrained
from tests.cli.conftest import RunSaps


@pytest.fixture(scope="module")
def synthesizer() -> Synthesizer:
    return pretrained.synthesizer()


@pytest.fixture
def session(synthesizer: Synthesizer) -> SentencePrompt:
    return SentencePrompt(Asking(_loaded=[synthesizer]))


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """Type these lines."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(terminal, "typed_lines", lambda *_: iter(lines))


def test_a_sentence_gets_a_program_that_can_be_run(session: SentencePrompt) -> None:
    answer = session.answer("given an array of numbers xs , find the sum of xs")
    assert "program: (reduce xs 0 +)\ntype:    (xs: int[]) -> int" in answer
    assert session.answer(':run {"xs": [1, 2]}') == "3"
    told = 'error: the program needs a value for xs (int[]); give :run {"xs": ...}'
    assert session.answer(":run {}") == told


def test_the_prompt_names_its_own_commands_not_the_options(session: SentencePrompt) -> None:
    session.answer("given an array of numbers xs , find the sum of xs")
    told = {line: session.answer(line) for line in (":run [", ":run [1,2]", ":arg a", ":show x")}
    told[":example 1"] = session.answer(":example 1")
    assert told[":run ["].startswith("error: :run is not JSON: ")
    assert told[":run [1,2]"].startswith("error: :run must be a JSON object of arguments by name")
    assert told[":arg a"].startswith("error: :arg 'a': expected a name and a type")
    assert told[":show x"].startswith("error: :show x: expected tree, ")
    assert told[":example 1"].startswith("error: :example '1' has no '->'")
    assert not any("--" in answer for answer in told.values())


class Choosing:
    """Means the sum, then the largest, then nothing; what was said is in `said`."""

    def __init__(self) -> None:
        self.said: list[tuple[int, int, bool]] = []

    def synthesize(self, text: str, **asked: Any) -> Synthesis:
        examples, rejected = asked["examples"], asked["rejected"]
        self.said.append((len(examples), len(rejected), asked["best"]))
        meant = "(reduce a 0 max)" if examples or rejected else "(reduce a 0 +)"
        python = "def program(a: list[int]) -> int:\n    return 0\n"
        found = Synthesis(text, parse(meant), {"a": "int[]"}, "int", -0.5, python)
        if examples or rejected:
            return found
        both = (parse("(reduce a 0 +)"), parse("(reduce a 0 max)"))
        guess = replace(found, open_question=Question({"a": [1, 2]}, (3, 2), both))
        if text == "weather" and not asked["best"]:
            raise NotKnownError(guess)
        return guess


@pytest.mark.parametrize(
    ("said", "given"), [("2", (1, 0, False)), ("1", (1, 0, False)), ("n", (0, 2, False))]
)
@pytest.mark.parametrize("text", ["add", "weather"])
def test_a_question_is_answered_by_a_number_or_by_neither(
    text: str, said: str, given: tuple[int, int, bool]
) -> None:
    model: Any = Choosing()
    session = SentencePrompt(Asking(_loaded=[model]))
    first = session.answer(text)
    assert "in doubt: for a = [1, 2], should it be 3 or 2?" in first
    assert ("I do not know" in first) is (text == "weather")
    assert "program: (reduce a 0 max)" in session.answer(said)
    assert model.said[1] == given
    session.answer("add more")  # what was wrong of one sentence is not of the next
    assert model.said[2][1] == 0


@pytest.mark.parametrize(
    ("typed", "given"),
    [("2", (1, 0)), ("many\n1", (1, 0)), ("7", (1, 0)), ("n", (0, 2))],
)
def test_the_option_asks_until_an_answer_is_one_and_goes_on_with_it(
    saps: RunSaps, monkeypatch: pytest.MonkeyPatch, typed: str, given: tuple[int, int]
) -> None:
    model = Choosing()
    monkeypatch.setattr(Synthesizer, "load", lambda path: model)
    # A guess that would not be shown is asked about all the same.
    outcome = saps("synthesize", "weather", "--ask", stdin=f"{typed}\n".encode())
    assert outcome.status == 0
    assert outcome.out.startswith("program: (reduce a 0 max)\n")
    assert "for a = [1, 2]:\n  1: 3\n  2: 2\n" in outcome.err
    assert ("expected 1 or 2" in outcome.err) is ("many" in typed)
    assert model.said == [(0, 0, True), (*given, True), (*given, False)]


def test_where_no_answer_comes_the_guess_is_judged_as_it_is(
    saps: RunSaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Synthesizer, "load", lambda path: Choosing())
    assert saps("synthesize", "weather", "--ask").status == 4
    assert saps("synthesize", "weather", "--ask", "--best").status == 0


@pytest.mark.parametrize(
    ("said", "examples", "rejected"),
    [
        ("1", [({"a": [1]}, "x")], []),
        (" 2 ", [({"a": [1]}, "y")], []),
        ('"z"', [({"a": [1]}, "z")], []),
        ("N", [], [({"a": [1]}, "x"), ({"a": [1]}, "y")]),
        ("neither", [], [({"a": [1]}, "x"), ({"a": [1]}, "y")]),
    ],
)
def test_an_answer_to_a_question_is_an_example_or_two_that_are_wrong(
    said: str, examples: list[Any], rejected: list[Any]
) -> None:
    question = Question({"a": [1]}, ("x", "y"), (parse("a"), parse("b")))
    told = Asking().answered(question, said)
    assert (told.examples, told.rejected) == (examples, rejected)
    with pytest.raises(CommandError, match="expected 1 or 2, the right output as JSON"):
        told.answered(question, "z")


def test_words_can_be_added_and_a_sentence_replaced(session: SentencePrompt) -> None:
    session.answer("given a number a , find a")
    assert "program: (+ a 1)" in session.answer("+ plus 1")
    assert "program: (len a)" in session.answer(
        "given an array of numbers a , find the length of a"
    )


def test_examples_answer_the_last_sentence_anew_and_are_checked(session: SentencePrompt) -> None:
    session.answer("given an array of numbers a , find the sum of a")
    assert "passes:  1 of 1 example" in session.answer(':example {"a": [1, 2]} -> 3')
    assert "contradict" in session.answer(':example {"a": [1, 2]} -> 4')
    assert session.answer(":example") == '{"a": [1, 2]} -> 3'
    assert session.answer(":forget").startswith("nothing is declared\nprogram: (reduce a 0 +)")
    assert session.answer(":example") == "none"


def test_a_declaration_that_is_none_changes_nothing(session: SentencePrompt) -> None:
    session.answer("given an array a , find the length of a")
    for line in (":arg a=quux", ":arg a", ":returns quux", ":arg a=type", ":returns string[]["):
        assert session.answer(line).startswith("error: ")
    assert session.answer(":arg") == "none"
    assert session.answer(":arg a=string[]").startswith("a: string[]\nprogram: (len a)")
    assert session.answer(":arg") == "a: string[]"
    assert session.answer(":returns int").startswith("returns int\nprogram: (len a)")
    assert session.answer(":returns").startswith("the type of the value is no longer declared")


def test_several_programs_can_be_shown(session: SentencePrompt) -> None:
    assert session.answer(":top 2") == "the best 2"
    answer = session.answer("given an array a , find what is hard to say")
    assert answer.startswith("1. ")
    assert "\n2. " in answer
    assert session.answer(":top none").startswith("error: :top none")


def test_views_are_shown(session: SentencePrompt) -> None:
    assert session.answer(":show tree") == "error: there is no program yet; say what it should do"
    session.answer("given an array of numbers xs , find the sum of xs")
    assert session.answer(":show tree").startswith("tree:\n  reduce\n  ├── xs")
    assert "xs" in session.answer(":show attention")
    assert "read as: given array of numbers xs ," in session.answer(":show steps")
    assert session.answer(":show nothing").startswith("error: :show nothing: expected tree, ")


def test_python_is_saved_and_nothing_replaced_unasked(
    session: SentencePrompt, tmp_path: Path
) -> None:
    path = tmp_path / "out.py"
    session.answer("given an array of numbers a , find the sum of a")
    assert session.answer(f":save {path}") == f"saved {path}"
    assert "def program(a: list[int]) -> int:" in path.read_text()
    path.write_text("mine")
    assert "is there already" in session.answer(f":save {path}")
    assert path.read_text() == "mine"
    assert session.answer(f":save! {path}") == f"saved {path}"
    assert path.read_text() != "mine"
    assert session.answer(f":save {tmp_path}/none/x.py").startswith("error: No such file")
    assert session.answer(":save").startswith("error: expected a file")


@pytest.mark.parametrize("line", ["help", " Help ", "/help", "?", ":help"])
def test_help_is_no_request(session: SentencePrompt, line: str) -> None:
    assert session.answer(line) == SENTENCE_HELP


@pytest.mark.parametrize("line", ["quit", "exit", "/quit", ":q", "Exit"])
def test_who_wants_to_leave_gets_no_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    at_a_terminal(monkeypatch, line, ":help")
    SentencePrompt(Asking()).run()
    assert capsys.readouterr().out == ""


def test_other_lines_are_harmless(session: SentencePrompt) -> None:
    assert session.answer("  ") == ""
    assert session.answer(":nope") == "error: there is no command :nope; :help shows all"
    assert ":example" in session.answer(":help")
    assert session.answer("?!").startswith("error: the specification has no word in it")
    assert [name for name in session.names() if name.startswith(":sa")] == [":save", ":save!"]


def test_the_prompt_answers_until_it_is_left(
    synthesizer: Synthesizer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = "given an array a , find the length of a"
    at_a_terminal(monkeypatch, "", text, ":quit", "never read")
    SentencePrompt(Asking(_loaded=[synthesizer])).run()
    captured = capsys.readouterr()
    assert captured.out.startswith("program: (len a)")
    assert "never read" not in captured.out
    assert captured.err.startswith("Say what a program should do.")


def test_ctrl_c_stops_an_answer_and_the_prompt_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: SentencePrompt, line: str) -> str:
        if line == "long":
            raise KeyboardInterrupt
        return f"answer to {line}"

    at_a_terminal(monkeypatch, "long", "short")
    monkeypatch.setattr(SentencePrompt, "answer", interrupted)
    SentencePrompt(Asking()).run()
    assert capsys.readouterr().out == "stopped\nanswer to short\n"


def test_time_is_limited_in_the_main_thread_and_the_alarm_put_back() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(CommandError, match=r"no answer within 0.01 s"), time_limit(0.01):
        while True:
            pass
    with time_limit(60):
        pass
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_another_thread_has_no_alarm_and_works_all_the_same() -> None:
    def work() -> int:
        with time_limit(0.001):
            return sum(range(1_000_000))

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(work).result() == sum(range(1_000_000))
