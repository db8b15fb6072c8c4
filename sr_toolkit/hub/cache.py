"""What the hub's own cache holds of a repository, found without a network.

The layout is the documented one: `refs/<revision>` names a commit, `snapshots/<commit>/` has the
files as links to `blobs/`, each named by its hash.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sr_toolkit.config.places import cache_dir
from sr_toolkit.errors import HubError, OutputError
from sr_toolkit.files import write_text
from sr_toolkit.hub.reference import Reference, is_commit


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
    commit = reference.revision
    if not reference.pinned:
        try:
            commit = _ref(reference).read_bytes().decode("ascii", "replace").strip()
        except OSError:
            return None
    folder = _home(reference) / "snapshots" / commit
    return Snapshot(commit, folder) if is_commit(commit) and folder.is_dir() else None


def note_commit(reference: Reference, commit: str) -> None:
    """Note which commit the revision is, for `cached`; a cache that cannot be written goes without.

    It is written here, not by a download of the revision: a branch that moved meanwhile would point
    to a commit of which there are no weights.
    """
    with contextlib.suppress(OutputError):
        write_text(_ref(reference), commit)


def note_single(reference: Reference, commit: str, file: str) -> None:
    """Remember that `file` is all the weights that the commit has, as its whole listing said."""
    with contextlib.suppress(OutputError):
        write_text(_single(reference, commit), file)


def single(reference: Reference, commit: str) -> str:
    """Return what `note_single` remembers of the commit, or ''."""
    try:
        return _single(reference, commit).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _home(reference: Reference) -> Path:
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE).expanduser() / _folder_name(reference)


def _folder_name(reference: Reference) -> str:
    from huggingface_hub.file_download import repo_folder_name

    return repo_folder_name(repo_id=reference.repo, repo_type="model")


def _ref(reference: Reference) -> Path:
    return _home(reference) / "refs" / reference.asked


def _single(reference: Reference, commit: str) -> Path:
    # Not in the hub's cache, whose layout belongs to its library.
    return cache_dir() / "hub" / _folder_name(reference) / commit


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
