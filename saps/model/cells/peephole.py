"""The "vanilla" LSTM, whose gates see the cell, and its ablations. Sizes: R rows, H hidden."""

from typing import Literal

import torch
from torch import Tensor, nn

from saps.model.cells.cell import Cell, orthogonal_gates_


class PeepholeCell(Cell):
    """LSTM with peepholes; each option takes a part away, `gate_recurrence` adds one.

    The state is [y, c]; p are vectors, multiplied by element:
        z = g(W_z x + R_z y + b_z)
        i = s(W_i x + R_i y + p_i c + b_i)
        f = s(W_f x + R_f y + p_f c + b_f)
        c' = z i + c f
        o = s(W_o x + R_o y + p_o c' + b_o)
        y' = h(c') o

    With `gate_recurrence` the state is [y, c, i, f, o], and each gate also gets a matrix times
    each of the three gates' values of the step before (zero at the start).

    Source: seed 001, "Vanilla LSTM" and "LSTM variants"; Greff et al. 2015 for the full gate
    recurrence, which the seed names without an equation. Gates that an ablation fixes have no
    weights. The forget gate's bias starts at 1 (seed 004).
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        input_gate: bool = True,
        forget_gate: Literal["own", "coupled", "none"] = "own",
        output_gate: bool = True,
        input_activation: bool = True,
        output_activation: bool = True,
        peepholes: bool = True,
        gate_recurrence: bool = False,
    ) -> None:
        """Make the cell or one of its ablations.

        Args:
            input_size: E.
            hidden_size: H.
            input_gate: False is NIG, i = 1.
            forget_gate: "none" is NFG, f = 1; "coupled" is CIFG, f = 1 - i.
            output_gate: False is NOG, o = 1.
            input_activation: g is tanh; False is NIAF, g(x) = x.
            output_activation: h is tanh; False is NOAF, h(x) = x.
            peepholes: False is NP, p = 0.
            gate_recurrence: True is FGR.

        Raises:
            ValueError: an unknown forget gate, one coupled to an input gate that is not there, or
                recurrence of gates that are not all there.
        """
        if forget_gate not in ("own", "coupled", "none"):
            raise ValueError(f"forget_gate is {forget_gate!r}, expected 'own', 'coupled' or 'none'")
        if forget_gate == "coupled" and not input_gate:
            raise ValueError("forget_gate='coupled' needs input_gate=true: f = 1 - i")
        present = (input_gate, forget_gate == "own", output_gate)
        if gate_recurrence and not all(present):
            raise ValueError("gate_recurrence=true needs all three gates to be the cell's own")
        self.gates = tuple(name for name, there in zip("ifo", present, strict=True) if there)
        super().__init__(
            input_size,
            hidden_size,
            n_gates=1 + len(self.gates),
            n_states=5 if gate_recurrence else 2,
        )
        self.coupled = forget_gate == "coupled"
        self.input_activation = input_activation
        self.output_activation = output_activation
        self.peepholes = (
            nn.Parameter(torch.zeros(len(self.gates), hidden_size)) if peepholes else None
        )
        self.between_gates = None
        if gate_recurrence:
            self.between_gates = nn.Linear(3 * hidden_size, 3 * hidden_size, bias=False)
            for block in torch.split(self.between_gates.weight.data, hidden_size, dim=1):
                orthogonal_gates_(block)
        if "f" in self.gates:
            first = (1 + self.gates.index("f")) * hidden_size
            nn.init.ones_(self.input.bias.data[first : first + hidden_size])

    def step(self, projected: Tensor, state: Tensor) -> Tensor:
        size = self.hidden_size
        y, c = state[:, :size], state[:, size : 2 * size]
        sums = torch.addmm(projected, y, self.recurrent.weight.t())
        z, to_gates = sums[:, :size], sums[:, size:]
        if self.between_gates is not None:
            to_gates = to_gates + self.between_gates(state[:, 2 * size :])
        gates = dict(zip(self.gates, torch.split(to_gates, size, dim=1), strict=True))
        z = torch.tanh(z) if self.input_activation else z
        i, f = self._gate("i", gates, c), self._gate("f", gates, c)
        written = z if i is None else z * i
        if self.coupled and i is not None:
            f = 1 - i
        c = written + (c if f is None else c * f)
        o = self._gate("o", gates, c)
        y = torch.tanh(c) if self.output_activation else c
        parts = [y if o is None else y * o, c]
        if self.between_gates is not None:
            parts += [gate for gate in (i, f, o) if gate is not None]  # all three are there
        return torch.cat(parts, dim=1)

    def _gate(self, name: str, sums: dict[str, Tensor], cell: Tensor) -> Tensor | None:
        """Return a gate's value, (R, H) in (0, 1); None where the gate is always open."""
        if name not in sums:
            return None
        total = sums[name]
        if self.peepholes is not None:
            total = total + self.peepholes[self.gates.index(name)] * cell
        return torch.sigmoid(total)
