"""What a person says of an edge: "0 if there are none", "-1 for an empty list".

Such a clause may follow any request, and a program that has learned the request does not have it:
the average of nothing fails. So an edge is put around a program that is there,

    (if (== (len xs) 0) 0 (/ (reduce xs 0 +) (len xs)))

where the text names a value beside a word such as "empty", or where an example shows it.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise, product
from math import inf
from time import monotonic
from typing import Final

from saps.lang import AlgoLispError, Limits, Node, Value, compile_program, values_equal
from saps.lang.check import infer_signature
from saps.lang.program_values import constant
from saps.search.interface import Prediction
from saps.search.request import InputOutput, Request

_EDGE_WORD: Final = re.compile(r"empty|blank|none|no|nothing|nobody|missing|isnt|isn|exists?")
_FIRM_EDGE: Final = re.compile(
    r"\b(?:empty|blank|nothing|none|(?:if|when|where|for) (?:there (?:is|are) )?no)\b"
)
_LITERALS: Final = {"blank": '" "', "empty": '""'}
_SHORT: Final = 5
_WINDOW: Final = 7
"""Words between an edge and its value: "if no row matches show 0 instead"."""
_EMPTY_STRING: Final = re.compile(r"\bempty (?:string|text|word|name|line)\b")
_MOST_EDGES: Final = 6
_MOST_MENDED: Final = 30
_LIMITS: Final = Limits(steps=20_000, elements=20_000)
_TAKES_SOME: Final = frozenset({"head", "deref", "len"})


def said_edges(text: str, stand_ins: Mapping[str, str]) -> list[str]:
    """Return the values that a text may give for an edge, as leaves, the nearest first.

    Args:
        text: as the model reads it.
        stand_ins: its letters to literals, as the language writes these.
    """
    words, found = re.findall(r'"[^"]*"|\w+|[^\w\s]', text.lower()), dict[str, int]()
    edges = _edge_places(words, stand_ins)
    for place, (word, following) in enumerate(pairwise([*words, ""])):
        # A number that has a letter stands before it.
        is_plain = word in ("0", "1", "true", "false") and following not in stand_ins
        if word in stand_ins or is_plain:
            gap = min((abs(place - edge) for edge in edges), default=_WINDOW + 1)
            if gap <= _WINDOW:
                found[word] = min(gap, found.get(word, gap))
    nearest = sorted(found, key=lambda word: found[word])
    return [*nearest, *(['""'] if edges and _EMPTY_STRING.search(text) else [])]


def without_edges(text: str, stand_ins: Mapping[str, str]) -> str:
    """Return a text without the clauses that only give the value of an edge; see `said_edges`."""
    kept, dropped = [], False
    values = {*stand_ins, "0", "1", "true", "false", "string", "text"}
    for clause in re.split(r"(?<= [,.;()?!:]) ", text):
        words = set(clause.lower().split())
        is_edge = bool(_edge_places(clause.lower().split(), stand_ins))
        has_value = bool(words & values)
        # "if it is empty , give 0": the value may stand in the next clause.
        follows = dropped and has_value and len(words) <= _SHORT
        if not (is_edge and (has_value or len(words) <= _WINDOW)) and not follows:
            kept.append(clause)
        dropped = is_edge and not has_value
    return " ".join(kept) if kept else text


def _edge_places(words: Sequence[str], stand_ins: Mapping[str, str]) -> list[int]:
    """Return where the words for an edge stand; in "a single blank b" one names a literal."""
    return [
        place
        for place, word in enumerate(words)
        if _EDGE_WORD.fullmatch(word)
        and _LITERALS.get(word, "?") not in map(stand_ins.get, words[place + 1 : place + 4])
    ]


def with_edge(
    program: Node,
    values: Iterable[str],
    types: Mapping[str, str],
    inputs: Sequence[Mapping[str, Value]],
    text: str = "",
) -> Node | None:
    """Return a program with an edge of the text around it; None where that changes nothing.

    The likeliest value that the program may give is that of the edge. A value that it gives already
    is changed only if the text names the edge. Of the ways to put it the one is taken whose program
    fails least on some inputs, and of these the one that leaves most of what is there.

    Args:
        program: by letters.
        values: of the edge, as leaves, the likeliest first.
        types: of the letters in the program.
        inputs: to tell by; values of literals among them.
        text: as the model reads it.
    """
    before = _outputs(program, types, inputs) or []
    value = next((value for value in values if _may_stand_for(value, before, inputs)), None)
    best, least = None, (before.count(None) + 1, 0)
    is_firm = bool(_FIRM_EDGE.search(text))
    for edge in _edges(program, types) if value is not None else ():
        written = Node("if", (edge, Node(value or ""), program))
        after = _outputs(written, types, inputs)
        if not before or after is None or repr(after) == repr(before):
            continue
        pairs = zip(before, after, strict=True)
        n_changed = sum(old is not None and repr(old) != repr(new) for old, new in pairs)
        # What has one or two elements is nothing only where the program fails.
        may_change = is_firm and edge.symbol != "<"
        if (after.count(None), n_changed) < least and (may_change or not n_changed):
            best, least = written, (after.count(None), n_changed)
    return best


def _may_stand_for(
    value: str, outputs: Sequence[Value | None], inputs: Sequence[Mapping[str, Value]]
) -> bool:
    """Whether a leaf has the type of what a program gives."""
    known = constant(value)
    own = known[0] if known else inputs[0].get(value) if inputs else None
    types = {type(output) for output in outputs if output is not None}
    return types == {type(own)} or types | {type(own)} <= {int, float}


def _outputs(
    program: Node, types: Mapping[str, str], inputs: Sequence[Mapping[str, Value]]
) -> list[Value | None] | None:
    """Return what a program gives, None where it fails; None if it is no program."""
    found: list[Value | None] = []
    try:
        run = compile_program(program, types, _LIMITS)
    except AlgoLispError:
        return None
    for given in inputs:
        try:
            found.append(run(dict(given)))
        except AlgoLispError:
            found.append(None)
    return found


def _edges(program: Node, types: Mapping[str, str]) -> Iterator[Node]:
    """Yield conditions on which a program has nothing to work with."""
    # What it takes something from comes before the arguments: it says best where it fails.
    arrays: dict[Node, None] = {}
    divisors: dict[Node, None] = {}
    for part in program.preorder():
        if part.symbol in _TAKES_SOME and part.children and _is_closed(part.children[0]):
            arrays.setdefault(part.children[0])
        if part.symbol in ("/", "%") and len(part.children) == 2 and _is_closed(part.children[1]):
            divisors.setdefault(part.children[1])
    arrays |= dict.fromkeys(Node(name) for name, kind in types.items() if kind.endswith("[]"))
    lengths = [Node("len", (array,)) for array in arrays]
    zeros = [*lengths, *(d for d in divisors if d.children and d not in lengths)]
    zeros += [Node("strlen", (Node(name),)) for name, kind in types.items() if kind == "string"]
    for number in zeros[:_MOST_EDGES]:
        yield Node("==", (number, Node("0")))
    for most, length in product(("2", "3"), lengths[:_MOST_EDGES]):
        yield Node("<", (length, Node(most)))


def _is_closed(node: Node, bound: frozenset[str] = frozenset()) -> bool:
    """Whether no argument of a lambda around a part stands in it."""
    if node.symbol in ("lambda1", "lambda2"):
        bound |= {"arg1"} if node.symbol == "lambda1" else {"arg1", "arg2"}
    is_free = node.symbol in ("arg1", "arg2", "self") and node.symbol not in bound
    return not is_free and all(_is_closed(child, bound) for child in node.children)


def empty_for_empty(
    program: Node, types: Mapping[str, str], inputs: Sequence[Mapping[str, Value]]
) -> Node | None:
    """Return a program that gives an empty array for one, where it fails; see `with_edge`."""
    before = _outputs(program, types, inputs) or []
    for name, kind in types.items() if None in before else ():
        edge = Node("==", (Node("len", (Node(name),)), Node("0")))
        written = Node("if", (edge, Node(name), program))
        after = _outputs(written, types, inputs) if kind.endswith("[]") else None
        with suppress(AlgoLispError):
            fewer = after is not None and after.count(None) < before.count(None)
            if fewer and str(infer_signature(written, dict(types)).result) == kind:
                return written
    return None


def mended(
    predictions: Iterable[Prediction], request: Request, deadline: float = inf
) -> list[Prediction]:
    """Return programs that compute all examples once the edge that these show is put around them.

    Args:
        predictions: programs by letters that do not; one that computes none stays out.
        request: with examples.
        deadline: no program is run after this time of the clock `monotonic`.
    """
    inputs = [example.inputs for example in request.examples]
    types = request.argument_types() or {}
    found: list[Prediction] = []
    for prediction in predictions:
        if len(found) == _MOST_MENDED or monotonic() > deadline:
            break
        outputs = _outputs(prediction.program, types, inputs) or []
        pairs = list(zip(request.examples, outputs, strict=False))
        wrong = [e for e, o in pairs if not is_like(o, e.output)]
        if not 0 < len(wrong) < len(pairs):
            continue
        value = _one_value(wrong, types, request.result)
        fails = all(output is None for e, output in pairs if e in wrong)
        for edge in () if value is None else _edges(prediction.program, types):
            if edge.symbol == "<" and not fails:
                continue
            written = Node("if", (edge, value, prediction.program))  # type: ignore[arg-type]
            after = _outputs(written, types, inputs)
            if after is not None and all(
                is_like(o, e.output) for o, e in zip(after, request.examples, strict=True)
            ):
                found.append(Prediction(written, prediction.log_prob))
                break
    return found


def is_like(output: Value | None, told: Value) -> bool:
    """Whether a program gave a value, and it is the one that was told."""
    return output is not None and values_equal(output, told, by_value=True)


def _one_value(
    wrong: Sequence[InputOutput], types: Mapping[str, str], result: str | None
) -> Node | None:
    """Return the value that all of some examples have as a leaf; None if they differ."""
    values = [example.output for example in wrong]
    if any(repr(value) != repr(values[0]) for value in values):
        return None
    if values[0] == []:
        empty = (name for name in types if all(e.inputs.get(name) == [] for e in wrong))
        return next((Node(name) for name in empty if types[name] == result), None)
    if isinstance(values[0], bool | int | float | str):
        symbol = json.dumps(values[0], ensure_ascii=False)
        return Node(symbol) if constant(symbol) is not None else None
    return None
