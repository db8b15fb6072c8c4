"""Which code a figure was made with: hashes of files beside versions.

Versions do not change while somebody edits an installed tree; the files do.
"""

from __future__ import annotations

import hashlib
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sr_toolkit.registry import registry

if TYPE_CHECKING:
    from torch import nn

LIBRARIES = ("torch", "torchvision", "numpy", "scipy", "pillow", "scikit-image", "lpips")
OPTIONAL = ("torchmetrics", "pyiqa")
"""Libraries that metrics use where they are installed."""


@cache
def package_hash(package: str) -> str:
    """Return a SHA-256 over the files of a top-level package or module; '' where it has none."""
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):  # a module that was made by hand has no spec
        return ""
    if spec is None:
        return ""
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    files = [path for folder in folders for path in folder.rglob("*")]
    if not folders and spec.origin is not None:
        files = [Path(spec.origin)]
    total, found = hashlib.sha256(), False
    for path in sorted(files):
        if "__pycache__" not in path.parts and path.is_file():
            total.update(path.name.encode(errors="surrogateescape"))
            with path.open("rb") as stream:
                total.update(hashlib.file_digest(stream, "sha256").digest())
            found = True
    return total.hexdigest() if found else ""


def package_of(location: str) -> str:
    """Return the top-level package of `"package.module:Object"`."""
    return location.partition(":")[0].partition(".")[0]


def loaded_packages(more: Iterable[str] = ()) -> list[str]:
    """Return the packages whose files say what a figure depends on.

    These are sr_toolkit, `more`, and whatever is loaded from outside of the installed libraries:
    code that is being written. The script that runs is not among them, nor are other plugins, for
    which of them are loaded depends on what else was asked for.
    """
    written = set(_being_written()) - plugin_packages()
    return sorted({"sr_toolkit", *more, *written})


def plugin_packages() -> set[str]:
    """Return the packages that registered parts lie in."""
    return {package_of(entry.value) for entry in registry().entries()} - {"sr_toolkit"}


def packages_in(network: nn.Module) -> set[str]:
    """Return the plugins' packages that a network is made of, its own first of all."""
    homes = {type(module).__module__.partition(".")[0] for module in network.modules()}
    return {type(network).__module__.partition(".")[0], *(homes & plugin_packages())}


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that figures depend on."""
    found = {name: version(name) for name in LIBRARIES}
    for name in OPTIONAL:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _being_written() -> Iterator[str]:
    installed = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")]
    installed += [Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")]
    installed += [Path(sys.base_prefix) / "lib"]
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if "." in name or name == "__main__" or not file:
            continue
        path = Path(file)
        libraries = "site-packages" in path.parts or "dist-packages" in path.parts
        if not libraries and not any(path.is_relative_to(folder) for folder in installed):
            yield name
