"""`srtk plugins doctor`."""

from __future__ import annotations

import sys
from typing import Any

import click

from sr_toolkit.cli import completing, manual, options


@manual.verb(
    "doctor",
    "srtk plugins doctor",
    "srtk plugins doctor acme-sr",
    "srtk plugins doctor --json",
    "srtk plugins doctor --timeout 300",
)
@click.argument(
    "distributions", metavar="[DIST]...", nargs=-1, shell_complete=completing.distributions
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=1, max=3600),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="Longest time that the imports of one distribution may take.",
)
@options.together(options.as_json, options.quiet, options.debug)
@click.pass_context
def doctor(
    ctx: click.Context, distributions: tuple[str, ...], timeout: float, as_json: bool, quiet: bool
) -> None:
    """Find out what is wrong with plugins and with this machine.

    Each distribution is imported, specs and code, in a process of its own. The output is what to
    paste into a bug report: home folders, user names and secrets are cut out of it. The exit status
    is 1 where something is broken, and 0 with warnings alone.
    """
    from sr_toolkit.diagnosis.doctor import diagnose

    def announce(name: str) -> None:
        if not quiet and not as_json:
            end = "\r\033[K" if sys.stderr.isatty() else ""
            click.echo(f"{end}Looking at {name} …", nl=not end, err=True)

    found = diagnose(distributions, seconds=timeout, announce=announce)
    if sys.stderr.isatty() and not quiet:
        click.echo("\r\033[K", nl=False, err=True)
    if as_json:
        options.print_json(found)
    else:
        _distributions(found)
        _machine(found["environment"])
        _findings(found["findings"])
    ctx.exit(1 if found["broken"] else 0)


def _distributions(found: dict[str, Any]) -> None:
    click.echo(f"Plugins (plugin API {'.'.join(map(str, found['plugin_api']))})")
    for one in found["distributions"]:
        marks = [mark for mark in ("editable", "disabled") if one[mark]]
        license = one["license"] or "no license stated"
        click.echo(f"\n{one['name']} {one['version']}  {', '.join([*marks, license])}")
        click.echo(f"  in {one['place']}")
        absent = [need for need in one["requirements"] if need["state"] != "ok"]
        met = len(one["requirements"]) - len(absent)
        click.echo(f"  requirements: {met} of {len(one['requirements'])} met")
        for need in absent:
            extra = f" (extra '{need['extra']}')" if need["extra"] else ""
            there = f", installed is {need['installed']}" if need["installed"] else ""
            mend = f": {need['mend']}" if need["mend"] else ""
            click.echo(f"    {need['state']}{extra}: {need['requirement']}{there}{mend}")
        sound = [part for part in one["parts"] if part["state"] == "ok"]
        seconds = sum(part["seconds"] for part in one["parts"])
        click.echo(f"  parts: {len(sound)} of {len(one['parts'])} ok, specs in {seconds:.2f} s")
        weights = [
            f"{part['name']}:{name}"
            for part in one["parts"]
            for name, here in part["weights"]
            if here
        ]
        if weights:
            click.echo(f"  weights that come along: {', '.join(weights)}")
        for part in one["parts"]:
            if part["state"] != "ok":
                click.echo(f"    {part['kind']} {part['name']}: {part['state']}, {part['cause']}")
                if part["line"]:
                    click.echo(f"      {part['line']}")


def _machine(machine: dict[str, Any]) -> None:
    click.echo("\nThis machine")
    python, torch = machine["python"], machine["torch"]
    own = machine["sr_toolkit"]
    rows = [
        ("sr-toolkit", f"{own['version']} in {own['folder']}"),
        ("Python", f"{python['version']}, {python['platform']}"),
        ("executable", python["executable"]),
    ]
    if "error" in torch:
        rows.append(("torch", torch["error"]))
    else:
        features = ", ".join(torch["cpu_features"]) or "no AVX2"
        gpus = [
            f"{gpu['name']} ({gpu['bytes'] / 2**30:.0f} GiB, capability {gpu['capability']})"
            for gpu in torch["gpus"]
        ]
        rows += [
            ("torch", f"{torch['version']}, CUDA {torch['cuda'] or 'not built in'}"),
            ("GPUs", "; ".join(gpus) or "none"),
            ("CPU", f"{torch['cpu']}; {features}"),
            ("threads", f"{torch['threads']} of {torch['cores']} cores"),
            ("precision", f"{torch['precision']}, where none is named"),
        ]
    rows += [
        ("libraries", _named(machine["libraries"])),
        ("optional", _named(machine["optional"]) or "none"),
    ]
    for folder in machine["folders"]:
        able = "writable" if folder["writable"] else "NOT WRITABLE"
        free = folder["free_bytes"] / 2**30
        rows.append((folder["name"], f"{folder['path']} ({able}, {free:.1f} GiB free)"))
    data, weights = machine["data"], machine["weights"]
    rows.append(("data sets", data.get("error") or _named(data) or "none"))
    networks = weights.get("networks", {})
    here = {name: path for name, path in networks.items() if path}
    rows.append(("weights", weights.get("error") or ", ".join(here) or "none"))
    missing = [name for name, path in networks.items() if not path]
    if missing:
        rows.append(("not found", f"weights of {', '.join(missing)}"))
    rows += [(name, value) for name, value in machine["variables"].items()]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        click.echo(f"  {name:{width}}  {value}")


def _named(values: dict[str, str]) -> str:
    return ", ".join(f"{name} {value or 'MISSING'}" for name, value in values.items())


def _findings(findings: list[dict[str, str]]) -> None:
    errors = sum(finding["level"] == "error" for finding in findings)
    warnings = len(findings) - errors
    click.echo(f"\nFindings: {errors} broken, {warnings} to look at")
    for finding in findings:
        mark = "BROKEN" if finding["level"] == "error" else "look at"
        click.echo(f"  {mark}  {finding['about']}: {finding['problem']}")
        click.echo(f"          → {finding['mend']}")
    click.echo(
        "\nFor a bug report, paste all of the above, or what --json prints: home folders, user "
        "names and secrets are cut out."
    )
