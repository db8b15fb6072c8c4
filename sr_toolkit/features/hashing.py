"""Which weights a network has, as a hash."""

from __future__ import annotations

import hashlib

from torch import nn


def module_hash(module: nn.Module | None) -> str:
    """Return a SHA-256 over a network's names and values; '' for none."""
    if module is None:
        return ""
    total = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        total.update(name.encode())
        total.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return total.hexdigest()
