"""`from_pretrained`: a repository of the hub, ready for images."""

from __future__ import annotations

from sr_toolkit.hub.reference import PREFIX, Reference
from sr_toolkit.upscaling.upscaler import Upscaler, load


def from_pretrained(
    repository: str,
    *,
    revision: str | None = None,
    scale: int | None = None,
    device: str = "auto",
    precision: str = "fp32",
) -> Upscaler:
    """Load a model from the hub, or from the hub's cache where the hub is not reached.

    Args:
        repository: `user/name`, also with `@revision` and `:file`, as `load("hf:…")` takes.
        revision: branch, tag or commit; a commit always means the same weights.
        scale: None for ×4 where it is served, else the largest one.
        device, precision: as `load` takes.

    Raises:
        HubError: absent, closed, damaged, or holding pickles alone.
        SrtkError: not for this scale or device.
    """
    found = Reference.parse(repository)
    if revision is not None:
        found = Reference(found.repo, revision, found.file)
    return load(f"{PREFIX}{found}", scale=scale, device=device, precision=precision)
