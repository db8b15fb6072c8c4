"""Sheets as Markdown, CSV and LaTeX."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping

from sr_toolkit.benching.result import Results
from sr_toolkit.benching.sheets import BEST, COST, Cell, Sheet, make_sheets


def render(results: Results, form: str) -> str:
    """Return the tables as `table`, `markdown`, `csv` or `latex`."""
    if form == "table":
        return results.table()
    if form == "csv":
        return comma_separated(results)
    return "\n".join(FORMATS[form](sheet) for sheet in make_sheets(results))


def markdown(sheet: Sheet) -> str:
    """Return a Markdown table, the best of each column bold."""
    heads = ["model", *_named_heads(sheet, _plain_text)]
    lines = [f"**{_markdown(_title(sheet))}**", "", _row(heads)]
    lines.append("|" + "---|" + "---:|" * (len(heads) - 1))
    for line in sheet.lines:
        cells = [f"**{cell.text}**" if cell.best else cell.text for cell in line.cells]
        lines.append(_row([_markdown(line.model), *cells]))
    notes = [_markdown(note) for note in (*sheet.notes, f"bold: {BEST}")]
    return "\n".join([*lines, "", "  \n".join(notes)]) + "\n"


def comma_separated(results: Results) -> str:
    """Return a line for each dataset, scale, protocol and model, in bare numbers, for programs."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = list(dict.fromkeys(c.name for result in results for c in result.columns))
    setting = ["dataset", "images", "scale", "protocol", "lr", "model", "kind"]
    cost = ["parameters", "multiply_adds", "seconds_per_megapixel", "peak_memory_bytes"]
    writer.writerow([*setting, *names, *cost])
    for result in results:
        known = {column.name for column in result.columns}
        for row in result.rows:
            means = [result.mean(row, name) if name in known else None for name in names]
            spent: list[float | None] = [row.parameters or None, None, None, None]
            if row.cost is not None:
                spent[1:] = [row.cost.multiply_adds, row.cost.median, row.cost.peak_memory]
            place = [result.dataset, len(result.images), result.scale, result.protocol, result.lr]
            figures = ["" if value is None else value for value in (*means, *spent)]
            writer.writerow([*place, row.model, row.kind, *figures])
    return stream.getvalue()


def latex(sheet: Sheet) -> str:
    """Return a `tabular` for the booktabs package, the best of each column bold."""
    groups, start, rules = [], 2, []
    for name, count in sheet.groups:
        groups.append(rf"\multicolumn{{{count}}}{{c}}{{{_latex(name)}}}")
        rules.append(rf"\cmidrule(lr){{{start}-{start + count - 1}}}")
        start += count
    lines = [
        rf"% {_title(sheet)}",
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
    return "\n".join([*lines, *(f"% {note}" for note in (*sheet.notes, f"bold: {BEST}"))]) + "\n"


FORMATS: Mapping[str, Callable[[Sheet], str]] = {
    "markdown": markdown,
    "latex": latex,
}
"""Name to what makes it of a sheet."""


def _title(sheet: Sheet) -> str:
    """Return what was measured, with the dataset where there is one."""
    if len(sheet.groups) > 2:  # of which one is the cost
        return sheet.title
    return f"{sheet.groups[0][0]}, {sheet.title}"


def _named_heads(sheet: Sheet, escape: Callable[[str], str]) -> list[str]:
    """Return the heads, each with its dataset where there are several."""
    names = [name for name, count in sheet.groups for _ in range(count)]
    several = len(sheet.groups) > 2  # of which one is the cost
    pairs = zip(names, sheet.heads, strict=True)
    return [
        escape(f"{name.partition(',')[0]} {head}" if several and name != COST else head)
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
