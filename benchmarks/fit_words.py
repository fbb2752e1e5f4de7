"""Write the words of a model that are not taken for slips of the keyboard.

    python benchmarks/fit_words.py data/people/train.jsonl [--model saps/pretrained]

Training texts hold slips on purpose, so the words of a text are no dictionary: "avrage" would be
one. Kept are the words that stand in the catalogue, in the frames around its requests or in the
published texts, and any other that comes so often that it is no slip.
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from saps.english.vocabulary import published_words

_WORD: Final = re.compile(r"[a-z]+")
_SLIPS: Final = "+ typos"
_SHOWS_SLIPS: Final = "vocabulary.py"  # its comments do
_OFTEN: Final = 1000
"""A slip of the commonest word comes in some two hundred of 300,000 texts."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--model", type=Path, default=Path("saps/pretrained"))
    options = parser.parse_args()
    found: Counter[str] = Counter()
    for file in options.files:
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                text = json.loads(line)["text"]
                words = text if isinstance(text, list) else [text]
                found.update(_WORD.findall(" ".join(words).lower()))
    written = set(published_words())
    for folder in ("saps.data.tasks", "saps.data.wordings", "saps.english"):
        for text in texts(files(folder)):
            written.update(_WORD.findall(without_slips(text).lower()))
    path = options.model / "words.json"
    # Numbers, signs and words in other letters are no slips.
    others = {word for word in json.loads(path.read_text("utf-8")) if not _WORD.fullmatch(word)}
    known = others | written | {word for word, n in found.items() if n >= _OFTEN}
    content = json.dumps(sorted(known), ensure_ascii=False)
    path.write_text(content + "\n", encoding="utf-8")
    print(f"{len(known):,} words")


def texts(folder: Traversable) -> Iterator[str]:
    """Yield the texts of a folder's tables and modules."""
    for item in folder.iterdir():
        if item.is_dir():
            yield from texts(item)
        elif item.name.endswith((".txt", ".py")) and item.name != _SHOWS_SLIPS:
            yield item.read_text(encoding="utf-8")


def without_slips(text: str) -> str:
    """Leave the table of slips out: a word and how it is mistyped."""
    before, mark, rest = text.partition(_SLIPS)
    return before + (rest.partition("\n+ ")[2] if mark else "")


if __name__ == "__main__":
    main()
