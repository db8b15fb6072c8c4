"""What people write for a model on the hub: `hf:user/name[@revision][:file]`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sr_toolkit.errors import HubError

PREFIX = "hf:"
MAIN = "main"
_WORD = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?"  # neither '..' nor '--' in it, see below
_REPO = re.compile(rf"{_WORD}/{_WORD}")
_REVISION = re.compile(r"(?!/)[A-Za-z0-9._/-]{1,200}")  # it becomes a path in the cache
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Reference:
    """A repository of the hub, perhaps a revision of it, perhaps one file in it.

    Attributes:
        repo: `user/name`.
        revision: branch, tag or commit; '' for the branch `main`.
        file: path in the repository; '' for the weights that are found there.
    """

    repo: str
    revision: str = ""
    file: str = ""

    def __post_init__(self) -> None:
        """Refuse a revision that is no name.

        Raises:
            HubError: it has other characters, or leads out of a folder.
        """
        word = self.revision
        if word and (not _REVISION.fullmatch(word) or ".." in word):
            raise HubError(
                f"A revision is named by up to 200 letters, digits and '._/-', without '..' or a "
                f"'/' at the beginning, not {word!r}; look it up on the repository's page."
            )

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read `[hf:]user/name[@revision][:file]`.

        Raises:
            HubError: the name is not of that form, or the revision is no name.
        """
        rest, _, file = text.removeprefix(PREFIX).partition(":")
        repo, at, revision = rest.partition("@")
        wrong = (at and not revision) or text.endswith(":") or len(repo) > 96
        if wrong or not _REPO.fullmatch(repo) or ".." in repo or "--" in repo:
            raise HubError(
                f"A model on the hub is named 'user/name', with '@revision' and ':file' where one "
                f"is meant, not '{text}'; look the name up on the repository's page."
            )
        return cls(repo, revision, file)

    @property
    def asked(self) -> str:
        """The revision that is asked of the hub."""
        return self.revision or MAIN

    @property
    def pinned(self) -> bool:
        """Is the revision a whole commit, which cannot change?"""
        return is_commit(self.revision)

    def __str__(self) -> str:
        """Return `user/name@revision:file`, what is empty left out."""
        at = f"@{self.revision}" if self.revision else ""
        return f"{self.repo}{at}{f':{self.file}' if self.file else ''}"


def is_commit(text: str) -> bool:
    """Is the text the whole hash of a commit?"""
    return _COMMIT.fullmatch(text) is not None


def is_reference(text: str) -> bool:
    """Does the word name a model on the hub?"""
    return text.startswith(PREFIX)
