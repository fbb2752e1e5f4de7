"""Which requests a composition of the people's kinds can say, and which it cannot.

    python benchmarks/coverage.py find REQUESTS.jsonl --table TABLE.tsv    search for compositions
    python benchmarks/coverage.py check REQUESTS.jsonl --table TABLE.tsv   run those of the table

A line of REQUESTS is {"id", "text", "args": {name: type}, "tests": [{"input", "output"}]}. A line
of the table is an id, and a composition or, after "-", why there is none. A composition is a call
with its slots in order, as `count_where(xs, is_even() and gt(k))`; a name is an argument, and a
constant is a literal that the text says or implies.

`find` goes upward from the arguments: it keeps one composition for each value that the tests can
tell apart, and puts those into the slots of other kinds. It looks at `--most` compositions of
two kinds for each request, so a request without an answer may still have one.
"""

import argparse
import ast
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice, product
from pathlib import Path
from typing import Any

from saps.data.tasks.kinds import Kind, Kinds, Slot, people
from saps.data.tasks.people import Argument, Asked, Filler, Joint, Literal
from saps.english.literals import find_numerals, implied
from saps.english.quoted import find_quoted
from saps.lang import AlgoLispError, Limits, compile_program, values_equal

LIMITS = Limits(steps=20_000, elements=20_000, seconds=0.5)
MOST_LITERALS = 6
Request = Mapping[str, Any]


def main() -> None:
    options = _options(sys.argv[1:])
    lines = options.requests.read_text(encoding="utf-8").splitlines()
    requests = {request["id"]: request for request in map(json.loads, lines)}
    if options.action == "check":
        sys.exit(_check(requests, _table(options.table)))
    known = _table(options.table) if options.table.exists() else {}
    for name, request in requests.items():
        if known.get(name, "-").startswith("-"):
            found = next(_found(request, options.most), None)
            known[name] = found or known.get(name, "- no composition of two kinds was found")
            print(name, known[name], flush=True)
            rows = "".join(f"{key}\t{said}\n" for key, said in known.items())
            options.table.write_text(rows, encoding="utf-8")
    _say_how_many(known)


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("action", choices=("find", "check"))
    parser.add_argument("requests", type=Path)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--most", type=int, default=100_000, help="compositions of two kinds")
    return parser.parse_args(words)


def _table(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines if line)


def _say_how_many(table: Mapping[str, str]) -> None:
    said = sum(not row.startswith("-") for row in table.values())
    print(f"{said} of {len(table)} requests ({said / len(table):.0%}) are compositions of kinds")


# ------------------------------------------------------------------ checking a table


def _check(requests: Mapping[str, Request], table: Mapping[str, str]) -> int:
    wrong = [f"{name}: not in the table" for name in requests.keys() - table.keys()]
    for name, row in table.items():
        if name in requests and not row.startswith("-"):
            try:
                asked = read_composition(row, requests[name]["args"], people())
                reason = _failure(asked, requests[name])
            except (ValueError, AlgoLispError) as error:
                reason = str(error)
            wrong += [f"{name}: {row}: {reason}"] if reason else []
    print(*wrong, sep="\n")
    failed = {line.split(":", 1)[0] for line in wrong}
    _say_how_many({name: "- wrong" if name in failed else row for name, row in table.items()})
    return 1 if wrong else 0


def _failure(asked: Asked, request: Request) -> str:
    """Run a composition's program on all tests; say on which it is wrong."""
    program = asked.program()
    if program is None:
        return "a lambda hides an argument of another"
    run = compile_program(program, request["args"], LIMITS)
    for test in request["tests"]:
        value = run(test["input"])
        if not values_equal(value, test["output"]):
            return f"{test['input']} gives {value}, not {test['output']}"
    return ""


def read_composition(text: str, arguments: Mapping[str, str], kinds: Kinds) -> Asked:
    """Read "count_where(xs, is_even() and gt(3))".

    Raises:
        ValueError: it names no kind, or gives a kind too few or too many fillers.
    """
    filler = _filler(ast.parse(text, mode="eval").body, arguments, kinds)
    if not isinstance(filler, Asked):
        raise ValueError(f"{text} is no call of a kind")
    return filler


def _filler(tree: ast.expr, arguments: Mapping[str, str], kinds: Kinds, sort: str = "") -> Filler:
    """Read what stands in a slot; `sort` is "condition" or "function" where it is of these."""
    if isinstance(tree, ast.BoolOp):
        joined = [_filler(value, arguments, kinds, sort) for value in tree.values]
        both = [one for one in joined if isinstance(one, Asked)]
        if len(joined) != 2 or both != joined:
            raise ValueError("only two conditions can be joined")
        first, second = both
        return Joint("and" if isinstance(tree.op, ast.And) else "or", first, second)
    if isinstance(tree, ast.Name):
        if tree.id not in arguments:
            raise ValueError(f"no argument {tree.id}")
        return _argument(tree.id, arguments[tree.id])
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
        name = tree.func.id
        rooms = {"condition": kinds.conditions, "function": kinds.functions}
        kind = rooms.get(sort, kinds.kinds).get(name)
        if kind is None or len(kind.slots) != len(tree.args):
            raise ValueError(f"no {sort or 'kind'} {name} with {len(tree.args)} slots")
        slots = [slot.type if slot.is_applied else "" for slot in kind.slots.values()]
        pairs = zip(tree.args, slots, strict=True)
        fillers = [_filler(part, arguments, kinds, slot) for part, slot in pairs]
        return Asked(kind, dict(zip(kind.slots, fillers, strict=True)))
    return _literal(ast.literal_eval(tree))


@cache
def _argument(name: str, kind: str) -> Argument:
    return Argument(kind, None, name)  # type: ignore[arg-type]


def _literal(value: Any) -> Literal:
    return Literal(json.dumps(value), "string" if isinstance(value, str) else "int")


# ------------------------------------------------------------------ searching


@dataclass(frozen=True, slots=True)
class Form:
    """A kind with conditions and functions in their slots; what is left to fill are values.

    Attributes:
        slots: the type of each value, by its name in the program.
        run: computes the program's value from theirs.
        text: of the composition, with `{name}` for each value.
        returns: type of the result.
    """

    slots: Mapping[str, str]
    run: Callable[[Mapping[str, Any]], Any]
    text: str
    returns: str


@dataclass(frozen=True, slots=True)
class Term:
    """A composition without anything left to fill, and its values on the tests."""

    type: str
    values: tuple[Any, ...]
    text: str


@cache
def _forms() -> Sequence[Form]:
    """Return all kinds, each with whatever may stand in its slot for a condition or a function."""
    kinds = people()
    forms = []
    for kind in kinds.kinds.values():
        applied = {name: slot for name, slot in kind.slots.items() if slot.is_applied}
        if len(applied) > 1:
            continue  # a hundred thousand of them, and few requests
        entries = [_entries(slot, kinds) for slot in applied.values()]
        for chosen in product(*entries):
            form = _form(kind, dict(zip(applied, chosen, strict=True)))
            forms += [] if form is None else [form]
    # What has fewer values to fill is more often meant, and takes less time.
    return sorted(forms, key=lambda form: (form.text.count("("), len(form.slots)))


def _entries(slot: Slot, kinds: Kinds) -> list[Kind]:
    room = kinds.conditions if slot.type == "condition" else kinds.functions
    return [e for e in room.values() if e.element == slot.on and slot.gives in ("", e.returns)]


def _form(kind: Kind, applied: Mapping[str, Kind]) -> Form | None:
    types: dict[str, str] = {}

    def fill(owner: Kind, prefix: str) -> dict[str, Filler]:
        fillers: dict[str, Filler] = {}
        for name, slot in owner.slots.items():
            if name in applied and owner is kind:
                entry = applied[name]
                fillers[name] = Asked(entry, fill(entry, f"{prefix}{name}"))
            else:
                types[f"{prefix}{name}"] = slot.language_type
                fillers[name] = _argument(f"{prefix}{name}", slot.language_type)
        return fillers

    asked = Asked(kind, fill(kind, "slot"))
    program = asked.program()
    try:
        if program is None:
            return None
        run = compile_program(program, types, LIMITS)
    except AlgoLispError:
        return None
    return Form(types, run, _said(asked), kind.language_type)


def _said(filler: Filler) -> str:
    if isinstance(filler, Argument):
        return f"{{{filler.name}}}"
    assert isinstance(filler, Asked)
    return f"{filler.kind.name}({', '.join(map(_said, filler.fillers.values()))})"


def _found(request: Request, most: int) -> Iterator[str]:
    """Yield compositions that compute the tests: of one kind, then of two, one in the other."""
    wanted = [test["output"] for test in request["tests"]]
    inputs = [test["input"] for test in request["tests"]]
    kind = _type_of(wanted)
    leaves = [
        Term(each, tuple(i[name] for i in inputs), name) for name, each in request["args"].items()
    ]
    for value in islice(_literals(request["text"]), MOST_LITERALS):
        each = "string" if isinstance(value, str) else "int"
        leaves.append(Term(each, (value,) * len(inputs), repr(value)))
    goals = [form for form in _forms() if form.returns == kind or kind is None]
    tried = _filled(goals, [leaves], wanted)
    yield from (term.text for term in tried)
    inner = list(_distinct(_filled(_forms(), [leaves], None), leaves))
    yield from (term.text for term in islice(_filled(goals, [inner, leaves], wanted), most))


def _type_of(values: Sequence[Any]) -> str | None:
    """Return the type of the outputs; None where empty arrays alone do not tell it."""
    value = max(values, key=lambda v: len(v) if isinstance(v, list) else 1)
    if isinstance(value, list):
        inner = _type_of([part for v in values for part in v] or [[]]) if value else None
        return None if inner is None else f"{inner}[]"
    names = {bool: "bool", str: "string"}
    return names.get(type(value), "int")


def _literals(text: str) -> Iterator[Any]:
    """Yield what the text says or implies, numbers and strings, each once."""
    said: list[Any] = [json.loads(n.literal) for n in find_numerals(text)]
    said += [quoted.value for quoted in find_quoted(text)]
    lower = text.lower()
    said += [json.loads(literal) for word, literal in implied().items() if word in lower]
    yield from dict.fromkeys(v for v in said if isinstance(v, int | str))


def _filled(
    forms: Sequence[Form],
    terms: Sequence[Sequence[Term]],
    wanted: Sequence[Any] | None,
) -> Iterator[Term]:
    """Yield forms with their values filled.

    Args:
        forms: of one kind each.
        terms: one list, that fills all; or two, of which the first fills one and the second the
            others.
        wanted: yield only what computes these values.
    """
    for form in forms:
        others = {name: _of_type(terms[-1], each) for name, each in form.slots.items()}
        places = [None] if len(terms) == 1 else list(form.slots)
        for place in places:
            options = dict(others)
            if place is not None:
                options[place] = _of_type(terms[0], form.slots[place])
            for chosen in product(*options.values()):
                given = dict(zip(options, chosen, strict=True))
                values = _values(form, given, wanted)
                if values is not None:
                    said = form.text.format(**{name: term.text for name, term in given.items()})
                    yield Term(form.returns, values, said)


def _of_type(terms: Sequence[Term], kind: str) -> list[Term]:
    return [term for term in terms if term.type == kind]


def _values(
    form: Form, given: Mapping[str, Term], wanted: Sequence[Any] | None
) -> tuple[Any, ...] | None:
    """Return what a form gives on each test; None where it fails, or gives what is not wanted."""
    n_tests = len(next(iter(given.values())).values) if given else 0
    outputs = []
    for number in range(n_tests):
        try:
            output = form.run({name: term.values[number] for name, term in given.items()})
        except AlgoLispError:
            return None
        if wanted is not None and not values_equal(output, wanted[number]):
            return None
        outputs.append(output)
    return tuple(outputs) if outputs else None


def _distinct(terms: Iterable[Term], seen: Iterable[Term]) -> Iterator[Term]:
    """Yield terms whose values no term before had."""
    keys = {(term.type, repr(term.values)) for term in seen}
    for term in terms:
        key = (term.type, repr(term.values))
        if key not in keys:
            keys.add(key)
            yield term


if __name__ == "__main__":
    main()
