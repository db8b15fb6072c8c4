"""Sheets as Markdown, CSV and LaTeX."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping

from sr_toolkit.benching.result import Results
from sr_toolkit.benching.sheets import Cell, Sheet, make_sheets


def render(results: Results, form: str) -> str:
    """Return the tables as `table`, `markdown`, `csv` or `latex`."""
    if form == "table":
        return results.table()
    return "\n".join(FORMATS[form](sheet) for sheet in make_sheets(results))


def markdown(sheet: Sheet) -> str:
    """Return a Markdown table, the best of each column bold."""
    heads = ["model", *_named_heads(sheet, _plain_text)]
    lines = [f"**{_markdown(sheet.title)}**", "", _row(heads)]
    lines.append("|" + "---|" + "---:|" * (len(heads) - 1))
    for line in sheet.lines:
        cells = [f"**{cell.text}**" if cell.best else cell.text for cell in line.cells]
        lines.append(_row([_markdown(line.model), *cells]))
    notes = [_markdown(note) for note in sheet.notes]
    return "\n".join([*lines, "", "  \n".join(notes)]) + "\n"


def comma_separated(sheet: Sheet) -> str:
    """Return one line for each model; what was measured stands in columns of its own."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["setting", "model", *_named_heads(sheet, str)])
    for line in sheet.lines:
        writer.writerow([sheet.title, line.model, *(cell.text for cell in line.cells)])
    return stream.getvalue()


def latex(sheet: Sheet) -> str:
    """Return a `tabular` for the booktabs package, the best of each column bold."""
    groups, start, rules = [], 2, []
    for name, count in sheet.groups:
        groups.append(rf"\multicolumn{{{count}}}{{c}}{{{_latex(name)}}}")
        rules.append(rf"\cmidrule(lr){{{start}-{start + count - 1}}}")
        start += count
    lines = [
        rf"% {sheet.title}",
        rf"\begin{{tabular}}{{l{'r' * len(sheet.heads)}}}",
        r"\toprule",
        " & ".join(["", *groups]) + r" \\",
        " ".join(rules),
        " & ".join(["model", *map(_latex, sheet.heads)]) + r" \\",
        r"\midrule",
    ]
    for line in sheet.lines:
        cells = [_latex_cell(cell) for cell in line.cells]
        lines.append(" & ".join([_latex(line.model), *cells]) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}"]
    return "\n".join([*lines, *(f"% {note}" for note in sheet.notes)]) + "\n"


FORMATS: Mapping[str, Callable[[Sheet], str]] = {
    "markdown": markdown,
    "csv": comma_separated,
    "latex": latex,
}
"""Name to what makes it of a sheet; the terminal's own table aside."""


def _named_heads(sheet: Sheet, escape: Callable[[str], str]) -> list[str]:
    """Return the heads, each with its dataset where there are several."""
    names = [name for name, count in sheet.groups for _ in range(count)]
    several = len(sheet.groups) > 2  # of which one is the cost
    pairs = zip(names, sheet.heads, strict=True)
    return [
        escape(f"{name.partition(',')[0]} {head}" if several and name != "cost" else head)
        for name, head in pairs
    ]


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _plain_text(text: str) -> str:
    return text.replace("|", r"\|")


def _markdown(text: str) -> str:
    """Escape what Markdown and the HTML in it would take for more than text."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", text)


_LATEX = {
    "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}",
    "↑": r"$\uparrow$", "↓": r"$\downarrow$", "×": r"$\times$", "–": "--", "†": r"$^\dagger$",
    "±": r"$\pm$", "α": r"$\alpha$",
}  # fmt: skip


def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)


def _latex_cell(cell: Cell) -> str:
    text = _latex(cell.text)
    return rf"\textbf{{{text}}}" if cell.best else text
