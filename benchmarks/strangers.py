"""How many requests of strangers the installed saps answers right, by what it is told.

    OMP_NUM_THREADS=1 python benchmarks/strangers.py FILE.jsonl --mode text,args,ex1,ex3
    ... --mode text,ask2                      what two questions are worth
    ... --ledger docs/ledger.md --set NAME    adds one line a mode to the ledger
    ... --failures OUT.jsonl                  what was answered wrong, and how

A line of FILE is {"id", "who", "text", "args": {name: type}, "return_type",
"tests": [{"input": {name: value}, "output": value}]}. Each request is asked once a mode. `text` is
the text alone; `args` gives the names and types of the arguments, too; `ex1` and `ex3` give the
first test, or three, as examples besides. An answer is right if it computes the outputs of all
tests that it was not shown; of the text alone, under some assignment of its arguments to the true
ones that fits their types. `ask1` to `ask3` give the text alone and answer so many questions: where
SAPS asks which of two meanings is right, the first test on which the two differ is shown to it.
An "I do not know" is no answer; how many of the guesses behind it are right is told apart.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from saps import Synthesizer
from saps.evaluation.metrics import wilson
from saps.lang import AlgoLispError, Limits, compile_program
from saps.synthesis.answer import Synthesis, SynthesisError
from saps.synthesis.behaviour import assignments

N_SHOWN = {"text": 0, "args": 0, "ex1": 1, "ex3": 3, "ask1": 0, "ask2": 0, "ask3": 0}
SURE = 0.9
STATED = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.01)
# A type that occurs five times has 120 assignments: more than that is nobody's request.
MOST_WAYS = 200
# The last of them is followed by the lines that are added.
LEDGER_ENDS = "|--:|"


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of one request in one mode.

    Attributes:
        request: a line of the file.
        program: the answer, or why there is none.
        stated: the confidence of the answer; 0 where there is none.
        is_right: by the tests that were not shown; false where it is not known.
        seconds: of processor time.
        right_guess: whether the guess is right that an "I do not know" keeps back; None where an
            answer is shown.
    """

    request: Mapping[str, Any]
    program: str
    stated: float
    is_right: bool
    seconds: float
    right_guess: bool | None = None


def main() -> None:
    options = parse(sys.argv[1:])
    content = options.file.read_bytes()
    requests = [json.loads(line) for line in content.splitlines()][: options.limit]
    synthesizer = Synthesizer.load(options.model)
    failures = []
    for mode in options.mode:
        answered = [ask(synthesizer, request, mode) for request in requests]
        print(summary(mode, answered), flush=True)
        failures += [(mode, one) for one in answered if not one.is_right]
        if options.ledger is not None:
            digest = hashlib.sha256(content).hexdigest()[:12]
            add_line(options.ledger, f"{options.set} ({digest})", mode, answered)
    if options.failures is not None:
        lines = (json.dumps(failure(mode, one), ensure_ascii=False) for mode, one in failures)
        options.failures.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; the modes become a list."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--mode", default="text,args,ex1,ex3", help="some of these, with commas")
    parser.add_argument("--limit", type=int, help="ask the first so many requests")
    parser.add_argument("--model", type=Path, help="folder of a model; else the bundled one")
    parser.add_argument("--failures", type=Path, help="file for what was answered wrong")
    parser.add_argument("--ledger", type=Path, help="file to which a line a mode is added")
    parser.add_argument("--set", help="what the ledger calls the file")
    options = parser.parse_args(arguments)
    options.mode = options.mode.split(",")
    if unknown := [mode for mode in options.mode if mode not in N_SHOWN]:
        parser.error(f"--mode {unknown[0]}: there are {', '.join(N_SHOWN)}")
    if (options.ledger is None) != (options.set is None):
        parser.error("give --ledger and --set together")
    if options.ledger is not None and options.limit is not None:
        parser.error("the ledger takes whole sets: leave --limit out")
    return options


def ask(synthesizer: Synthesizer, request: Mapping[str, Any], mode: str) -> Answered:
    """Ask once, and judge the answer by the tests that it was not shown; one is always left."""
    tests = list(request["tests"])
    n_shown = min(N_SHOWN[mode], len(tests) - 1)
    is_free = mode == "text" or mode.startswith("ask")
    given: dict[str, Any] = {} if is_free else {"arguments": request["args"]}
    if n_shown:
        given["examples"] = [(test["input"], test["output"]) for test in tests[:n_shown]]
    begun = time.process_time()
    try:
        answer = synthesizer.synthesize(request["text"], best=True, **given)
        tests = tests[n_shown:]
        for _ in range(int(mode[3:]) if mode.startswith("ask") else 0):
            shown = reply(answer, request["args"], tests)
            if shown is None or len(tests) == 1:
                break
            test, example = shown
            tests.remove(test)
            given["examples"] = [*given.get("examples", ()), example]
            answer = synthesizer.synthesize(request["text"], best=True, **given)
    except (SynthesisError, ValueError) as error:
        return Answered(request, str(error), 0.0, False, time.process_time() - begun)
    seconds = time.process_time() - begun
    is_right = computes(answer, request["args"], tests, is_free=is_free)
    stated, calibration = answer.confidence or 0.0, synthesizer.calibration
    if calibration is not None and answer.passes and stated < calibration.least:
        return Answered(request, "I do not know", 0.0, False, seconds, is_right)
    return Answered(request, str(answer.program), stated, is_right, seconds)


def reply(
    answer: Synthesis, wanted: Mapping[str, str], tests: Sequence[Mapping[str, Any]]
) -> tuple[Mapping[str, Any], tuple[dict[str, Any], Any]] | None:
    """Answer its question as a person would: return a test, and it as an example by own names.

    None where nothing is asked, or no test tells the two meanings apart.
    """
    question = answer.question()
    own = dict(answer.arguments)
    way = next(assignments(own, wanted), None)
    if question is None or way is None:
        return None
    programs = [compile_program(program, own, Limits()) for program in question.programs]
    for test in tests:
        inputs = {name: test["input"][true] for name, true in way.items()}
        outputs = []
        for program in programs:
            try:
                outputs.append(repr(program(inputs)))
            except AlgoLispError:
                outputs.append("")
        if outputs[0] != outputs[1]:
            return test, (inputs, test["output"])
    return None


def computes(
    answer: Synthesis,
    wanted: Mapping[str, str],
    tests: Sequence[Mapping[str, Any]],
    *,
    is_free: bool,
) -> bool:
    """Whether an answer computes the outputs of tests, under some way to name its arguments.

    Args:
        answer: to a request.
        wanted: the true arguments, name to type.
        tests: the input by the true names, and the output.
        is_free: arguments may be called otherwise than the true ones.
    """
    same = {name: name for name in answer.arguments}
    ways = islice(assignments(answer.arguments, wanted), MOST_WAYS) if is_free else iter([same])
    return any(_computes(answer, wanted, tests, way) for way in ways)


def _computes(
    answer: Synthesis,
    wanted: Mapping[str, str],
    tests: Sequence[Mapping[str, Any]],
    way: Mapping[str, str],
) -> bool:
    kinds = {own: wanted.get(name, answer.arguments[own]) for own, name in way.items()}
    try:
        program = compile_program(answer.program, kinds, Limits())
        return all(
            is_same(
                program({own: test["input"][name] for own, name in way.items()}), test["output"]
            )
            for test in tests
        )
    except (AlgoLispError, KeyError):  # KeyError: an argument that the request does not have
        return False


def is_same(got: Any, expected: Any) -> bool:
    """Compare values as a person would: 3 and 3.0 are one, 1 and true are not."""
    if isinstance(expected, list):
        return (
            isinstance(got, list) and len(got) == len(expected) and all(map(is_same, got, expected))
        )
    numbers = (int, float)
    is_number = type(got) in numbers and type(expected) in numbers
    return (is_number or type(got) is type(expected)) and bool(got == expected)


def summary(mode: str, answered: Sequence[Answered]) -> str:
    """Tell of one mode: the rate, what was stated as sure, the time; then the rate by who asked."""
    n, right, sure, wrong = counts(answered)
    low, high = wilson(right, n)
    stated = sum(one.stated for one in answered) / n
    seconds = sorted(one.seconds for one in answered)
    by_who = defaultdict(list)
    for one in answered:
        by_who[one.request.get("who") or "all"].append(one.is_right)
    groups = sorted(by_who.items(), key=lambda item: -len(item[1]))
    told = "; ".join(f"{who} {sum(found)}/{len(found)}" for who, found in groups)
    kept = [one.right_guess for one in answered if one.right_guess is not None]
    return (
        f"{mode:5} right {right} of {n} ({100 * right / n:.1f} %, {100 * low:.0f} to "
        f"{100 * high:.0f}); stated {100 * SURE:.0f} % or more: {sure}, of them wrong {wrong}; "
        f"mean stated {100 * stated:.1f} %; processor s: median {seconds[n // 2]:.2f}, nine in ten "
        f"under {seconds[int(0.9 * n)]:.2f}, worst {seconds[-1]:.2f}"
        + (f'; "I do not know": {len(kept)}, of the guesses right {sum(kept)}' if kept else "")
        + f"\n      by what is stated: {by_stated(answered)}"
        + (f"\n      {told}" if len(groups) > 1 else "")
    )


def by_stated(answered: Sequence[Answered]) -> str:
    """Tell how many are right of the answers that state so much; "I do not know" is none."""
    shown = [one for one in answered if one.right_guess is None]
    rows = []
    for low, high in pairwise(STATED):
        some = [one.is_right for one in shown if low <= one.stated < high]
        if some:
            rows.append(f"{low:.0%} to {min(high, 1):.0%} {sum(some)}/{len(some)}")
    return "; ".join(rows) or "nothing"


def counts(answered: Sequence[Answered]) -> tuple[int, int, int, int]:
    """Return how many there are, are right, are stated as sure, and are wrong among these."""
    sure = [one for one in answered if one.stated >= SURE]
    right = sum(one.is_right for one in answered)
    return len(answered), right, len(sure), sum(not one.is_right for one in sure)


def failure(mode: str, one: Answered) -> dict[str, Any]:
    """Return a line of the file of failures."""
    request = {key: one.request.get(key) for key in ("id", "text")}
    return {"mode": mode, **request, "program": one.program, "stated": one.stated}


def add_line(ledger: Path, name: str, mode: str, answered: Sequence[Answered]) -> None:
    """Add a line to the ledger, in one write behind all that is there."""
    n, right, sure, wrong = counts(answered)
    day = datetime.now(UTC).date().isoformat()
    cells = (day, commit(), name, mode, f"{right} of {n}", f"{wrong} of {sure}")
    text = ledger.read_text(encoding="utf-8")
    assert LEDGER_ENDS in text, f"{ledger} has no table to add to"
    with ledger.open("a", encoding="utf-8") as file:
        file.write(("" if text.endswith("\n") else "\n") + f"| {' | '.join(cells)} |\n")


def commit() -> str:
    """Return the commit that this file is of, with a + where files differ from it."""
    folder = Path(__file__).parent
    git = ["git", "-C", str(folder)]
    found = [
        subprocess.run([*git, *command], capture_output=True, text=True, check=False).stdout.strip()
        for command in (["rev-parse", "--short", "HEAD"], ["status", "--porcelain", "-uno"])
    ]
    return (found[0] or "unknown") + ("+" if found[1] else "")


if __name__ == "__main__":
    main()
