"""Fit all that a model's confidence rests on to requests of people; write it into its folder.

    OMP_NUM_THREADS=1 python benchmarks/fit_confidence.py FILE.jsonl [FILE.jsonl ...]
        [--model saps/pretrained] [--most 350] [--examples 120]

The files are those of `benchmarks/strangers.py`; of each, `--most` requests count, spread evenly.
Beside them stand requests that no program can do (tests/data/impossible_requests.txt): whatever is
found for one is wrong.
What is fitted, in this order:

- the factors: what it costs a candidate to leave out an argument, a literal or a step that was
  said, to fail always, to give the same always (`saps.synthesis.faults`). They are those under
  which the candidates that are right are likeliest among all that were found for their texts;
- four confidences: arguments declared, the text alone, one example given, and three, the last two
  from `--examples` requests of each file, since a search by examples takes seconds;
- the least confidence at which an answer is shown: see `least`.

A request that was used here says nothing of strangers any more: the figures in docs/ledger.md are
of other sets. One core does 1,000 requests in under ten minutes.
"""

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any, Final

import torch

from benchmarks.strangers import computes
from saps import Synthesizer
from saps.evaluation.report import file_digest
from saps.model.bundle import WEIGHTS, save_calibration
from saps.synthesis.answer import Synthesis, SynthesisError
from saps.synthesis.behaviour import Found, likeliest
from saps.synthesis.calibration import VERSION, Answer, Calibration, Fit, fit_answers
from saps.synthesis.faults import Factors, Faults
from saps.synthesis.preparation import Task, prepare
from saps.synthesis.synthesizer import answer

FREE = Factors(*[0.0] * len(Factors.__slots__))
KEPT_BACK: Final = 1 / 20
"""Of answers that are kept back, so many may be right; see `least`."""
LEASTS: Final = tuple(percent / 100 for percent in range(1, 11))
BATCH: Final = 32
LARGEST_FACTOR: Final = 8.0


@dataclass(frozen=True, slots=True)
class Option:
    """One behaviour found for a request.

    Attributes:
        log_prob: of the behaviour, faults not counted.
        faults: what it leaves out.
        size: nodes of its program.
        is_right: whether it computes the outputs of all tests.
    """

    log_prob: float
    faults: Faults
    size: int
    is_right: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and what was found for it.

    Attributes:
        file: name of its file.
        unknown: share of its words that the model never read.
        options: the likeliest first.
    """

    file: str
    unknown: float
    options: tuple[Option, ...]

    def best(self, factors: Factors) -> Answer:
        """Return what is the answer under some factors."""
        first = max(self.options, key=lambda one: one.log_prob - factors.loss(one.faults))
        loss = factors.loss(first.faults)
        return Answer(first.log_prob - loss, first.size, first.is_right, self.unknown)


Request = Mapping[str, Any]
IMPOSSIBLE = Path(__file__).parents[1] / "tests/data/impossible_requests.txt"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--model", type=Path, default=Path("saps/pretrained"))
    parser.add_argument("--most", type=int, default=350, help="requests of a file")
    parser.add_argument("--examples", type=int, default=120, help="of these with an example")
    options = parser.parse_args()
    files = {file.name: spread(file, options.most) for file in options.files}
    synthesizer = Synthesizer.load(options.model)
    impossible = [
        {"text": text, "args": {}, "tests": []}
        for text in IMPOSSIBLE.read_text(encoding="utf-8").splitlines()
    ]
    asked = {
        "args": list(ask(synthesizer, files, "args")),
        "text": list(ask(synthesizer, {**files, IMPOSSIBLE.name: impossible}, "text")),
    }
    factors = fit_factors([one for some in asked.values() for one in some])
    print(f"factors: {factors}")
    fits = {mode: fit(mode, some, factors) for mode, some in asked.items()}
    synthesizer.calibration = Calibration(fits["args"], 0.5, fits["text"], factors=factors)
    lowest = least(
        (fits[mode].confidence(a.log_prob, a.size, a.unknown), a.is_right)
        for mode, some in asked.items()
        for one in some
        if one.options and one.file != IMPOSSIBLE.name
        for a in [one.best(factors)]
    )
    print(f"least confidence that is shown: {lowest}")
    for mode, count in (("ex1", 1), ("ex3", 3)):
        shown = list(ask_with_examples(synthesizer, files, options.examples, count))
        fits[mode] = fit_answers([found for _, found in shown])
        print(table(mode, shown, fits[mode]), flush=True)
    fields = {
        "version": VERSION,
        "fit": {**fits["args"].to_json(), "threshold": 0.5},
        "undeclared": {"fit": fits["text"].to_json()},
        "examples": {"fit": fits["ex1"].to_json()},
        "several": {"fit": fits["ex3"].to_json()},
        "factors": factors.to_json(),
        "least": lowest,
        "weights": file_digest(options.model / WEIGHTS),
        "data": {"files": list(files), "requests": sum(map(len, files.values()))},
    }
    Calibration.from_json(fields)
    print(json.dumps(fields, indent=2))
    print(save_calibration(fields, options.model), f"({process_time():.0f} s of processor time)")


def spread(file: Path, most: int) -> list[Request]:
    """Return the requests of a file, every k-th one where there are more than `most`."""
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    step = max(1.0, len(lines) / most)
    chosen = [json.loads(lines[int(i * step)]) for i in range(min(most, len(lines)))]
    lacking = [name for name in ("text", "args", "tests") for one in chosen if name not in one]
    if lacking:
        raise SystemExit(f"{file}: a line has no {lacking[0]!r}; see benchmarks/strangers.py")
    return chosen


def ask(
    synthesizer: Synthesizer, files: Mapping[str, Sequence[Request]], mode: str
) -> Iterator[Asked]:
    """Yield all behaviours found for each request that gets any."""
    for name, requests in files.items():
        ready = []
        for request in requests:
            given = None if mode == "text" else request["args"]
            try:
                task = Task(request["text"], arguments=given)
                symbols = synthesizer.predictor.bundle.symbols
                ready.append((request, prepare(task, synthesizer.vocabulary, symbols)))
            except SynthesisError:
                continue
        for start in range(0, len(ready), BATCH):
            batch = ready[start : start + BATCH]
            found = likeliest(synthesizer.predictor, [prepared for _, prepared in batch], FREE)
            for (request, _), one in zip(batch, found, strict=True):
                if one.behaviours:
                    yield judged(name, request, one, is_free=mode == "text")


def judged(name: str, request: Request, found: Found, *, is_free: bool) -> Asked:
    """Tell which of the behaviours found for a request are right."""
    options, unknown = [], 0.0
    for behaviour in found.behaviours:
        alone = replace(found, predictions=(behaviour.best,), behaviours=(behaviour,))
        try:
            shown = answer(alone, top=1, calibration=None, is_declared=not is_free)
        except SynthesisError:
            continue
        unknown = shown.unknown_share
        tests = request["tests"]
        right = bool(tests) and computes(shown, request["args"], tests, is_free=is_free)
        size = shown.program.size
        options.append(Option(behaviour.best.log_prob, behaviour.faults, size, right))
    return Asked(name, unknown, tuple(options))


def ask_with_examples(
    synthesizer: Synthesizer, files: Mapping[str, Sequence[Request]], most: int, count: int
) -> Iterator[tuple[str, Answer]]:
    """Yield the answers that compute the first `count` tests, which are given as examples."""
    for name, requests in files.items():
        step = max(1, len(requests) // most)
        for request in requests[::step][:most]:
            first, others = request["tests"][:count], request["tests"][count:]
            given = [(test["input"], test["output"]) for test in first]
            try:
                found = synthesizer.synthesize(
                    request["text"], arguments=request["args"], examples=given, best=True
                )
            except (SynthesisError, ValueError):
                continue
            if isinstance(found, Synthesis) and found.passes:
                right = computes(found, request["args"], others, is_free=False)
                share = found.unknown_share
                yield name, Answer(found.log_prob, found.program.size, right, share)


def fit_factors(asked: Sequence[Asked], n_steps: int = 400) -> Factors:
    """Return the factors under which right candidates are likeliest among those of their texts.

    A conditional logit: the score of a candidate is scale * log-probability less a weight for each
    fault; a factor is its weight / scale. None is below 0, or above what no candidate survives.
    """
    torch.manual_seed(0)
    telling = [one for one in asked if 0 < sum(o.is_right for o in one.options) < len(one.options)]
    most = max((len(one.options) for one in telling), default=0)
    if not most:
        return Factors()
    log_probs = torch.full((len(telling), most), -torch.inf)
    faults = torch.zeros(len(telling), most, len(astuple(FREE)))
    right = torch.zeros(len(telling), most, dtype=torch.bool)
    for row, one in enumerate(telling):
        for place, option in enumerate(one.options):
            log_probs[row, place] = option.log_prob
            faults[row, place] = torch.tensor(astuple(option.faults), dtype=torch.float32)
            right[row, place] = option.is_right
    raw = torch.zeros(1 + faults.shape[-1], requires_grad=True)
    optimizer = torch.optim.Adam([raw], lr=0.05)
    absent = log_probs.isinf()
    for _ in range(n_steps):
        scale, *_ = weights = torch.nn.functional.softplus(raw)
        scores = scale * log_probs.masked_fill(absent, 0.0) - faults @ weights[1:]
        scores = scores.masked_fill(absent, -torch.inf)
        chosen = scores.masked_fill(~right, -torch.inf).logsumexp(1) - scores.logsumexp(1)
        # A weak pull to 0, for faults that hardly any candidate has.
        loss = -chosen.sum() + 0.5 * weights[1:].square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scale, *found = torch.nn.functional.softplus(raw).tolist()
    return Factors(*(round(min(LARGEST_FACTOR, weight / scale), 3) for weight in found))


def least(stated: Iterable[tuple[float, bool]]) -> float:
    """Return the confidence below which there is no answer but "I do not know".

    It is the largest of `LEASTS` at which at most one in twenty of the answers kept back is right:
    whoever wants that one has `--best`, the others are spared 19 wrong programs.

    Args:
        stated: confidence of each answer, and whether it is right.
    """
    answers, found = list(stated), 0.0
    for bound in LEASTS:
        kept = [is_right for confidence, is_right in answers if confidence < bound]
        if sum(kept) <= KEPT_BACK * len(kept):
            found = bound
    return found


def fit(mode: str, asked: Sequence[Asked], factors: Factors) -> Fit:
    """Fit the confidence of the answers, and print how it fares."""
    answers = [(one.file, one.best(factors)) for one in asked if one.options]
    before = sum(one.best(FREE).is_right for one in asked if one.options)
    usual = sum(one.best(Factors()).is_right for one in asked if one.options)
    found = fit_answers([a for _, a in answers])
    right = sum(a.is_right for _, a in answers)
    any_right = sum(any(o.is_right for o in one.options) for one in asked)
    print(
        f"{mode}: right without factors {before}, with the usual ones {usual}, fitted {right}, "
        f"of {len(answers)}; some candidate is right for {any_right}"
    )
    print(table(mode, answers, found))
    return found


def table(mode: str, answers: Sequence[tuple[str, Answer]], fit: Fit) -> str:
    """Tell what is stated and what is right, by file and by what is stated."""
    rows = [f"{mode}: {fit}"]
    stated = [(name, fit.confidence(a.log_prob, a.size, a.unknown), a) for name, a in answers]
    for file in dict.fromkeys(name for name, _ in answers):
        some = [(c, a.is_right) for name, c, a in stated if name == file]
        mean, n = sum(c for c, _ in some) / len(some), len(some)
        rows.append(f"  {file}: right {sum(r for _, r in some)} of {n}, mean stated {mean:.3f}")
    edges = (0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 0.9, 1.01)
    for low, high in pairwise(edges):
        inside = [a.is_right for _, c, a in stated if low <= c < high]
        if inside:
            rows.append(f"  stated {low:.2f} to {high:.2f}: right {sum(inside)} of {len(inside)}")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
