"""How right the bundled model is on texts that give no arguments, and how right it says it is.

    python benchmarks/confidence.py

On the 100 requests of `tests/data/undeclared_requests.jsonl`, and on the 60 of
`tests/data/free_rewordings.jsonl` when their arguments are kept back; each with the fit on texts
that give their arguments, and with the one on texts that do not, which counts.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from saps.data.algolisp import read_examples
from saps.data.example import Example, Test
from saps.decoding.calibration import Answer, Calibration
from saps.decoding.synthesizer import Synthesizer
from saps.evaluation.settings import usable_cores
from saps.evaluation.undeclared import answers_to_texts_alone
from saps.lang import Limits, parse

FOLDER = Path(__file__).parents[1] / "tests" / "data"


def main() -> None:
    synthesizer = Synthesizer.load()
    calibration = synthesizer.calibration
    if calibration is None:
        raise SystemExit("the bundled model is not calibrated: 'saps calibrate' does it")
    print("| texts | fit | answers | right | mean confidence | likely right | of these right |")
    print("|---|---|--:|--:|--:|--:|--:|")
    for name, examples in (
        ("requests", requests(FOLDER / "undeclared_requests.jsonl")),
        ("free rewordings", list(read_examples(FOLDER / "free_rewordings.jsonl"))),
    ):
        answers = answers_to_texts_alone(
            synthesizer, examples, limits=Limits(), n_workers=usable_cores()
        )
        alone = replace(calibration, undeclared=None)
        print(_row(name, "with arguments", answers, alone))
        print(_row(name, "without", answers, calibration))


def requests(path: Path) -> list[Example]:
    """Read requests that have types and cases in order; their arguments get letters."""
    return [_example(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def _example(request: dict[str, object]) -> Example:
    types, cases = request["types"], request["cases"]
    assert isinstance(types, list)
    assert isinstance(cases, list)
    names = "abcdefghijkl"[: len(types)]
    tests = tuple(Test(dict(zip(names, c["inputs"], strict=True)), c["output"]) for c in cases)
    arguments = dict(zip(names, types, strict=True))
    # Nobody has written programs for them; none is looked at.
    return Example(str(request["text"]), arguments, "int", parse("0"), tests)


def _row(name: str, fit: str, answers: Sequence[Answer], calibration: Calibration) -> str:
    stated = [calibration.confidence(a.log_prob, a.size, is_declared=False) for a in answers]
    likely = [a.is_right for a, c in zip(answers, stated, strict=True) if c >= 0.5]
    n_right = sum(answer.is_right for answer in answers)
    mean = 100 * sum(stated) / len(stated)
    cells = (name, fit, len(answers), n_right, f"{mean:.0f} %", len(likely), sum(likely))
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main()
