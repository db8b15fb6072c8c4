"""Takes out of a text what is nobody else's business: home folders, user names, secrets."""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SECRET = re.compile(r"TOKEN|KEY|SECRET|PASS|CREDENTIAL|AUTH|COOKIE", re.IGNORECASE)
"""A variable whose name holds one of these has a value that is never shown."""

CUT = "<cut>"
_COMMON = {
    *(
        "root",
        "user",
        "admin",
        "runner",
        "ubuntu",
        "debian",
        "nobody",
        "app",
        "home",
        "dev",
        "test",
    ),
    *("data", "work", "python", "torch", "srtk"),
}
"""Names of users that tell nothing of a person, and stand in many a text by chance."""
_KNOWN_TOKENS = re.compile(
    r"\b(?:hf|ghp|gho|ghs|ghu|glpat|pypi|sk|xox[abp]|AKIA)[-_]?[A-Za-z0-9_-]{16,}"
)
_CREDENTIALS = re.compile(r"(?<=://)[^\s/'\"<>]+@")
_QUERY = re.compile(
    r"([?&;](?:[\w-]*(?:token|key|secret|pass|sig|auth)[\w-]*)=)[^&\s'\"<>]+", re.IGNORECASE
)
_OTHERS_HOME = re.compile(r"(/(?:home|Users)/|[A-Z]:\\Users\\)([^/\\\s'\":,;]+)")


def _is_path(text: str) -> bool:
    try:
        return Path(text).exists()
    except (OSError, ValueError):  # longer than any path, or with a character that none has
        return False


class Redactor:
    """Cuts what it learned of this process's environment out of texts and plain data."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        known = dict(os.environ if environment is None else environment)
        self._homes = _homes(known)
        self._user = _user(known)
        self._secrets = sorted(
            (
                value
                for name, value in known.items()
                # A short value, such as 'yes' or '1', stands in many a text by chance.
                if SECRET.search(name) and len(value) >= 6 and not _is_path(value)
            ),
            key=len,
            reverse=True,
        )

    def text(self, text: str) -> str:
        """Return the text without secrets, credentials in addresses, homes and user names."""
        for secret in self._secrets:
            text = text.replace(secret, CUT)
        text = _CREDENTIALS.sub("", text)
        text = _QUERY.sub(rf"\1{CUT}", text)
        text = _KNOWN_TOKENS.sub(CUT, text)
        for home in self._homes:
            text = re.sub(rf"(?<![\w.~-]){re.escape(home)}(?![\w.-])", "~", text)
        text = _OTHERS_HOME.sub(r"\1<user>", text)
        if self._user:
            text = re.sub(
                rf"(?<![A-Za-z0-9]){re.escape(self._user)}(?![A-Za-z0-9])", "<user>", text
            )
        return text

    def data(self, value: Any) -> Any:
        """Return plain data with every string in it redacted, keys too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.data(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.data(item) for item in value]
        return value

    def variable(self, name: str, value: str) -> str:
        """Return the value of an environment variable, as far as it may be shown."""
        return CUT if SECRET.search(name) else self.text(value)


def _homes(environment: Mapping[str, str]) -> list[str]:
    named = [environment.get("HOME", ""), environment.get("USERPROFILE", "")]
    named.append(str(Path("~").expanduser()))
    named += [str(Path(home).resolve()) for home in named if home]
    found = {home.rstrip("/\\") for home in named}
    return sorted((home for home in found if len(home) > 1), key=len, reverse=True)


def _user(environment: Mapping[str, str]) -> str:
    name = next(
        (environment[key] for key in ("USER", "LOGNAME", "USERNAME") if key in environment), ""
    )
    if not name:
        try:
            name = getpass.getuser()
        except (OSError, KeyError, ImportError):  # a user without a name
            return ""
    return "" if name.lower() in _COMMON or len(name) < 3 else name
