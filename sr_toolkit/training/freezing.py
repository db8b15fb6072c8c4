"""What of a generator stays as it is in a phase."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence

from torch import nn

from sr_toolkit.errors import ConfigError, suggest
from sr_toolkit.interfaces import Generator


def freeze(generator: Generator, names: Sequence[str]) -> list[nn.Module]:
    """Leave the parameters that `names` mean out of training, and let all others take part.

    Args:
        generator: its parameters' `requires_grad` is set.
        names: stages that the generator declares, or patterns of parameter names such as `body.*`.

    Returns:
        The modules of which nothing is trained; their batch norm must not count either.

    Raises:
        ConfigError: a name that means nothing here, or nothing is left to train.
    """
    generator.requires_grad_(True)
    parameters = dict(generator.named_parameters())
    for name in names:
        if not frozen_keys(generator, (name,)).intersection(parameters):
            known = [*generator.stages, *dict.fromkeys(key.split(".")[0] for key in parameters)]
            raise ConfigError(
                f"'freeze' names '{name}', which is no stage and no parameter of this generator."
                f"{suggest(name, known)} A pattern is such as '{next(iter(known), 'body')}.*'."
            )
    held = frozen_keys(generator, names)
    frozen = held.intersection(parameters)
    if len(frozen) == len(parameters):
        raise ConfigError("'freeze' leaves nothing of the generator to train; name less.")
    for key in frozen:
        parameters[key].requires_grad_(False)
    resting = []
    for name, module in generator.named_modules():
        own = [key for key, _ in module.named_parameters(name, recurse=False)]
        # What has no parameters, as a norm without scale and shift, may still count in buffers.
        kept = own or [key for key, _ in module.named_buffers(name, recurse=False)]
        if kept and held.issuperset(kept):
            resting.append(module)
    return resting


def frozen_keys(generator: Generator, names: Sequence[str]) -> set[str]:
    """Return the parameters and buffers that `names`, as `freeze` takes them, mean."""
    keys = [key for key, _ in (*generator.named_parameters(), *generator.named_buffers())]
    patterns = [pattern for name in names for pattern in generator.stages.get(name, (name,))]
    return {key for key in keys for pattern in patterns if fnmatch.fnmatchcase(key, pattern)}
