"""Programs of whole kinds of tasks, their slots filled with what the text has.

Beside the network, which writes any program symbol by symbol, the bundled model has a classifier of
kinds (`saps.model.kind_classifier`). Here the likeliest kinds become programs: conditions and
functions go into their slots, another kind may go into a slot of its type and a third into one of
that, and the arguments and literals of the text fill the rest.

The probability of a program is that of its kind, times that of its parts, times that of the way in
which its slots are filled. The last is guessed: nothing was fitted to it.
"""

import re
from bisect import bisect_right, insort
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import combinations, islice, permutations, product
from math import factorial, log
from typing import Final, TypeAlias

import torch
from torch import Tensor

from saps.data.tasks.kinds import ELEMENT, composed, filled, over_element
from saps.english.names import LETTERS
from saps.lang import AlgoLispError, Node
from saps.lang.check import infer_signature
from saps.model.kind_classifier import Entry, KindClassifier
from saps.search.interface import Prediction
from saps.synthesis.edge_cases import said_edges, without_edges
from saps.synthesis.faults import SMALL, outside_examples, unsaid_numbers
from saps.synthesis.preparation import Prepared

N_KINDS: Final = 24
_N_PARTS: Final = 4
_N_NESTED: Final = 6
_DEPTH: Final = 2
_MOST_INNER: Final = 3
_MOST_WAYS: Final = 24
_MOST_ARGUMENTS: Final = 4
_LEAST_NESTED: Final = 3.0
"""A kind in a slot is tried where it is at most so many nats less likely than none."""

# Shares of tasks, guessed.
_IN_ORDER: Final = 0.75  # arguments of one type, taken in the order in which the text has them
_LITERAL: Final = 0.6  # a literal of the text in a slot that an argument might fill
_SUBJECT: Final = 0.15  # a string of the text as what a task is about, its first slot
_REPEATED: Final = 0.05  # a literal in two slots
_UNUSED_NAME: Final = 0.1  # a name of the text that is no argument
_EACH: Final = 0.5  # a kind of an element done to each of an array
_OTHER_TYPE: Final = 0.5  # a kind of numbers done to strings, where its program can
_OTHER_NUMBERS: Final = 0.5  # numbers of the text in the place of those that a kind has itself
_MOST_OWN: Final = 3

_TINY: Final = frozenset({"0", "1"})
_VARIABLE: Final = re.compile(r"[A-Z]")


@torch.inference_mode()
def kind_predictions(
    classifier: KindClassifier, prepared: Prepared, *, most: int, n_kinds: int = N_KINDS
) -> list[Prediction]:
    """Return programs of the likeliest kinds by letters, each once, the likeliest first.

    Args:
        classifier: of a model.
        prepared: a task; its types are kept to, its examples are not looked at.
        most: programs at most.
        n_kinds: kinds that are tried.
    """
    kind, part = _log_probs(classifier, prepared)
    fillers = _Fillers.of(prepared)
    wanted = prepared.request.result
    order = kind.argsort(descending=True).tolist()
    returns = [entry.returns for entry in classifier.kinds]
    fitting = (n for n in order if _agree(returns[n], wanted) or _agree(f"{returns[n]}[]", wanted))
    chosen = islice(fitting, n_kinds)
    letters = {literal: Node(letter) for letter, literal in prepared.names.stand_ins.items()}
    ways: list[tuple[float, _Build]] = []
    for rank, number in enumerate(chosen):
        is_whole = _agree(returns[number], wanted)
        depth = _DEPTH if rank < _N_NESTED else 0
        alone = float(torch.logaddexp(part[-1], part[number]))  # no kind is a part of itself
        for filling in _fillings(classifier, classifier.kinds[number], part, depth):
            of_kind = float(kind[number]) + (filling.log_prob if filling.parts else alone)
            built = filling.programs(fillers, is_whole=is_whole)
            ways += [(of_kind + log_prob, build) for build, log_prob in built]
    best = _likeliest(ways, letters, prepared, fillers.literals, most)
    return [Prediction(program, score) for program, score in best]


def _likeliest(
    ways: list[tuple[float, "_Build"]],
    letters: Mapping[str, Node],
    prepared: Prepared,
    literals: Mapping[str, str],
    most: int,
) -> list[tuple[Node, float]]:
    """Return the likeliest programs of some ways, each once.

    Most ways are too unlikely to be worth a tree, so trees are made from the likeliest on, until
    no way that is left can be among the first `most`.
    """
    found: dict[Node, float] = {}
    scores: list[float] = []  # of what is found, below 0, the likeliest first
    for score, build in sorted(ways, key=lambda way: -way[0]):
        if bisect_right(scores, -score) >= most:
            break
        program = build()
        if program is None:
            continue
        written = filled(program, letters)
        for told, cost in _with_said_numbers(written, prepared, literals):
            if told in found:
                if found[told] >= score + cost:
                    continue
                scores.remove(-found[told])
            found[told] = score + cost
            insort(scores, -(score + cost))
    return sorted(found.items(), key=lambda item: -item[1])[:most]


def _log_probs(classifier: KindClassifier, prepared: Prepared) -> tuple[Tensor, Tensor]:
    """Return what the classifier says of a text, and of the text without its edges, as one.

    "0 if there are none" may follow any request, and speaks for the kinds that say so themselves.
    """
    text, literals = prepared.reading.text, prepared.names.stand_ins
    found = [classifier.log_probs(text)]
    if said_edges(text, literals):
        found.append(classifier.log_probs(without_edges(text, literals)))
    kind, part = (torch.stack(rows).logsumexp(0) for rows in zip(*found, strict=True))
    return kind - log(len(found)), part - log(len(found))


def _with_said_numbers(
    program: Node, prepared: Prepared, literals: Mapping[str, str]
) -> Iterator[tuple[Node, float]]:
    """Yield a kind's program, and with numbers of the text for its own that the text does not say.

    A kind for fares has the fares of its author's town. With each comes its log-probability.
    """
    reading = prepared.reading
    own = unsaid_numbers(program, reading.text, reading.labelled)
    used = {part.symbol for part in program.preorder()}
    idle = [n for n, kind in literals.items() if kind == "int" and n not in used]
    said = [n for n in dict.fromkeys(reading.text.split()) if n in idle and n not in _TINY]
    if not 0 < len(own) <= min(_MOST_OWN, len(said)):
        yield program, 0.0
        return
    yield program, log(1 - _OTHER_NUMBERS)
    in_order = set(combinations(said, len(own)))
    ways = list(islice(permutations(said, len(own)), _MOST_WAYS))
    for chosen in ways:
        share = _IN_ORDER if chosen in in_order else 1 - _IN_ORDER
        letters = {number: Node(letter) for number, letter in zip(own, chosen, strict=True)}
        yield filled(program, letters), log(_OTHER_NUMBERS * share / len(ways))


def _agree(kind: str, wanted: str | None) -> bool:
    return (
        wanted is None or bool(_VARIABLE.search(wanted)) or plain_type(kind) == plain_type(wanted)
    )


def plain_type(kind: str) -> str:
    """Return a type as the language has it: one for all numbers, one for all strings."""
    return kind.replace("float", "int").replace("char", "string")


def likely_operations(
    classifier: KindClassifier, prepared: Prepared, most: int, always: Collection[str] = ()
) -> Iterator[tuple[tuple[str, ...], str, float, Callable[[Sequence[Node]], Node | None]]]:
    """Yield what the likeliest entries do, as functions of values.

    Args:
        classifier: of a model.
        prepared: a task.
        most: entries at most.
        always: names of entries that count among the likely ones, whatever the text says.

    Yields:
        The types of the arguments, the first of which is the element of a condition or a function;
        that of the value; the log-probability, that of the likeliest entry being 0; and what
        writes a call, by the programs of the arguments.
    """
    kind, part = _log_probs(classifier, prepared)
    score = part[:-1] - part[:-1].max()
    score[: len(kind)] = torch.maximum(score[: len(kind)], kind - kind.max())
    likely = score.topk(min(most, len(score))).indices.tolist()
    also = (n for n, entry in enumerate(classifier.entries) if entry.name in always)
    for number in dict.fromkeys((*likely, *also)):
        entry = classifier.entries[number]
        element = {("x",): plain_type(entry.element)} if entry.element else {}
        for filling in islice(_fillings(classifier, entry, part, 0), _MOST_INNER):
            slots = element | dict(filling.slots())
            if 0 < len(slots) <= _MOST_ARGUMENTS:
                build = partial(_call, filling, tuple(slots))
                yield tuple(slots.values()), plain_type(entry.returns), float(score[number]), build


def _call(filling: "_Filling", slots: Sequence["_Path"], arguments: Sequence[Node]) -> Node | None:
    own = dict(zip(slots, arguments, strict=True))
    written = filling.program(own)
    if written is None or not filling.entry.element:
        return written
    return filled(written, {ELEMENT: own["x",]})


def literals_said(prepared: Prepared) -> list[str]:
    """Return the numbers of a text that every model has a label for."""
    return [one for one in _Fillers.of(prepared).literals if one not in prepared.names.stand_ins]


# Which entries stand in which slots.


def _fillings(
    classifier: KindClassifier, entry: Entry, part: Tensor, depth: int
) -> Iterator["_Filling"]:
    """Yield a kind with the likeliest conditions and functions, and with kinds in its slots.

    As many kinds as `depth` may stand in one another in a slot.
    """
    slots = entry.applied_slots
    choices = [_parts(classifier, entry.slots[name], part) for name in slots]
    for chosen in islice(product(*choices), _MOST_WAYS):
        parts = {n: _Filling(inner, {}) for n, (inner, _) in zip(slots, chosen, strict=True)}
        if len({inner.entry.name for inner in parts.values()}) < len(parts):
            continue
        score = sum(log_prob for _, log_prob in chosen)
        yield _Filling(entry, parts, score)
        for name in entry.slots if depth else ():
            if name in slots:
                continue
            for inner, log_prob in _parts(classifier, entry.slots[name], part):
                if log_prob <= float(part[-1]) - _LEAST_NESTED or inner is entry:
                    continue
                for nested in islice(_fillings(classifier, inner, part, depth - 1), _MOST_INNER):
                    told = score + log_prob + nested.log_prob
                    yield _Filling(entry, {**parts, name: nested}, told)


def _parts(classifier: KindClassifier, slot: str, part: Tensor) -> list[tuple[Entry, float]]:
    """Return the likeliest entries for a slot; what is applied has to be one of them."""
    fitting = classifier.fitting(slot)
    if not fitting:
        return []
    scores = part[fitting]
    if " " in slot:
        scores = scores.log_softmax(0)
    best = scores.topk(min(_N_PARTS, len(fitting)))
    places = zip(best.indices.tolist(), best.values.tolist(), strict=True)
    return [(classifier.entries[fitting[place]], score) for place, score in places]


_Path: TypeAlias = tuple[str, ...]  # the slots that lead to a slot, from the outermost
_Build: TypeAlias = Callable[[], Node | None]  # makes a program; None where there is none


@dataclass(frozen=True, slots=True)
class _Filling:
    """An entry with entries in some of its slots.

    Attributes:
        entry: the kind, condition or function.
        parts: slot to what stands in it.
        log_prob: of the parts, and of theirs.
    """

    entry: Entry
    parts: Mapping[str, "_Filling"]
    log_prob: float = 0.0

    def slots(self, path: _Path = ()) -> Iterator[tuple[_Path, str]]:
        """Yield the slots that are left and their types, the entry's own first."""
        for name, kind in self.entry.slots.items():
            if name not in self.parts:
                yield (*path, name), plain_type(kind)
        for name, part in self.parts.items():
            yield from part.slots((*path, name))

    def programs(
        self, fillers: "_Fillers", *, is_whole: bool = True
    ) -> Iterator[tuple["_Build", float]]:
        """Yield what makes the programs, by the ways to fill what is left, with log-probabilities.

        Where an array is declared and the kind takes an element, it is done to each of the array.
        A kind that rotates numbers rotates strings as well.

        Args:
            fillers: of the text.
            is_whole: whether the kind itself has the type that is wanted, or only arrays of it.
        """
        slots = dict(self.slots())
        each = [path for path in slots if len(path) == 1 and fillers.has_only_arrays(slots[path])]
        share = 1 - _EACH * bool(each)
        typings: list[tuple[_Path | None, list[str], float]] = []
        if is_whole:
            typings.append((None, list(slots.values()), share))
        for place in each:
            kinds = [f"{kind}[]" if path == place else kind for path, kind in slots.items()]
            typings.append((place, kinds, _EACH / len(each)))
        if is_whole and not self.parts and fillers.has_other(slots.values()):
            others = _other_typings(self.entry.program, tuple(path[-1] for path in slots))
            typings += [(None, list(kinds), _OTHER_TYPE) for kinds in others]
        for lifted, kinds, share in typings:
            for values, log_prob in islice(fillers.ways(kinds), _MOST_WAYS):
                yield partial(self._made, tuple(slots), values, lifted), log_prob + log(share)

    def _made(
        self, slots: Sequence[_Path], values: Sequence[str], lifted: _Path | None
    ) -> Node | None:
        own = {path: Node(value) for path, value in zip(slots, values, strict=True)}
        return self.program(own) if lifted is None else self._each(own, lifted)

    def _each(self, own: Mapping[_Path, Node], lifted: _Path) -> Node | None:
        """Return a program that does the kind to each element of what stands in a slot."""
        body = over_element(self.entry.program, lifted[-1])
        if body is None or self.parts:
            return None
        values = {path[-1]: value for path, value in own.items()}
        return Node("map", (own[lifted], Node("lambda1", (filled(body, values),))))

    def program(self, own: Mapping[_Path, Node], path: _Path = ()) -> Node | None:
        """Return the program; None where a lambda would hide an argument of another."""
        bodies: dict[str, Node] = {}
        values = {name: own[*path, name] for name in self.entry.slots if name not in self.parts}
        for name, part in self.parts.items():
            written = part.program(own, (*path, name))
            if written is None:
                return None
            (values if part.entry.sort == "=" else bodies)[name] = written
        return composed(self.entry.program, self.entry.sort, values, bodies)


@lru_cache(maxsize=4_096)
def _other_typings(program: Node, names: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return other types that the slots of a kind may have: its program may be general."""
    try:
        found = infer_signature(program, {}).arguments
    except AlgoLispError:
        return []
    general = [str(found[name]) if name in found else "" for name in names]
    if not all(general) or not any(map(_VARIABLE.search, general)):
        return []
    return [tuple(_VARIABLE.sub(kind, one) for one in general) for kind in ("string", "bool")]


# Which arguments and literals stand in the rest.


@dataclass(frozen=True, slots=True)
class _Fillers:
    """What may stand in slots: arguments and literals, by letter.

    Attributes:
        arguments: declared ones, letter to type, in their order; None where any may be.
        named: letters of the names that the text has, in its order.
        literals: letter, or number that every model has a label for, to type.
    """

    arguments: Mapping[str, str] | None
    named: tuple[str, ...]
    literals: Mapping[str, str]

    @classmethod
    def of(cls, prepared: Prepared) -> "_Fillers":
        request, reading = prepared.request, prepared.reading
        literals = dict(prepared.names.stand_in_types)
        words = reading.text.split()
        literals |= {word: "int" for word in words if word in SMALL or word in reading.labelled}
        said = outside_examples(reading.text)
        literals = {name: kind for name, kind in literals.items() if name in said}
        known = request.argument_types() or {}
        declared = {n: plain_type(k) for n, k in known.items() if n not in request.literals}
        is_open = not declared or all(map(_VARIABLE.fullmatch, declared.values()))
        named = tuple(word for word in dict.fromkeys(words) if word in reading.named)
        return cls(None if is_open else declared, named, literals)

    def has_other(self, kinds: Iterable[str]) -> bool:
        """Whether a type is declared that is none of some."""
        declared = () if self.arguments is None else self.arguments.values()
        return not set(declared) <= set(kinds)

    def has_only_arrays(self, kind: str) -> bool:
        """Whether the declared arguments have arrays of a type and nothing of the type itself."""
        declared = () if self.arguments is None else self.arguments.values()
        return kind not in declared and f"{kind}[]" in declared

    def ways(self, kinds: Sequence[str]) -> Iterator[tuple[list[str], float]]:
        """Yield ways to fill slots of some types, and the log-probability of each."""
        if self.arguments is None:
            yield from self._open_ways(kinds)
            return
        declared = self.arguments
        free = {name: kind for name, kind in self.literals.items() if name not in declared}
        choices = [
            [name for name, kind in (*declared.items(), *free.items()) if kind == wanted]
            for wanted in kinds
        ]
        for chosen in islice(product(*choices), 40 * _MOST_WAYS):
            used = [name for name in chosen if name in declared]
            # All arguments, each once: a text that declares one means it.
            if len(used) == len(set(used)) == len(declared):
                yield list(chosen), self._order_cost(used) + self._literal_cost(chosen)

    def _order_cost(self, used: Sequence[str]) -> float:
        """Return the log-probability of the order in which a kind takes the arguments."""
        cost, declared = 0.0, self.arguments or {}
        for kind in set(declared.values()):
            taken = [name for name in used if declared[name] == kind]
            if len(taken) > 1:
                in_order = taken == [name for name, own in declared.items() if own == kind]
                others = factorial(len(taken)) - 1
                cost += log(_IN_ORDER if in_order else (1 - _IN_ORDER) / others)
        return cost

    def _literal_cost(self, chosen: Sequence[str | None]) -> float:
        """Return the log-probability of which literals are taken."""
        taken = [
            name for name in chosen if name in self.literals and name not in (self.arguments or {})
        ]
        kinds = list(self.literals.values())
        n_repeated = len(taken) - len(set(taken))
        return n_repeated * log(_REPEATED) - sum(
            log(kinds.count(self.literals[name])) for name in taken if name is not None
        )

    def _open_ways(self, kinds: Sequence[str]) -> Iterator[tuple[list[str], float]]:
        """Yield ways where nothing is declared: literals, names of the text, further letters."""
        taken = {*self.named, *self.literals}
        letters = [*self.named, *(letter for letter in LETTERS if letter not in taken)]
        options: list[list[str | None]] = [
            [*(name for name, own in self.literals.items() if own == kind), None] for kind in kinds
        ]
        for chosen in islice(product(*options), 4 * _MOST_WAYS):
            given = [name for name in chosen if name is not None]
            n_open = len(chosen) - len(given)
            if len(given) > len(set(given)) or n_open > len(letters):
                continue
            cost = self._literal_cost(given)
            for place, (name, option) in enumerate(zip(chosen, options, strict=True)):
                is_subject = place == 0 and kinds[place] == "string"
                share = _SUBJECT if is_subject else _LITERAL
                if len(option) > 1:
                    cost += log(1 - share if name is None else share)
            cost += log(_UNUSED_NAME) * max(0, len(self.named) - n_open)
            swaps = 1 < n_open <= 3 and bool(self.named) and len(set(kinds)) < len(kinds)
            orders = permutations(letters[:n_open]) if swaps else [letters[:n_open]]
            for number, order in enumerate(orders):
                names = iter(order)
                values = [next(names) if name is None else name for name in chosen]
                share = (1 - _IN_ORDER) / (factorial(n_open) - 1) if number else _IN_ORDER
                yield values, cost + (log(share) if swaps else 0.0)
