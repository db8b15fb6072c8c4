"""`srtk plugins`."""

from __future__ import annotations

from sr_toolkit.cli import manual, options
from sr_toolkit.cli.plugin_checks import check_plugin
from sr_toolkit.cli.plugin_doctor import doctor
from sr_toolkit.cli.plugin_scaffold import new_plugin
from sr_toolkit.cli.plugin_show import show_plugin
from sr_toolkit.cli.plugin_switches import disable_plugin, enable_plugin


@manual.verbs(
    "plugins",
    "srtk plugins list",
    "srtk plugins new acme-sr",
    "srtk plugins check acme-sr",
    "srtk plugins show loss vgg",
    "srtk plugins doctor",
)
def command() -> None:
    """What installed distributions offer."""


@command.command(
    "list",
    examples=(
        "srtk plugins list",
        "srtk plugins list --json",
    ),
)
@options.as_json
@options.debug
def list_plugins(as_json: bool) -> None:
    """List every registered part with its state and, where that is not ok, the cause."""
    from sr_toolkit.registry import registry

    entries = registry().entries()
    if as_json:
        options.print_json(
            [
                {
                    "name": entry.name,
                    "kind": entry.kind,
                    "distribution": entry.distribution,
                    "version": entry.version,
                    "state": entry.state,
                    "cause": entry.cause,
                    "note": entry.note,
                    "summary": entry.loaded.spec.summary if entry.loaded.spec else "",
                }
                for entry in entries
            ]
        )
        return
    rows = [
        (e.name, e.kind, e.distribution, e.version, e.state, e.cause or e.note) for e in entries
    ]
    options.print_table(("NAME", "KIND", "DISTRIBUTION", "VERSION", "STATE", "CAUSE"), rows)


command.add_command(show_plugin)
command.add_command(doctor)
command.add_command(disable_plugin)
command.add_command(enable_plugin)
command.add_command(new_plugin)
command.add_command(check_plugin)
