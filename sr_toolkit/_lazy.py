"""Names that are imported only when they are touched (PEP 562)."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sr_toolkit.deprecation import Renamed


def lazy(
    module: str, names: Mapping[str, str], renamed: Mapping[str, Renamed] | None = None
) -> tuple[Callable[[str], Any], list[str]]:
    """Return (`__getattr__`, `__all__`) for `module`.

    Args:
        module: its name, for messages.
        names: each name to its home.
        renamed: old names, which still work and warn; they are not in `__all__`.
    """

    def getattribute(name: str) -> Any:
        if renamed and name in renamed:
            from sr_toolkit.deprecation import deprecated

            new = renamed[name]
            deprecated(f"{module}.{name}", new.since, new.removed_in, f"{module}.{new.instead}")
            name = new.instead
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return getattr(importlib.import_module(names[name]), name)

    return getattribute, sorted(names)
