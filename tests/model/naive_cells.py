"""The seeds' equations of recurrent cells in NumPy, one vector at a time.

A state is the list of vectors that the seed names; the first is the output. Weights are taken from
the stacked matrices of a cell by the order of gates that its docstring gives.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Weights = dict[str, npt.NDArray[np.float64]]
State = list[Vector]


def sigmoid(x: Vector) -> Vector:
    value: Vector = 1 / (1 + np.exp(-x))
    return value


class Gates:
    """W x, R y and b of each gate by name, in the order in which they are stacked."""

    def __init__(self, w: Weights, names: str) -> None:
        self.w, self.names = w, names
        self.size = w["recurrent.weight"].shape[1]

    def rows(self, name: str) -> slice:
        first = self.names.index(name) * self.size
        return slice(first, first + self.size)

    def sums(self, name: str, x: Vector, y: Vector) -> Vector:
        rows = self.rows(name)
        total: Vector = (
            self.w["input.weight"][rows] @ x
            + self.w["recurrent.weight"][rows] @ y
            + self.w["input.bias"][rows]
        )
        return total


def rnn(w: Weights, x: Vector, state: State) -> State:
    """Seed 003, "Vanilla RNN"."""
    (h,) = state
    return [np.tanh(w["recurrent.weight"] @ h + w["input.weight"] @ x + w["input.bias"])]


def lstm(w: Weights, x: Vector, state: State) -> State:
    """Seeds 000 and 003, "LSTM"."""
    h, c = state
    gates = Gates(w, "ifgo")
    i, f, o = (sigmoid(gates.sums(name, x, h)) for name in "ifo")
    candidate = np.tanh(gates.sums("g", x, h))
    c = f * c + i * candidate
    return [o * np.tanh(c), c]


def gru(w: Weights, x: Vector, state: State) -> State:
    """Seed 003, "GRU": the candidate sees r * h through its matrix."""
    (h,) = state
    gates = Gates(w, "rzh")
    r, z = (sigmoid(gates.sums(name, x, h)) for name in "rz")
    candidate = np.tanh(gates.sums("h", x, r * h))
    return [z * h + (1 - z) * candidate]


def gru_reset_after(w: Weights, x: Vector, state: State) -> State:
    """The GRU of torch's documentation: r multiplies what the matrix makes of h."""
    (h,) = state
    gates = Gates(w, "rzh")
    r, z = (sigmoid(gates.sums(name, x, h)) for name in "rz")
    rows = gates.rows("h")
    of_h = w["recurrent.weight"][rows] @ h + w["candidate_bias"]
    candidate = np.tanh(w["input.weight"][rows] @ x + w["input.bias"][rows] + r * of_h)
    return [z * h + (1 - z) * candidate]


def vanilla(variant: str) -> Callable[[Weights, Vector, State], State]:
    """Seed 001, "Vanilla LSTM", or one of its "LSTM variants" by its short name."""
    ifo = {"nig": "fo", "nfg": "io", "nog": "if", "cifg": "io"}.get(variant, "ifo")

    def step(w: Weights, x: Vector, state: State) -> State:
        y, c, *before = state
        gates = Gates(w, "z" + ifo)

        def gate(name: str, cell: Vector) -> Vector:
            if name not in ifo:
                return np.ones_like(y)  # NIG: i = 1, NFG: f = 1, NOG: o = 1
            total = gates.sums(name, x, y)
            if variant != "np":  # NP: no peepholes
                total = total + w["peepholes"][ifo.index(name)] * cell
            if variant == "fgr":  # FGR: each gate sees all three gates of the step before
                size = len(y)
                rows = slice(ifo.index(name) * size, (ifo.index(name) + 1) * size)
                for number, gate_before in enumerate(before):
                    columns = slice(number * size, (number + 1) * size)
                    total = total + w["between_gates.weight"][rows, columns] @ gate_before
            return sigmoid(total)

        z = gates.sums("z", x, y)
        z = z if variant == "niaf" else np.tanh(z)  # NIAF: g(x) = x
        i = gate("i", c)
        f = 1 - i if variant == "cifg" else gate("f", c)  # CIFG: f = 1 - i
        new = z * i + c * f
        o = gate("o", new)
        out = new if variant == "noaf" else np.tanh(new)  # NOAF: h(x) = x
        return [out * o, new, *([i, f, o] if variant == "fgr" else [])]

    return step


VARIANTS = ("peephole", "nig", "nfg", "nog", "niaf", "noaf", "cifg", "np", "fgr")
STEPS: dict[str, Callable[[Weights, Vector, State], State]] = {
    "rnn": rnn,
    "lstm": lstm,
    "gru": gru,
    "gru_reset_after": gru_reset_after,
    **{variant: vanilla(variant) for variant in VARIANTS},
}
