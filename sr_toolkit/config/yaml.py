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


class _Dumper(yaml.SafeDumper):
    """SafeDumper that puts quotes round a string that `_Loader` would read as a float."""


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    # YAML reads Unicode's line ends as line breaks; only double quotes escape them.
    style = '"' if any(end in value for end in "\x85\u2028\u2029") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)
for _class in (_Loader, _Dumper):
    _class.add_implicit_resolver(
        "tag:yaml.org,2002:float",
        re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"),
        list("-+.0123456789"),
    )
# JSON and checkpoints hold no dates, so 2024-01-31 stays the text that it is.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


def parse(text: str, *, source: str) -> Any:
    """Parse YAML text; `source` names it in errors."""
    try:
        return yaml.load(text, Loader=_Loader)  # a SafeLoader by inheritance
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: `!!int word`
        first = " ".join(str(error).split())
        raise ConfigError(f"{source} is not valid YAML: {first}") from None


def parse_scalar(text: str) -> Any:
    """Parse the right side of `--set KEY=VALUE`."""
    return parse(text, source=f"The value '{text}'")


def dump(data: Any) -> str:
    """Return `data` as block YAML in the order given."""
    return yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None
    )


def load_file(path: Path) -> Any:
    """Read a YAML file."""
    try:
        return parse(path.read_text(encoding="utf-8"), source=f"'{path}'")
    except FileNotFoundError:
        raise ConfigError(f"The file '{path}' does not exist; check the path.") from None
    except (OSError, UnicodeDecodeError) as error:
        cause = (isinstance(error, OSError) and error.strerror) or str(error)
        raise ConfigError(f"Cannot read '{path}': {cause}.") from None


def save_file(path: Path, data: Any) -> None:
    """Write a YAML file atomically."""
    write_text(path, dump(data))
