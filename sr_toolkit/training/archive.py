"""What a training leaves in its run folder: checkpoints and the resume state."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from sr_toolkit.checkpoint import Metadata, save_weights
from sr_toolkit.config import plain
from sr_toolkit.errors import OutputError
from sr_toolkit.files import atomic_path
from sr_toolkit.registry import registry
from sr_toolkit.runs import Run
from sr_toolkit.training.plan import Plan
from sr_toolkit.training.saving import Job, Writer
from sr_toolkit.training.spectral import plain_state
from sr_toolkit.training.state import Snapshot
from sr_toolkit.training.trainer import Trainer


class Archive:
    """Writes a run's files off the training's thread.

    Args:
        run: where.
        plan: what is trained.
        data: the training set's name.
        fingerprint: its content's hash.
        active: False in processes that leave the writing to another.
    """

    def __init__(
        self, run: Run, plan: Plan, *, data: str, fingerprint: str, active: bool = True
    ) -> None:
        self.run, self.plan, self.active = run, plan, active
        self.data, self.fingerprint = data, fingerprint
        self._writer = Writer()
        self._owed: dict[Path, Job] = {}
        self._begun: dict[Path, Job] = {}
        self._refused: OutputError | None = None

    def keep_best(self, phase: str, trainer: Trainer, scores: Mapping[str, float]) -> None:
        """Keep the generator's weights of this moment as the phase's best at the next save."""
        if self.active:
            metadata = self._metadata(phase, trainer.step, scores)
            self._owe(self.run.checkpoint(phase, "best"), trainer.result, metadata)

    def save(self, phase: str, trainer: Trainer, snapshot: Snapshot) -> None:
        """Begin to write checkpoints and state; call `refusal` later.

        Checkpoints that the disk refused before are tried again, also those of earlier phases.
        """
        if not self.active:
            return
        self.wait()
        metadata = self._metadata(phase, trainer.step, {})
        self._owe(self.run.checkpoint(phase, "last"), trainer.result, metadata)
        self._owe_discriminator(phase, trainer, metadata)
        self._begun, self._owed = self._owed, {}
        # The state comes last: what it says is done has then been written.
        self._writer.submit([*self._begun.values(), lambda: snapshot.write(self.run.state_file)])

    def refusal(self) -> OutputError | None:
        """Return why the disk refused a save since this was last asked, or None."""
        self._take_refusal()
        refused, self._refused = self._refused, None
        return refused

    def wait(self) -> None:
        """Wait until all is written, or refused."""
        self._writer.wait()
        self._take_refusal()

    def _take_refusal(self) -> None:
        refusal = self._writer.refusal()
        if refusal is not None:
            self._refused = refusal
            self._owed = {**self._begun, **self._owed}

    def _owe(self, path: Path, module: nn.Module, metadata: Metadata) -> None:
        weights = _copied(module)
        self._owed[path] = lambda: save_weights(path, weights, metadata)

    def close(self, phase: str) -> None:
        """Write what is still owed, and put the last phase's checkpoints at the run's top.

        Raises:
            OutputError: the folder or the disk refuses.
        """
        if not self.active:
            return
        self.wait()
        for job in self._owed.values():
            job()
        for which in ("best", "last"):
            with atomic_path(self.run.path / f"{which}.safetensors") as temporary:
                shutil.copyfile(self.run.checkpoint(phase, which), temporary)

    def _owe_discriminator(self, phase: str, trainer: Trainer, metadata: Metadata) -> None:
        gan = trainer.phase.adversarial
        if trainer.adversary is None or gan is None:
            return
        module = trainer.adversary.module
        entry = registry().find("discriminator", gan.discriminator)
        described = dataclasses.replace(
            metadata,
            model=entry.name,
            distribution=entry.distribution,
            version=entry.version,
            config=plain(module.config),
            role="discriminator",
        )
        self._owe(self.run.discriminator(phase), module, described)

    def _metadata(self, phase: str, step: int, scores: Mapping[str, float]) -> Metadata:
        return Metadata(
            model=self.plan.model,
            distribution=self.plan.distribution,
            version=self.plan.version,
            config=self.plan.recipe.generator,
            scales=self.plan.network_scales(phase),
            preset=self.plan.preset,
            recipe=plain(self.plan.recipe),
            phase=phase,
            steps=step,
            data=self.data,
            data_fingerprint=self.fingerprint,
            scores={f"validation/{name}": round(value, 4) for name, value in scores.items()},
        )


def _copied(module: nn.Module) -> dict[str, Any]:
    """Return a module's weights as they are now; it may go on changing."""
    return {k: v.detach().to("cpu", copy=True) for k, v in plain_state(module).items()}
