"""Recurrent cells, as `cell=` makes them, against the seeds' equations and against torch's own."""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf
from torch import Tensor, nn

from saps.model.cells.cell import Cell
from saps.model.cells.gru import GruCell, RnnCell
from saps.model.cells.lstm import LstmCell
from saps.model.cells.peephole import PeepholeCell
from saps.resources import resource_folder
from tests.model.naive_cells import STEPS, VARIANTS, State, Weights

INPUT, HIDDEN, ROWS, LENGTH = 3, 4, 2, 3
FLOAT = torch.float64


def make_cell(name: str) -> Cell:
    """Make a cell from its YAML, with no weight at a value where a mistake would not show."""
    file = f"{name.replace('_', '/', 1)}.yaml"  # gru_reset_after is a variant in a folder of gru
    config = OmegaConf.load(resource_folder("conf") / "cell" / file)
    torch.manual_seed(0)
    cell: Cell = instantiate(config)(INPUT, HIDDEN).double()
    for weight in cell.parameters():
        weight.data.normal_(std=0.7)
    return cell


def _inputs() -> tuple[Tensor, Tensor]:
    """Return a few steps' inputs (LENGTH, ROWS, E) and outputs before them (ROWS, H)."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(LENGTH, ROWS, INPUT, dtype=FLOAT, generator=generator)
    return x, torch.randn(ROWS, HIDDEN, dtype=FLOAT, generator=generator).tanh()


def _run(cell: Cell, x: Tensor, h: Tensor) -> Tensor:
    """Return all states, (LENGTH, ROWS, S), of a run that starts with output h."""
    state, states = cell.start(h), []
    for projected in cell.project(x):
        state = cell.step(projected, state)
        states.append(state)
    return torch.stack(states)


def _run_naive(
    name: str, w: Weights, x: npt.NDArray[np.float64], h: npt.NDArray[np.float64], n_states: int
) -> npt.NDArray[np.float64]:
    states = []
    for row in range(ROWS):
        state: State = [h[row], *(np.zeros(HIDDEN) for _ in range(n_states - 1))]
        for step in range(LENGTH):
            state = STEPS[name](w, x[step, row], state)
            states.append(np.concatenate(state))
    return np.stack(states).reshape(ROWS, LENGTH, -1).swapaxes(0, 1)


@pytest.mark.parametrize("name", STEPS)
def test_a_cell_agrees_with_its_seeds_equations(name: str) -> None:
    cell, (x, h) = make_cell(name), _inputs()
    states = _run(cell, x, h)
    assert states.shape == (LENGTH, ROWS, cell.state_size)
    assert torch.equal(cell.output(states[-1]), states[-1][:, :HIDDEN])
    weights = {name: weight.detach().numpy() for name, weight in cell.named_parameters()}
    naive = _run_naive(name, weights, x.numpy(), h.numpy(), cell.state_size // HIDDEN)
    np.testing.assert_allclose(states.detach().numpy(), naive, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", STEPS)
def test_a_cells_gradients_are_the_slopes_of_its_seeds_equations(name: str) -> None:
    cell, (x, h) = make_cell(name), _inputs()
    x.requires_grad_()
    h.requires_grad_()
    named = {"x": x, "h": h, **dict(cell.named_parameters())}
    mixture = torch.randn(LENGTH, ROWS, cell.state_size, dtype=FLOAT)
    gradients = torch.autograd.grad((_run(cell, x, h) * mixture).sum(), list(named.values()))
    values = {key: tensor.detach().numpy().copy() for key, tensor in named.items()}

    def total() -> float:
        weights = {key: value for key, value in values.items() if key not in ("x", "h")}
        states = _run_naive(name, weights, values["x"], values["h"], cell.state_size // HIDDEN)
        return float((states * mixture.numpy()).sum())

    for key, gradient in zip(named, gradients, strict=True):
        slopes = list(_slopes(values[key], total))
        np.testing.assert_allclose(gradient.numpy().ravel(), slopes, rtol=1e-6, atol=1e-7)


def _slopes(values: npt.NDArray[np.float64], total: Callable[[], float]) -> Iterator[float]:
    """Yield the central difference of `total` by each number of an array, changed in place."""
    width = 1e-5
    for place in np.ndindex(values.shape):
        kept = values[place]
        values[place] = kept + width
        above = total()
        values[place] = kept - width
        yield (above - total()) / (2 * width)
        values[place] = kept


@pytest.mark.parametrize(
    ("name", "own"),
    [("rnn", nn.RNNCell), ("lstm", nn.LSTMCell), ("gru_reset_after", nn.GRUCell)],
)
def test_a_cell_agrees_with_torchs_own(name: str, own: type[nn.RNNCellBase]) -> None:
    cell, (x, h) = make_cell(name), _inputs()
    torchs = own(INPUT, HIDDEN).double()  # type: ignore[call-arg]
    weights = dict(torchs.named_parameters())
    weights["weight_ih"].data.copy_(cell.input.weight)
    weights["weight_hh"].data.copy_(cell.recurrent.weight)
    weights["bias_ih"].data.copy_(cell.input.bias)
    weights["bias_hh"].data.zero_()
    if isinstance(cell, GruCell) and cell.candidate_bias is not None:
        weights["bias_hh"].data[2 * HIDDEN :] = cell.candidate_bias
    state: Tensor | tuple[Tensor, Tensor] = (h, torch.zeros_like(h)) if name == "lstm" else h
    outputs = []
    for step in x:
        state = torchs(step, state)
        outputs.append(state[0] if isinstance(state, tuple) else state)
    ours = _run(cell, x, h)[..., :HIDDEN]
    theirs = torch.stack(outputs)
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
    pairs = ((cell.input.weight, "weight_ih"), (cell.recurrent.weight, "weight_hh"))
    for weight, key in pairs:
        found = torch.autograd.grad(ours.square().sum(), weight, retain_graph=True)
        expected = torch.autograd.grad(theirs.square().sum(), weights[key], retain_graph=True)
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru_reset_after"])
def test_the_fused_module_gives_the_cells_outputs(name: str) -> None:
    cell, (x, _) = make_cell(name).float(), _inputs()  # the module is made in 32 bits
    fused = cell.fused()
    assert fused is not None
    outputs = fused.double()(x.transpose(0, 1))[0].transpose(0, 1)
    ours = _run(cell.double(), x, torch.zeros(ROWS, HIDDEN, dtype=FLOAT))[..., :HIDDEN]
    torch.testing.assert_close(outputs, ours, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["gru", *VARIANTS])
def test_a_cell_that_torch_lacks_has_no_fused_module(name: str) -> None:
    assert make_cell(name).fused() is None


def test_resetting_before_or_after_the_matrix_differs() -> None:
    (x, h), before, after = _inputs(), make_cell("gru"), make_cell("gru_reset_after")
    after.load_state_dict(before.state_dict(), strict=False)
    after.get_parameter("candidate_bias").data.zero_()
    assert not torch.allclose(_run(before, x, h), _run(after, x, h), atol=1e-3)


@pytest.mark.parametrize("cell", [RnnCell(5, 6), LstmCell(5, 6), GruCell(5, 6), PeepholeCell(5, 6)])
def test_recurrent_matrices_start_orthogonal_and_forget_gates_open(cell: Cell) -> None:
    for block in torch.split(cell.recurrent.weight.detach(), 6):
        torch.testing.assert_close(block @ block.T, torch.eye(6), rtol=0, atol=1e-5)
    bound = (6 / (5 + 6)) ** 0.5  # Glorot & Bengio 2010, Eq. (16)
    largest = cell.input.weight.abs().max().item()
    assert 0.8 * bound < largest <= bound
    open_block = {LstmCell: 1, PeepholeCell: 2}.get(type(cell))
    expected = torch.zeros_like(cell.input.bias)
    if open_block is not None:
        expected[6 * open_block : 6 * (open_block + 1)] = 1
    assert torch.equal(cell.input.bias.detach(), expected)


def test_gates_that_an_ablation_fixes_have_no_weights() -> None:
    widths = {name: make_cell(name).input.out_features // HIDDEN for name in STEPS}
    assert {name: widths[name] for name in ("nig", "nfg", "nog", "cifg")} == dict.fromkeys(
        ("nig", "nfg", "nog", "cifg"), 3
    )
    assert widths["peephole"] == widths["np"] == widths["fgr"] == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"forget_gate": "shut"}, "forget_gate is 'shut', expected 'own', 'coupled' or 'none'"),
        ({"forget_gate": "coupled", "input_gate": False}, "needs input_gate=true"),
        ({"gate_recurrence": True, "output_gate": False}, "needs all three gates"),
    ],
)
def test_choices_that_do_not_fit_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PeepholeCell(3, 4, **options)  # type: ignore[arg-type]


SIZES = (3, 4, 2, 1)  # rows of each step of a scan over trees
PREVIOUS = (0, 1, 0, 2, 0, 0, 1, 3, 3, 1)  # some go on from the same row


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_a_scan_by_hand_is_the_scan_by_steps(dtype: torch.dtype) -> None:
    cell = make_cell("lstm").to(dtype)
    torch.manual_seed(0)
    projected = torch.randn(sum(SIZES), 4 * HIDDEN, dtype=dtype, requires_grad=True)
    start = torch.randn(2, 2 * HIDDEN, dtype=dtype, requires_grad=True)
    previous = torch.tensor(PREVIOUS)
    mixture = torch.randn(sum(SIZES), 2 * HIDDEN, dtype=dtype)
    results = []
    for scan in (cell.scan, lambda *steps: Cell.scan(cell, *steps)):
        states = scan(projected, previous, SIZES, start)
        wanted = (projected, start, cell.recurrent.weight)
        results.append((states, *torch.autograd.grad((states * mixture).sum(), wanted)))
    tolerance = 1e-12 if dtype == torch.float64 else 1e-5
    for found, expected in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance)


def test_a_scan_in_16_bits_stays_near_that_in_32() -> None:
    cell = make_cell("lstm").float()
    x, start = torch.randn(sum(SIZES), INPUT), torch.zeros(2, 2 * HIDDEN)
    whole = cell.scan(cell.project(x), torch.tensor(PREVIOUS), SIZES, start)
    with torch.autocast("cpu", torch.bfloat16):
        states = cell.scan(cell.project(x), torch.tensor(PREVIOUS), SIZES, start)
    states.sum().backward()  # type: ignore[no-untyped-call]
    assert states.dtype == torch.bfloat16
    torch.testing.assert_close(states.float(), whole, rtol=0, atol=0.05)
    expected = torch.autograd.grad(whole.sum(), cell.recurrent.weight)[0]
    assert cell.recurrent.weight.grad is not None
    torch.testing.assert_close(cell.recurrent.weight.grad, expected, rtol=0.1, atol=0.1)
