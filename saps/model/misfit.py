"""Whether weights belong to a network, and if not, why, in words."""

from collections.abc import Mapping

from torch import Tensor, nn


def misfit(weights: Mapping[str, Tensor], network: nn.Module) -> str | None:
    """Return what keeps weights from fitting, in one clause; None if they fit.

    Args:
        weights: by name, as a `state_dict` has them.
        network: what they should go into.
    """
    wanted = network.state_dict()
    lacking = [name for name in wanted if name not in weights]
    spare = [name for name in weights if name not in wanted]
    if lacking or spare:
        clauses = [
            f"{len(names)} weights {what}, such as {names[0]}"
            for names, what in ((lacking, "are missing"), (spare, "have no place"))
            if names
        ]
        return f"{' and '.join(clauses)} (they are of another row)"
    for name, weight in wanted.items():
        if weights[name].shape != weight.shape:
            found, expected = (" x ".join(map(str, w.shape)) for w in (weights[name], weight))
            return f"{name} has the shape {found}, expected {expected}"
    return None
