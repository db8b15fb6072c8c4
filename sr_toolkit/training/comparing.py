"""Does a saved state belong to the run that takes it up?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sr_toolkit.errors import CheckpointError

SHOWN = 5  # differences named in a message


def refuse_changes(
    state: Mapping[str, Any], identity: Mapping[str, Any], source: Path, *, allowed: bool
) -> list[str]:
    """Compare what a state was made under with what there is now; return what the user is told.

    Args:
        state: what was loaded from `source`.
        identity: the recipe, data and machine of now.
        source: the state's file, for messages.
        allowed: go on although they differ.

    Raises:
        CheckpointError: other data or another recipe, and that is not allowed.
    """
    before = state.get("identity")
    if not isinstance(before, Mapping):
        raise CheckpointError(
            f"The training state '{source}' does not say what it belongs to; remove it to begin "
            f"again."
        )
    told = []
    changed = list(differences(_without(before, "machine"), _without(identity, "machine")))
    if changed:
        text = "; ".join(changed[:SHOWN]) + ("; and more" if len(changed) > SHOWN else "")
        if not allowed:
            raise CheckpointError(
                f"The run was trained with something else than what is there now: {text}. Undo "
                f"the change, or go on all the same by --allow-changed."
            )
        told.append(f"Going on although something changed: {text}.")
    moved = list(differences(before.get("machine", {}), identity["machine"]))
    if moved:
        told.append(
            f"This goes on elsewhere than before ({'; '.join(moved[:SHOWN])}), so the result is "
            f"no longer bit for bit that of a straight run."
        )
    return told


def differences(before: Any, now: Any, path: str = "") -> Iterator[str]:
    """Yield `key: old → new` for every leaf in which two plain trees differ."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in dict.fromkeys([*before, *now]):
            where = f"{path}.{key}" if path else str(key)
            yield from differences(before.get(key), now.get(key), where)
    elif before != now:
        yield f"{path}: {_shown(before)} → {_shown(now)}"


def _shown(value: Any) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:12]}…"


def _without(tree: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in tree.items() if name != key}
