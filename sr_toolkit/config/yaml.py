"""YAML as people expect it: `1e-4` is a number, the order of keys is kept, no tags run code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from sr_toolkit.errors import ConfigError
from sr_toolkit.files import write_text


class _Loader(yaml.SafeLoader):
    """SafeLoader that reads `1e-4` as a float; YAML 1.1 wants a dot and takes it for a string."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"),
    list("-+.0123456789"),
)


def parse(text: str, *, source: str) -> Any:
    """Parse YAML text; `source` names it in errors."""
    try:
        return yaml.load(text, Loader=_Loader)  # a SafeLoader by inheritance
    except yaml.YAMLError as error:
        first = " ".join(str(error).split())
        raise ConfigError(f"{source} is not valid YAML: {first}") from None


def parse_scalar(text: str) -> Any:
    """Parse the right side of `--set KEY=VALUE`."""
    return parse(text, source=f"The value '{text}'")


def dump(data: Any) -> str:
    """Return `data` as block YAML in the order given."""
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, default_flow_style=None)


def load_file(path: Path) -> Any:
    """Read a YAML file."""
    try:
        return parse(path.read_text(encoding="utf-8"), source=f"'{path}'")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"Cannot read '{path}': {error}.") from None


def save_file(path: Path, data: Any) -> None:
    """Write a YAML file atomically."""
    write_text(path, dump(data))
