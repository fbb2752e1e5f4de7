"""Says a task of the people's catalogue as somebody would ask for it.

A request is a wording of its kind, with what fills the slots, and around it what people put there:
what is given, politeness, context, an example, a signature, slips of the keyboard.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any, Final, TypeGuard

from saps.data.tasks.composer import listed
from saps.data.tasks.kinds import NOTE, REGISTERS, SLOT, Wording, pattern, plain
from saps.data.tasks.people import Argument, Asked, Filler, Joint, Literal
from saps.data.wordings.tables import Pattern
from saps.english.quoted import SIGNS
from saps.english.vocabulary import word_list
from saps.lang.check import can_be_argument

# How often people do it, guessed.
_PHRASED: Final = 0.5  # an argument that is the only one of its type goes without a name
_DECLARES: Final = 0.3  # the text says what is given
_CONTEXT_BEFORE: Final = 0.07
_CONTEXT_AFTER: Final = 0.12
_EXAMPLE: Final = 0.06
_NOTED: Final = 0.4  # a sentence or two about edge cases, definitions, promises
_SIGNATURE: Final = 0.07
_SECTIONS: Final = 0.03
_TYPO: Final = 0.05
_MARKED: Final = 0.5  # a comment has its mark
_DEFINES: Final = 0.15
_PART_ALONE: Final = 0.3  # a request is made of a noun or a command in a frame, not of a register
_TRIES: Final = 8
# What stands before and behind a note; most start a new sentence.
_JOINTS: Final = (*[(". ", "")] * 6, (" (", ")"), ("\n", ""), (" - ", ""), ("; ", ""), (", ", ""))
_NEEDS_NAME: Final = re.compile(r"(?:called|named|call it|say|,|is|:)$")

_PYTHON: Final[Mapping[str, tuple[str, ...]]] = {
    "int": ("int", "int", "int", "float"),
    "string": ("str",),
    "bool": ("bool",),
    "int[]": ("list[int]", "List[int]", "list[float]", "Sequence[int]"),
    "string[]": ("list[str]", "List[str]"),
    "bool[]": ("list[bool]",),
    "int[][]": ("list[list[int]]", "List[List[int]]"),
    "string[][]": ("list[list[str]]",),
}
_NAMELESS: Final = ("f", "func", "solve", "solution", "foo", "my_function", "compute")
_ARTICLE_BEFORE: Final = re.compile(
    r"(?:\b(?:the|a|an|his|her|my|our|their|its|of these|this)\s+)$", re.IGNORECASE
)
_SIGN_NAMES: Final = {
    sign: [name for name, s in SIGNS.items() if s == sign] for sign in SIGNS.values()
}
_NUMBER_WORDS: Final = word_list(
    "zero one two three four five six seven eight nine ten eleven twelve"
)
_IRREGULAR: Final = {"be": "is", "have": "has", "do": "does", "go": "goes"}


@cache
def _frames() -> Mapping[str, Sequence[Pattern]]:
    """Return what stands around the core of a request, by the name of the place."""
    sections: dict[str, list[Pattern]] = {}
    text = (files(__package__) / "frames.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("+ "):
            current = sections.setdefault(line[2:].strip(), [])
        elif line.strip() and not line.startswith("#"):
            current.append(pattern(line.strip(), {}))
    return sections


@dataclass(frozen=True, slots=True)
class Request:
    """A task in words, as somebody typed it."""

    text: str
    arguments: Mapping[str, str]


class NoWordingError(Exception):
    """No wording of a kind fits what fills its slots."""


def say(task: Asked, rng: Random) -> Request:
    """Say a task, and name its arguments.

    Raises:
        NoWordingError: a kind has no wording that fits, which happens now and then.
    """
    arguments = list(task.arguments())
    telling = _Telling(task, arguments, rng)
    text = telling.around(*telling.core())
    telling.name_the_rest()
    return Request(text, {a.name: a.type for a in arguments})


@dataclass
class _Telling:
    """One task being told."""

    task: Asked
    arguments: Sequence[Argument]
    rng: Random
    mentioned: set[Argument] = field(default_factory=set)
    phrased: set[Argument] = field(default_factory=set)

    def __post_init__(self) -> None:
        for argument in self.arguments:
            argument.name = ""
        self.defined: dict[Asked, str] = {}
        self.all_named = self.rng.random() > _PHRASED
        kinds = [argument.type for argument in self.arguments]
        if not self.all_named:
            self.phrased = {a for a in self.arguments if kinds.count(a.type) == 1}
        self.declares = self.rng.random() < _DECLARES

    def frame(self, place: str, **slots: str) -> str:
        """Draw what stands in a place; its slots `{X}` are filled."""
        text = self.rng.choice(_frames()[place]).draw(self.rng)
        for slot, value in slots.items():
            text = text.replace(f"{{{slot}}}", value)
        return text

    # ------------------------------------------------------------------ names and mentions

    def name(self, argument: Argument, wished: str = "") -> str:
        """Return the name of an argument, given now if it has none."""
        if not argument.name:
            taken = {a.name for a in self.arguments} | set(self.defined.values())
            for _ in range(20):
                name = wished or self.frame(f"names {argument.kind}")
                is_free = name.lower() not in {t.lower() for t in taken}
                if is_free and name.isidentifier() and can_be_argument(name):
                    break
                wished = ""
            else:
                name = f"{argument.type[0]}{len(taken)}"
            argument.name = name
        return argument.name

    def name_the_rest(self) -> None:
        for argument in self.arguments:
            self.name(argument)

    def mention(self, argument: Argument) -> str:
        """Return how an argument is called here: by its name, or by what it is."""
        first = argument not in self.mentioned
        self.mentioned.add(argument)
        if argument in self.phrased:
            if first and not self.declares and self.rng.random() < 0.5:
                return self._unnamed(argument)
            phrase = self.frame(f"the {argument.kind}")
            if phrase == "it" and first:
                return self.frame(f"the {argument.kind}")
            return phrase
        name = self.name(argument)
        if first and not self.declares and self.rng.random() < 0.3:
            return self.declared(argument)
        return (
            f"the list {name}"
            if argument.type.endswith("[]") and self.rng.random() < 0.06
            else name
        )

    def declared(self, argument: Argument) -> str:
        """Return an argument as it is declared: "a list of numbers xs"."""
        if argument in self.phrased:
            return self._unnamed(argument)
        noun, name = self.frame(f"noun {argument.kind}"), self.name(argument)
        if "{n}" in noun:
            return noun.replace("{n}", name)
        return f"{noun} {name}" if self.rng.random() < 0.85 else f"{noun} called {name}"

    def _unnamed(self, argument: Argument) -> str:
        """Return "a list of numbers"; a noun that ends in "called" or holds the name needs one."""
        for _ in range(_TRIES):
            noun = self.frame(f"noun {argument.kind}")
            if "{n}" not in noun and not _NEEDS_NAME.search(noun):
                return noun
        return f"a given {argument.type}"

    # ------------------------------------------------------------------ the core

    def core(self) -> tuple[str, str]:
        """Return the request without what stands around it, and its register."""
        before = self._step_before(self.task)
        if before is not None:
            return self._steps(before), "steps"
        inner = next(filter(_is_kind, self.task.fillers.values()), None)
        if inner and self.rng.random() < _DEFINES and inner.kind.of("noun"):
            letter = self.rng.choice(("r", "t", "m", "p", "total", "result", "q", "part", "y"))
            said = self._draw(inner, ("noun",))
            self.defined[inner] = letter
            define = self.frame("define", V=letter, N=said)
            return f"{define} {self._framed(self.task)}", "define"
        if self.rng.random() < _PART_ALONE:
            return self._framed(self.task), "part"
        keys = [r for r in REGISTERS if self.task.kind.of(r)]
        self.rng.shuffle(keys)
        for key in keys:
            try:
                return self._draw(self.task, (key,)), key
            except NoWordingError:
                continue
        return self._framed(self.task), "part"

    def _step_before(self, asked: Asked) -> Asked | None:
        """Return what fills the first slot, where it can be told as a step before."""
        first = next(iter(asked.fillers.values()), None)
        if not _is_kind(first) or not asked.kind.of("then") or not first.kind.of("do"):
            return None
        return first if self.rng.random() < 0.75 or not first.kind.of("noun") else None

    def _steps(self, before: Asked) -> str:
        last = self._draw(self.task, ("then",), skip_first=True)
        earlier = self._step_before(before)
        if earlier is not None:
            middle = self._draw(before, ("then",), skip_first=True)
            steps = [self._draw(earlier, ("do",)), middle, last]
        else:
            steps = [self._draw(before, ("do",)), last]
        steps = [step.strip().rstrip(".") for step in steps]
        name = "then" if len(steps) == 2 else "then three"
        text = self.frame(name, **dict(zip("ABC", steps, strict=False)))
        if self.rng.random() < 0.3:
            text = f"{text.rstrip('.')} {self.frame('last step')}".strip()
        return text

    def _framed(self, asked: Asked) -> str:
        """Return a request made of a noun phrase, a clause or a command in a frame."""
        noun, do = asked.kind.of("noun"), asked.kind.of("do")
        if noun and (not do or self.rng.random() < 0.5):
            said = self._draw(asked, ("noun",))
            if asked.kind.returns == "bool":
                return self.frame("before whether", W=said)
            return self.frame("before noun", N=said)
        if not do:
            raise NoWordingError(asked.kind.name)
        said = self._draw(asked, ("do",))
        return self.frame("before do", D=said, Ds=_third_person(said))

    def _draw(self, asked: Asked, keys: Sequence[str], *, skip_first: bool = False) -> str:
        """Return a wording of a kind with its slots filled."""
        wordings: list[Wording] = [w for key in keys for w in asked.kind.of(key)]
        skipped = {next(iter(asked.fillers), "")} if skip_first else set()
        for _ in range(_TRIES if wordings else 0):
            wording = self.rng.choice(wordings)
            text = wording.draw(self.rng)
            filled = self._fill(text, asked, wording.unsaid, skipped)
            if filled is not None:
                return plain(filled)
        raise NoWordingError(asked.kind.name)

    def _fill(
        self, text: str, asked: Asked, unsaid: frozenset[str], skipped: set[str]
    ) -> str | None:
        for name in unsaid - skipped:
            if not isinstance(asked.fillers[name], Argument):
                return None  # what is no argument has to be said
        pieces, done = [], 0
        said: dict[str, str] = {}
        for match in SLOT.finditer(text):
            filler = asked.fillers.get(match["name"])
            if filler is None:
                return None
            before = text[done : match.start()]
            value = self._slot(match, filler, text, said)
            if value is None:
                return None
            pieces += [before, value]
            done = match.end()
        return "".join([*pieces, text[done:]])

    def _slot(
        self, match: re.Match[str], filler: Filler, text: str, said: dict[str, str]
    ) -> str | None:
        name, noun = match["name"], match["noun"]
        if match["form"]:
            return self._form(filler, match["form"], match["it"] or "it")
        if isinstance(filler, Argument):
            if noun:
                noun = plain(noun).strip()
                if not filler.name and noun.isidentifier() and can_be_argument(noun):
                    self.name(filler, noun)
                self.mentioned.add(filler)
                return noun if filler.name in ("", noun) or not filler.name else filler.name
            return self.mention(filler)
        if isinstance(filler, Literal):
            if noun and _ARTICLE_BEFORE.search(text, 0, match.start()):
                return None
            return said.setdefault(name, self._literal(filler))
        if noun or isinstance(filler, Joint):
            return None
        if filler in self.defined:
            return self.defined[filler]
        if name in said:
            return "it"
        said[name] = self._draw(filler, ("noun",))
        return said[name]

    def _form(self, filler: Filler, form: str, it: str) -> str | None:
        """Return a condition or a function in one of its forms."""
        if isinstance(filler, Joint):
            return self._joint(filler, form, it)
        if not isinstance(filler, Asked):
            return None
        wordings = filler.kind.of(form)
        if not wordings:
            return None
        text = self.rng.choice(wordings).draw(self.rng)
        return self._fill(text.replace("{x}", it), filler, frozenset(), set())

    def _joint(self, joint: Joint, form: str, it: str) -> str | None:
        if form not in ("are", "verb", "verbs", "code"):
            return None
        first, second = self._form(joint.first, form, it), self._form(joint.second, form, it)
        if first is None or second is None:
            return None
        if form == "code":
            sign = {"and": "and", "or": "or", "but not": "and not", "neither": "or"}[joint.word]
            return (
                f"not ({first} or {second})"
                if joint.word == "neither"
                else f"({first}) {sign} ({second})"
            )
        if joint.word == "neither":
            return f"neither {first} nor {second}"
        if joint.word == "but not" and form != "are":
            return None
        either = "either " if joint.word == "or" and self.rng.random() < 0.3 else ""
        return f"{either}{first} {joint.word} {second}"

    def _literal(self, literal: Literal) -> str:
        value = json.loads(literal.literal)
        if literal.type == "int":
            if 0 <= value < len(_NUMBER_WORDS) and self.rng.random() < 0.25:
                return _NUMBER_WORDS[value]  # type: ignore[no-any-return]
            return f"{value:,}" if value >= 1000 and self.rng.random() < 0.3 else str(value)
        quote = self.rng.choice("'\"")
        if quote in value:
            quote = '"' if quote == "'" else "'"
        names = _SIGN_NAMES.get(value)
        if names and self.rng.random() < 0.5:
            sign = self.rng.choice(names)
            return self.rng.choice((f"a {sign}", f"the {sign}", sign, f"{sign}s"))
        if len(value) == 1 and value.isalnum() and self.rng.random() < 0.4:
            return f"the {self.rng.choice(('letter', 'character', 'letter'))} {value}"
        return f"{quote}{value}{quote}"

    # ------------------------------------------------------------------ around it

    def around(self, core: str, register: str) -> str:
        """Put what people put around a request around it."""
        rng = self.rng
        text = core = self._noted(core, register) if rng.random() < _NOTED else core
        if self.declares and self.arguments and register not in ("code", "story"):
            declared = [self.declared(argument) for argument in self.arguments]
            given = self.frame("given", A=listed(declared, ", "))
            text = f"{given} {text}" if rng.random() < 0.8 else f"{text.rstrip('.')}. {given}"
        if rng.random() < _SIGNATURE and register not in ("code", "story", "sheet"):
            text = self._with_signature(text)
        elif register == "comment" and rng.random() < _MARKED:
            text = rng.choice(("# ", "// ", "/* {} */", "-- ", "#", "//")).replace("{}", text)
            text = text if core in text else f"{text}{core}"
        elif register == "docstring" and rng.random() < _MARKED:
            text = f'"""{text}"""'
        if register in ("docstring", "homework") and rng.random() < _SECTIONS * 3:
            text = self._with_sections(text)
        if rng.random() < _CONTEXT_BEFORE:
            text = f"{plain(self.frame('context before'))} {text}"
        if rng.random() < _EXAMPLE:
            text = self._with_example(text)
        if rng.random() < _CONTEXT_AFTER:
            text = f"{text.rstrip('.')}. {plain(self.frame('context after'))}"
        text = plain(text)
        return _mistyped(text, rng) if rng.random() < _TYPO else text

    def _noted(self, core: str, register: str) -> str:
        """Add a note or two of the task's kind, and now and then one of a condition in it."""
        within = [f for f in self.task.fillers.values() if isinstance(f, Asked)]
        notes = [(self.task, note) for note in self.task.kind.of(NOTE)]
        self.rng.shuffle(notes)
        notes = notes[: self.rng.choice((1, 1, 1, 2))]
        for inner in within:
            if inner.kind.of(NOTE) and (inner.kind.sort != "=" or self.rng.random() < 0.3):
                notes.append((inner, self.rng.choice(inner.kind.of(NOTE))))
        said = [self._note(asked, note) for asked, note in notes]
        shown = [plain(note).strip() for note in said if note]
        if not shown:
            return core
        if register == "code":
            return f"{core}{self.rng.choice(('  # ', '  // ', '; '))}{'; '.join(shown)}"
        between, end = self.rng.choice(_JOINTS)
        if between == ". ":
            shown = [note[:1].upper() + note[1:] for note in shown]
        note = ". ".join(note.rstrip(".") for note in shown)
        return f"{core.rstrip('.')}{between}{note}{end or '.'}"

    def _note(self, asked: Asked, note: Wording) -> str | None:
        """Return a note with its slots filled; None where one holds a task of its own."""
        text = note.draw(self.rng)
        names = {match["name"] for match in SLOT.finditer(text)}
        if any(not isinstance(asked.fillers.get(name), Argument | Literal) for name in names):
            return None
        return self._fill(text, asked, frozenset(), set())

    def _with_signature(self, text: str) -> str:
        self.name_the_rest()
        kinds = {a: self.rng.choice(_PYTHON.get(a.type, (a.type,))) for a in self.arguments}
        name = self.task.kind.name if self.rng.random() < 0.5 else self.rng.choice(_NAMELESS)
        if self.rng.random() < 0.25:
            name = re.sub(r"_(\w)", lambda match: match[1].upper(), name)
        return self.frame(
            "signature",
            F=name,
            P=", ".join(f"{a.name}: {kinds[a]}" for a in self.arguments),
            Q=", ".join(a.name for a in self.arguments),
            R=_PYTHON.get(self.task.kind.language_type, ("int",))[0],
            T=text,
        )

    def _with_sections(self, text: str) -> str:
        lines = [text]
        for argument in self.arguments:
            about = f"about {argument.type}"
            said = self.frame(about if about in _frames() else "about int")
            kind = self.rng.choice(_PYTHON.get(argument.type, (argument.type,)))
            lines.append(self.frame("doc params", a=self.name(argument), t=kind, d=said))
        if self.rng.random() < 0.5:
            kind = _PYTHON.get(self.task.kind.language_type, ("int",))[0]
            lines.append(self.frame("doc returns", R=kind))
        return plain("\n".join(lines))

    def _with_example(self, text: str) -> str:
        """Weave an example in, where the task is one kind with nothing else in it."""
        examples = self.task.kind.examples
        if not examples or any(not isinstance(f, Argument) for f in self.task.fillers.values()):
            return text
        inputs, output = self.rng.choice(examples)
        values = [_shown(value, self.rng) for value in inputs.values()]
        if self.rng.random() < 0.4:
            names = [self.task.fillers[name].name or name for name in inputs]  # type: ignore[union-attr]
            values = [f"{name} = {value}" for name, value in zip(names, values, strict=True)]
        said = ", ".join(values) if self.rng.random() < 0.5 else " and ".join(values)
        return f"{text} {self.frame('example', I=said, O=_shown(output, self.rng))}"


def _is_kind(filler: "Filler | None") -> TypeGuard[Asked]:
    """Tell whether a slot holds a kind, and not an argument, a literal or a condition."""
    return isinstance(filler, Asked) and filler.kind.sort == "="


def _shown(value: Any, rng: Random) -> str:
    if isinstance(value, bool):
        return str(value) if rng.random() < 0.5 else str(value).lower()
    return json.dumps(value, ensure_ascii=False)


def _third_person(command: str) -> str:
    """Return "sorts the list" for "sort the list"."""
    word, space, rest = command.partition(" ")
    lower = word.lower()
    if lower in _IRREGULAR:
        word = _IRREGULAR[lower]
    elif re.search(r"(?:s|x|z|ch|sh)$", lower):
        word += "es"
    elif re.search(r"[^aeiou]y$", lower):
        word = f"{word[:-1]}ies"
    elif lower.isalpha():
        word += "s"
    return f"{word}{space}{rest}"


def _mistyped(text: str, rng: Random) -> str:
    """Return a text with one or two slips."""
    words = re.findall(r"[A-Za-z]{4,}", text)
    slips = dict(line.source.split(" ", 1) for line in _frames()["typos"] if " " in line.source)
    for _ in range(rng.choice((1, 1, 2))):
        if not words:
            break
        word = rng.choice(words)
        wrong = slips.get(word.lower())
        if wrong is None:
            place = rng.randrange(1, len(word) - 1)
            wrong = rng.choice(
                (
                    word[:place] + word[place + 1] + word[place] + word[place + 2 :],
                    word[:place] + word[place + 1 :],
                    word[:place] + word[place] + word[place:],
                )
            )
        text = re.sub(rf"\b{word}\b", wrong, text, count=1)
    return text


def shown_wording(wording: Wording) -> str:
    """Return a wording as people read it: the first of its choices, slots by their names."""
    text = wording.draw(Random(0))
    return plain(SLOT.sub(lambda match: match["noun"] or match["name"], text))
