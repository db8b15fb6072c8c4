"""From a reference to checked weights in the hub's own cache."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sr_toolkit.errors import HubError
from sr_toolkit.hub.cache import Snapshot, cached, check, note_commit, note_single, single
from sr_toolkit.hub.faults import UnreachableError, client, page, speaking
from sr_toolkit.hub.reference import Reference

WEIGHTS, CONFIG = "model.safetensors", "config.json"
OURS = ("README.md", "recipe.yaml", "results.json", "strip.png", "discriminator.safetensors")
"""What `srtk hub push` may put beside the two."""

SAFE = ".safetensors"
PICKLES = (".pth", ".pt", ".ckpt", ".bin", ".pkl", ".pickle")


@dataclass(frozen=True)
class Fetched:
    """Weights in the cache, checked.

    Attributes:
        reference: what was asked for.
        commit: that the revision was, or is.
        path: the weights.
        sha256: of the weights.
        offline: why the hub was not asked; '' where it was, or a commit needs no question.
    """

    reference: Reference
    commit: str
    path: Path
    sha256: str
    offline: str = ""

    @property
    def folder(self) -> Path:
        """What is here of the commit."""
        depth = len(PurePosixPath(self.reference.file or self.path.name).parts)
        return self.path.parents[depth - 1]

    @property
    def pinned(self) -> str:
        """The reference by commit, which always means the same weights."""
        file = f":{self.reference.file}" if self.reference.file else ""
        return f"hf:{self.reference.repo}@{self.commit}{file}"


def fetch(reference: Reference, *, everything: bool = False, quiet: bool = False) -> Fetched:
    """Return a repository's weights, downloaded unless the commit is in the cache.

    Args:
        reference: the repository, perhaps a revision, perhaps a file.
        everything: take all of our files, not the weights and their config alone.
        quiet: show no bars.

    Raises:
        HubError: absent, closed, damaged, without safe weights, or neither reached nor in the
            cache; the message says what to do.
    """
    here = cached(reference)
    if reference.pinned and here is not None and not everything:
        name = _chosen_here(reference, here)
        if name:
            return _from_cache(reference, here, name, "")
    try:
        with speaking(reference, quiet=quiet):
            return _download(reference, everything)
    except UnreachableError as error:
        name = "" if here is None else _chosen_here(reference, here)
        if here is None or not name:
            raise HubError(
                f"'{reference}' is not in the hub's cache, and {error}; try again with a network, "
                f"or take weights on this machine."
            ) from None
        return _from_cache(reference, here, name, str(error))


def choose(reference: Reference, names: Iterable[str]) -> str:
    """Return the file of weights that is meant of a repository's files; none is ever unpickled.

    Raises:
        HubError: there is none, only pickles, or several of which none is named.
    """
    names = sorted(names)
    if reference.file:
        if reference.file.lower().endswith(PICKLES):
            raise HubError(_pickle(f"'{reference.file}' of '{reference.repo}' is a pickle"))
        if reference.file in names and reference.file.endswith(SAFE):
            return reference.file
        raise HubError(
            f"The repository '{reference.repo}' has no weights '{reference.file}' at "
            f"'{reference.asked}'; it has {_listed(names)}."
        )
    safe = [name for name in names if name.endswith(SAFE)]
    if WEIGHTS in safe or len(safe) == 1:
        return WEIGHTS if WEIGHTS in safe else safe[0]
    if safe:
        raise HubError(
            f"The repository '{reference.repo}' has several files of weights: {_listed(safe)}; "
            f"name one by 'hf:{reference}:FILE'."
        )
    if any(name.lower().endswith(PICKLES) for name in names):
        raise HubError(_pickle(f"The repository '{reference.repo}' holds pickles alone"))
    raise HubError(
        f"The repository '{reference.repo}' holds no .safetensors at '{reference.asked}'; it has "
        f"{_listed(names)}."
    )


def _pickle(what: str) -> str:
    return (
        f"{what}, which can hold code, and nothing of it was fetched; take a repository with "
        f".safetensors, or convert the file where you trust it."
    )


def _no_hub(reference: Reference) -> str:
    return (
        f"What answers at {page(reference)} is no hub, or speaks another language; check "
        f"HF_ENDPOINT and the network."
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:8])
    return (f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown) or "no files"


def _download(reference: Reference, everything: bool) -> Fetched:
    api = client()
    try:
        info = api.model_info(reference.repo, revision=reference.asked, files_metadata=True)
    except (KeyError, TypeError, json.JSONDecodeError):
        raise HubError(_no_hub(reference)) from None
    if not info.sha:
        raise HubError(_no_hub(reference))
    stated = {
        file.rfilename: file.lfs.sha256 if file.lfs is not None else ""
        for file in info.siblings or ()
    }
    weights = choose(reference, stated)

    def get(name: str) -> Path:
        return Path(api.hf_hub_download(reference.repo, name, revision=info.sha))

    config = get(CONFIG) if CONFIG in stated else None
    path = get(weights)
    sha256 = check(path, (stated[weights], _promised(config, weights)), reference)
    for name in (name for name in OURS if everything and name in stated):
        check(get(name), (stated[name],), reference)
    if not reference.pinned:
        note_commit(reference, info.sha)  # only now, with all of it here
    if not reference.file and weights != WEIGHTS:
        note_single(reference, info.sha, weights)
    return Fetched(reference, info.sha, path, sha256)


def _chosen_here(reference: Reference, here: Snapshot) -> str:
    """Return the weights that are meant, if they are in the cache; '' if not.

    What is here may be a part of the repository, so that a lone file of another name is not taken
    for its weights, unless the whole listing said so.
    """
    names = here.names()
    wanted = reference.file or (WEIGHTS if WEIGHTS in names else single(reference, here.commit))
    return choose(reference, [wanted]) if wanted in names else ""


def _from_cache(reference: Reference, here: Snapshot, name: str, why: str) -> Fetched:
    path, config = here.folder / name, here.folder / CONFIG
    sha256 = check(path, (_promised(config if config.is_file() else None, name),), reference)
    return Fetched(reference, here.commit, path, sha256, why)


def _promised(config: Path | None, weights: str) -> str:
    """Return the SHA-256 that our config.json gives the weights; '' where it is not ours."""
    if config is None or weights != WEIGHTS:
        return ""
    try:
        data = json.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    ours = isinstance(data, Mapping) and data.get("library_name") == "sr-toolkit"
    return str(data.get("sha256", "")) if ours else ""
