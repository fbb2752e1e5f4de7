"""Train a model's classifier of kinds on texts of the people's catalogue.

    OMP_NUM_THREADS=1 python benchmarks/fit_kinds.py data/people/train.jsonl \
        [--model saps/pretrained]

It goes into the model's folder. Texts are read as `saps synthesize` reads them, half of them with
their arguments declared. One core does 400,000 texts, six times over, in ten minutes.
"""

import argparse
import json
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any, Final

import torch
from torch import Tensor, nn

from saps import Synthesizer
from saps.data.tasks.kinds import Kind, people
from saps.english import read_english
from saps.model.kind_classifier import N_ROWS, Entry, KindClassifier, features

BATCH: Final = 256
RATE: Final = 1e-2
DECLARED: Final = 0.5
LOST: Final = 0.15
"""Share of the words and pairs that a text loses in training: people use others."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--model", type=Path, default=Path("saps/pretrained"))
    parser.add_argument("--texts", type=int, help="take the first so many of each file")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--size", type=int, default=64, help="D")
    options = parser.parse_args()
    catalogue = people()
    entries = [*catalogue.kinds.values(), *catalogue.conditions.values()]
    entries += catalogue.functions.values()
    texts = [
        text for file in options.files for text in read(file, options.model, options.texts, entries)
    ]
    if len(texts) < BATCH:
        raise SystemExit(
            f"{len(texts)} tasks of the catalogue's kinds, at least {BATCH} are needed: "
            "make some with `saps generate catalogue=people out=data/people`"
        )
    weights = train(texts, len(catalogue.kinds), len(entries) + 1, options)
    KindClassifier([described(entry) for entry in entries], weights).save(options.model)


def described(kind: Kind) -> Entry:
    """Return an entry as the classifier keeps it."""
    slots = {
        name: " ".join(filter(None, (slot.type, slot.on, slot.gives)))
        for name, slot in kind.slots.items()
    }
    return Entry(kind.name, kind.sort, kind.program, slots, kind.returns, kind.element)


def read(file: Path, model: Path, most: int | None, entries: list[Kind]) -> Any:
    """Yield the features, the kind and the parts of each text."""
    synthesizer = Synthesizer.load(model)
    labels = synthesizer.predictor.bundle.symbols.labels
    leaves = frozenset(label.symbol for label in labels if not label.arity)
    number: dict[str, int] = {}
    for place, entry in enumerate(entries):
        number.setdefault(entry.name, place)
    rng = Random(0)
    with file.open(encoding="utf-8") as lines:
        for count, line in enumerate(lines):
            if most is not None and count >= most:
                break
            task = json.loads(line)
            declared = task["args"] if rng.random() < DECLARED else None
            nodes = task["nodes"]
            # A kind may have gone since the texts were written.
            if nodes and all(name in number for name in nodes):
                reading = read_english(task["text"], synthesizer.vocabulary, declared, leaves)
                kind, *parts = (number[name] for name in nodes)
                yield features(reading.text), kind, parts or [len(entries)]


def train(texts: list[Any], n_kinds: int, n_parts: int, options: Any) -> dict[str, Tensor]:
    """Return the weights of `KindClassifier`."""
    torch.manual_seed(0)
    words = nn.EmbeddingBag(N_ROWS, options.size, mode="mean", sparse=True)
    nn.init.normal_(words.weight, std=0.1)
    kind, part = nn.Linear(options.size, n_kinds), nn.Linear(options.size, n_parts)
    optimizers = [
        torch.optim.SparseAdam(words.parameters(), lr=RATE),
        torch.optim.Adam([*kind.parameters(), *part.parameters()], lr=RATE),
    ]
    n_steps, step, begun = options.epochs * (len(texts) // BATCH), 0, monotonic()
    for epoch in range(options.epochs):
        order, rng = list(range(len(texts))), Random(epoch)
        rng.shuffle(order)
        total = 0.0
        for start in range(0, len(order) - BATCH + 1, BATCH):
            for optimizer in optimizers:
                optimizer.param_groups[0]["lr"] = RATE * (1 - step / n_steps) + 1e-5
                optimizer.zero_grad()
            batch = [(kept(texts[i][0], rng), *texts[i][1:]) for i in order[start : start + BATCH]]
            loss = batch_loss(batch, words, kind, part)
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
    }


def kept(found: list[int], rng: Random) -> list[int]:
    """Return what is left of the features of a text; the first is always."""
    return [found[0], *(place for place in found[1:] if rng.random() >= LOST)]


def batch_loss(texts: list[Any], words: nn.Module, kind: nn.Module, part: nn.Module) -> Tensor:
    """Return the mean cross-entropy of the kind plus that of the parts, in nats."""
    flat = torch.tensor([place for found, _, _ in texts for place in found])
    lengths = torch.tensor([len(found) for found, _, _ in texts])
    hidden = words(flat, lengths.cumsum(0) - lengths)
    of_kind = nn.functional.cross_entropy(kind(hidden), torch.tensor([k for _, k, _ in texts]))
    rows = torch.tensor([row for row, (_, _, parts) in enumerate(texts) for _ in parts])
    share = torch.tensor([1 / len(parts) for _, _, parts in texts for _ in parts])
    target = torch.tensor([p for _, _, parts in texts for p in parts])
    chosen = part(hidden).log_softmax(1)[rows, target]
    loss: Tensor = of_kind - (chosen * share).sum() / len(texts)
    return loss


if __name__ == "__main__":
    main()
