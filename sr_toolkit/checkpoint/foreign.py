"""Files of other programs: their tensors, out of whatever they are wrapped in.

A pickle is opened by `torch.load(weights_only=True)` alone, which runs no code of the file's.
"""

from __future__ import annotations

import pickle
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sr_toolkit.checkpoint.files import is_pickle, open_safetensors
from sr_toolkit.errors import CheckpointError

if TYPE_CHECKING:
    from torch import Tensor

WRAPPERS = (
    *("params_ema", "params-ema", "params", "state_dict", "model_state_dict"),
    *("generator", "model", "net"),
)
"""Keys under which programs put a network's weights, in order of preference."""

EVERYWHERE = ("module.", "_orig_mod.")
"""What DataParallel and torch.compile put before every name."""

AMONG_OTHERS = ("generator_ema.", "generator.", "net_g.", "netG.")
"""What stands before the generator's names where a whole GAN is one network."""

_DEPTH = 8  # of wrappers in one another; a file may hold a mapping that holds itself


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return the weights in a file of another program, wrappers and common prefixes taken off.

    Raises:
        CheckpointError: it needs more than weights to be opened, is damaged, or holds no weights.
    """
    if is_pickle(path):
        return unwrapped(_unpickled(path), str(path))
    with open_safetensors(path) as stream:
        return unwrapped({key: stream.get_tensor(key) for key in stream.keys()}, str(path))  # noqa: SIM118


def unwrapped(loaded: object, name: str) -> dict[str, Tensor]:
    """Return names to tensors out of what a file held.

    Args:
        loaded: a mapping, perhaps in one another: `{"params_ema": {"module.conv.weight": …}}`.
        name: the file's, for the error.

    Raises:
        CheckpointError: there is something else than named tensors.
    """
    from torch import Tensor

    held: Any = loaded
    for _ in range(_DEPTH):
        inner = held if isinstance(held, Mapping) else {}
        found = [word for word in WRAPPERS if isinstance(inner.get(word), Mapping)]
        if not found:
            break
        held = held[found[0]]
    items = dict(held) if isinstance(held, Mapping) else {}
    others = [
        key
        for key, value in items.items()
        if not (isinstance(key, str) and isinstance(value, Tensor))
    ]
    if others or not items:
        there = f"'{others[0]}', which is no named tensor" if others else "nothing"
        raise CheckpointError(
            f"'{name}' holds no network's weights: they were looked for at the top and in "
            f"{', '.join(WRAPPERS)}, and there is {there}."
        )
    return _short_names(items)


def _short_names(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    while found := [p for p in EVERYWHERE if all(key.startswith(p) for key in tensors)]:
        tensors = {key.removeprefix(found[0]): value for key, value in tensors.items()}
    for prefix in AMONG_OTHERS:
        own = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
        if own:
            return _short_names(own)
    return tensors


def _unpickled(path: Path) -> object:
    import torch

    try:
        with warnings.catch_warnings(), path.open("rb") as stream:
            warnings.simplefilter("ignore")  # torch's, of pickle protocols that it may not know
            return torch.load(stream, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        wanted = re.search(r"nsupported (?:global: )?GLOBAL ([\w.]+)", str(error))
        more = f" ('{wanted[1].rstrip('.')}')" if wanted else ""
        raise CheckpointError(
            f"'{path}' is a pickle that holds more than weights{more}, which can be code, and was "
            f"not opened; take a file of weights alone, such as .safetensors."
        ) from None
    except Exception as error:  # damage shows as an error of any kind
        if "TorchScript" in str(error):
            raise CheckpointError(
                f"'{path}' is a TorchScript program, not weights, and was not opened; take the "
                f"file of weights that it was made of."
            ) from None
        raise CheckpointError(
            f"'{path}' cannot be read ({type(error).__name__}); it may be truncated. Copy it again."
        ) from None
