"""What the hub's own cache holds of a repository, found without a network.

The layout is the documented one: `refs/<revision>` names a commit, `snapshots/<commit>/` has the
files as links to `blobs/`, each named by its hash.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sr_toolkit.errors import HubError
from sr_toolkit.hub.reference import Reference


@dataclass(frozen=True)
class Snapshot:
    """The files of one commit that are here."""

    commit: str
    folder: Path

    def names(self) -> list[str]:
        """Return their paths in the repository."""
        return sorted(
            path.relative_to(self.folder).as_posix()
            for path in self.folder.rglob("*")
            if path.is_file()
        )


def cached(reference: Reference) -> Snapshot | None:
    """Return what is here of the revision, as it was when last asked for; None for nothing."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    name = repo_folder_name(repo_id=reference.repo, repo_type="model")
    home = Path(constants.HF_HUB_CACHE).expanduser() / name
    commit = reference.revision
    if not reference.pinned:
        ref = home / "refs" / reference.asked
        if ".." in Path(reference.asked).parts or not ref.is_file():
            return None
        commit = ref.read_text(encoding="utf-8").strip()
    folder = home / "snapshots" / commit
    return Snapshot(commit, folder) if commit and folder.is_dir() else None


def check(path: Path, known: Iterable[str], reference: Reference) -> str:
    """Return the SHA-256 of a file of the cache; one that is not what it should be is removed.

    Args:
        path: in a snapshot.
        known: SHA-256 that the hub or the repository states; empty ones are passed over.
        reference: for the error.

    Raises:
        HubError: a hash differs.
    """
    own, git = _hashes(path)
    blob = path.resolve()
    if re.fullmatch(r"[0-9a-f]{40}", blob.name) and blob.name != git:
        known = [*known, "another git hash"]
    if re.fullmatch(r"[0-9a-f]{64}", blob.name):
        known = [*known, blob.name]
    if any(word and word.lower() != own for word in known):
        path.unlink(missing_ok=True)
        blob.unlink(missing_ok=True)
        raise HubError(
            f"'{path.name}' of '{reference}' is not what the repository says: its SHA-256 differs, "
            f"and it was removed. Fetch it again, or ask the repository's owner."
        )
    return own


def _hashes(path: Path) -> tuple[str, str]:
    """Return SHA-256, and the hash that git would give the file."""
    sha256 = hashlib.sha256()
    sha1 = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            sha256.update(block)
            sha1.update(block)
    return sha256.hexdigest(), sha1.hexdigest()
