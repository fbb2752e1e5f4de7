"""A SELECT of SQL in a request, as code: "SELECT COUNT(*) FROM words WHERE LENGTH(word) > 3".

A table is an array whose elements have one column, or several arrays side by side, one for each
column. `grammar/sql.lark` has the syntax. What comes out is an expression of `grammar/code.lark`,
which `code_programs` translates.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any, Final

from lark import Lark, LarkError, Token, Transformer, Tree

from saps.resources import resource_folder

_DEEPEST: Final = 25  # levels of what is parsed
_SELECT: Final = re.compile(
    r"\W*(?P<select>select\s.+?)\s*(?:;\s*)?(?P<comment>(?:--|/\*|//|#).*)?",
    re.IGNORECASE | re.DOTALL,
)
_OVER_ROWS: Final[Mapping[str, str]] = {
    "count": "len({})",
    "sum": "sum({})",
    "min": "min({})",
    "max": "max({})",
    "avg": "sum({0}) / len({0})",
}
_FUNCTIONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("length", "len", "char_length"), "len({})"),
    **dict.fromkeys(("upper", "ucase"), "{}.upper()"),
    **dict.fromkeys(("lower", "lcase"), "{}.lower()"),
    "trim": "{}.strip()",
    "abs": "abs({})",
    "mod": "({} % {})",
    "left": "{}[:{}]",
}
_ORDERED: Final = frozenset({"<", ">", "<=", ">="})
# What tells the type of what it is applied to.
_OF_TYPE: Final = {
    **dict.fromkeys(("sum", "avg", "min", "max", "abs", "mod", "calculated", "between"), "int"),
    **dict.fromkeys(("length", "len", "char_length", "upper", "ucase"), "string"),
    **dict.fromkeys(("lower", "lcase", "trim", "left", "like"), "string"),
}
_OF_WORDS: Final = re.compile(
    r"(?:\w+_)?(?:name|word|text|city|country|dept|department|category|status|type|product|item|title)"
)
_WITHOUT_ROWS: Final = ("coalesce", "ifnull")
_SIGNS: Final = {"=": "==", "<>": "!="}
_PLACE: Final = "row_number"  # of a row, in the code


def sql_as_code(text: str, arguments: Mapping[str, str] | None) -> tuple[str, frozenset[str]]:
    """Return what a SELECT computes as an expression of code; an empty one where a text is none.

    Args:
        text: as it was typed.
        arguments: name to type; None where the text may have any. Then a column is what is
            selected, ordered by, or compared on the left of a sign.

    Returns:
        the code, and the names in it that are arrays.
    """
    tree = _select(text)
    if tree is not None:
        with suppress(_NoTableError, LarkError):  # which wraps what a transformer raises
            select = _Select(tree, arguments)
            return select.code(), frozenset(select.arrays.values())
    return "", frozenset()


def select_types(text: str) -> dict[str, str]:
    """Return the types of what a SELECT takes, as it and its names tell; none if any is open.

    "age >= least" is of numbers, "LENGTH(word)" and "city" are of texts.
    """
    tree = _select(text)
    if tree is None:
        return {}
    arrays = _arrays(tree, str(tree.children[2]), None)
    names = list(dict.fromkeys(str(one.children[-1]) for one in _names(tree, "name", "given")))
    kinds = {name: "string" for name in names if _OF_WORDS.fullmatch(name.lower())}
    compared = [_compared_type(part) for part in tree.iter_subtrees()]
    for same, kind in 2 * compared:  # what is compared with something may tell its type later
        known = next((kinds[name] for name in same if name in kinds), kind)
        kinds |= dict.fromkeys(same, known) if known else {}
    if not all(name in kinds for name in names):
        return {}
    return {
        arrays.get(name, name): f"{kinds[name]}[]" if name in arrays else kinds[name]
        for name in names
    }


def _select(text: str) -> Any:
    """Return the tree of a text that is a SELECT, its comment apart; None for other texts."""
    found = _SELECT.fullmatch(text)
    return None if found is None else parsed("sql", found["select"])


def _compared_type(part: Any) -> tuple[list[str], str]:
    """Return names in a part of a SELECT that have one type, and the type if the part tells it."""
    operands = [one for one in part.children if isinstance(one, Tree)]
    names = [str(one.children[-1]) for one in operands if one.data in ("name", "given")]
    literals = [str(one.children[0]) for one in operands if one.data == "literal"]
    name = str(part.children[0]).lower() if part.data == "call" else str(part.data)
    if part.data == "compared":
        is_number = str(part.children[1]) in _ORDERED or any(one[0].isdigit() for one in literals)
        return names, "int" if is_number else "string" if literals else ""
    return names if name in _OF_TYPE else [], _OF_TYPE.get(name, "")


class _NoTableError(ValueError):
    """No array can be the table."""


def parsed(grammar: str, text: str) -> Any:
    """Return the tree of a text by a grammar of ours; None where it is none of its, or too deep."""
    with suppress(LarkError):
        tree: Any = _parser(grammar).parse(text)
        return tree if _is_shallow(tree, _DEEPEST) else None
    return None


@cache
def _parser(grammar: str) -> Lark:
    text = (resource_folder("grammar") / f"{grammar}.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", maybe_placeholders=True)


def _is_shallow(tree: Any, most: int) -> bool:
    """Whether a tree has at most so many levels: what goes through it calls itself."""
    return not isinstance(tree, Tree) or (
        most > 0 and all(_is_shallow(part, most - 1) for part in tree.children)
    )


class _Select:
    """One SELECT.

    Attributes:
        arrays: column to the array that holds it.
        is_by_place: whether rows are gone through by their places: there are several arrays, or the
            order is that of something else than what is selected.
    """

    def __init__(self, tree: Any, arguments: Mapping[str, str] | None) -> None:
        self.distinct, self.what, table, self.where, self.key, self.way, self.limit = tree.children
        self.arrays = _arrays(tree, str(table), arguments)
        is_bare = isinstance(self.what, Tree) and self.what.data == "name"
        told = (self.distinct, self.where, self.key, self.limit)
        if not self.arrays or (is_bare and told == (None,) * 4):
            raise _NoTableError  # "select duplicates from xs" is English
        over_rows = _over_rows(self.what)
        inner = (one for call in over_rows for part in call.children for one in _over_rows(part))
        if any(map(_over_rows, told)) or any(inner):
            raise _NoTableError  # "WHERE age > AVG(age)", "MAX(SUM(x))": of which rows?
        self._is_by_another = self.key is not None and self.key != self.what
        self.is_by_place = len(set(self.arrays.values())) > 1 or self._is_by_another

    def code(self) -> str:
        """Return the whole SELECT as code."""
        if _over_rows(self.what):
            return self.written(self.what)
        rows = self._ordered(f"set({self.rows(self.what)})" if self.distinct else None)
        return rows if self.limit is None else f"{rows}[:{self.written(self.limit)}]"

    def rows(self, value: Any) -> str:
        """Return the values of an expression in the rows that are chosen."""
        column, array = next(iter(self.arrays.items()))
        condition = f" if {self.written(self.where)}" if self.where is not None else ""
        loop = f"{_PLACE} in range(len({array}))" if self.is_by_place else f"{column} in {array}"
        return f"[{self.written(value)} for {loop}{condition}]"

    def written(self, part: Any, place: str = _PLACE) -> str:
        """Return a part of the SELECT as code of one row."""
        return str(_Code(self, place).transform(part))

    def _ordered(self, distinct: str | None) -> str:
        falls = self.way is not None and self.way.lower() == "desc"
        if not self._is_by_another:
            rows = distinct or self.rows(self.what)
            order = f"sorted({rows}, reverse=True)" if falls else f"sorted({rows})"
            return rows if self.key is None else order
        if distinct is not None:
            raise _NoTableError
        # Rows that are equal keep their order, for the place is the second part.
        key = Tree("pair", [Tree("negative", [self.key]) if falls else self.key])
        return f"[{self.written(self.what, 'pair[1]')} for pair in sorted({self.rows(key)})]"


class _Code(Transformer[Token, str]):
    """Writes parts of a SELECT as code of a row."""

    def __init__(self, select: _Select, place: str = _PLACE) -> None:
        super().__init__()
        self._select, self._place = select, place

    def name(self, parts: list[str]) -> str:
        column = str(parts[-1])
        array = self._select.arrays.get(column)
        if array is None:
            return column
        first = next(iter(self._select.arrays))  # "select words ... where word > ..."
        return f"{array}[{self._place}]" if self._select.is_by_place else first

    def pair(self, parts: list[str]) -> str:
        return f"[{parts[0]}, {self._place}]"

    def given(self, parts: list[str]) -> str:
        return str(parts[1])

    def literal(self, parts: list[str]) -> str:
        return str(parts[0])

    def negative(self, parts: list[str]) -> str:
        return f"(0 - {parts[0]})"

    def bracketed(self, parts: list[str]) -> str:
        return f"({parts[0]})"

    def calculated(self, parts: list[str]) -> str:
        return " ".join(map(str, parts))

    def compared(self, parts: list[str]) -> str:
        return f"{parts[0]} {_SIGNS.get(str(parts[1]), parts[1])} {parts[2]}"

    def between(self, parts: list[Any]) -> str:
        value, negated, low, high = parts
        return self._negated(f"({low} <= {value} and {value} <= {high})", negated)

    def like(self, parts: list[Any]) -> str:
        value, negated, quoted = parts
        inside = quoted[1:-1].strip("%")
        if "%" in inside or "_" in inside:
            raise _NoTableError
        begins, ends = quoted[1] != "%", quoted[-2] != "%"
        method = {(True, False): "startswith", (False, True): "endswith"}.get((begins, ends))
        if method is not None:
            return self._negated(f"{value}.{method}('{inside}')", negated)
        told = f"{value} == '{inside}'" if begins else f"'{inside}' in {value}"
        return self._negated(told, negated)

    def among(self, parts: list[Any]) -> str:
        value, negated, *others = parts
        return self._negated(f"{value} in [{', '.join(others)}]", negated)

    def not_(self, parts: list[str]) -> str:
        return f"not ({parts[0]})"

    def both(self, parts: list[str]) -> str:
        return "(" + " and ".join(parts) + ")"

    def either(self, parts: list[str]) -> str:
        return "(" + " or ".join(parts) + ")"

    def call(self, parts: list[Any]) -> str:
        name, *operands = str(parts[0]).lower(), *parts[1:]
        distinct = any(map(_is_distinct, operands))
        values = [str(one) for one in operands if one is not None and not _is_distinct(one)]
        if name in _WITHOUT_ROWS and len(values) == 2:
            any_row = next(iter(self._select.arrays))
            rows = self._select.rows(Tree("name", [Token("NAME", any_row)]))
            return f"({values[0]} if len({rows}) > 0 else {values[1]})"
        if name in _OVER_ROWS:
            first = self.name([next(iter(self._select.arrays))])
            column = first if values == ["*"] else values[0]
            rows = self._select.rows(Tree("literal", [column]))
            return _OVER_ROWS[name].format(f"set({rows})" if distinct else rows)
        pattern = _FUNCTIONS.get(name)
        if pattern is None or pattern.count("{}") != len(values):
            raise _NoTableError
        return pattern.format(*values)

    def _negated(self, told: str, negated: Any) -> str:
        return told if negated is None else f"not ({told})"


def _is_distinct(part: Any) -> bool:
    return isinstance(part, Token) and part.type == "DISTINCT"


def _over_rows(part: Any) -> list[Any]:
    """Return the calls in a part of a SELECT that make one value of all rows: SUM, COUNT."""
    calls = part.find_data("call") if isinstance(part, Tree) else ()
    return [call for call in calls if str(call.children[0]).lower() in _OVER_ROWS]


def _arrays(tree: Any, table: str, arguments: Mapping[str, str] | None) -> dict[str, str]:
    """Return the array of each column, in the order of the SELECT."""
    what, where, key = tree.children[1], tree.children[3], tree.children[4]
    names = [str(one.children[-1]) for part in (what, where, key) for one in _names(part)]
    if arguments is None:
        columns = [str(one.children[-1]) for part in (what, key) for one in _names(part)]
        columns += [str(one.children[-1]) for one in _compared_names(where)]
        columns = list(dict.fromkeys(columns)) or [table]
        has_one = len({column.lower().removesuffix("s") for column in columns}) == 1
        return {column: table if has_one else column for column in columns}
    arrays = [name for name, kind in arguments.items() if kind.endswith("[]")]
    found = {}
    for name in dict.fromkeys(names or [table]):
        forms = (name, f"{name}s", f"{name}es", f"{name[:-1]}ies")
        array = next((form for form in forms if form in arrays), None)
        if array is None and name not in arguments:
            array = table if table in arrays else arrays[0] if len(arrays) == 1 else None
            if array is None:
                raise _NoTableError
        if array is not None:
            found[name] = array
    return found or ({table: table} if table in arrays else {})


def _names(part: Any, *kinds: str) -> list[Any]:
    """Return the names in a part of a SELECT, in their order."""
    if not isinstance(part, Tree):
        return []
    tree: Any = part
    return [one for one in tree.iter_subtrees_topdown() if one.data in (kinds or ("name",))]


def _compared_names(where: Any) -> list[Any]:
    """Return the names that are compared with something, which stand before a sign."""
    if not isinstance(where, Tree):
        return []
    signs = where.find_pred(lambda one: one.data in ("compared", "between", "like", "among"))
    return [name for one in signs for name in _names(one.children[0])]
