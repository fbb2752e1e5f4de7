"""What is taken to hold of an inner function until it is disproved."""

from saps.lang.python.facts import ANYTHING, NATURAL, Facts, array_of, join
from saps.lang.types import INT, Array, Type


class Assumption:
    """Facts about the parameters and the result of an inner function, held until disproved."""

    def __init__(self, parameters: list[Facts], result: Facts) -> None:
        self.parameters = parameters
        self.result = result
        self._seen_parameters = parameters
        self._seen_result = result

    def note_call(self, facts: list[Facts]) -> None:
        self._seen_parameters = list(map(join, self._seen_parameters, facts))

    def note_result(self, facts: Facts) -> None:
        self._seen_result = join(self._seen_result, facts)

    @property
    def holds(self) -> bool:
        return self._seen_parameters == self.parameters and self._seen_result == self.result

    def weakened(self) -> "Assumption":
        return Assumption(self._seen_parameters, self._seen_result)


def best_facts(kind: Type | None) -> Facts:
    """All that a type can promise; what an inner function's result is taken to be at first."""
    if kind == INT:
        return NATURAL
    if isinstance(kind, Array):
        return array_of(best_facts(kind.element))
    return ANYTHING
