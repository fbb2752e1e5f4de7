"""An answer for people: programs and what examples say of them, other sides of it, and notes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from saps.cli.console import CommandError, cut, n_columns, styled
from saps.lang.render import box_tree
from saps.resources import show_value

if TYPE_CHECKING:
    from saps.synthesis.answer import Candidate, Outcome, Question, Synthesis
    from saps.synthesis.asking_back import NotKnownError
    from saps.synthesis.explanation import Explanation
    from saps.synthesis.synthesizer import Synthesizer


def answer_lines(synthesis: "Synthesis") -> Iterator[str]:
    """Yield the answer; with several candidates or examples, each with its probability."""
    candidates = synthesis.candidates
    if len(candidates) > 1:
        for number, candidate in enumerate(candidates, start=1):
            if number > 1:
                yield ""
            yield from _numbered(number, candidate)
        return
    yield f"program: {styled('strong', str(synthesis.program))}"
    yield f"type:    {synthesis.signature}"
    outcomes = candidates[0].outcomes if candidates else ()
    if synthesis.confidence is not None and synthesis.passes:
        yield f"sure:    {confidence(synthesis.confidence)}"
    if outcomes:
        yield f"passes:  {_passed(candidates[0])}\n"
        yield from _outcome_table(outcomes)
    yield f"\n{synthesis.python.rstrip()}"


def _numbered(number: int, candidate: "Candidate") -> Iterator[str]:
    yield f"{number}. {styled('strong', str(candidate.program))}"
    yield f"   type:        {candidate.signature}"
    yield f"   probability: {percent(candidate.probability)}"
    if candidate.outcomes:
        yield f"   passes:      {_passed(candidate)}\n"
        yield from _outcome_table(candidate.outcomes)
    yield ""
    yield from (f"   {line}".rstrip() for line in candidate.python.rstrip().splitlines())


def percent(share: float) -> str:
    """Return "98 %"; what is not all is not called all, nor what is not nothing, nothing."""
    # 0.999 is not certain, and 0.0001 is not impossible.
    rounded = round(100 * share)
    if rounded == 100 and share < 0.9995:
        return f"{min(99.9, 100 * share):.1f} %"
    return f"{100 * share:.1f} %" if 0 < share < 0.1 else f"{rounded} %"


def confidence(share: float) -> str:
    """Return "98 %", and no more than "over 99 %"."""
    # A calibration on some thousand answers tells no more.
    if share > 0.99:
        return "over 99 %"
    return "under 1 %" if share < 0.01 else f"{round(100 * share)} %"


def _passed(candidate: "Candidate") -> str:
    n = len(candidate.outcomes)
    told = f"{candidate.n_passed} of {n} example{'s' if n > 1 else ''}"
    return styled("good" if candidate.passes else "bad", told)


def _outcome_table(outcomes: "tuple[Outcome, ...]") -> Iterator[str]:
    """Yield a table of what was expected and what came, no wider than the terminal."""
    rows = [("input", "expected", "got", "")]
    for outcome in outcomes:
        got = show_value("" if outcome.got is None else outcome.got)
        rows.append(
            (
                show_value(dict(outcome.inputs)),
                show_value(outcome.expected),
                f"error: {outcome.error}" if outcome.error else got,
                styled("good", "ok") if outcome.passed else styled("bad", "no"),
            )
        )
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    while sum(widths) > n_columns() - 10:  # the widest made narrower
        widths[widths.index(max(widths))] -= 1
    for *cells, mark in rows:
        shown = [cut(cell, width).ljust(width) for cell, width in zip(cells, widths, strict=True)]
        yield f"  {'  '.join(shown)}  {mark}".rstrip()


# Other sides of an answer: its tree, its steps, the words that it looked at, its Python.

_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_BAR: Final = 6  # columns of a share of 100 %
_LEAST: Final = 0.05  # a smaller share of the attention is not shown


def read_views(texts: Iterable[str], option: str = "--show") -> list[str]:
    """Read the values of `option`, which may be parted by commas."""
    names = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    for name in names:
        if name not in (*VIEWS, "all"):
            raise CommandError(f"{option} {name}: expected {', '.join(VIEWS)} or all")
    return list(VIEWS) if "all" in names else list(dict.fromkeys(names))


def view_lines(name: str, synthesizer: "Synthesizer", synthesis: "Synthesis") -> Iterator[str]:
    """Yield a view of the best program, below its name."""
    yield f"{name}:"
    yield from (f"  {line}" for line in VIEWS[name](synthesizer, synthesis))


def _steps(synthesizer: "Synthesizer", synthesis: "Synthesis") -> Iterator[str]:
    """Yield how the text was read, then each node with what else was likely there."""
    explanation = synthesizer.explain(synthesis)
    yield f"read as: {' '.join(explanation.words)}"
    for old, new in () if synthesis.reading is None else synthesis.reading.changes:
        yield styled("faint", f"         '{old}' as '{new}'")
    for row, node in zip(_indented(explanation), explanation.nodes, strict=True):
        others = ", ".join(
            f"{symbol} {percent(p)}"
            for symbol, p in node.likeliest
            if symbol != node.symbol and p >= 0.001
        )
        row = f"{row}  {percent(node.probability):>6}"
        yield cut(f"{row}  else {others}" if others else row, n_columns())


def _attention(synthesizer: "Synthesizer", synthesis: "Synthesis") -> Iterator[str]:
    """Yield each node with the words that it looked at most, the most looked at first."""
    explanation = synthesizer.explain(synthesis)
    for row, node in zip(_indented(explanation), explanation.nodes, strict=True):
        if node.attention is None:
            yield "the model has no attention: it sees the text through one vector"
            return
        ranked = sorted(enumerate(node.attention), key=lambda pair: (-pair[1], pair[0]))
        for place, share in ranked:
            eighths = max(1, round(share * 8 * _BAR))
            bar = "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
            cell = f"  {explanation.words[place]} {bar} {percent(share)}"
            if share < _LEAST or len(row) + len(cell) > n_columns():
                break
            row += cell
        yield row


def _indented(explanation: "Explanation") -> list[str]:
    """Return the symbols of the nodes, indented by their depth and of one width."""
    rows = [f"{'  ' * node.depth}{node.symbol}" for node in explanation.nodes]
    width = min(max(map(len, rows)), n_columns() // 3)
    return [cut(row, width).ljust(width) for row in rows]


VIEWS: Final[dict[str, Callable[["Synthesizer", "Synthesis"], Iterator[str]]]] = {
    "tree": lambda _, synthesis: iter(box_tree(synthesis.program).splitlines()),
    "attention": _attention,
    "steps": _steps,
    "python": lambda _, synthesis: iter(synthesis.python.rstrip().splitlines()),
}


def sample_lines(synthesis: "Synthesis") -> Iterator[str]:
    """Yield runs of the program on small inputs, by which a wrong one shows itself."""
    for number, sample in enumerate(synthesis.samples):
        label = "samples: " if not number else " " * 9
        given = ", ".join(f"{n} = {show_value(v)}" for n, v in sample.inputs.items())
        yield f"{label}{given} -> {show_value(sample.output)}"


def _question_lines(question: "Question") -> Iterator[str]:
    """Yield a question as a note: which of two outputs is meant, and how to say so."""
    given = ", ".join(f"{n} = {show_value(v)}" for n, v in question.inputs.items())
    first, second = map(show_value, question.outputs)
    yield f"in doubt: for {given}, should it be {first} or {second}? Try --ask, or say which:"
    yield f"  --example '{show_value(dict(question.inputs))} -> {second}'"


# Notes: what a user should know of an answer besides the answer; for stderr.

_N_UNKNOWN: Final = 10  # words that are named, each by no more than so many characters
_WIDTH_OF_A_WORD: Final = 40


def notes(synthesis: "Synthesis") -> Iterator[str]:
    """Yield what is not as the text has it, doubts, and examples that nothing passes."""
    reading = synthesis.reading
    yield from _of_arguments(synthesis)
    if reading is not None and reading.unknown:
        words = [repr(cut(word, _WIDTH_OF_A_WORD)) for word in reading.unknown[:_N_UNKNOWN]]
        left = len(reading.unknown) - _N_UNKNOWN
        named = ", ".join(words) + (f" and {left} more" if left > 0 else "")
        yield (
            f"the model has never seen {named}; use another word, or declare it if it is an "
            "argument"
        )
    # Where examples were given, they have the word.
    has_examples = bool(synthesis.candidates and synthesis.candidates[0].outcomes)
    doubtful = synthesis.is_sure is False and not has_examples
    if doubtful and synthesis.confidence is not None:
        yield f"unsure: {confidence(synthesis.confidence)} of such answers are right"
    yield from _of_examples(synthesis)
    if synthesis.open_question is not None and synthesis.passes and not synthesis.is_sure:
        yield from _question_lines(synthesis.open_question)
    # A program that does what the examples ask needs no excuse.
    settled = has_examples and synthesis.passes
    if reading is not None and (reading.unknown or doubtful) and not settled:
        from saps.synthesis.asking_back import closest_kinds

        yield from _kind_lines(closest_kinds(reading.text))
    if noted := synthesis.conventions:
        yield f"{'; '.join(noted)} (see Conventions in docs/language.md)"
    if not synthesis.passes:
        best = synthesis.candidates[0]
        yield (
            f"no program passes all examples; the best one found passes {best.n_passed} of "
            f"{len(best.outcomes)}"
        )


def not_known_lines(error: "NotKnownError") -> Iterator[str]:
    """Yield what is said where no program is likely to be right."""
    from saps.synthesis.asking_back import FURTHER

    yield str(error)
    if error.words:
        words = ", ".join(repr(cut(word, _WIDTH_OF_A_WORD)) for word in error.words)
        yield f"no task the model knows uses {words}"
    yield from _kind_lines(error.kinds)
    yield f"to get further: {FURTHER}; --best shows the best guess"
    if error.guess.open_question is not None:
        yield from _question_lines(error.guess.open_question)


def _kind_lines(kinds: Sequence[str]) -> Iterator[str]:
    if kinds:
        yield "the closest tasks the model knows:"
        yield from (f"  {kind}" for kind in kinds)


def _of_examples(synthesis: "Synthesis") -> Iterator[str]:
    """Yield what the examples leave open, and where the text says something else."""
    told = synthesis.by_text
    if synthesis.is_weakly_shown:
        n, outcomes = synthesis.n_meanings, synthesis.candidates[0].outcomes
        given = "the example is" if len(outcomes) == 1 else "the examples are"
        fit = "it" if len(outcomes) == 1 else "them"
        yield f"{given} not enough to decide: {n} programs fit {fit}"
    missed = () if told is None else [o for o in told.outcomes if not o.passed]
    if told is not None and missed:
        got = missed[0].got
        does = "fails" if got is None else f"gives {cut(show_value(got), 60)}"
        yield (
            f"from the text alone it would be {told.program}, which {does} for "
            f"{cut(show_value(dict(missed[0].inputs)), 60)}; check the text and the example"
        )


def _of_arguments(synthesis: "Synthesis") -> Iterator[str]:
    """Yield what became of arguments and numbers that the text or the person gave."""
    for letter, name in synthesis.letters.items():
        if letter in synthesis.arguments:
            yield (
                f"the argument {name} is called {letter}: {name} already means something in "
                "the language"
            )
    for said in synthesis.left_out:
        yield f"{said} is not used by the program"
    for old, new in () if synthesis.reading is None else synthesis.reading.changes:
        if any(map(str.isnumeric, old)) and " " in new:  # a number that may be another one
            yield f"'{old}' was read as {new}"
    for name, kind in synthesis.stated_types.items():
        taken = synthesis.arguments.get(name, kind)
        if taken != kind:
            yield f"the text says that {name} is {kind}, but the program takes {taken}"
