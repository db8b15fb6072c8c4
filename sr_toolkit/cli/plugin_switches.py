"""`srtk plugins disable` and `srtk plugins enable`."""

from __future__ import annotations

import click

from sr_toolkit.cli import completing, manual, options


@manual.verb("disable", "srtk plugins disable acme-sr")
@click.argument("distribution", shell_complete=completing.distributions)
@options.together(options.quiet, options.debug)
def disable_plugin(distribution: str, quiet: bool) -> None:
    """Leave a distribution's parts out, in every command, until it is enabled again.

    They stay in 'srtk plugins list', are not imported, and take no name from others.
    """
    from sr_toolkit.config.user import disable, read_user_config
    from sr_toolkit.diagnosis.installed import find_plugin
    from sr_toolkit.discovery import CORE, same
    from sr_toolkit.errors import ConfigError

    one = find_plugin(distribution)
    if same(one.name, CORE):
        raise ConfigError(f"'{CORE}' cannot be disabled: its parts are what all others stand on.")
    if any(same(one.name, name) for name in read_user_config().disabled):
        if not quiet:
            click.echo(f"{one.name} is disabled already.")
        return
    path = disable(one.name)
    if not quiet:
        click.echo(f"{one.name} is disabled ({path}); 'srtk plugins enable {one.name}' undoes it.")


@manual.verb("enable", "srtk plugins enable acme-sr")
@click.argument("distribution", shell_complete=completing.distributions)
@options.together(options.quiet, options.debug)
def enable_plugin(distribution: str, quiet: bool) -> None:
    """Offer a disabled distribution's parts again."""
    from sr_toolkit.config.user import enable, read_user_config
    from sr_toolkit.diagnosis.installed import find_plugin
    from sr_toolkit.discovery import same

    # One that was uninstalled meanwhile is still in the settings.
    spelled = tuple(name for name in read_user_config().disabled if same(name, distribution))
    if not spelled:
        one = find_plugin(distribution)
        if not quiet:
            click.echo(f"{one.name} is enabled already.")
        return
    path = enable(spelled)
    if not quiet:
        click.echo(f"{spelled[0]} is enabled ({path}).")
