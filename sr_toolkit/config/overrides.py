"""`--set a.b.c=value`: change one key of nested plain data, held to the schema."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from sr_toolkit.config.schema import mapping_value, nested_dataclass, takes_keys, type_hints
from sr_toolkit.errors import ConfigError, suggest


def override(cls: type, data: Mapping[str, Any], assignments: Iterable[str]) -> dict[str, Any]:
    """Return a copy of `data`, the plain form of `cls`, with each `KEY=VALUE` applied.

    A value is read as YAML reads a scalar or a flow list: `8`, `1e-4`, `true`, `[50000, 80000]`.
    Types are checked when the result is validated; here a key that does not exist is refused.

    Raises:
        ConfigError: no `=`, an unknown key (the nearest is suggested), a key below a plain value.
    """
    from sr_toolkit.config.yaml import parse_scalar  # only here: listings do without

    result = copy.deepcopy(dict(data))
    for assignment in assignments:
        key, separator, text = assignment.partition("=")
        key = key.strip()
        if not separator or not all(key.split(".")):
            raise ConfigError(f"'--set {assignment}' is not of the form KEY=VALUE.")
        _assign(cls, result, key, parse_scalar(text))
    return result


def _assign(cls: type, data: dict[str, Any], key: str, value: Any, prefix: str = "") -> None:
    """Set `key`, a dotted path below `prefix`, in `data`, the plain form of `cls`."""
    part, _, rest = key.partition(".")
    here = prefix + part
    fields = {field.name: field for field in dataclasses.fields(cls)}
    if part not in fields:
        raise ConfigError(f"Unknown key '{here}'.{suggest(part, fields)}")
    if not rest:
        data[part] = value
        return
    hint = type_hints(cls)[part]
    if not takes_keys(hint):
        raise ConfigError(f"'{here}' is a plain value, so '{here}.{rest}' does not exist.")
    nested = nested_dataclass(hint)
    node = _mapping(data, part, here, rest)
    if nested is None:
        _assign_freely(node, rest, value, here)
    elif mapping_value(hint) is None:
        _assign(nested, node, rest, value, f"{here}.")
    else:
        name, _, rest = rest.partition(".")
        if name not in node and not fields[part].metadata.get("extensible", False):
            raise ConfigError(f"Unknown key '{here}.{name}'.{suggest(name, node)}")
        if not rest:
            node[name] = value
        else:
            entry = _mapping(node, name, f"{here}.{name}", rest)
            _assign(nested, entry, rest, value, f"{here}.{name}.")


def _assign_freely(node: dict[str, Any], key: str, value: Any, prefix: str) -> None:
    """Set a dotted path below a free-form mapping, whose owner checks it later."""
    part, _, rest = key.partition(".")
    if not rest:
        node[part] = value
        return
    here = f"{prefix}.{part}"
    _assign_freely(_mapping(node, part, here, rest), rest, value, here)


def _mapping(data: dict[str, Any], key: str, here: str, rest: str) -> dict[str, Any]:
    if data.get(key) is None:
        data[key] = {}
    node = data[key]
    if not isinstance(node, dict):
        raise ConfigError(f"'{here}' is a plain value, so '{here}.{rest}' does not exist.")
    return node
