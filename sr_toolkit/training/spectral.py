"""Spectral norm, put on a network from outside and taken off again (Miyato et al., ICLR 2018)."""

from __future__ import annotations

from collections.abc import Collection

from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize

MARK = "spectral_norm_from_outside"
"""Tells our parametrizations from those that a network has by itself, which are part of it."""

LAYERS = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)


def add_spectral_norm(network: nn.Module, without: Collection[nn.Module] = ()) -> None:
    """Bound the largest singular value of each convolution and dense layer to 1, in place.

    Modules in `without` are left as they are.
    """
    kept = {id(module) for module in without}
    for module in network.modules():
        bounded = isinstance(module, LAYERS) and id(module) not in kept
        if bounded and not parametrize.is_parametrized(module):
            parametrizations.spectral_norm(module)
            module.__dict__[MARK] = True


def plain_state(network: nn.Module) -> dict[str, Tensor]:
    """Return a network's state as if spectral norm had never been put on: weights as they act."""
    state: dict[str, Tensor] = network.state_dict()
    was_training = [(module, module.training) for module in network.modules()]
    network.eval()  # in training mode each look at a weight refines its norm
    for name, module in network.named_modules():
        if MARK in module.__dict__:
            prefix = f"{name}." if name else ""
            ours = f"{prefix}parametrizations.weight."
            state = {key: value for key, value in state.items() if not key.startswith(ours)}
            state[f"{prefix}weight"] = module.weight.detach()
    for module, mode in was_training:
        module.training = mode
    return state


def remove_spectral_norm(network: nn.Module) -> None:
    """Turn parametrized weights into plain ones of the same value, in place.

    Copies made of the network before share its classes and cannot be used any more.
    """
    network.eval()
    for module in network.modules():
        if module.__dict__.pop(MARK, False):
            parametrize.remove_parametrizations(module, "weight", leave_parametrized=True)
