"""Makes tasks, and writes a data set: OUT/train.jsonl, dev.jsonl, test.jsonl and metadata.json."""

import logging
from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import count, takewhile
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from saps.data.algolisp import format_example
from saps.data.example import Example, Test
from saps.data.files import sole_writer
from saps.data.statistics import data_progress
from saps.data.tasks.composer import Draft, Pair, Shape, draw_draft, phrase_task
from saps.data.tasks.dataset_folder import check_folder, write_folder
from saps.data.tasks.family import Catalogue, default_catalogue
from saps.data.tasks.kinds import Slot, people
from saps.data.tasks.natural_inputs import LARGEST_NUMBER, LIMITS, draw_by_type, draw_inputs
from saps.data.tasks.people import Asked, Drawing
from saps.data.tasks.sharding import (
    N_BLOCKS,
    RULES,
    Collector,
    Made,
    Place,
    Settings,
    Shard,
    block_of,
    split_by_surface,
    split_sizes,
)
from saps.data.tokenizer import normalise_text
from saps.data.wordings.noise import Noise
from saps.data.wordings.requests import NoWordingError, say
from saps.lang import AlgoLispError, Node, compile_program, infer_type
from saps.pool import map_in_order
from saps.resources import made_folder

if TYPE_CHECKING:
    from omegaconf import DictConfig

# Tests of a program: inputs by chance, outputs by the interpreter, dull programs refused.

N_TESTS = 10
_MAX_ATTEMPTS = 24


def draw_tests(program: Node, arguments: Mapping[str, str], rng: Random) -> tuple[Test, ...]:
    """Return ten tests; none when most inputs raise or nearly all outputs are alike."""
    run = compile_program(program, arguments, LIMITS)
    tests: list[Test] = []
    outputs: list[str] = []
    for attempt in range(_MAX_ATTEMPTS):
        inputs = draw_by_type(arguments, _largest(attempt - len(tests)), rng)
        try:
            tests.append(Test(inputs, run(inputs)))
            outputs.append(repr(tests[-1].output))
        except AlgoLispError:
            if attempt >= 5 and not tests:
                return ()
        if len(tests) == N_TESTS // 2 and len(set(outputs)) == 1:
            return ()
        if len(tests) == N_TESTS:
            _, n_commonest = Counter(outputs).most_common(1)[0]
            return tuple(tests) if n_commonest < N_TESTS - 1 else ()
    return ()


def _largest(n_failures: int) -> int:
    """Return the bound of numbers: a factorial or a position asks for small ones."""
    return (LARGEST_NUMBER, LARGEST_NUMBER, 12)[n_failures] if n_failures < 3 else 5


MAX_WORDS = 120
_MAX_SYMBOLS = 80

_EVERYWHERE = frozenset(Place(name, block) for name in split_sizes(0) for block in range(N_BLOCKS))


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
    wanted: Container[Place] = _EVERYWHERE

    def make(self, index: int) -> Task | None:
        """Return task number `index`, or None if the draw made no good task that is wanted."""
        rng = Random(f"{self.seed}:{index}")
        draft = draw_draft(self.catalogue, self.shape, rng)
        if draft is None:
            return None
        text = self._text(draft, index, rng)
        block = block_of(text)
        is_wanted = any(Place(split, block) in self.wanted for split in split_sizes(0))
        if not is_wanted or text.count(" ") >= MAX_WORDS:
            return None
        program = draft.root.node()
        if program is None or program.size > _MAX_SYMBOLS:
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


def _is_typed(program: Node, draft: Draft) -> bool:
    try:
        return str(infer_type(program, draft.arguments)) == draft.root.family.result
    except AlgoLispError:
        return False


def _example(draft: Draft, program: Node, text: str, tests: tuple[Test, ...]) -> Example:
    names = tuple(use.family.name for use in draft.root.uses())
    return Example(text, draft.arguments, draft.root.family.result, program, tests, names)


_CHUNK = 200  # draws that a worker makes at a time
_MAX_FRUITLESS = 400  # chunks without one new task, after which the grammar has no more to say

_REMEDY = "give out= another name, or overwrite=true to replace it"

Work = tuple[int, frozenset[Place]]
"""The number of a chunk, and the places that tasks are still wanted for."""

logger = logging.getLogger(__name__)


def generate(cfg: "DictConfig") -> Path:
    """Write the data set that `conf/generate.yaml` describes; return its folder."""
    keys = ("seed", "workers", "max_depth", "split", "shard", "catalogue", "overwrite")
    settings = {key: cfg[key] for key in keys}
    return generate_dataset(cfg.out, cfg.size, noise=Noise(**cfg.noise), **settings)


def generate_dataset(
    out: str | Path,
    size: int,
    *,
    seed: int = 1,
    workers: int | None = None,
    max_depth: int = 4,
    noise: Noise | None = None,
    split: str = "surface",
    shard: str | None = None,
    catalogue: str = "published",
    overwrite: bool = False,
) -> Path:
    """Write a data set and return its folder.

    Args:
        out: the folder; files of the same set in it are replaced when all is done, not before.
        size: tasks in all, shared out in the published proportions.
        seed: same seed, same bytes, whatever the number of workers; sets of different seeds have
            little in common.
        workers: processes; None for one a core.
        max_depth: families nested in one another, from 1 to 4.
        noise: rates at which words of the texts are spoilt; None for not at all.
        split: "surface" keeps each program in one split; "compositional" keeps pairs of families
            out of train besides.
        shard: "2/4" for the second of four parts, which goes to a folder of its own inside
            `out`; None for the whole. The parts one after another are the whole, byte for byte.
        catalogue: "published", the kinds of the published tasks, or "people", what people ask for.
        overwrite: replace a data set of other settings that the folder holds.

    Raises:
        DataError: the folder holds a data set of other settings, or cannot be written to.
        FolderInUseError: another command writes there.
        OSError: the folder cannot be made or written.
        ValueError: a setting is out of its range, or the grammar has too few tasks to say.
    """
    if not str(out):
        raise ValueError("out is empty; give a folder, such as data/generated")
    part = Shard() if shard is None else Shard.from_text(str(shard))
    settings = Settings(size, seed, max_depth, noise or Noise(), split, part, catalogue)
    folder = Path(out) / part.folder
    if Path(out).is_file():
        raise ValueError(f"out is {out}, which is a file; give a folder")
    if type(overwrite) is not bool:
        raise ValueError(f"overwrite is {overwrite!r}, expected true or false")
    check_folder(folder, settings.metadata(0, {}), _REMEDY, overwrite=overwrite)
    with made_folder(folder), sole_writer(folder):  # a path that cannot be written is known at once
        # Another command may have been there meanwhile.
        check_folder(folder, settings.metadata(0, {}), _REMEDY, overwrite=overwrite)
        collector = _collect(settings, workers)
        splits = {name: collector.lines(name) for name in split_sizes(0)}
        write_folder(
            folder, splits, lambda: settings.metadata(collector.n_programs, collector.held_out)
        )
    logger.info("%d tasks in %s", collector.n_tasks, folder)
    return folder


def _collect(settings: Settings, workers: int | None) -> Collector:
    collector = Collector(settings.quotas)
    n_fruitless = 0
    with data_progress() as progress:
        bar = progress.add_task("tasks", total=sum(settings.quotas.values()))
        work = _work(collector)
        for chunk in map_in_order(partial(_make_chunk, settings), work, workers):
            before = collector.n_tasks
            for made in chunk:
                collector.add(made)
            progress.update(bar, completed=collector.n_tasks)
            n_fruitless = n_fruitless + 1 if collector.n_tasks == before else 0
            if n_fruitless == _MAX_FRUITLESS:
                raise ValueError(_too_few(settings, collector))
    return collector


def _work(collector: Collector) -> Iterator[Work]:
    """Yield chunks until the collector is full.

    Workers compute ahead, so they may make what the collector then refuses; what they leave out
    it would refuse as well. Their number therefore changes nothing.
    """
    for number in takewhile(lambda _: collector.wanted, count()):
        yield number, collector.wanted


def _too_few(settings: Settings, collector: Collector) -> str:
    missing = Counter(place.split for place in collector.wanted)
    names = ", ".join(name for name in split_sizes(0) if missing[name])
    return (
        f"only {collector.n_tasks} different tasks found at max_depth={settings.max_depth}, too "
        f"few for {names}; ask for a smaller size or nest deeper"
    )


def _make_chunk(settings: Settings, work: Work) -> list[Made]:
    number, wanted = work
    make: Callable[[int], Task | None] = partial(_people_task, settings.seed, wanted)
    if settings.catalogue != "people":
        shape, how = Shape(max_depth=settings.max_depth), (settings.noise, settings.split)
        make = TaskMaker(default_catalogue(), shape, settings.seed, *how, wanted).make
    tasks = map(make, range(number * _CHUNK, (number + 1) * _CHUNK))
    return [
        Made(
            text=task.example.text,
            program=str(task.example.program),
            place=task.place,
            line=format_example(task.example).encode(),
            held_out=frozenset(map(str, task.held_out)),
        )
        for task in tasks
        if task is not None
    ]


# The tasks of the people's catalogue: what is asked, its text, its program, its tests.

_MOST_ATTEMPTS: Final = 40
_WITHOUT_ARGUMENTS: Final = 0.15  # of the tasks that need none so many stay


def _people_task(seed: int, wanted: Container[Place], index: int) -> Task | None:
    """Return task number `index`, or None if the draw made no good task that is wanted."""
    rng = Random(f"{seed}:people:{index}")
    asked = _drawing().draw(rng)
    if asked is None:
        return None
    unnamed = asked.program()  # its arguments have numbers yet, so it is the program's form
    try:
        request = say(asked, rng)
    except NoWordingError:
        return None
    program, text = asked.program(), normalise_text(request.text)
    if unnamed is None or program is None or not text or text.count(" ") >= MAX_WORDS:
        return None
    if not request.arguments and rng.random() > _WITHOUT_ARGUMENTS:
        return None
    place = Place(split_by_surface(None, unnamed, seed)[0], block_of(text))
    if place not in wanted:
        return None
    tests = _tests(asked, program, rng)
    if not tests:
        return None
    kind, names = asked.kind.language_type, tuple(asked.kinds())
    example = Example(text, request.arguments, kind, program, tests, names, request.text)
    return Task(example, place)


@cache
def _drawing() -> Drawing:
    return Drawing(people())


def _tests(asked: Asked, program: Node, rng: Random) -> tuple[Test, ...]:
    """Return ten tests on inputs as people try them; none where nearly all outputs are alike."""
    slots: dict[str, Slot] = {a.name: a.slot for a in asked.arguments()}
    types = {a.name: a.type for a in asked.arguments()}
    try:
        run = compile_program(program, types, LIMITS)
    except AlgoLispError:
        return ()
    tests: list[Test] = []
    for _ in range(_MOST_ATTEMPTS):
        inputs = draw_inputs(types, rng, slots)
        try:
            tests.append(Test(inputs, run(inputs)))
        except AlgoLispError:
            continue
        if len(tests) == N_TESTS:
            break
    outputs = {repr(test.output) for test in tests}
    is_varied = len(outputs) > 1 or not types
    return tuple(tests) if len(tests) == N_TESTS and is_varied else ()
