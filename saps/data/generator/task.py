"""Makes one task: expression, text, program, tests. A pure function of seed and index."""

from dataclasses import dataclass, field
from random import Random

from saps.data.example import Example, Test, normalise_text
from saps.data.generator.catalogue import Catalogue
from saps.data.generator.composer import Draft, Shape, draw_draft
from saps.data.generator.noise import Noise
from saps.data.generator.phrasing import phrase_task
from saps.data.generator.trial import draw_tests
from saps.lang import AlgoLispError, Node, infer_type

MAX_WORDS = 120
MAX_SYMBOLS = 80


@dataclass(frozen=True, slots=True)
class TaskMaker:
    """Makes the tasks of one data set."""

    catalogue: Catalogue
    shape: Shape
    seed: int
    noise: Noise = field(default_factory=Noise)

    def make(self, index: int) -> Example | None:
        """Return task number `index`, or None if the draw made no good task."""
        rng = Random(f"{self.seed}:{index}")
        draft = draw_draft(self.catalogue, self.shape, rng)
        if draft is None:
            return None
        program = draft.root.node()
        if program.size > MAX_SYMBOLS or not _is_typed(program, draft):
            return None
        text = normalise_text(phrase_task(draft.root, draft.arguments, rng))
        if text.count(" ") >= MAX_WORDS:
            return None
        tests = draw_tests(program, draft.arguments, rng)
        if self.noise:
            text = normalise_text(self.noise.spoil(text, rng))
        return _example(draft, program, text, tests) if tests else None


def _is_typed(program: Node, draft: Draft) -> bool:
    try:
        return str(infer_type(program, draft.arguments)) == draft.root.family.result
    except AlgoLispError:
        return False


def _example(draft: Draft, program: Node, text: str, tests: tuple[Test, ...]) -> Example:
    return Example(
        text=text,
        arguments=draft.arguments,
        return_type=draft.root.family.result,
        program=program,
        tests=tests,
        nodes=tuple(use.family.name for use in draft.root.uses()),
    )
