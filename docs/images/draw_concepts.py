"""Draw the pictures of docs/concepts.md: python docs/images/draw_concepts.py.

The picture of attention is of the bundled model; the others need none.
"""

from itertools import pairwise

from matplotlib import pyplot

from docs.images.drawing import BLUE, GREEN, GREY, HERE, PALE, RED, arrow, box, page, save, theme
from saps import Synthesizer
from saps.cli.programs import write_attention
from saps.data.batching import EncodedTree, encode_tree
from saps.data.symbols import SymbolTable
from saps.lang import parse
from saps.search.mask import TypedConstraint
from saps.search.request import Request

TEXT = "given an array of numbers a , find the sum of odd elements of a"
PROGRAM = "(reduce (filter a (lambda1 (== (% arg1 2) 1))) 0 +)"


def columns(tree: EncodedTree) -> list[float]:
    """Place the nodes from left to right: leaves in order, a parent above its children's middle."""
    children: list[list[int]] = [[] for _ in range(len(tree))]
    for node, parent in enumerate(tree.parent):
        if parent >= 0:
            children[parent].append(node)
    leaves = [node for node in range(len(tree)) if not children[node]]
    places = {node: float(place) for place, node in enumerate(leaves)}
    for node in reversed(range(len(tree))):
        if children[node]:
            places[node] = (places[children[node][0]] + places[children[node][-1]]) / 2
    return [places[node] for node in range(len(tree))]


def pipeline() -> None:
    """Draw the way of a sentence to a value."""
    axes = page(9.6, 1.9)
    stations = [
        ("English\nsentence", "", GREY),
        ("pieces", "saps.data", BLUE),
        ("text encoder:\none state a piece", "saps.model", BLUE),
        ("tree decoder:\nlabels, scored", "saps.model", RED),
        ("search among\nwell-typed trees", "saps.search", RED),
        ("typed\nprogram", "saps.lang", GREEN),
        ("value", "saps.lang", GREEN),
    ]
    places = [0.0, 1.45, 3.2, 5.4, 7.7, 9.7, 11.1]
    half_widths = [0.52, 0.42, 0.88, 0.74, 0.86, 0.5, 0.38]
    for x, (text, room, colour) in zip(places, stations, strict=True):
        box(axes, x, 1.0, text, colour)
        axes.text(x, 0.42, room, ha="center", va="center", family="monospace", size="small")
    ends = [(x - half, x + half) for x, half in zip(places, half_widths, strict=True)]
    for (_, start), (end, _) in pairwise(ends):
        arrow(axes, (start, 1.0), (end, 1.0), gap=(0.0, 0.0))
    arrow(axes, (3.2, 1.35), (5.4, 1.35), RED, bend=-0.35, gap=(0.0, 0.0))
    axes.text(4.3, 1.88, "attention", ha="center", color=RED, size="small")
    arrow(axes, (11.1, 1.28), (7.7, 1.35), GREEN, bend=0.22, gap=(0.0, 0.0))
    axes.text(9.4, 1.88, "with examples: run, compare", ha="center", color=GREEN, size="small")
    save("pipeline.svg", axes, (-0.8, 11.7), (0.2, 2.1))


def decoder() -> None:
    """Draw a tree as the doubly-recurrent decoder grows it: states, and the order in time."""
    axes = page(8.6, 4.4)
    symbols = SymbolTable.of_language()
    tree = encode_tree(parse(PROGRAM), symbols)
    places = [(x, -float(depth)) for x, depth in zip(columns(tree), tree.depth, strict=True)]
    named = [symbols.labels[label].symbol for label in tree.label]
    edges = [11.0 + 2.6 * len(symbol) for symbol in named]  # of a symbol's box, from its middle
    for node, ((x, y), symbol) in enumerate(zip(places, named, strict=True)):
        parent, sibling = tree.parent[node], tree.sibling[node]
        if parent >= 0:
            arrow(axes, places[parent], (x, y), RED, bend=0.1, gap=(15.0, edges[node]))
        if sibling >= 0:
            ends = (edges[sibling] + 2.0, edges[node])
            arrow(axes, places[sibling], (x, y), BLUE, bend=-0.2, gap=ends)
        elif parent >= 0:  # a first child goes on from its parent
            arrow(axes, places[parent], (x, y), BLUE, bend=-0.15, gap=(15.0, edges[node]))
        box(axes, x, y, symbol)
        right = x + 0.14 + 0.035 * len(symbol)
        axes.text(right, y - 0.28, str(tree.chain[node] + 1), color=GREEN, size="small")
    legend = [
        (RED, "vertical state: from the parent"),
        (BLUE, "horizontal state: from the previous sibling,"),
        (BLUE, "for a first child from the parent"),
        (GREEN, "step in which the label is computed"),
    ]
    for row, (colour, text) in enumerate(legend):
        axes.text(3.2, -2.1 - 0.32 * row, text, color=colour)
    save("decoder.svg", axes, (-0.5, 5.7), (-5.4, 0.4))


def masks() -> None:
    """Draw how many labels the types leave at each node of a program."""
    symbols = SymbolTable.of_language()
    labels = encode_tree(parse(PROGRAM), symbols).label
    named = [symbols.labels[int(label)].symbol for label in labels]
    constraint = TypedConstraint(symbols)
    requests = {
        "nothing known": Request(arguments=None),
        "a: int[], gives int": Request(arguments={"a": "int[]"}, result="int"),
    }
    axes = pyplot.figure(figsize=(8.6, 2.9), layout="constrained").add_subplot()
    for shift, (name, request) in enumerate(requests.items()):
        tree, counts = constraint.start(request), []
        for label in labels:
            counts.append(int(constraint.allowed(tree).sum()))
            tree = constraint.extend(tree, int(label))
        places = [place + 0.4 * shift - 0.2 for place in range(len(counts))]
        bars = axes.bar(places, counts, width=0.38, label=name, color=(PALE, BLUE)[shift])
        axes.bar_label(bars, size="small")
    axes.axhline(len(symbols), color=GREY, linewidth=0.8, linestyle="--")
    axes.text(len(named) - 0.5, len(symbols) + 3, f"all {len(symbols)} labels", ha="right")
    axes.set_xticks(range(len(named)), named, family="monospace")
    axes.set(ylabel="labels allowed", ylim=(0, 1.2 * len(symbols)))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0.84), ncols=2, frameon=False)
    save("masks.svg", axes)


def attention() -> None:
    """Draw the words that the bundled model looked at."""
    synthesizer = Synthesizer.load()
    explanation = synthesizer.explain(synthesizer.synthesize(TEXT))
    write_attention(HERE / "attention.svg", explanation)
    theme(HERE / "attention.svg")


if __name__ == "__main__":
    pipeline()
    decoder()
    masks()
    attention()
