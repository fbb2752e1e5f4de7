"""Which kinds of the catalogue compute what people ask for, and how often each is asked for.

    python -m benchmarks.covered REQUESTS.jsonl ... [--out COVERED.jsonl] [--asked asked_for.tsv]

The files are those of `benchmarks/strangers.py`. A kind covers a request if it computes the outputs
of all its tests, with every argument in one slot and numbers and strings of the text in the others;
one with a slot for a condition or a function is tried with each where no plain kind covers. What
the model would answer is not looked at: what is not covered lacks a kind, what is covered and
answered wrong lacks wordings. Two cores do 1,000 requests in five minutes.

`--out` gets a line {"id", "kinds"} for each request. `--asked` adds one to the count of the first
kind of each covered request: plain kinds first, in the order of the catalogue.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import islice, product
from pathlib import Path
from typing import Any, Final, TypeAlias

from benchmarks.strangers import is_same
from saps import Synthesizer
from saps.data.tasks.kinds import ELEMENT, Kind, composed, filled, people
from saps.lang import AlgoLispError, Node, compile_program
from saps.pool import map_in_order
from saps.synthesis.faults import SMALL
from saps.synthesis.kind_programs import plain_type
from saps.synthesis.preparation import Task, prepare

MOST_WAYS: Final = 60
Slots: TypeAlias = Mapping[str, str]  # name to type
Run: TypeAlias = Callable[[Mapping[str, Any]], Any]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--asked", type=Path)
    options = parser.parse_args()
    lines = [line for file in options.files for line in file.read_text("utf-8").splitlines()]
    asked: Counter[str] = Counter()
    rows = []
    for line, kinds in zip(lines, map_in_order(covering, lines, None), strict=True):
        asked.update(kinds[:1])
        rows.append(json.dumps({"id": json.loads(line)["id"], "kinds": kinds}))
    print(f"{asked.total()} of {len(rows)} requests are covered, by {len(asked)} kinds")
    if options.out:
        options.out.write_text("".join(f"{row}\n" for row in rows), "utf-8")
    if options.asked:
        known = options.asked.read_text("utf-8").splitlines() if options.asked.exists() else []
        asked.update({name: int(count) for name, count in (line.split("\t") for line in known)})
        counts = "".join(f"{name}\t{count}\n" for name, count in sorted(asked.items()))
        options.asked.write_text(counts, "utf-8")


def covering(line: str) -> list[str]:
    """Return the names of the kinds that compute the tests of a request, plain ones first."""
    request = json.loads(line)
    arguments = {name: plain_type(kind) for name, kind in request["args"].items()}
    literals = said(request)
    found: list[str] = []
    for kind in sorted(people().kinds.values(), key=lambda kind: len(applied(kind))):
        inner = applied(kind)
        if kind.language_type != plain_type(request["return_type"]) or len(inner) > bool(inner):
            continue
        if inner and found:
            break
        for part in fitting(kind, inner[0]) if inner else [None]:
            every = ways(kind, part, arguments, literals)
            if any(computes(kind, part, way, request) for way in every):
                found.append(kind.name)
                break
    return found


def applied(kind: Kind) -> list[str]:
    return [name for name, slot in kind.slots.items() if slot.is_applied]


def fitting(kind: Kind, name: str) -> list[Kind]:
    """Return the conditions or functions for a slot."""
    slot = kind.slots[name]
    entries = people().conditions if slot.type == "condition" else people().functions
    return [
        entry
        for entry in entries.values()
        if entry.element == slot.on and slot.gives in ("", entry.returns)
    ]


def said(request: Mapping[str, Any]) -> dict[str, str]:
    """Return the literals of a text and their types, small numbers included."""
    synthesizer = model()
    task = Task(request["text"], arguments=request["args"])
    prepared = prepare(task, synthesizer.vocabulary, synthesizer.predictor.bundle.symbols)
    names = prepared.names
    found = {literal: names.stand_in_types[n] for n, literal in names.stand_ins.items()}
    words = prepared.reading.text.split()
    found |= {word: "int" for word in words if word in SMALL or word in prepared.reading.labelled}
    return {literal: kind for literal, kind in found.items() if literal not in request["args"]}


@cache
def model() -> Synthesizer:
    return Synthesizer.load()


def slots_of(kind: Kind, part: Kind | None) -> Slots:
    """Return the slots for values of a kind and of what is applied in it; the latter with a dot."""
    own = {name: slot.language_type for name, slot in kind.slots.items() if not slot.is_applied}
    inner = part.slots.items() if part else ()
    return own | {f"inner.{name}": slot.language_type for name, slot in inner}


def ways(
    kind: Kind, part: Kind | None, arguments: Slots, literals: Slots
) -> Iterator[Mapping[str, str]]:
    """Yield ways to fill slots: each argument once, literals in what is left."""
    slots = slots_of(kind, part)
    choices = [
        [name for name, own in (*arguments.items(), *literals.items()) if own == wanted]
        for wanted in slots.values()
    ]
    every = (dict(zip(slots, chosen, strict=True)) for chosen in product(*choices))
    taken = ((way, sorted(one for one in way.values() if one in arguments)) for way in every)
    return islice((way for way, used in taken if used == sorted(arguments)), MOST_WAYS)


def computes(
    kind: Kind, part: Kind | None, way: Mapping[str, str], request: Mapping[str, Any]
) -> bool:
    run = compiled(kind.name, part.name if part else "")
    if run is None:
        return False
    try:
        for test in request["tests"]:
            inputs = test["input"]
            literals = {n: json.loads(one) for n, one in way.items() if one not in inputs}
            values = literals | {n: inputs[one] for n, one in way.items() if one in inputs}
            if not is_same(run(values), test["output"]):
                return False
    except AlgoLispError:
        return False
    return True


@cache
def compiled(name: str, inner: str) -> Run | None:
    """Return what runs a kind; None where a lambda would hide an argument."""
    catalogue = people()
    kind = catalogue.kinds[name]
    part = (catalogue.conditions | catalogue.functions)[inner] if inner else None  # type: ignore[operator]
    bodies = {}
    if part is not None:
        renamed = {slot: Node(f"inner.{slot}") for slot in part.slots}
        bodies[applied(kind)[0]] = filled(part.program, renamed | {"x": Node(ELEMENT)})
    program = composed(kind.program, "=", {}, bodies)
    if program is None:
        return None
    try:
        return compile_program(program, slots_of(kind, part))
    except AlgoLispError:
        return None


if __name__ == "__main__":
    main()
