"""What the user has settled for good: `config.yaml` in the folder of the user's settings."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sr_toolkit.config.places import config_dir
from sr_toolkit.config.schema import option, plain, validate
from sr_toolkit.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class UserConfig:
    """Settings that hold for every command of one user."""

    disabled: tuple[str, ...] = option(
        (), help="Distributions whose parts are listed, but neither imported nor offered."
    )


def user_config_file() -> Path:
    """Return the file of the user's settings; it may not exist."""
    return config_dir() / "config.yaml"


def read_user_config() -> UserConfig:
    """Return the user's settings; the defaults where there is no file.

    Raises:
        ConfigError: the file cannot be read or does not fit; the sentence names it.
    """
    path = user_config_file()
    try:
        if not path.exists():
            return UserConfig()
        from sr_toolkit.config import yaml  # only here: listings do without where nothing is set

        data = yaml.load_file(path)
        if not isinstance(data, Mapping) and data is not None:
            raise ConfigError(f"it holds {type(data).__name__} in place of keys and values.")
        return validate(UserConfig, data or {})
    except (ConfigError, OSError) as error:
        raise ConfigError(
            f"The settings in '{path}' cannot be taken; mend or remove the file, or name another "
            f"folder by SRTK_CONFIG: {error}"
        ) from None


def write_user_config(config: UserConfig) -> Path:
    """Write the user's settings, atomically, and return their file.

    Raises:
        OutputError: the folder or the disk refuses.
    """
    from sr_toolkit.config import yaml

    path = user_config_file()
    yaml.save_file(path, plain(config))
    return path


def disable(distribution: str) -> Path:
    """Add a distribution to those that are disabled."""
    config = read_user_config()
    return write_user_config(dataclasses.replace(config, disabled=(*config.disabled, distribution)))


def enable(distributions: tuple[str, ...]) -> Path:
    """Take distributions, spelled as in the file, from those that are disabled."""
    config = read_user_config()
    kept = tuple(name for name in config.disabled if name not in distributions)
    return write_user_config(dataclasses.replace(config, disabled=kept))
