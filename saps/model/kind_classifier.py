"""Which kinds of tasks a text may ask for, by its words.

A network that writes symbol by symbol has to get twenty right to answer "is n perfect?". A
classifier that knows a thousand kinds has to get one right, and learns a kind from a few hundred
texts. `saps.synthesis.kind_programs` makes programs of what it says.

    h = sum of E[f] over the words of the text, their beginnings, and pairs of neighbours
        + sum of G[w] over the words of the text that are English, each by the root of its number
    p(kind | text) = softmax(W h + b),   p(part | text) = softmax(V h + c)

A part is what stands in a slot of the kind: a condition, a function, or a kind whose value goes on;
"none" where there are only arguments and literals. A row of E belongs to a hash of words. G is a
learned projection of the vectors of a language model, so that a word no training text had has a
meaning.

Source: Joulin et al. 2017 (fastText), with a second softmax for the parts. They take the mean, and
older files do, but in the mean of a long text a word that decides is lost among the others. The
vectors behind G are those of the word pieces of all-MiniLM-L6-v2 (Reimers and Gurevych 2019).

Sizes: F rows of E, V rows of G, D hidden, K kinds, P entries and "none".
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import sqrt
from pathlib import Path
from typing import Any, Final, Literal

import safetensors
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from saps.english.names import LETTERS
from saps.lang import AlgoLispError, Node, parse

WEIGHTS: Final = "kinds.safetensors"
ENTRIES: Final = "kinds.json"
N_ROWS: Final = 1 << 16
Combiner = Literal["mean", "sqrtn"]
"""What rows become: their sum by their number, or by its square root."""
_STEM: Final = 4
_TABLES: Final = ("words", "english")
_COMBINERS: Final[Mapping[str, Combiner]] = {"mean": "mean", "sqrtn": "sqrtn"}
_SORTS: Final = {"condition": "~", "function": "@"}


class KindsError(ValueError):
    """The files of a classifier are damaged; the message says which, and how."""


def features(text: str) -> list[int]:
    """Return the rows of E for what a text has; at least one.

    These are its words, its pairs of neighbours, and the beginnings of its longer words, which
    other forms of a word share. Letters of arguments and literals count as one word.
    """
    words = ["<letter>" if word in LETTERS else word for word in text.lower().split()]
    pairs = (f"{a} {b}" for a, b in pairwise(words))
    stems = (f"^{word[:_STEM]}" for word in words if len(word) > _STEM and word != "<letter>")
    return [zlib.crc32(word.encode()) % N_ROWS for word in (*words, *pairs, *stems)] or [0]


def english_rows(text: str, english: Mapping[str, int]) -> list[int]:
    """Return the rows of G for the words of a text; those that it has none for have no part."""
    words = (word for word in text.lower().split() if word not in LETTERS)
    return [english[word] for word in words if word in english]


@dataclass(frozen=True, slots=True)
class Entry:
    """A kind of task, a condition or a function of elements.

    Attributes:
        name: in the catalogue.
        sort: "=", "~" or "@".
        program: over its slots; a condition and a function have "x" for the element.
        slots: name to type; "condition int" and "function int string" are of what is applied.
        returns: type of the value.
        element: type of what a condition or a function is applied to; empty for a kind.
    """

    name: str
    sort: str
    program: Node
    slots: Mapping[str, str]
    returns: str
    element: str = ""

    @property
    def applied_slots(self) -> tuple[str, ...]:
        """The slots that conditions and functions fill."""
        return tuple(name for name, slot in self.slots.items() if " " in slot)

    def fits(self, slot: str) -> bool:
        """Whether it may fill a slot of some type."""
        sort, *rest = slot.split()
        if not rest:
            return self.sort == "=" and self.returns == slot
        is_applied = self.sort == _SORTS[sort] and self.element == rest[0]
        return is_applied and (len(rest) == 1 or self.returns == rest[1])

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Entry":
        """Read an entry that `to_json` wrote.

        Raises:
            KeyError: a field is missing.
            TypeError: a field is of another type.
            AlgoLispError: the program is none.
        """
        texts = [fields[key] for key in ("name", "sort", "returns", "element")]
        slots = fields["slots"]
        if not all(isinstance(text, str) for text in (*texts, *slots.values())):
            raise TypeError("a field of an entry is no text")
        name, sort, returns, element = texts
        written = fields["program"]  # older files have it as text
        program = parse(written) if isinstance(written, str) else Node.from_short_tree(written)
        return cls(name, sort, program, dict(slots), returns, element)

    def to_json(self) -> dict[str, Any]:
        # As lists: a thousand programs as text take a second to parse.
        return asdict(self) | {"program": self.program.to_short_tree(), "slots": dict(self.slots)}


class KindClassifier:
    """Tells how likely kinds and parts are for a text."""

    def __init__(
        self,
        entries: Sequence[Entry],
        weights: Mapping[str, Tensor],
        english: Sequence[str] = (),
        combiner: Combiner = "mean",
    ) -> None:
        """Put entries and weights together.

        Args:
            entries: kinds first, then conditions and functions.
            weights: `words` (F, D), `kind` (K, D), `kind_bias` (K,), `part` (P, D) and
                `part_bias` (P,), whose last row is "none"; and with English words `english` (V, D).
                Where `words` or `english` are in 8 bits, `words_scale` (F,), `english_scale` (V,).
            english: the words of G in its order.
            combiner: of the rows of a text.

        Raises:
            KindsError: the sizes do not fit together.
        """
        self.entries = tuple(entries)
        self.kinds = tuple(entry for entry in entries if entry.sort == "=")
        self.combiner = combiner
        n_kinds, n_parts = len(self.kinds), len(self.entries) + 1
        size = weights["words"].shape[-1] if "words" in weights else 0
        wanted = {
            "words": (N_ROWS, size),
            "kind": (n_kinds, size),
            "kind_bias": (n_kinds,),
            "part": (n_parts, size),
            "part_bias": (n_parts,),
            **({"english": (len(english), size)} if english else {}),
        }
        scales = {f"{name}_scale": shape[:1] for name, shape in wanted.items() if name in _TABLES}
        wanted |= {name: shape for name, shape in scales.items() if name in weights}
        if {name: tuple(weight.shape) for name, weight in weights.items()} != wanted:
            raise KindsError(f"{WEIGHTS} does not fit {ENTRIES}: the files are of two classifiers")
        self.english = {word: row for row, word in enumerate(english)}
        # E and G stay in 8 or 16 bits: of their rows a text needs a few dozen.
        self.weights = {n: w if n in _TABLES else w.float() for n, w in weights.items()}
        # A type of slot is met again and again, and a thousand entries are looked at for it.
        self._fitting: dict[str, list[int]] = {}

    @classmethod
    def load(cls, folder: Path) -> "KindClassifier | None":
        """Read the classifier in a model's folder; None where there is none.

        Raises:
            KindsError: a file is damaged.
        """
        if not (folder / WEIGHTS).is_file():
            return None
        path = folder / ENTRIES
        try:
            read = json.loads(path.read_text(encoding="utf-8"))
            # Without English words it is the list of entries itself.
            told = read if isinstance(read, dict) else {"entries": read, "english": []}
            entries = [Entry.from_json(fields) for fields in told["entries"]]
            english = [str(word) for word in told["english"]]
            combiner: Combiner = _COMBINERS[told.get("combiner", "mean")]
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise KindsError(f"{path} is damaged: {error!r}") from error
        except AlgoLispError as error:
            raise KindsError(f"{path} is damaged: {error}") from error
        try:
            weights = load_file(folder / WEIGHTS)
        except (safetensors.SafetensorError, OSError) as error:
            raise KindsError(f"{folder / WEIGHTS} is damaged: {error}") from error
        broken = [name for name, weight in weights.items() if not weight.isfinite().all()]
        if broken:
            raise KindsError(f"{folder / WEIGHTS} is damaged: {broken[0]} holds what is no number")
        return cls(entries, weights, english, combiner)

    def save(self, folder: Path) -> None:
        """Write the classifier into a model's folder: E and G in 8 bits, the rest in 16."""
        weights = dict(self.weights)
        for name in _TABLES:
            if name in weights and weights[name].dtype != torch.int8:
                table = weights[name].float()
                scale = weights[f"{name}_scale"] = (table.abs().amax(1) / 127).clamp(min=1e-6)
                weights[name] = (table / scale[:, None]).round().to(torch.int8)
        small = {n: w if w.dtype == torch.int8 else w.half() for n, w in weights.items()}
        save_file({name: weight.contiguous() for name, weight in small.items()}, folder / WEIGHTS)
        (folder / WEIGHTS).chmod(0o644)  # safetensors keeps its files from other users
        lines = (json.dumps(entry.to_json(), ensure_ascii=False) for entry in self.entries)
        english = json.dumps(list(self.english), ensure_ascii=False)
        head = f'{{"combiner": "{self.combiner}",\n"english": {english},\n"entries": [\n'
        text = head + ",\n".join(lines) + "\n]}\n"
        (folder / ENTRIES).write_text(text, encoding="utf-8")

    def log_probs(self, text: str) -> tuple[Tensor, Tensor]:
        """Return log p(kind | text), (K,), and log p(part | text), (P,)."""
        weights, hidden = self.weights, self._combined("words", features(text))
        rows = english_rows(text, self.english)
        if rows:
            hidden += self._combined("english", rows)
        kind = weights["kind"] @ hidden + weights["kind_bias"]
        part = weights["part"] @ hidden + weights["part_bias"]
        return kind.log_softmax(0), part.log_softmax(0)

    def _combined(self, table: str, rows: list[int]) -> Tensor:
        """Return what some rows of E or G become, (D,); in 8 bits each row has its scale."""
        chosen = torch.tensor(rows)
        found = self.weights[table][chosen].float()
        scale = self.weights.get(f"{table}_scale")
        total = (found if scale is None else found * scale[chosen, None]).sum(0)
        return total / (len(rows) if self.combiner == "mean" else sqrt(len(rows)))

    def fitting(self, slot: str) -> list[int]:
        """Return the numbers of the entries that may fill a slot of some type."""
        if slot not in self._fitting:
            self._fitting[slot] = [n for n, entry in enumerate(self.entries) if entry.fits(slot)]
        return self._fitting[slot]
