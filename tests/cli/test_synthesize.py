import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from saps.english import Reading
from saps.lang import infer_signature, parse, to_python
from saps.model.bundle import CONFIG, SYMBOLS, TOKENIZER, WEIGHTS
from saps.synthesis.asking_back import NotKnownError
from saps.synthesis.synthesizer import Synthesis, SynthesisError, Synthesizer, Task
from tests.cli.conftest import RunSaps

PROGRAMS = {
    "add one": "(+ a 1)",
    "sum": "(reduce a 0 +)",
    "divide": "(/ 1 a)",
    "head": "(head a)",
    "weather": "1",
}


class Scripted:
    """Answers with the programs above: what the command does must not hang on a model's weights."""

    def synthesize(self, text: str, *, best: bool = False, **_: Any) -> Synthesis:
        if text == "weather" and not best:
            guess = Synthesis(text, parse("1"), {}, "int", -9.0, "", confidence=0.02)
            raise NotKnownError(replace(guess, reading=Reading("the weather wibbles", {})))
        if text not in PROGRAMS:
            raise SynthesisError(f"no program for {text!r}", text)
        program = parse(PROGRAMS[text])
        signature = infer_signature(program)
        arguments = {name: str(kind) for name, kind in signature.arguments.items()}
        result = str(signature.result)
        python = to_python(program, arguments, result)
        return Synthesis(text, program, arguments, result, -0.5, python)

    def synthesize_many(
        self, tasks: Iterable[Task], *, best: bool = False, **_: Any
    ) -> Iterator[Synthesis | SynthesisError]:
        for task in list(tasks):
            try:
                yield self.synthesize(task.text, best=best)
            except SynthesisError as error:
                yield error


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Synthesizer, "load", lambda path: Scripted())


@pytest.mark.usefixtures("scripted")
def test_plain_answer_is_program_type_python_and_value(saps: RunSaps) -> None:
    outcome = saps("synthesize", "sum", "--input", '{"a": [1, 2]}')
    assert (outcome.status, outcome.err) == (0, "")
    python = to_python(parse("(reduce a 0 +)"), {"a": "int[]"}, "int").rstrip()
    assert outcome.out == (
        f"program: (reduce a 0 +)\ntype:    (a: int[]) -> int\n\n{python}\n\nvalue:   3\n"
    )


@pytest.mark.usefixtures("scripted")
def test_python_alone_is_printed_on_request(saps: RunSaps) -> None:
    outcome = saps("synthesize", "sum", "--python")
    assert outcome.status == 0
    names: dict[str, Any] = {}
    exec(outcome.out, names)
    assert names["program"]([1, 2]) == 3
    refused = saps("synthesize", "sum", "--python", "--json")
    assert (refused.status, refused.out) == (1, "")
    assert "--python prints one function" in refused.err


def test_plain_answer_has_no_value_without_an_input(saps: RunSaps) -> None:
    assert "value" not in saps("synthesize", "sum").out


@pytest.mark.usefixtures("scripted")
def test_json_answer_has_these_fields(saps: RunSaps) -> None:
    answer = json.loads(saps("synthesize", "add one", "--json", "--input", '{"a": 4}').out)
    python = answer.pop("python")
    assert python.startswith("def program(a: int")
    assert answer == {
        "text": "add one",
        "program": "(+ a 1)",
        "short_tree": ["+", "a", "1"],
        "args": {"a": "int"},
        "return_type": "int",
        "log_prob": -0.5,
        "confidence": None,
        "unknown_words": [],
        "read_as": [],
        "letters": {},
        "candidates": [],
        "samples": [],
        "question": None,
        "left_out": [],
        "conventions": [],
        "value": 5,
    }


@pytest.mark.usefixtures("scripted")
def test_json_answer_has_no_value_without_an_input(saps: RunSaps) -> None:
    assert "value" not in json.loads(saps("synthesize", "add one", "--json").out)


@pytest.mark.usefixtures("scripted")
def test_json_of_what_fails_is_one_object_with_an_error(saps: RunSaps) -> None:
    outcome = saps("synthesize", "divide", "--json", "--input", '{"a": 0}')
    answer = json.loads(outcome.out)
    assert answer["program"] == "(/ 1 a)"
    assert "divides by zero" in answer["error"]
    assert "value" not in answer
    assert outcome.status == 1
    refused = saps("synthesize", "nonsense", "--json")
    assert json.loads(refused.out) == {"text": "nonsense", "error": "no program for 'nonsense'"}
    assert (refused.status, refused.err) == (1, "saps: error: no program for 'nonsense'\n")


@pytest.mark.usefixtures("scripted")
def test_words_without_quotes_are_answered_with_how_to_quote_them(saps: RunSaps) -> None:
    outcome = saps("synthesize", "sum", "of", "xs", "--top", "2")
    assert (outcome.status, outcome.out) == (2, "")
    assert "put a text of several words in quotes" in outcome.err
    assert 'saps synthesize "sum of xs"' in outcome.err


@pytest.mark.usefixtures("scripted")
@pytest.mark.parametrize(
    ("text", "inputs", "told"),
    [
        pytest.param("nonsense", "{}", "no program for 'nonsense'", id="no-program"),
        pytest.param("sum \udcff", "{}", "TEXT is not UTF-8: character 5", id="no-text"),
        pytest.param("sum", "[", "--input is not JSON", id="no-json"),
        pytest.param("sum", "{}", "needs a value for a (int[])", id="no-argument"),
        pytest.param("divide", '{"a": 0}', "divides by zero", id="run-time"),
    ],
)
def test_failure_is_one_message_on_stderr(saps: RunSaps, text: str, inputs: str, told: str) -> None:
    for options in ([], ["--json"]):
        outcome = saps("synthesize", text, "--input", inputs, *options)
        assert outcome.status == 1
        assert outcome.err.startswith("saps: error: ")
        assert told in outcome.err
        assert "Traceback" not in outcome.err


@pytest.mark.usefixtures("scripted")
def test_lines_are_answered_in_order_and_failures_are_told(saps: RunSaps) -> None:
    outcome = saps("synthesize", "-", stdin=b"sum\nnonsense\n\xff\nadd one\n")
    answers = [json.loads(line) for line in outcome.out.splitlines()]
    assert [answer["text"] for answer in answers] == ["sum", "nonsense", r"\xff", "add one"]
    assert ["error" in answer for answer in answers] == [False, True, True, False]
    assert [answer.get("program") for answer in answers] == [
        "(reduce a 0 +)", None, None, "(+ a 1)",
    ]  # fmt: skip
    assert (outcome.status, outcome.err) == (1, "saps: error: 2 of 4 lines failed\n")


@pytest.mark.usefixtures("scripted")
def test_lines_without_a_failure_exit_with_0(saps: RunSaps) -> None:
    outcome = saps("synthesize", "-", stdin=b"sum\nadd one")
    assert (outcome.status, outcome.err) == (0, "")
    assert len(outcome.out.splitlines()) == 2


@pytest.mark.usefixtures("scripted")
def test_line_whose_program_fails_on_the_input_keeps_its_program(saps: RunSaps) -> None:
    outcome = saps("synthesize", "-", "--input", '{"a": 0}', stdin=b"divide\nadd one\nsum\n")
    divide, add, total = (json.loads(line) for line in outcome.out.splitlines())
    assert divide["program"] == "(/ 1 a)"
    assert "divides by zero" in divide["error"]
    assert add["value"] == 1
    assert "int[]" in total["error"]
    assert outcome.status == 1


@pytest.mark.usefixtures("scripted")
def test_empty_stdin_is_no_error(saps: RunSaps) -> None:
    outcome = saps("synthesize", "-")
    assert (outcome.status, outcome.out, outcome.err) == (0, "", "")


def test_missing_model_is_named(saps: RunSaps, tmp_path: Path) -> None:
    outcome = saps("synthesize", "sum", "--model", str(tmp_path / "absent"))
    assert (outcome.status, outcome.out) == (1, "")
    assert str(tmp_path / "absent") in outcome.err
    assert "bug in SAPS" not in outcome.err


def test_damaged_model_is_named(saps: RunSaps, tmp_path: Path) -> None:
    for name in (CONFIG, WEIGHTS, TOKENIZER, SYMBOLS):
        (tmp_path / name).write_bytes(b"\x00damaged")
    outcome = saps("synthesize", "sum", "--model", str(tmp_path))
    assert (outcome.status, outcome.out) == (1, "")
    assert f"{tmp_path}/" in outcome.err
    assert "damaged" in outcome.err
    assert "bug in SAPS" not in outcome.err


@pytest.mark.usefixtures("scripted")
def test_what_is_not_known_gets_no_program_and_status_4(saps: RunSaps) -> None:
    outcome = saps("synthesize", "weather")
    assert (outcome.status, outcome.out) == (4, "")
    assert outcome.err.startswith("I do not know: no program that was found is likely")
    assert "right in 2 of 100 such cases" in outcome.err
    assert "no task the model knows uses 'weather', 'wibbles'" in outcome.err
    assert "to get further: say it in other words" in outcome.err
    assert saps("synthesize", "weather", "--python").status == 4
    guess = saps("synthesize", "weather", "--best")
    assert (guess.status, guess.out.partition("\n")[0]) == (0, "program: 1")


@pytest.mark.usefixtures("scripted")
def test_what_is_not_known_is_an_object_without_a_program(saps: RunSaps) -> None:
    outcome = saps("synthesize", "weather", "--json")
    answer = json.loads(outcome.out)
    assert outcome.status == 4
    assert (answer["program"], answer["confidence"]) == (None, 0.02)
    assert answer["unexplained_words"] == ["weather", "wibbles"]
    assert set(answer) == {
        "text", "program", "confidence", "unexplained_words", "kinds", "further"
    }  # fmt: skip
    lines = saps("synthesize", "-", stdin=b"weather\nsum\n")
    assert lines.status == 4
    assert [json.loads(line)["program"] for line in lines.out.splitlines()] == [
        None,
        "(reduce a 0 +)",
    ]
    assert saps("synthesize", "-", "--best", stdin=b"weather\n").status == 0
    # A line that fails is worse than one that is not known.
    assert saps("synthesize", "-", stdin=b"weather\nnothing\n").status == 1


@pytest.mark.parametrize("further", [["--json"], ["--python", "--json"]])
def test_what_can_not_be_asked_is_refused(saps: RunSaps, further: list[str]) -> None:
    outcome = saps("synthesize", "sum", "--ask", *further)
    assert (outcome.status, outcome.out) == (1, "")
