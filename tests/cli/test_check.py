import pytest

from tests.cli.conftest import RunSaps


@pytest.mark.parametrize(
    ("program", "declared", "signature"),
    [
        pytest.param("(reduce a 0 +)", [], "(a: int[]) -> int", id="inferred"),
        pytest.param("(== a 1)", ["a=int"], "(a: int) -> bool", id="declared"),
        pytest.param("(head b)", ["b=string[]"], "(b: string[]) -> string", id="generic"),
        pytest.param("(+ 1 2)", [], "() -> int", id="constant"),
    ],
)
def test_check_prints_the_type(
    saps: RunSaps, program: str, declared: list[str], signature: str
) -> None:
    options = [part for text in declared for part in ("--arg", text)]
    outcome = saps("check", program, *options)
    assert (outcome.status, outcome.out, outcome.err) == (0, f"{signature}\n", "")


@pytest.mark.parametrize(
    ("program", "declared", "carets"),
    [
        pytest.param("(len (head 1))", [], "  (len (head 1))\n             ^\n", id="type"),
        pytest.param("(+ a 1)", ["a=string"], "  (+ a 1)\n     ^\n", id="declared-type"),
        pytest.param("(+ 1 (len b b))", [], "  (+ 1 (len b b))\n       ^^^^^^^^^\n", id="arity"),
        pytest.param("(+ 1 2", [], "  (+ 1 2\n  ^\n", id="bracket"),
        pytest.param('["+", "1", ["-", "2"]]', [], "(+ 1 (- 2))\n       ^^^^^\n", id="nested-list"),
    ],
)
def test_check_points_at_the_place_of_an_error(
    saps: RunSaps, program: str, declared: list[str], carets: str
) -> None:
    options = [part for text in declared for part in ("--arg", text)]
    outcome = saps("check", program, *options)
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.endswith(carets)


@pytest.mark.parametrize("declaration", ["a", "=int", "a="])
def test_declaration_without_name_or_type_is_a_wrong_use(saps: RunSaps, declaration: str) -> None:
    outcome = saps("check", "(+ a 1)", "--arg", declaration)
    assert outcome.status == 2
    assert "should read NAME=TYPE" in outcome.err


def test_argument_declared_twice_is_a_wrong_use(saps: RunSaps) -> None:
    outcome = saps("check", "(+ a 1)", "--arg", "a=int", "--arg", "a=bool")
    assert outcome.status == 2
    assert "'a' is declared twice" in outcome.err


def test_declared_type_that_is_no_type_is_named(saps: RunSaps) -> None:
    outcome = saps("check", "(+ a 1)", "--arg", "a=integer")
    assert outcome.status == 1
    assert "integer" in outcome.err
