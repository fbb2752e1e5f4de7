"""The prompt of `saps synthesize`, line by line, with the bundled model."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from saps.cli import terminal
from saps.cli.failure import CommandError
from saps.cli.synthesis.asking import Asking
from saps.cli.synthesis.session import _HELP, Session, run_prompt
from saps.cli.synthesis.time_limit import time_limit
from saps.decoding.synthesizer import Synthesizer


@pytest.fixture(scope="module")
def synthesizer() -> Synthesizer:
    return Synthesizer.load()


@pytest.fixture
def session(synthesizer: Synthesizer) -> Session:
    return Session(Asking(_loaded=[synthesizer]))


def test_a_sentence_gets_a_program_that_can_be_run(session: Session) -> None:
    answer = session.answer("given an array of numbers xs , find the sum of xs")
    assert "program: (reduce xs 0 +)\ntype:    (xs: int[]) -> int" in answer
    assert session.answer(':run {"xs": [1, 2]}') == "3"
    assert session.answer(":run {}") == 'error: no value for xs; expected :run {"xs": ...}'


def test_the_prompt_names_its_own_commands_not_the_options(session: Session) -> None:
    session.answer("given an array of numbers xs , find the sum of xs")
    told = {line: session.answer(line) for line in (":run [", ":run [1,2]", ":arg a", ":show x")}
    told[":example 1"] = session.answer(":example 1")
    assert told[":run ["].startswith("error: [ is not JSON: ")
    assert told[":run [1,2]"] == (
        'error: [1,2] has no names of arguments; expected :run {"xs": ...}'
    )
    assert told[":arg a"].startswith("error: :arg 'a': expected a name and a type")
    assert told[":show x"].startswith("error: :show x: expected tree, ")
    assert told[":example 1"].startswith("error: :example '1' has no '->'")
    assert not any("--" in answer for answer in told.values())


def test_words_can_be_added_and_a_sentence_replaced(session: Session) -> None:
    session.answer("given a number a , find a")
    assert "program: (+ a 1)" in session.answer("+ plus 1")
    assert "program: (len a)" in session.answer(
        "given an array of numbers a , find the length of a"
    )


def test_examples_answer_the_last_sentence_anew_and_are_checked(session: Session) -> None:
    session.answer("given an array of numbers a , find the sum of a")
    assert "passes:  1 of 1 example" in session.answer(':example {"a": [1, 2]} -> 3')
    assert "contradict" in session.answer(':example {"a": [1, 2]} -> 4')
    assert session.answer(":example") == '{"a": [1, 2]} -> 3'
    assert session.answer(":forget").startswith("nothing is declared\nprogram: (reduce a 0 +)")
    assert session.answer(":example") == "none"


def test_a_declaration_that_is_none_changes_nothing(session: Session) -> None:
    session.answer("given an array a , find the length of a")
    for line in (":arg a=quux", ":arg a", ":returns quux", ":arg a=type", ":returns string[]["):
        assert session.answer(line).startswith("error: ")
    assert session.answer(":arg") == "none"
    assert session.answer(":arg a=string[]").startswith("a: string[]\nprogram: (len a)")
    assert session.answer(":arg") == "a: string[]"
    assert session.answer(":returns int").startswith("returns int\nprogram: (len a)")
    assert session.answer(":returns").startswith("the type of the value is open")


def test_several_programs_can_be_shown(session: Session) -> None:
    assert session.answer(":top 2") == "the best 2"
    answer = session.answer("given an array a , find what is hard to say")
    assert answer.startswith("1. ")
    assert "\n2. " in answer
    assert session.answer(":top none").startswith("error: :top none")


def test_views_are_shown(session: Session) -> None:
    assert session.answer(":show tree") == "error: there is no program yet; say what it should do"
    session.answer("given an array of numbers xs , find the sum of xs")
    assert session.answer(":show tree").startswith("tree:\n  reduce\n  ├── xs")
    assert "xs" in session.answer(":show attention")
    assert "read as: given an array of numbers xs ," in session.answer(":show steps")
    assert session.answer(":show nothing").startswith("error: :show nothing: expected tree, ")


def test_python_is_saved_and_nothing_replaced_unasked(session: Session, tmp_path: Path) -> None:
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
def test_help_is_no_request(session: Session, line: str) -> None:
    assert session.answer(line) == _HELP


@pytest.mark.parametrize("line", ["quit", "exit", "/quit", ":q", "Exit"])
def test_who_wants_to_leave_gets_no_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    monkeypatch.setattr(terminal, "typed_lines", lambda *_: iter([line, ":help"]))
    run_prompt(Asking())
    assert capsys.readouterr().out == ""


def test_other_lines_are_harmless(session: Session) -> None:
    assert session.answer("  ") == ""
    assert session.answer(":nope") == "error: there is no command :nope; :help shows all"
    assert ":example" in session.answer(":help")
    assert session.answer("?!").startswith("error: the specification has no word in it")
    assert [candidate.text for candidate in session.completions(":sa")] == [":save", ":save!"]


def test_the_prompt_answers_until_it_is_left(
    synthesizer: Synthesizer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def lines(prompt: str, completions: object, history: str) -> Iterator[str]:
        assert (prompt, history) == ("saps> ", "synthesize-history")
        yield from ("", "given an array a , find the length of a", ":quit", "never read")

    monkeypatch.setattr(terminal, "typed_lines", lines)
    run_prompt(Asking(_loaded=[synthesizer]))
    captured = capsys.readouterr()
    assert captured.out.startswith("program: (len a)")
    assert "never read" not in captured.out
    assert captured.err.startswith("Say what a program should do.")


def test_ctrl_c_stops_an_answer_and_the_prompt_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: Session, line: str) -> str:
        if line == "long":
            raise KeyboardInterrupt
        return f"answer to {line}"

    monkeypatch.setattr(terminal, "typed_lines", lambda *_: iter(["long", "short"]))
    monkeypatch.setattr(Session, "answer", interrupted)
    run_prompt(Asking())
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
