"""Formulas in a text, as trees: `xs[i + 1]`, `max(a, b)`, `n!`, `1 + 2 + ... + n`.

The reader takes the longest formula at a place of the text and gives up where there is none; it
knows no English. How a formula is told in words: `formula_words`.
"""

import re
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

# Deeper brackets are no formula of a person's.
_DEEPEST: Final = 25
# Operands that are read in all, tries included, for each token of a text.
_WORK_PER_TOKEN: Final = 16
_MOST_ITEMS: Final = 8
_LONGEST_CHAIN: Final = 40
_LONGEST_CALL: Final = 200  # tokens
_MOST_ENDS: Final = 3  # start, stop and step of a slice

_SIGNS: Final = {
    "−": "-", "×": "*", "·": "*", "⋅": "*", "∗": "*", "÷": "/", "**": "^", "≤": "<=", "⩽": "<=",
    "≥": ">=", "⩾": ">=", "≠": "!=", "…": "...", "⋯": "...", "∑": "sum", "Σ": "sum", "∏": "product",
    "Π": "product", "<>": "!=",
}  # fmt: skip
_SUPERSCRIPTS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_TOKEN: Final = re.compile(
    r"(?P<number>[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<word>[A-Za-z_][A-Za-z_0-9]*)"
    r"|(?P<raised>[⁰¹²³⁴-⁹]+)"
    r"|(?P<sign>->|=>|<-|\.\.\.|\.\.|\*\*|//|<=|>=|==|!=|<>|\S)"
)
_INNER_CAPITAL: Final = re.compile(r"[a-z][A-Z]")
_ORDINAL: Final = re.compile(r"-?th\b")
_TYPE_WORDS: Final = frozenset({"int", "str", "string", "float", "bool", "number", "integer"})
_TYPES: Final = frozenset({"list", "array", "vector", "sequence", "tuple", "dict", "set"})
# After a digit these are a unit or an ending: "2d", "90s", "10k".
_UNITS: Final = frozenset("dskDSK")
_TAKES_ONE: Final = frozenset("+-*/%^")
COMPARISONS: Final = frozenset({"<", ">", "<=", ">=", "==", "!="})

FUNCTIONS: Final = {
    "len": "length", "length": "length", "size": "length", "strlen": "length",
    "sum": "sum", "total": "sum", "max": "maximum", "maximum": "maximum",
    "min": "minimum", "minimum": "minimum", "product": "product", "prod": "product",
    "avg": "average", "average": "average", "mean": "average", "median": "median",
    "abs": "absolute value", "sqrt": "square root", "square": "square", "floor": "floor",
    "sorted": "sorted", "sort": "sorted", "reversed": "reverse", "reverse": "reverse",
    "range": "range", "factorial": "factorial", "fact": "factorial",
    "fib": "fibonacci", "fibonacci": "fibonacci", "digits": "digits",
    "head": "first", "first": "first", "last": "last",
    "concat": "concatenation", "str_concat": "concatenation",
    "pow": "^", "mod": "%", "div": "//",
    "is_prime": "prime", "isprime": "prime", "isPrime": "prime",
}  # fmt: skip
_ARITIES: Final = {
    "maximum": (1, 9), "minimum": (1, 9), "sum": (1, 9), "product": (1, 9), "range": (1, 2),
    "concatenation": (2, 2), "^": (2, 2), "%": (2, 2), "//": (2, 2),
}  # fmt: skip
# No English nouns: a space may stand before their brackets.
_CODE_WORDS: Final = frozenset({"len", "max", "min", "sqrt", "floor", "abs", "pow", "strlen"})


@dataclass(frozen=True, slots=True)
class Formula:
    """A node of a formula.

    Attributes:
        head: "atom", "opaque" (a call of something unknown), an operator, "index", "slice",
            "call", "sequence", "interval" or "compare".
        parts: what it is made of; None for an end of a slice or sequence that is not said.
        text: of an atom, its name or number; of a call, what the function gives; of a sequence,
            what stands between its items; of an interval, its two brackets; of a comparison,
            its operators, parted by spaces.
    """

    head: str
    parts: tuple["Formula | None", ...] = ()
    text: str = ""

    def part(self, place: int) -> "Formula":
        """Return a part; an empty atom where there is none."""
        part = self.parts[place] if place < len(self.parts) else None
        return part if part is not None else Formula("atom")

    @property
    def is_atom(self) -> bool:
        return self.head == "atom"

    @property
    def number(self) -> int | None:
        """The value of a plain integer; None for any other formula."""
        return int(self.text) if self.is_atom and self.text.isdecimal() else None


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a text.

    Attributes:
        kind: "number", "word", "raised" (a superscript) or "sign".
        value: as a plain keyboard types it.
        start: place of its first character.
        end: place after its last one.
    """

    kind: str
    value: str
    start: int
    end: int


class NoFormulaError(Exception):
    """There is no formula at a place. Never leaves this package."""


def tokens_of(text: str) -> list[Token]:
    """Cut a text into tokens."""
    return [_token(match) for match in _TOKEN.finditer(text)]


def _token(match: re.Match[str]) -> Token:
    kind = match.lastgroup or "sign"
    value = match[0]
    if kind == "sign":
        value = _SIGNS.get(value, value)
    elif kind == "raised":
        value = value.translate(_SUPERSCRIPTS)
    elif kind == "number":
        value = value.replace(",", "")
    return Token(kind, value, *match.span())


class FormulaReader:
    """Reads the formula that begins at a token.

    Attributes:
        place: the token that is read next.
    """

    def __init__(
        self, text: str, tokens: Sequence[Token], names: Container[str], factors: Container[str]
    ) -> None:
        """Take a text.

        Args:
            text: as it was typed.
            tokens: of the text.
            names: of arguments, lower case.
            factors: names, lower case, that can not have a factorial.
        """
        self.place = 0
        self._text = text
        self._tokens = tokens
        self._names = names
        self._no_factorial = factors
        self._depth = 0
        self._in_code = 0
        self._work_left = _WORK_PER_TOKEN * (len(tokens) + 10)

    def read(self, place: int) -> tuple[Formula, int]:
        """Return the longest formula without a list that begins at a token, and the place after it.

        Raises:
            NoFormulaError: there is none.
        """
        self.place, self._depth, self._in_code = place, 0, 0
        # What stands before an operator was no formula: it takes the next operand alone.
        before = self._tokens[place - 1].value if place else ""
        found = self._power() if before in _TAKES_ONE else self._comparison()
        return found, self.place

    def read_list(self, place: int) -> tuple[Formula, int]:
        """Return the list with an ellipsis that begins at a token, and the place after it.

        Raises:
            NoFormulaError: there is none.
        """
        self.place, self._depth, self._in_code = place, 0, 0
        found = self._attempt(self._bracketed_sequence) or self._listed(self._sum())
        return found, self.place

    def read_interval(self, place: int) -> tuple[Formula, int]:
        """Return the interval that begins at a bracket, and the place after it.

        Raises:
            NoFormulaError: there is none.
        """
        self.place, self._depth, self._in_code = place, 0, 0
        opening = self._expect("[", "(")
        low = self._sum()
        self._expect(",")
        high = self._sum()
        closing = self._expect("]", ")")
        if opening + closing == "()":
            raise NoFormulaError
        return Formula("interval", (low, high), opening + closing), self.place

    # Tokens.

    def _peek(self, ahead: int = 0) -> Token | None:
        place = self.place + ahead
        return self._tokens[place] if place < len(self._tokens) else None

    def _value(self, ahead: int = 0) -> str:
        token = self._peek(ahead)
        return token.value if token is not None and token.kind == "sign" else ""

    def _accept(self, *values: str) -> str:
        value = self._value()
        if value and value in values:
            self.place += 1
            return value
        return ""

    def _expect(self, *values: str) -> str:
        value = self._accept(*values)
        if not value:
            raise NoFormulaError
        return value

    def _is_glued(self) -> bool:
        """Whether no space stands before the next token."""
        token = self._peek()
        return (
            token is not None and self.place > 0 and token.start == self._tokens[self.place - 1].end
        )

    def _attempt(self, read: Callable[[], Formula]) -> Formula | None:
        place, depth, in_code = self.place, self._depth, self._in_code
        try:
            return read()
        except NoFormulaError:
            self.place, self._depth, self._in_code = place, depth, in_code
            return None

    # Lists with an ellipsis.

    def _bracketed_sequence(self) -> Formula:
        closing = {"[": "]", "(": ")", "{": "}"}.get(self._accept("[", "(", "{"), "")
        if not closing:
            raise NoFormulaError
        first = self._sum()
        found = first if first.head == "sequence" else self._listed(first)
        self._expect(closing)
        if self._value() in ("^", "!", "*", "/", "+", "-", "[") or self._is_raised():
            raise NoFormulaError
        return found

    def _listed(self, first: Formula) -> Formula:
        """Return "first, ..., last" or "first, second, ...", the first item being read."""
        items = [first]
        while len(items) < _MOST_ITEMS:
            self._accept(",")
            if self._accept("..."):
                return Formula("sequence", (*items, self._last_item()), ",")
            if not self.place or self._tokens[self.place - 1].value != ",":
                break
            items.append(self._sum())
        raise NoFormulaError

    def _last_item(self) -> Formula | None:
        def after_comma() -> Formula:
            self._accept(",")
            token = self._peek()
            if token is not None and token.value == "and":
                self.place += 1
            return self._sum()

        return self._attempt(after_comma)

    # Operators, the loosest first.

    def _comparison(self) -> Formula:
        operands, signs = [self._sum()], []
        while len(operands) < _MOST_ITEMS:
            place = self.place
            sign = self._comparison_sign(operands[-1])
            operand = self._attempt(self._sum) if sign else None
            if operand is None:
                self.place = place
                break
            operands.append(operand)
            signs.append(sign)
        return Formula("compare", tuple(operands), " ".join(signs)) if signs else operands[0]

    def _comparison_sign(self, left: Formula) -> str:
        sign = self._accept(*COMPARISONS)
        if not sign and left.head in ("%", "call", "index") and self._accept("="):
            sign = "=="  # "x mod 2 = 0"; but "x = 3" may say what x is
        return sign

    def _sum(self) -> Formula:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise NoFormulaError
        first = self._product()
        found = self._span(first) or self._chain(first, ("+", "-"), self._product)
        self._depth -= 1
        return found

    def _product(self) -> Formula:
        return self._chain(self._signed(), ("*", "/", "//", "%", "mod", "modulo"), self._signed)

    def _chain(
        self, first: Formula, signs: tuple[str, ...], operand: Callable[[], Formula]
    ) -> Formula:
        items, left = [first], first
        for _ in range(_LONGEST_CHAIN):
            place = self.place
            sign = self._operator(signs)
            if sign in ("+", "*") and self._accept("..."):
                return self._sum_to(items, sign, operand)
            right = self._attempt(operand) if sign else None
            if right is None or self._is_ordinal(sign, right):
                self.place = place
                return left
            items = [*items, right] if sign in ("+", "*") else [right]
            left = Formula(sign, (left, right))
        raise NoFormulaError

    def _operator(self, signs: tuple[str, ...]) -> str:
        token = self._peek()
        if token is None or token.value not in signs:
            return ""
        if token.value == "/" and self._value(1) == "/":
            return ""
        self.place += 1
        return "%" if token.value in ("mod", "modulo") else token.value

    def _is_ordinal(self, sign: str, right: Formula) -> bool:
        return sign == "-" and right.text.lower() == "th"

    def _sum_to(
        self, items: Sequence[Formula], sign: str, operand: Callable[[], Formula]
    ) -> Formula:
        """Return "1 + 2 + ... + n", read up to the dots."""
        last = operand() if self._accept(sign) else None
        return Formula("sequence", (*items, last), sign)

    def _span(self, first: Formula) -> Formula | None:
        """Return "1..n"."""
        is_dotted = self._value() == ".." or (
            self._value() == "..." and self._is_glued() and self._next_is_glued()
        )
        if not is_dotted:
            return None

        def rest() -> Formula:
            self.place += 1
            last = self._chain(self._product(), ("+", "-"), self._product)
            return Formula("sequence", (first, last), "..")

        return self._attempt(rest)

    def _next_is_glued(self) -> bool:
        here, after = self._peek(), self._peek(1)
        return here is not None and after is not None and here.end == after.start

    def _signed(self) -> Formula:
        if self._value() != "-":
            return self._power()
        self.place += 1
        if not self._is_glued():
            raise NoFormulaError
        return Formula("neg", (self._power(),))

    def _power(self) -> Formula:
        self._depth += 1
        self._work_left -= 1
        if self._depth > _DEEPEST or self._work_left < 0:
            raise NoFormulaError
        found = self._raised(self._postfixed(self._operand()))
        self._depth -= 1
        return found

    def _raised(self, base: Formula) -> Formula:
        if self._is_raised() and self._is_glued():
            self.place += 1
            return Formula("^", (base, Formula("atom", (), self._tokens[self.place - 1].value)))
        place = self.place
        if self._accept("^"):
            exponent = self._attempt(self._exponent)
            if exponent is not None:
                return Formula("^", (base, exponent))
            self.place = place
        return base

    def _is_raised(self) -> bool:
        token = self._peek()
        return token is not None and token.kind == "raised"

    def _exponent(self) -> Formula:
        if self._accept("{"):  # LaTeX
            exponent = self._sum()
            self._expect("}")
            return exponent
        return self._signed()

    # Operands.

    def _operand(self) -> Formula:
        token = self._peek()
        if token is None:
            raise NoFormulaError
        if token.kind == "number":
            return self._numeral(token)
        if token.kind == "word":
            return self._word(token)
        if token.value in ("sum", "product") and token.kind == "sign":
            self.place += 1
            return Formula("call", (self._power(),), token.value)
        if token.value == "√":
            self.place += 1
            return Formula("call", (self._power(),), "square root")
        return self._fenced()

    def _fenced(self) -> Formula:
        opening = self._expect("(", "⌊", "|")
        found = self._sum()
        self._expect({"(": ")", "⌊": "⌋", "|": "|"}[opening])
        if opening == "(":
            return found
        return Formula("call", (found,), "floor" if opening == "⌊" else "magnitude")

    def _numeral(self, token: Token) -> Formula:
        self.place += 1
        number = Formula("atom", (), token.value)
        after = self._peek()
        if after is None or after.kind != "word" or not self._is_glued():
            return number
        if len(after.value) > 1 or (after.value in _UNITS and not self._is_name(after.value)):
            raise NoFormulaError  # "2nd", "2d"
        return Formula("*", (number, self._power()))

    def _word(self, token: Token) -> Formula:
        self.place += 1
        opens = self._value() == "("
        if opens and token.value in FUNCTIONS and (self._is_glued() or token.value in _CODE_WORDS):
            called = self._attempt(lambda: self._call(FUNCTIONS[token.value]))
            if called is not None:
                return called
        if opens and self._is_glued():
            return self._unknown_call(token)
        if not self._is_operand(token):
            raise NoFormulaError
        return Formula("atom", (), token.value)

    def _call(self, function: str) -> Formula:
        self._expect("(")
        self._in_code += 1
        arguments = [self._sum()]
        is_reversed = False
        while self._accept(","):
            is_reversed = function == "sorted" and self._is_reversal()
            if not is_reversed:
                arguments.append(self._sum())
        self._expect(")")
        self._in_code -= 1
        least, most = _ARITIES.get(function, (1, 1))
        if not least <= len(arguments) <= most:
            raise NoFormulaError
        if function in ("^", "%", "//"):
            return Formula(function, tuple(arguments))
        found = Formula("call", tuple(arguments), function)
        return Formula("call", (found,), "reverse") if is_reversed else found

    def _is_reversal(self) -> bool:
        """Whether `reverse=True` comes next; it is skipped."""
        ahead = self._tokens[self.place : self.place + 3]
        if [token.value.lower() for token in ahead] != ["reverse", "=", "true"]:
            return False
        self.place += 3
        return True

    def _unknown_call(self, name: Token) -> Formula:
        """Skip the brackets of a function that nobody knows."""
        depth = 0
        for token in self._tokens[self.place : self.place + _LONGEST_CALL]:
            self.place += 1
            depth += (token.value == "(") - (token.value == ")")
            if not depth:
                return Formula("opaque", (), self._text[name.start : token.end])
        raise NoFormulaError

    def _is_operand(self, token: Token) -> bool:
        word = token.value
        after = self._peek()
        is_marked = after is not None and (
            (after.value == "[" and self._is_glued())
            or after.value == "^"
            or (after.kind == "raised" and self._is_glued())
        )
        return (
            self._is_name(word)
            or (len(word) == 1 and word.isalpha())
            or is_marked
            or (self._in_code > 0 and word.lower() not in ("and", "or", "for", "if", "not", "in"))
        )

    def _is_name(self, word: str) -> bool:
        return (
            word.lower() in self._names
            or any(character.isdigit() or character == "_" for character in word)
            or _INNER_CAPITAL.search(word) is not None
        )

    # What follows an operand.

    def _postfixed(self, base: Formula) -> Formula:
        while self._is_glued():
            found = self._attempt(partial(self._postfix, base))
            if found is None:
                break
            base = found
        return base

    def _postfix(self, base: Formula) -> Formula:
        sign = self._expect("[", "!", ".")
        if sign == "[":
            return self._index(base)
        if sign == "!":
            return self._factorial(base)
        token = self._peek()
        if token is None or token.value not in ("length", "len", "size") or not self._is_glued():
            raise NoFormulaError
        self.place += 1
        if self._value() == "(" and self._value(1) == ")":
            self.place += 2
        return Formula("call", (base,), "length")

    def _index(self, base: Formula) -> Formula:
        self._in_code += 1
        ends: list[Formula | None] = [self._attempt(self._sum)]
        while self._accept(":") and len(ends) < _MOST_ENDS:
            ends.append(self._attempt(self._sum))
        self._expect("]")
        self._in_code -= 1
        if len(ends) > 1:
            return Formula("slice", (base, *ends, *[None] * (_MOST_ENDS - len(ends))))
        index = ends[0]
        if index is None or (
            base.text.lower() in _TYPES and index.text.lower() in _TYPE_WORDS  # "list[int]"
        ):
            raise NoFormulaError
        return Formula("index", (base, index))

    def _factorial(self, base: Formula) -> Formula:
        token = self._peek()
        if token is not None and self._is_glued() and token.value in ("=", "!", "?"):
            raise NoFormulaError
        closes = self._tokens[self.place - 2].value == ")"
        word = base.text
        is_known = len(word) == 1 and word.isalpha()
        is_known = is_known or word.lower() in self._names
        if not closes and (not base.is_atom or not is_known or word.lower() in self._no_factorial):
            raise NoFormulaError
        if self._ends_sentence() and self._is_after_joining_word(base):
            raise NoFormulaError
        return Formula("!", (base,))

    def _ends_sentence(self) -> bool:
        rest = self._text[self._tokens[self.place - 1].end :].lstrip()
        return not rest or rest[0].isupper()

    def _is_after_joining_word(self, base: Formula) -> bool:
        """Whether "and n!" may be an exclamation: "add m and n!"."""
        before = self._tokens[self.place - 3].value if self.place > 2 else ""
        return base.is_atom and before in ("and", "by", "from", "than", "to", "or", "with")


def is_before_ordinal(text: str, end: int) -> bool:
    """Whether "-th" follows: "the (n - 1)-th element"."""
    return _ORDINAL.match(text, end) is not None
