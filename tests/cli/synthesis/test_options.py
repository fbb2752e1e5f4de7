"""What the options of `saps synthesize` do, with the bundled model."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from saps.synthesis.synthesizer import Synthesizer
from tests import pretrained
from tests.cli.conftest import RunSaps

SUM = "given an array of numbers xs , find the sum of xs"


@pytest.fixture(autouse=True)
def one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the bundled model once."""
    load = Synthesizer.load.__func__  # type: ignore[attr-defined]

    def cached(path: str | None = None) -> Synthesizer:
        if path is not None:
            found: Synthesizer = load(Synthesizer, path)
            return found
        return pretrained.synthesizer()

    monkeypatch.setattr(Synthesizer, "load", cached)


def test_examples_that_pass_are_shown_with_what_came(saps: RunSaps) -> None:
    outcome = saps("synthesize", SUM, "--example", '{"xs": [1, 2]} -> 3')
    assert outcome.status == 0
    assert "passes:  1 of 1 example\n" in outcome.out
    assert '  {"xs": [1, 2]}  3         3    ok\n' in outcome.out


def test_status_is_3_where_no_program_passes(saps: RunSaps) -> None:
    options = ["--example", '{"xs": [1, 2]} -> 123456', "--beam", "2"]
    outcome = saps("synthesize", SUM, *options)
    assert outcome.status == 3
    assert outcome.out.startswith("program: ")
    assert "123456    3    no" in outcome.out
    assert "no program passes all examples; the best one found passes 0 of 1" in outcome.err
    outcome = saps("synthesize", SUM, *options, "--json")
    assert outcome.status == 3
    [candidate] = json.loads(outcome.out)["candidates"]
    assert [example["passed"] for example in candidate["examples"]] == [False]
    assert saps("synthesize", SUM, *options, "--python").status == 3


def test_examples_come_from_files_too(saps: RunSaps, tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text('xs,output\n"[1, 2]",3\n')
    (tmp_path / "e.jsonl").write_text('{"input": {"xs": [4]}, "output": 4}\n')
    options = ["--examples", str(tmp_path / "e.csv"), "--example", '{"xs": []} -> 0']
    assert "passes:  2 of 2 examples" in saps("synthesize", SUM, *options).out
    outcome = saps("synthesize", SUM, "--examples", str(tmp_path / "e.jsonl"))
    assert "passes:  1 of 1 example" in outcome.out
    outcome = saps("synthesize", SUM, "--examples", str(tmp_path / "none"))
    assert (outcome.status, outcome.out) == (1, "")


def test_declared_types_hold(saps: RunSaps) -> None:
    outcome = saps("synthesize", "the length of words", "--arg", "words=string[]")
    assert "type:    (words: string[]) -> int" in outcome.out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--arg", "a=quux"], "argument a: 'quux' is not a type"),
        (["--arg", "a=(int) -> type"], "argument a cannot be of type"),
        (["--returns", "quux"], "the result: 'quux' is not a type"),
        (["--beam", "2", "--temperature", "1"], "give one of them"),
        (["--temperature", "0"], "--temperature 0: expected a number above 0"),
        (["--seed", "3"], "--seed 3 has no effect without --temperature"),
        (["--timeout", "nan"], "--timeout nan: expected more than 0 seconds"),
        (["--temperature", "inf"], "--temperature inf: expected a number above 0"),
        (["--timeout", "0"], "--timeout 0: expected more than 0 seconds"),
        (["--show", "nothing"], "--show nothing: expected tree, attention, steps, python or all"),
        (["--example", '{"xs": [1]} -> 1', "--example", '{"xs": [1]} -> 2'], "contradict"),
        (["--example", '{"xs": [1]} -> 1', "--example", '{"ys": [1]} -> 2'], "same arguments"),
        (["--python", "--json"], "--python prints one function"),
    ],
)
def test_what_can_not_be_is_one_message(saps: RunSaps, options: list[str], told: str) -> None:
    outcome = saps("synthesize", SUM, *options)
    assert (outcome.status, outcome.out) == (1, "")
    assert told in outcome.err
    assert "bug in SAPS" not in outcome.err


def test_time_that_is_over_ends_the_search(saps: RunSaps) -> None:
    outcome = saps("synthesize", SUM, "--timeout", "0.0001")
    assert (outcome.status, outcome.out) == (1, "")
    assert "no answer within 0.0001 s" in outcome.err


def test_time_may_be_without_end(saps: RunSaps) -> None:
    for timeout in ("inf", "1e300"):
        assert saps("synthesize", SUM, "--timeout", timeout).status == 0


def test_several_programs_are_numbered_and_their_number_kept(saps: RunSaps) -> None:
    text = "given an array a , find what is hard to say"
    for options in ([], ["--beam", "4"], ["--temperature", "2"]):
        outcome = saps("synthesize", text, "--best", "--top", "2", *options)
        assert outcome.status == 0
        assert outcome.out.startswith("1. ")
        assert outcome.out.count("probability: ") == 2


def test_a_seed_makes_the_draw_another_and_the_same_again(saps: RunSaps) -> None:
    drawn = [
        saps(
            "synthesize", "given an array a , find what is hard to say", "--temperature", "3", *seed
        )
        for seed in ([], ["--seed", "0"], ["--seed", "1"], ["--seed", "1"])
    ]
    assert drawn[0].out == drawn[1].out != drawn[2].out == drawn[3].out


def test_unknown_words_doubts_and_letters_are_told_on_stderr(saps: RunSaps) -> None:
    outcome = saps("synthesize", "frobnicate map", "--best", "--arg", "map=int[]", "--python")
    assert outcome.out.startswith(("def ", "import "))
    assert "the argument map is called a" in outcome.err
    assert "the model has never seen 'frobnicate'" in outcome.err
    assert "the closest tasks the model knows:\n  " in outcome.err or "unsure" not in outcome.err


def test_without_a_text_and_a_terminal_the_use_is_wrong(saps: RunSaps) -> None:
    outcome = saps("synthesize")
    assert (outcome.status, outcome.out) == (2, "")
    assert "give a text, or - to read specifications" in outcome.err


def test_views_fit_the_terminal(saps: RunSaps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    outcome = saps("synthesize", SUM, "--show", "attention,tree", "--show", "steps")
    views = outcome.out.partition("\nattention:\n")[2]
    assert "\ntree:\n" in views
    assert "\nsteps:\n" in views
    rows = [line for line in views.splitlines() if "read as" not in line]
    assert max(map(len, rows)) <= 62
    assert "\x1b" not in outcome.out


def test_json_has_attention_and_steps_where_they_are_to_be_shown(saps: RunSaps) -> None:
    answer = json.loads(saps("synthesize", SUM, "--json", "--show", "attention").out)
    words, nodes = answer["explanation"]["words"], answer["explanation"]["nodes"]
    assert "sum" in words
    assert [node["symbol"] for node in nodes] == answer["program"].replace("(", "").replace(
        ")", ""
    ).split()
    for node in nodes:
        assert sum(node["attention"]) == pytest.approx(1, abs=1e-4)
        assert len(node["likeliest"]) == 5
    assert "explanation" in json.loads(saps("synthesize", SUM, "--json", "--show", "steps").out)
    assert "explanation" not in json.loads(saps("synthesize", SUM, "--json", "--show", "tree").out)


def test_three_broken_lines_among_many_harm_no_other(saps: RunSaps) -> None:
    lines = [b"given a number a , find a plus 1"] * 300
    lines[7], lines[200], lines[299] = b"\xff\xfe", b"", b"word " * 500
    outcome = saps("synthesize", "-", stdin=b"\n".join(lines) + b"\n")
    answers = [json.loads(line) for line in outcome.out.splitlines()]
    assert len(answers) == 300
    failed = [number for number, answer in enumerate(answers) if "error" in answer]
    assert failed == [7, 200, 299]
    assert {answer.get("program") for answer in _without(answers, failed)} == {"(+ a 1)"}
    assert (outcome.status, outcome.err) == (1, "saps: error: 3 of 300 lines failed\n")


def _without(answers: list[dict[str, str]], failed: list[int]) -> Iterator[dict[str, str]]:
    return (answer for number, answer in enumerate(answers) if number not in failed)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.model"])
def test_a_model_with_a_file_missing_is_named(saps: RunSaps, tmp_path: Path, name: str) -> None:
    from saps.model.bundle import PRETRAINED

    for file in PRETRAINED.iterdir():
        if file.name != name:
            (tmp_path / file.name).write_bytes(file.read_bytes())
    outcome = saps("synthesize", SUM, "--model", str(tmp_path))
    assert (outcome.status, outcome.out) == (1, "")
    assert f"{name} is missing" in outcome.err


def test_a_damaged_calibration_is_named(saps: RunSaps, tmp_path: Path) -> None:
    from saps.model.bundle import PRETRAINED

    for file in PRETRAINED.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "calibration.json").write_text("{}")
    outcome = saps("synthesize", SUM, "--model", str(tmp_path))
    assert (outcome.status, outcome.out) == (1, "")
    assert "'saps calibrate' writes a new one" in outcome.err


def test_attention_becomes_a_picture(saps: RunSaps, tmp_path: Path) -> None:
    path = tmp_path / "looked.svg"
    outcome = saps("show", SUM, "--attention", str(path))
    assert (outcome.status, outcome.out) == (0, "(reduce xs 0 +)\n")
    assert path.read_text().lstrip().startswith("<?xml")
    first = path.read_bytes()
    saps("show", SUM, "--attention", str(path))
    assert path.read_bytes() == first
    assert saps("show", SUM, "--attention", str(tmp_path / "looked.gif")).status == 1
    assert saps("show", "(+ a 1)", "--model", "x").status == 1
