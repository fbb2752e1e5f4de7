import re
from random import Random

import pytest

from saps.data.tasks.composer import Leaf, Shape, Use, draw_draft, phrase_task
from saps.data.tasks.family import default_catalogue
from saps.data.tokenizer import normalise_text


def use(name: str, **fillers: Use | Leaf) -> Use:
    (family,) = (f for f in default_catalogue().families if f.name == name)
    return Use(family, dict(fillers))


def array(name: str) -> Leaf:
    return Leaf("int[]", (), name)


def number(name: str) -> Leaf:
    return Leaf("int", (), name)


def said(root: Use, arguments: dict[str, str], n: int = 400) -> set[str]:
    return {phrase_task(root, arguments, Random(i)) for i in range(n)}


def test_phrase_task_opens_and_asks_in_many_ways() -> None:
    found = said(use("sum", X=array("a")), {"a": "int[]"})
    for part in (
        "given an array of numbers a , find the sum of a",
        "you are given an array of numbers a , your task is to ",
        "consider an array of numbers a , what is ",
        "consider an array a , ",
        "given an array of integers a , compute ",
    ):
        assert any(text.startswith(part) for text in found), part


def test_phrase_task_speaks_of_unnamed_arguments() -> None:
    root = use("count_greater", X=array("a"), N=number("b"))
    found = said(root, {"a": "int[]", "b": "int"})
    unnamed = [text for text in found if "the given array" in text]
    assert unnamed
    for text in unnamed:
        assert re.search(r"an array( of (numbers|integers))? and an? (number|integer) ,", text)
        assert "the given number" in text


@pytest.mark.parametrize("arguments", [{"b": "int[]", "a": "int"}, {"a": "int[]", "b": "int[]"}])
def test_phrase_task_names_arguments_that_could_not_be_told(arguments: dict[str, str]) -> None:
    root = use("sum", X=array("a"))
    assert not any("the given" in text for text in said(root, arguments))


def test_phrase_task_lists_arguments_of_one_type_together() -> None:
    arguments = {"a": "int", "c": "int", "b": "int", "d": "int[]"}
    found = said(use("sum", X=array("d")), arguments)
    assert any("given numbers a , c and b and an array of numbers d , " in text for text in found)


def test_phrase_task_may_define_a_letter_first() -> None:
    root = use("sum", X=use("sort", X=array("a")))
    found = said(root, {"a": "int[]"})
    assert any(" , let b be " in text and text.endswith("sum of b") for text in found)
    assert any(" , define b as " in text for text in found)


def test_phrase_task_gives_commands() -> None:
    found = said(use("sort", X=array("a")), {"a": "int[]"})
    assert any(text.endswith(" , sort a , what is a") for text in found)
    assert any(text.endswith("your task is to sort a , what is a") for text in found)


def test_phrase_task_asks_whether() -> None:
    found = said(use("is_sorted", X=array("a")), {"a": "int[]"})
    assert all(re.search(r"(find|compute) (whether|if) (a|the given array) ", t) for t in found)


def test_phrase_task_asks_how_many() -> None:
    root = use("count_greater", X=array("a"), N=number("b"))
    found = {
        text.replace("strictly ", "") for text in said(root, {"a": "int[]", "b": "int"}, 4_000)
    }
    declared = "given an array of numbers a and a number b ,"
    assert f"{declared} find how many elements of a are greater than b" in found


def test_phrase_task_uses_infix_for_names_only() -> None:
    nested = use("add", N=use("factorial", N=number("a")), M=number("b"))
    found = said(nested, {"a": "int", "b": "int"})
    # "+" may join a defined letter, never a longer phrase
    assert any(" + " in text for text in found)
    for text in (text for text in found if " + " in text):
        assert " let " in text or " define " in text


def test_texts_are_in_the_normal_form() -> None:
    for i in range(300):
        draft = draw_draft(default_catalogue(), Shape(), Random(i))
        if draft is not None:
            text = phrase_task(draft.root, draft.arguments, Random(i))
            assert text == normalise_text(text)
            assert not {"{", "}", "<", "|", "["} & set(text)


def test_one_text_has_one_program() -> None:
    programs: dict[str, str] = {}
    for i in range(4_000):
        draft = draw_draft(default_catalogue(), Shape(max_depth=2), Random(i))
        if draft is not None:
            text = phrase_task(draft.root, draft.arguments, Random(i))
            program = str(draft.root.node())
            assert programs.setdefault(text, program) == program, text
    assert len(programs) > 2_000
