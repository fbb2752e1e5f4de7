"""A task under several namings of its arguments."""

from collections.abc import Sequence
from math import exp, log

import pytest

from saps.decoding.english import Vocabulary
from saps.decoding.plausible import PlausibleSearch
from saps.decoding.prediction import Prediction
from saps.decoding.preparation import Prepared, prepare
from saps.decoding.renaming import Naming, namings, vote
from saps.decoding.request import Request
from saps.decoding.search import Search
from saps.decoding.synthesizer import Synthesizer
from saps.decoding.task import Task
from saps.lang import parse

MODEL = Synthesizer.load()
VOCABULARY: Vocabulary = MODEL.vocabulary
SYMBOLS = MODEL.predictor.bundle.symbols
TEXT = "add limit to every number of prices that is greater than 17"
ARGUMENTS = {"prices": "int[]", "limit": "int"}


def _prepared(text: str, arguments: dict[str, str]) -> Prepared:
    return prepare(Task.of(text, (), arguments, None), VOCABULARY, SYMBOLS)


def _named(text: str, arguments: dict[str, str], count: int = 8) -> list[Naming]:
    return namings(_prepared(text, arguments), VOCABULARY, SYMBOLS, count)


def test_the_first_naming_is_the_given_one_and_the_others_differ() -> None:
    found = _named(TEXT, ARGUMENTS)
    assert len(found) == 8
    assert found[0].prepared.task.text == TEXT
    texts = {naming.prepared.reading.text for naming in found}
    assert len(texts) > 4
    for naming in found[1:]:
        assert not {"prices", "limit"} & set(naming.prepared.task.text.split())
        assert list((naming.prepared.task.arguments or {}).values()) == ["int[]", "int"]


def test_a_program_comes_back_in_the_letters_of_the_given_task() -> None:
    given, *others = _named(TEXT, ARGUMENTS)
    names = given.prepared.names
    for naming in others:
        letter = naming.prepared.names.letter_of
        new = dict(zip(ARGUMENTS, naming.prepared.task.arguments or {}, strict=True))
        array, number = (letter.get(new[name], new[name]) for name in ARGUMENTS)
        [stands_in] = naming.prepared.names.stand_ins
        program = parse(f"(map (filter {array} (partial1 {stands_in} >)) (partial1 {number} +))")
        back = naming.original(program)
        assert back is not None
        assert str(names.rename(back)) == "(map (filter prices (partial1 17 >)) (partial1 limit +))"


def test_what_is_not_in_the_text_or_may_be_an_article_keeps_its_name() -> None:
    assert len(_named("the sum of all the numbers", {"xs": "int[]"})) == 1
    assert len(_named("the sum of a", {"a": "int[]"})) == 1
    assert len(_named("the sum of all", {})) == 1
    for naming in _named("the numbers of a above n", {"a": "int[]", "n": "int"})[1:]:
        assert naming.prepared.task.text.startswith("the numbers of a above ")


def test_a_name_is_exchanged_as_a_whole_word_only() -> None:
    found = _named("are all letters of l in all", {"l": "string", "all": "string"})
    assert len(found) > 1
    for naming in found[1:]:
        words = naming.prepared.task.text.split()
        assert words[2:4] == ["letters", "of"]
        assert words[1] == words[6]


def test_an_argument_that_the_text_alone_declares_comes_back_as_itself() -> None:
    text = "given a number bound , find how many numbers of prices are greater than bound"
    given, *others = _named(text, {"prices": "int[]"})
    assert others
    [old] = given.prepared.request.spare
    for naming in others:
        [letter] = naming.prepared.request.spare
        assert str(naming.original(parse(f"(range 1 {letter})"))) == f"(range 1 {old})"


def test_a_program_with_a_letter_that_nobody_knows_is_no_ballot() -> None:
    given = _named(TEXT, ARGUMENTS, 1)[0]
    unknown = Naming(given.prepared, {})
    [letter] = {"a", "b"} & {given.prepared.names.letter_of["prices"]}
    assert unknown.original(parse(f"(len {letter})")) is None
    assert vote([(unknown, [Prediction(parse(f"(len {letter})"), 0.0)])]) == []


def test_the_likeliest_on_the_mean_comes_first() -> None:
    given = _named(TEXT, ARGUMENTS, 1)[0]
    one, other, third = (parse(text) for text in ("(+ 1 1)", "(+ 1 2)", "(+ 2 2)"))
    ballots = [
        (given, [Prediction(one, log(0.6)), Prediction(other, log(0.4))]),
        (given, [Prediction(other, log(0.5)), Prediction(third, log(0.1))]),
    ]
    found = vote(ballots)
    assert [prediction.program for prediction in found] == [other, one, third]
    assert [exp(prediction.log_prob) for prediction in found] == pytest.approx([0.45, 0.3, 0.05])


def test_answers_in_doubt_have_the_names_of_the_task() -> None:
    for namings_ in (1, 5):
        search = PlausibleSearch(4, sure=1, namings=namings_)
        found = MODEL.synthesize(TEXT, arguments=ARGUMENTS, decoding=search)
        assert dict(found.arguments) == ARGUMENTS
        leaves = {node.symbol for node in found.program.preorder() if not node.children}
        assert {"prices", "limit"} <= leaves


def test_what_is_sure_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    n_best = MODEL.predictor.n_best

    def noting(
        texts: Sequence[str], requests: Sequence[Request], search: Search
    ) -> list[list[Prediction]]:
        asked.append(len(texts))
        return n_best(texts, requests, search)

    monkeypatch.setattr(MODEL.predictor, "n_best", noting)
    search = PlausibleSearch(4, sure=0, namings=6)
    MODEL.synthesize("the sum of the numbers of xs", arguments={"xs": "int[]"}, decoding=search)
    assert asked == [1]
    search = PlausibleSearch(4, sure=1, namings=6)
    MODEL.synthesize("the sum of the numbers of xs", arguments={"xs": "int[]"}, decoding=search)
    assert asked == [1, 1, 6]
