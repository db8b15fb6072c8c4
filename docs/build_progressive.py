"""Draws docs/progressive.svg: which stage learns in which phase of the growing generator.

python docs/build_progressive.py
"""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

from sr_toolkit.training.plan import preset_of

TARGET = Path(__file__).with_name("progressive.svg")
HEAD = {"text-anchor": "end", "font-weight": "bold"}
STAGES = ("x2", "x4", "x8")
LEFT, TOP, WIDTH, HEIGHT, GAP = 150, 64, 128, 46, 8
LEARNS, FROZEN, NEW = "#2f6fb3", "#dfe5ec", "#7fb0de"


def text(x: float, y: float, words: str, **looks: str) -> str:
    """Return words whose anchor lies at (x, y)."""
    style = {"font-size": "14", "fill": "#222", "text-anchor": "middle", **looks}
    shown = " ".join(f'{key}="{value}"' for key, value in style.items())
    return f'<text x="{x:g}" y="{y:g}" {shown}>{escape(words)}</text>'


def cell(x: float, y: float, words: str, fill: str, ink: str, dashed: bool = False) -> str:
    """Return a box with words in it."""
    border = 'stroke="#b8c0ca" stroke-dasharray="4 4"' if dashed else 'stroke="none"'
    box = (
        f'<rect x="{x:g}" y="{y:g}" width="{WIDTH - GAP}" height="{HEIGHT - GAP}" rx="6" '
        f'fill="{fill}" {border}/>'
    )
    return box + text(x + (WIDTH - GAP) / 2, y + 25, words, fill=ink)


def draw() -> str:
    """Return the figure as SVG, from the preset `quick` as it is."""
    phases = preset_of("progressive", "quick").phases
    width, height = LEFT + WIDTH * len(phases) + 12, TOP + HEIGHT * len(STAGES) + 76
    parts = [text(LEFT - 14, 40, "phase", **HEAD)]
    for row, stage in enumerate(STAGES):
        name = f"stage ×{stage[1:]}"
        parts.append(text(LEFT - 14, TOP + HEIGHT * row + 25, name, **HEAD))
    bottom = TOP + HEIGHT * len(STAGES)
    parts.append(text(LEFT - 14, bottom + 22, "loss at", **HEAD))
    parts.append(text(LEFT - 14, bottom + 48, "new part fades in", **HEAD))
    grown = 0
    for column, (name, phase) in enumerate(phases.items()):
        x, largest = LEFT + WIDTH * column, max(phase.scales)
        middle = x + (WIDTH - GAP) / 2
        parts.append(text(middle, 40, name, **{"font-size": "16", "font-weight": "bold"}))
        for row, stage in enumerate(STAGES):
            y, scale = TOP + HEIGHT * row, int(stage[1:])
            if scale > largest:
                parts.append(cell(x, y, "not there yet", "none", "#8a94a0", dashed=True))
            elif stage in phase.freeze:
                parts.append(cell(x, y, "frozen", FROZEN, "#55606c"))
            else:
                words = "new, learns" if scale > grown else "learns"
                parts.append(cell(x, y, words, LEARNS, "#fff"))
        grown = max(grown, largest)
        losses = " + ".join(f"×{scale}" for scale in phase.scales)
        parts.append(text(middle, bottom + 22, losses))
        if phase.fade:
            share = phase.fade / (phase.steps or 1)
            end, base = WIDTH - GAP, bottom + 54
            ramp = (
                f"{x},{base} {x + share * end:g},{base - 20} {x + end},{base - 20} {x + end},{base}"
            )
            parts.append(f'<polygon points="{ramp}" fill="{NEW}"/>')
        else:
            parts.append(text(middle, bottom + 48, "–"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="Helvetica, Arial, sans-serif">'
        f'<rect width="{width}" height="{height}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


if __name__ == "__main__":
    TARGET.write_text(draw(), encoding="utf-8")
