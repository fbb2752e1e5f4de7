"""What a reader of the tables has to know: failures, what V can not do, what search has seen."""

from collections.abc import Iterator

from saps.evaluation.ablation.result import Ablation
from saps.evaluation.ablation.state import Stage

# Their siblings share one state: right on no program with two siblings that differ.
_BLIND_TO_SIBLINGS = ("saps_v", "saps_v_att")


def notes(ablation: Ablation) -> Iterator[str]:
    """Yield the notes, each a sentence or two."""
    for result in ablation.results.values():
        if result.stage is Stage.FAILED:
            yield f"{result.row.title} failed: {result.reason}."
        elif result.stage is not Stage.DONE:
            yield f"{result.row.title} is not made yet: the same command goes on."
    yield from _siblings(ablation)
    if any(result.test and result.test.is_holdout for result in ablation.results.values()):
        yield (
            "Search sees the first three tests of a task; its accuracy (holdout, *) is that by "
            "the others. It trains nothing of its own."
        )
    yield from _fewer_tasks(ablation)
    if any(result.row.starts_from for result in ablation.results.values()):
        yield (
            "SAPSpre starts from the decoder of an autoencoder, trained before on the programs of "
            f"the same tasks for {n_epochs(ablation.settings.autoencoder_epochs)} of its own; its "
            "256 is the latent size of the paper, here it is that of the size."
        )


def n_epochs(count: int) -> str:
    """Return `1 epoch`, `2 epochs`."""
    return f"{count} epoch" if count == 1 else f"{count} epochs"


def _fewer_tasks(ablation: Ablation) -> Iterator[str]:
    """Tell which rows were judged on fewer validation tasks than the data have."""
    judged = [
        (result.row, result.validation.exact_match.n)
        for result in ablation.results.values()
        if result.validation is not None
    ]
    of_others = {n for row, n in judged if row.dev_limit is None}
    for row, n in judged:
        if n == row.dev_limit and n not in of_others:  # else the limit left out no task
            yield f"{row.title} was judged on the first {n:,} validation tasks alone."


def _siblings(ablation: Ablation) -> Iterator[str]:
    for name in _BLIND_TO_SIBLINGS:
        result = ablation.results.get(name)
        if result is None or result.test is None or result.stage is not Stage.DONE:
            continue
        differing, exact = result.test.differing, result.test.exact_match
        verdict = "as it must be" if differing.count == 0 else "A DEFECT, it must be none"
        yield (
            f"{result.row.title} is right on {differing.count:.0f} of the {differing.n:,} test "
            f"tasks ({100 * differing.n / max(1, exact.n):.1f} %) whose program has two siblings "
            f"that differ ({verdict}), and on {exact.count - differing.count:.0f} of the "
            f"{exact.n - differing.n:,} others."
        )
