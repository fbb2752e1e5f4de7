"""The measures again, by loops that anyone can check by eye."""

from collections.abc import Sequence

from saps.evaluation.metrics import Result


def recount(results: Sequence[Result]) -> dict[str, float]:
    """Count each measure by hand."""
    exact = accuracy = half = gold = typed = formed = 0
    programs: dict[str, list[int]] = {}
    for result in results:
        same = str(result.predicted) == str(result.example.program)
        exact += same
        n_passed = 0
        for test in result.verdict.tests:
            if test == "passed":
                n_passed += 1
        n_tests = len(result.verdict.tests)
        everything = n_tests > 0 and n_passed == n_tests
        accuracy += everything
        half += everything or (n_tests > 1 and n_passed / n_tests >= 0.5)
        gold += bool(result.gold.tests) and all(test == "passed" for test in result.gold.tests)
        typed += result.verdict.well_typed
        formed += result.verdict.outcome != "unparsable"
        programs.setdefault(str(result.example.program), []).append(same)
    per_program = 0.0
    for wordings in programs.values():
        per_program += sum(wordings) / len(wordings)
    return {
        "exact_match": exact,
        "accuracy": accuracy,
        "accuracy_50p": half,
        "gold_accuracy": gold,
        "well_typed": typed,
        "well_formed": formed,
        "exact_match_per_program": per_program,
    }
