"""Write the generated tables of docs/recipes.md anew; run it after a recipe's fields changed.

python docs/build_fields.py
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from sr_toolkit.training import reference

PAGE = Path(__file__).with_name("recipes.md")
TABLES: dict[str, Callable[[], str]] = {
    "presets": reference.presets,
    "recipe": reference.recipe_fields,
    "losses": lambda: reference.parts("loss", adversarial=False),
    "adversarial losses": lambda: reference.parts("loss", adversarial=True),
    "discriminators": lambda: reference.parts("discriminator"),
    "degradation steps": reference.operations,
}


def rebuilt(text: str) -> str:
    """Return the page with all that lies between its markers made anew."""
    for name, make in TABLES.items():
        begin, end = f"<!-- begin generated: {name} -->\n", f"<!-- end generated: {name} -->\n"
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        made = f"{begin}\n{make()}\n{end}"
        text, count = pattern.subn(lambda _, made=made: made, text)
        if count != 1:
            raise SystemExit(f"{PAGE} must hold the markers of '{name}' once, not {count} times.")
    return text


if __name__ == "__main__":
    PAGE.write_text(rebuilt(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
