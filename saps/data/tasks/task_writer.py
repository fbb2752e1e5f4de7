"""Makes one task: expression, text, program, tests. A pure function of seed and index."""

from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from random import Random

from saps.data.example import Example, Test
from saps.data.tasks.composer import Draft, Shape, draw_draft
from saps.data.tasks.family import Catalogue
from saps.data.tasks.natural_inputs import LARGEST_NUMBER, LIMITS, draw_by_type
from saps.data.tasks.phrasing import phrase_task
from saps.data.tasks.sharding import N_BLOCKS, RULES, Place, block_of, split_sizes
from saps.data.tasks.template_matcher import Pair
from saps.data.tokenizer import normalise_text
from saps.data.wordings.noise import Noise
from saps.lang import AlgoLispError, Node, Value, compile_program, infer_type

# Tests of a program: inputs by chance, outputs by the interpreter, dull programs refused.

N_TESTS = 10
MAX_ATTEMPTS = 24


def draw_tests(program: Node, arguments: Mapping[str, str], rng: Random) -> tuple[Test, ...]:
    """Return ten tests; none when most inputs raise or nearly all outputs are alike."""
    run = compile_program(program, arguments, LIMITS)
    tests: list[Test] = []
    for attempt in range(MAX_ATTEMPTS):
        inputs = draw_by_type(arguments, _largest(attempt - len(tests)), rng)
        try:
            tests.append(Test(inputs, run(inputs)))
        except AlgoLispError:
            if attempt >= 5 and not tests:
                return ()
        if len(tests) == N_TESTS // 2 and len({_key(test.output) for test in tests}) == 1:
            return ()
        if len(tests) == N_TESTS:
            return tuple(tests) if _tell_apart(tests) else ()
    return ()


def _largest(n_failures: int) -> int:
    """Return the bound of numbers: a factorial or a position asks for small ones."""
    return (LARGEST_NUMBER, LARGEST_NUMBER, 12)[n_failures] if n_failures < 3 else 5


def _tell_apart(tests: list[Test]) -> bool:
    commonest = Counter(_key(test.output) for test in tests).most_common(1)[0][1]
    return commonest < N_TESTS - 1


def _key(value: Value) -> str:
    return repr(value)


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
