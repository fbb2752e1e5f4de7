"""Makes one task: expression, text, program, tests. A pure function of seed and index."""

from collections.abc import Container
from dataclasses import dataclass, field
from random import Random

from saps.data.example import Example, Test, normalise_text
from saps.data.generator.catalogue import Catalogue
from saps.data.generator.composer import Draft, Shape, draw_draft
from saps.data.generator.noise import Noise
from saps.data.generator.phrasing import phrase_task
from saps.data.generator.readings import Pair
from saps.data.generator.shard import N_BLOCKS, Place, block_of
from saps.data.generator.split import RULES, split_sizes
from saps.data.generator.trial import draw_tests
from saps.lang import AlgoLispError, Node, infer_type

MAX_WORDS = 120
MAX_SYMBOLS = 80

EVERYWHERE = frozenset(Place(name, block) for name in split_sizes(0) for block in range(N_BLOCKS))


@dataclass(frozen=True, slots=True)
class Task:
    """A task, where it goes, and the pairs of families that bring it into its split, if any do."""

    example: Example
    place: Place
    held_out: frozenset[Pair] = frozenset()


@dataclass(frozen=True, slots=True)
class TaskMaker:
    """Makes the tasks of one data set.

    Attributes:
        split: the name of a rule, "surface" or "compositional".
        wanted: the places to make tasks for. What goes elsewhere costs little: that is known
            before the tests are made, which take most of the time.
    """

    catalogue: Catalogue
    shape: Shape
    seed: int
    noise: Noise = field(default_factory=Noise)
    split: str = "surface"
    wanted: Container[Place] = EVERYWHERE

    def make(self, index: int) -> Task | None:
        """Return task number `index`, or None if the draw made no good task that is wanted."""
        rng = Random(f"{self.seed}:{index}")
        draft = draw_draft(self.catalogue, self.shape, rng)
        if draft is None:
            return None
        text = self._text(draft, index, rng)
        block = block_of(text)
        if not self._wants(block) or text.count(" ") >= MAX_WORDS:
            return None
        program = draft.root.node()
        if program is None or program.size > MAX_SYMBOLS:
            return None
        decision = RULES[self.split](draft.root, program, self.seed)
        if decision is None:
            return None
        place = Place(decision[0], block)
        if place not in self.wanted or not _is_typed(program, draft):
            return None
        tests = draw_tests(program, draft.arguments, rng)
        return Task(_example(draft, program, text, tests), place, decision[1]) if tests else None

    def _text(self, draft: Draft, index: int, rng: Random) -> str:
        text = normalise_text(phrase_task(draft.root, draft.arguments, rng))
        if not self.noise:
            return text
        # random numbers of its own: noise changes nothing but the text
        return normalise_text(self.noise.spoil(text, Random(f"{self.seed}:{index}:noise")))

    def _wants(self, block: int) -> bool:
        return any(Place(split, block) in self.wanted for split in split_sizes(0))


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
