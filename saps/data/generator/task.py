"""Makes one task: expression, text, program, tests. A pure function of seed and index."""

from dataclasses import dataclass, field
from random import Random

from saps.data.example import Example, Test, normalise_text
from saps.data.generator.catalogue import Catalogue
from saps.data.generator.composer import Draft, Shape, draw_draft
from saps.data.generator.expression import Pair
from saps.data.generator.noise import Noise
from saps.data.generator.phrasing import phrase_task
from saps.data.generator.shard import Shard
from saps.data.generator.trial import draw_tests
from saps.lang import AlgoLispError, Node, infer_type

MAX_WORDS = 120
MAX_SYMBOLS = 80


@dataclass(frozen=True, slots=True)
class Task:
    """A task, and what its example does not tell: which families stand right inside which."""

    example: Example
    pairs: frozenset[Pair]


@dataclass(frozen=True, slots=True)
class TaskMaker:
    """Makes the tasks of one data set, or of one part of it."""

    catalogue: Catalogue
    shape: Shape
    seed: int
    noise: Noise = field(default_factory=Noise)
    shard: Shard = field(default_factory=Shard)

    def make(self, index: int) -> Task | None:
        """Return task number `index`, or None if the draw made no good task of this part."""
        rng = Random(f"{self.seed}:{index}")
        draft = draw_draft(self.catalogue, self.shape, rng)
        if draft is None:
            return None
        program = draft.root.node()
        if program.size > MAX_SYMBOLS:
            return None
        text = normalise_text(phrase_task(draft.root, draft.arguments, rng))
        if text.count(" ") >= MAX_WORDS:
            return None
        # before the costly rest; a spoilt text may belong to another part than the clean one
        if not self.noise and not self.shard.holds(text):
            return None
        tests = draw_tests(program, draft.arguments, rng) if _is_typed(program, draft) else ()
        if self.noise:
            text = normalise_text(self.noise.spoil(text, rng))
        if not tests or not self.shard.holds(text):
            return None
        return Task(_example(draft, program, text, tests), draft.root.pairs())


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
