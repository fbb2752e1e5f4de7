"""An answer for people: programs, types, confidence, what the examples say."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from saps.cli.synthesis.style import bad, cut, good, n_columns, strong
from saps.cli.values import show_value

if TYPE_CHECKING:
    from saps.decoding.synthesis import Candidate, Outcome, Synthesis


def answer_lines(synthesis: "Synthesis") -> Iterator[str]:
    """Yield the answer; with several candidates or examples, each with its probability."""
    candidates = synthesis.candidates
    if len(candidates) > 1:
        for number, candidate in enumerate(candidates, start=1):
            if number > 1:
                yield ""
            yield from _numbered(number, candidate)
        return
    yield f"program: {strong(str(synthesis.program))}"
    yield f"type:    {signature(synthesis)}"
    if synthesis.confidence is not None and not candidates[0].outcomes:
        yield f"sure:    {confidence(synthesis.confidence)}"
    if candidates and candidates[0].outcomes:
        yield f"passes:  {_passed(candidates[0])}\n"
        yield from outcome_table(candidates[0].outcomes)
    yield f"\n{synthesis.python.rstrip()}"


def signature(program: "Synthesis | Candidate") -> str:
    """Return "(a: int[]) -> int"."""
    arguments = ", ".join(f"{name}: {kind}" for name, kind in program.arguments.items())
    return f"({arguments}) -> {program.return_type}"


def percent(share: float) -> str:
    """Return "98 %"; what is not all is not called all, nor what is not nothing, nothing."""
    rounded = round(100 * share)
    if rounded == 100 and share < 0.9995:
        return f"{min(99.9, 100 * share):.1f} %"
    return f"{100 * share:.1f} %" if 0 < share < 0.1 else f"{rounded} %"


def confidence(share: float) -> str:
    """Return "98 %", and no more than "over 99 %"."""
    if share > 0.99:
        return "over 99 %"
    return "under 1 %" if share < 0.01 else f"{round(100 * share)} %"


def outcome_table(outcomes: "tuple[Outcome, ...]") -> Iterator[str]:
    """Yield a table of what was expected and what came, no wider than the terminal."""
    rows = [("input", "expected", "got", "")]
    rows += [
        (
            show_value(dict(outcome.inputs)),
            show_value(outcome.expected),
            f"error: {outcome.error}"
            if outcome.error
            else show_value(outcome.got if outcome.got is not None else ""),
            "ok" if outcome.passed else "no",
        )
        for outcome in outcomes
    ]
    widths = _widths(rows)
    for cells in rows:
        shown = [cut(cell, width).ljust(width) for cell, width in zip(cells, widths, strict=False)]
        mark = good("ok") if cells[3] == "ok" else bad("no") if cells[3] else ""
        yield f"  {'  '.join(shown)}  {mark}".rstrip()


def _widths(rows: list[tuple[str, str, str, str]]) -> list[int]:
    """Return the widths of three columns: as wide as they are, or the widest made narrower."""
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    room = n_columns() - 10
    while sum(widths) > room:
        widths[widths.index(max(widths))] -= 1
    return widths


def _numbered(number: int, candidate: "Candidate") -> Iterator[str]:
    yield f"{number}. {strong(str(candidate.program))}"
    yield f"   type:        {signature(candidate)}"
    yield f"   probability: {percent(candidate.probability)}"
    if candidate.outcomes:
        yield f"   passes:      {_passed(candidate)}\n"
        yield from outcome_table(candidate.outcomes)
    yield ""
    yield from (f"   {line}".rstrip() for line in candidate.python.rstrip().splitlines())


def _passed(candidate: "Candidate") -> str:
    n = len(candidate.outcomes)
    told = f"{candidate.n_passed} of {n} example{'s' if n > 1 else ''}"
    return good(told) if candidate.passes else bad(told)
