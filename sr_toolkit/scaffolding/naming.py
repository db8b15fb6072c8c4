"""Names for a new plugin: of its distribution, its package and its class."""

from __future__ import annotations

import keyword
import re
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from sr_toolkit.errors import ConfigError
from sr_toolkit.registry import registry

RULE = "take letters, digits and single dashes, beginning with a letter, as in 'acme-sr'"


def package_of(name: str) -> str:
    """Return the import package of a distribution's name: `acme_sr` of `acme-sr`."""
    return re.sub(r"[-_.]+", "_", name).lower()


def class_of(name: str) -> str:
    """Return a class name: `AcmeSr` of `acme-sr`."""
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[-_.]+", name))


def refuse_bad(name: str) -> None:
    """Refuse what cannot be the name of a distribution, a package and a part at once.

    Raises:
        ConfigError: says why, and what would do.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*([-_.][A-Za-z0-9]+)*", name) or not name.isascii():
        raise ConfigError(f"'{name}' cannot name a plugin; {RULE}.")
    if name != name.lower() or "_" in name or "." in name:
        meant = re.sub(r"[-_.]+", "-", name).lower()
        raise ConfigError(
            f"'{name}' would be known by another spelling to installers; take '{meant}'."
        )
    if keyword.iskeyword(package_of(name)) or keyword.issoftkeyword(package_of(name)):
        raise ConfigError(
            f"'{name}' is a word of Python's own, so nothing could import it; {RULE}."
        )


def refuse_taken(name: str, kind: str) -> None:
    """Refuse a name that something installed has already.

    Raises:
        ConfigError: says what has it.
    """
    package = package_of(name)
    if package in sys.stdlib_module_names:
        raise ConfigError(
            f"'{package}' is a module of Python's own library, which the plugin would hide; take "
            f"another name, such as '{name}-sr'."
        )
    try:
        installed = version(name)
    except PackageNotFoundError:
        pass
    else:
        raise ConfigError(
            f"A distribution '{name}' {installed} is installed already; take another name."
        )
    if package == "sr_toolkit" or find_spec(package) is not None:
        raise ConfigError(
            f"There is a package '{package}' here already, which the plugin would hide; take "
            f"another name, such as '{name}-sr'."
        )
    for entry in registry().entries(kind):
        if entry.name == name:
            raise ConfigError(
                f"{entry.distribution} offers a {kind} '{name}' already; take another name, or "
                f"everybody would have to write '{name}::{name}'."
            )
