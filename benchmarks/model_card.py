"""Write the facts of the bundled model, and its lines of the ledger, into docs/model-card.md.

    python benchmarks/model_card.py

What stands outside of the marks of the page is written by hand and kept.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from saps.evaluation.report import folder_digest
from saps.evaluation.report_tables import Table, render_table
from saps.model import kind_classifier
from saps.model.bundle import load_bundle

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "model-card.md"
MODEL = ROOT / "saps" / "pretrained"
MADE_BY = "made by benchmarks/model_card.py"


class CardError(Exception):
    """The page cannot be written; the message says why and what to do."""


def main() -> None:
    """Write the page."""
    text = PAGE.read_text(encoding="utf-8")
    for name, content in made().items():
        text = replace_between(text, name, content)
    PAGE.write_text(text, encoding="utf-8")


def made() -> dict[str, str]:
    """Return what stands between the marks, by the name of the part."""
    return {"facts": facts(), "calibration": calibration()}


def between(text: str, name: str) -> str:
    """Return what stands between the marks of a part."""
    return _marked(text, name)["content"].strip()


def replace_between(text: str, name: str, content: str) -> str:
    """Put something else between the marks of a part."""
    found = _marked(text, name)
    return (
        f"{text[: found.start('content')]}\n\n{content.strip()}\n\n{text[found.end('content') :]}"
    )


def _marked(text: str, name: str) -> re.Match[str]:
    pattern = rf"<!-- {name}: {MADE_BY} -->(?P<content>.*?)<!-- end of {name} -->"
    found = re.search(pattern, text, re.DOTALL)
    if found is None:
        raise CardError(f"{PAGE.name} lost its marks of {name}")
    return found


def facts() -> str:
    """Say in a table what the bundled model is and how it was trained."""
    config = json.loads((MODEL / "config.json").read_text(encoding="utf-8"))
    rows = [(name, str(value)) for name, value in _facts(config)]
    return render_table(Table("", ("", "the bundled model"), tuple(rows))).strip()


def _facts(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    info, bundle = config["info"], load_bundle(MODEL)
    file = MODEL / "model.safetensors"
    kinds = {str(weight.dtype).removeprefix("torch.") for weight in load_file(file).values()}
    n_parameters = sum(weight.numel() for weight in bundle.network.parameters())
    yield "name", info["name"]
    yield "digest", folder_digest(MODEL)[:16]
    yield "parameters", f"{n_parameters:,}"
    yield "weights", f"{file.stat().st_size / 1e6:.1f} MB, {', '.join(sorted(kinds))}"
    if bundle.kinds is not None:
        size = (MODEL / kind_classifier.WEIGHTS).stat().st_size / 1e6
        n_parts = len(bundle.kinds.entries) - len(bundle.kinds.kinds)
        yield "classifier", f"{len(bundle.kinds.kinds):,} kinds, {n_parts} parts, {size:.1f} MB"
    yield "pieces of text", f"{len(bundle.tokenizer):,}"
    yield "labels of nodes", f"{len(bundle.symbols):,}"
    for part in ("encoder", "decoder"):
        yield part, _sizes(config["model"][part])
    yield from ((name, str(value)) for name, value in info.get("training", {}).items())


def _sizes(part: Mapping[str, Any]) -> str:
    plain = {key: value for key, value in part.items() if isinstance(value, str | int | float)}
    name = str(part["_target_"]).rpartition(".")[2]
    return f"{name}: " + ", ".join(f"{k} {v}" for k, v in plain.items() if k[0] != "_")


def calibration() -> str:
    """Say what the confidence of the model was fitted to."""
    path = MODEL / "calibration.json"
    if not path.is_file():
        return "The bundled model is not calibrated: it states no confidence."
    content = json.loads(path.read_text(encoding="utf-8"))
    parts = {"arguments declared": content, "the text alone": content.get("undeclared")}
    parts["with an example"] = content.get("examples")
    rows = [
        (name, *(f"{part['fit'].get(key, 0):.3f}" for key in ("scale", "size", "unknown", "bias")))
        for name, part in parts.items()
        if part is not None
    ]
    head = ("fit", "scale", "size", "unknown words", "bias")
    shown = render_table(Table("", head, tuple(rows))).strip()
    factors = ", ".join(f"{name} {value:g}" for name, value in content.get("factors", {}).items())
    least = f"{100 * content.get('least', 0):g} %"
    return (
        f"{shown}\n\nWhat it costs a candidate to leave something out: {factors or 'as usual'}. "
        f'Below {least} there is no program but "I do not know".'
    )


if __name__ == "__main__":
    main()
