"""The bundled model made as deep as the paper's, for timings: it answers alike.

    python benchmarks/deeper.py runs/deeper
    saps evaluate checkpoint=runs/deeper data.path=data/large limit=10940

The paper's encoder has three layers, the bundled one two, since depth costs training time. What an
evaluation takes depends on how well a model understands the texts, so that an untrained model of
paper size tells nothing. Here a third layer passes on what the second one says, made small enough
for tanh to be straight; the weights that read it are made large.
"""

import argparse
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from saps.model.bundle import build_network, load_bundle, save_bundle

SCALE = 1 / 32
OPEN, SHUT = 20.0, -20.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path, help="where the deeper model goes")
    folder = parser.parse_args().folder
    bundle = load_bundle()
    config = deepcopy(dict(bundle.config))
    n_layers = config["model"]["encoder"]["n_layers"]
    config["model"]["encoder"]["n_layers"] = n_layers + 1
    network = build_network(config["model"], bundle.tokenizer, bundle.symbols)
    network.load_state_dict(bundle.network.state_dict(), strict=False)
    with torch.no_grad():
        pass_on(network.get_submodule(f"encoder.forward_layers.{n_layers}"), first=0)
        half = config["model"]["encoder"]["hidden_size"]
        pass_on(network.get_submodule(f"encoder.backward_layers.{n_layers}"), first=half)
        for weight, n_columns in readers(network):
            weight[:, :n_columns] /= SCALE
    save_bundle(replace(bundle, network=network, config=config), folder)
    count = sum(parameter.numel() for parameter in network.parameters())
    print(f"{folder}: {n_layers + 1} layers, {count / 1e6:.2f} million parameters")


def pass_on(layer: nn.Module, first: int) -> None:
    """Let an LSTM say `SCALE` times the inputs from column `first` on, and forget the past."""
    weights = dict(layer.named_parameters())
    hidden = weights["weight_hh_l0"].shape[1]
    for weight in weights.values():
        weight.zero_()
    write, forget, candidate, show = (slice(n * hidden, (n + 1) * hidden) for n in range(4))
    weights["bias_ih_l0"][write] = OPEN
    weights["bias_ih_l0"][forget] = SHUT
    weights["bias_ih_l0"][show] = OPEN
    weights["weight_ih_l0"][candidate, first : first + hidden] = SCALE * torch.eye(hidden)


def readers(network: nn.Module) -> list[tuple[Tensor, int]]:
    """Return the weights that read the memory, and how many of their columns do."""
    latent = network.get_parameter("encoder.to_latent.weight")
    size = latent.shape[1]
    keys = network.get_parameter("decoder.attention.keys.weight")
    combine = network.get_parameter("decoder.attention.combine.weight")
    return [(latent, size), (keys, size), (combine, size)]


if __name__ == "__main__":
    main()
