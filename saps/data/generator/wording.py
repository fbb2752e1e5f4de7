"""Wordings: short patterns that stand for many ways to say one thing.

`<a|b>` is a choice, `[a]` is optional, `{X}` is the text of slot X whatever fills it, `{X!}` the
same where only a name fits: an argument, a constant or a defined letter.
"""

import re
from dataclasses import dataclass

_INNERMOST = re.compile(r"<([^<>\[\]]*)>|\[([^<>\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)(!?)\}")
MAX_PHRASES = 3000


class WordingError(ValueError):
    """A pattern is malformed; the message quotes it."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to say it: a pattern with every choice made.

    Attributes:
        tokens: words, and slots as `{X}`.
        names: the slots that only a name may fill.
    """

    tokens: tuple[str, ...]
    names: frozenset[str]

    @property
    def slots(self) -> frozenset[str]:
        return frozenset(token[1:-1] for token in self.tokens if token.startswith("{"))


def phrases(pattern: str) -> tuple[Phrase, ...]:
    """Return every phrase that a pattern stands for, without repeats, in a fixed order.

    Raises:
        WordingError: unbalanced brackets, or more than `MAX_PHRASES` phrases.
    """
    texts = dict.fromkeys(_expand(pattern, pattern))
    return tuple(_phrase(text) for text in texts)


def _expand(text: str, pattern: str) -> list[str]:
    done, pending = [], [text]
    while pending:
        text = pending.pop()
        found = _INNERMOST.search(text)
        if found is None:
            done.append(text)
        else:
            choices = [found[2], ""] if found[1] is None else found[1].split("|")
            pending += [text[: found.start()] + c + text[found.end() :] for c in choices]
        if len(done) + len(pending) > MAX_PHRASES:
            raise WordingError(f"wording {pattern!r} stands for over {MAX_PHRASES} phrases")
    for text in done:
        if re.search(r"[<>\[\]|]", text):
            raise WordingError(f"wording {pattern!r} has a bracket that is never closed or opened")
    return done


def _phrase(text: str) -> Phrase:
    names = frozenset(name for name, bang in _SLOT.findall(text) if bang)
    return Phrase(tuple(text.replace("!}", "}").split()), names)
