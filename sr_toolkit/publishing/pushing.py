"""`push_to_hub`: a model's files, uploaded in one commit."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from sr_toolkit.errors import HubError
from sr_toolkit.fetching.reporting import Reporter, Silent, bytes_text
from sr_toolkit.hub.faults import LOG_IN, UnreachableError, client, page, speaking, token
from sr_toolkit.hub.fetching import OURS
from sr_toolkit.hub.reference import MAIN, Reference
from sr_toolkit.publishing.folder import Wanted, write_folder
from sr_toolkit.runs import DEFAULT_RUNS


@dataclass(frozen=True)
class Pushed:
    """What was uploaded.

    Attributes:
        repo: `user/name`.
        commit: the commit that has it.
        url: the repository's page.
        files: the names.
    """

    repo: str
    commit: str
    url: str
    files: tuple[str, ...]

    @property
    def reference(self) -> str:
        """What names just these weights."""
        return f"hf:{self.repo}@{self.commit}"


def push_to_hub(
    model: str | Path,
    repository: str,
    *,
    license: str = "",
    data_terms: str = "",
    results: str | Path | None = None,
    private: bool = False,
    revision: str | None = None,
    message: str = "",
    device: str = "auto",
    runs: Path = DEFAULT_RUNS,
) -> Pushed:
    """Publish a model on the hub: weights, config, card, strip, and what else there is of it.

    Args:
        model: a run, a checkpoint or a name, as `load` takes.
        repository: `user/name`; made if it is not there.
        license: SPDX identifier; '' for what the checkpoint states.
        data_terms: of the training data; '' for what the checkpoint or the catalog states.
        results: what `srtk bench --out` wrote; its scores of these weights go onto the card.
        private: make the repository private.
        revision: branch, made if it is not there; None for `main`.
        message: of the commit.
        device: for the strip.
        runs: folder that holds runs.

    Raises:
        HubError: no token, no license, or the hub refuses.
        ConfigError: the license is no SPDX expression.
        SrtkError: unknown model, results of other weights.
    """
    wanted = Wanted(
        model=str(model),
        reference=repository_named(repository, revision),
        license=license,
        data_terms=data_terms,
        results=None if results is None else Path(results),
        device=device,
        runs=runs,
    )
    return push(wanted, private=private, message=message, reporter=Silent(), quiet=True)


def repository_named(text: str, revision: str | None) -> Reference:
    """Return where a push goes.

    Raises:
        HubError: no `user/name`, or something behind it.
    """
    found = Reference.parse(text)
    if found.revision or found.file:
        raise HubError(
            f"A push goes to 'user/name', not to '{text}'; name a branch by --revision BRANCH."
        )
    if revision is not None and Reference(found.repo, revision).pinned:
        raise HubError(f"A push goes to a branch, not to the commit '{revision}'; name a branch.")
    return Reference(found.repo, revision or "")


def push(
    wanted: Wanted, *, private: bool, message: str, reporter: Reporter, quiet: bool = False
) -> Pushed:
    """Make the files and upload them in one commit: all of them are there, or none.

    Raises:
        HubError: no token, or the hub refuses.
        SrtkError: as `write_folder`.
    """
    if token() is None:
        raise HubError(f"A push to the hub needs a token that may write: {LOG_IN}.")
    with tempfile.TemporaryDirectory(prefix="srtk-push-") as name:
        folder = Path(name)
        reporter.say("Making the model card and the strip")
        files = write_folder(wanted, folder)
        size = sum((folder / file).stat().st_size for file in files)
        reporter.say(f"Uploading {len(files)} files, {bytes_text(size)}, to {wanted.reference}")
        try:
            with speaking(wanted.reference, quiet=quiet):
                commit = _upload(wanted.reference, folder, files, private, message)
        except UnreachableError as error:
            raise HubError(
                f"Nothing was pushed to '{wanted.reference}': {error}; try again with a network."
            ) from None
    return Pushed(wanted.reference.repo, commit, page(wanted.reference), tuple(files))


def _upload(
    reference: Reference, folder: Path, files: list[str], private: bool, message: str
) -> str:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    api, repo = client(), reference.repo
    api.create_repo(repo, private=private or None, exist_ok=True)
    if private and not api.model_info(repo).private:
        raise HubError(
            f"The repository '{repo}' is there and public, and nothing was pushed; make it private "
            f"on its page, or leave --private out."
        )
    if reference.asked != MAIN:
        api.create_branch(repo, branch=reference.asked, exist_ok=True)
    there = {
        file.rfilename for file in api.model_info(repo, revision=reference.asked).siblings or ()
    }
    # What an earlier push left, such as its scores, does not speak of these weights.
    stale = [name for name in OURS if name in there and name not in files]
    done = api.create_commit(
        repo,
        [
            *(CommitOperationAdd(name, folder / name) for name in files),
            *(CommitOperationDelete(name) for name in stale),
        ],
        commit_message=message or "Upload by sr-toolkit",
        revision=reference.asked,
    )
    return str(done.oid)
