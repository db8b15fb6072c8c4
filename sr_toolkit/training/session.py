"""A whole training: the run folder, phase after phase, validation, saving, resuming."""

from __future__ import annotations

import dataclasses
import shutil
import time
from typing import Any

import torch

from sr_toolkit.checkpoint import Metadata, build_generator, save
from sr_toolkit.config import plain
from sr_toolkit.data.opening import open_training
from sr_toolkit.data.store import PixelStore
from sr_toolkit.errors import CheckpointError, StoppedError, TrainingError, WeightsError
from sr_toolkit.files import atomic_path
from sr_toolkit.hardware import Hardware
from sr_toolkit.interfaces import Dataset, Generator
from sr_toolkit.registry import registry
from sr_toolkit.runs import Run
from sr_toolkit.training.interrupt import StopSignal
from sr_toolkit.training.plan import Plan, load_recipe
from sr_toolkit.training.recipe import Recipe
from sr_toolkit.training.reporter import Reporter, duration
from sr_toolkit.training.state import load_state, restore_rng, rng_state, save_state
from sr_toolkit.training.trainer import Parts, Trainer, build_parts, phase_steps
from sr_toolkit.training.validation import Validator

PROBE_STEPS = 10  # after so many the duration is foretold
LONG = 1800.0  # seconds from which a training is worth a warning


class Session:
    """One training in one run folder.

    Args:
        plan: what to do.
        run: where; nothing is written before `execute`.
        reporter: what the user sees.

    Raises:
        SrtkError: data or weights that the plan needs are missing; nothing was trained then.
    """

    def __init__(self, plan: Plan, run: Run, reporter: Reporter) -> None:
        self.plan, self.run, self.reporter = plan, run, reporter
        self.scale = plan.scales[0]
        self.hardware = plan.hardware_now()
        torch.set_num_threads(self.hardware.threads)
        torch.manual_seed(plan.seed)
        self.generator: Generator = build_generator(
            plan.qualified, plan.recipe.generator, plan.scales
        )
        channels = self.generator.channels[1]
        self.parts = {name: self._build_parts(name, channels) for name in plan.recipe.phases}
        train_set, val_set = open_training(plan.data, plan.val, plan.roots, plan.seed)
        self.fingerprint = train_set.fingerprint()
        self.store = self._decode(train_set, channels)
        fp32 = dataclasses.replace(self.hardware, precision="fp32", channels_last=False)
        self.validator = Validator(
            val_set, self.scale, channels, fp32, plan.recipe.validation_images
        )
        self.data_name = train_set.name
        self.best: dict[str, float] = {}

    def execute(self) -> None:
        """Train from the saved state, or from the beginning, to the end.

        Raises:
            StoppedError: Ctrl-C or SIGTERM; the state is saved.
            TrainingError: a loss was not finite; the last state stands.
        """
        phases = list(self.plan.recipe.phases)
        state = self._load_state()
        try:
            first = phases.index(state["phase"]) if state else 0
            self.best = dict(state["best"]) if state else {}
        except (KeyError, TypeError, ValueError) as error:
            raise self._misfit(error) from None
        with StopSignal() as stop:
            for index in range(first, len(phases)):
                self._run_phase(index, phases[index], state if index == first else None, stop)
        for which in ("best", "last"):
            with atomic_path(self.run.path / f"{which}.safetensors") as temporary:
                shutil.copyfile(self.run.checkpoint(phases[-1], which), temporary)

    def _run_phase(
        self, index: int, name: str, state: dict[str, Any] | None, stop: StopSignal
    ) -> None:
        phase = self.plan.recipe.phases[name]
        trainer = Trainer(
            phase,
            self.parts[name],
            self.generator,
            self.store,
            self.hardware,
            scale=self.scale,
            seed=(self.plan.seed, index),
        )
        if state:
            try:
                trainer.load_state_dict(state["trainer"])
                restore_rng(state["rng"], self.hardware.device)
            except (KeyError, TypeError, ValueError, RuntimeError) as error:
                raise self._misfit(error) from None
        if trainer.step < trainer.steps:
            self.reporter.say(
                f"Phase {name}: {trainer.steps} steps of {phase.batch} crops of "
                f"{phase.crop}×{phase.crop}"
                + (f", from step {trainer.step}." if trainer.step else ".")
            )
        self.reporter.begin(name, trainer.steps, trainer.step)
        try:
            self._loop(name, trainer, stop)
        finally:
            self.reporter.end()
        # The averaged weights, where there are any, are what the next phase goes on from.
        self.generator.load_state_dict(trainer.result.state_dict())

    def _loop(self, name: str, trainer: Trainer, stop: StopSignal) -> None:
        phase, began, first = trainer.phase, time.perf_counter(), trainer.step
        while trainer.step < trainer.steps:
            trainer.advance()
            last = trainer.step == trainer.steps
            if trainer.step - first == PROBE_STEPS:
                self._foretell(name, trainer, (time.perf_counter() - began) / PROBE_STEPS)
            if last or trainer.step % phase.log_every == 0:
                self._log(name, trainer)
            if last or trainer.step % phase.validate_every == 0:
                self._validate(name, trainer)
            if last or stop.requested or trainer.step % phase.save_every == 0:
                self._save(name, trainer)
            if stop.requested and not (last and name == list(self.plan.recipe.phases)[-1]):
                raise StoppedError(
                    f"Stopped in phase {name} at step {trainer.step} of {trainer.steps}; the state "
                    f"is saved. Go on by: {self.run.resume_command}"
                )

    def _log(self, name: str, trainer: Trainer) -> None:
        self._refuse_nan(name, trainer)
        means = trainer.averages()
        values = {"phase": name, "step": trainer.step, "lr": trainer.learning_rate(), **means}
        self.reporter.record("step", values)
        shown = {"loss": means["loss"]} | {k: v for k, v in means.items() if k == "d_loss"}
        status = " ".join(f"{key} {value:.4f}" for key, value in shown.items())
        self.reporter.advance(trainer.step, status)

    def _refuse_nan(self, name: str, trainer: Trainer) -> None:
        bad = trainer.bad_step()
        if not bad:
            return
        saved = (
            f"The state before it is kept in '{self.run.path}'."
            if self.run.state_file.is_file()
            else "No state had been saved yet."
        )
        raise TrainingError(
            f"A loss was not finite (NaN or infinite) in phase {name} at step {bad}; the training "
            f"stopped. {saved} Train again at a lower rate, such as --set phases.{name}."
            f"optimizer.lr={trainer.phase.optimizer.lr / 2:g}, or resume with --precision fp32."
        )

    def _validate(self, name: str, trainer: Trainer) -> None:
        self._refuse_nan(name, trainer)
        strip = self.run.path / "samples" / f"{name}-{trainer.step:07d}.png"
        score = self.validator.score(trainer.result, strip)
        gain = score - self.validator.bicubic_psnr
        self.reporter.record(
            "validation",
            {
                "phase": name,
                "step": trainer.step,
                "psnr": score,
                "bicubic_psnr": self.validator.bicubic_psnr,
            },
        )
        self.reporter.validated(f"PSNR {score:.2f} ({gain:+.2f})")
        self.reporter.say(
            f"{name} {trainer.step}/{trainer.steps}: validation PSNR {score:.2f} dB, bicubic "
            f"{self.validator.bicubic_psnr:.2f} dB ({gain:+.2f})"
        )
        if trainer.phase.best == "last" or score > self.best.get(name, float("-inf")):
            self.best[name] = score
            self._save_checkpoint(name, "best", trainer, score)

    def _save(self, name: str, trainer: Trainer) -> None:
        self._refuse_nan(name, trainer)
        self._save_checkpoint(name, "last", trainer, None)
        save_state(
            self.run.state_file,
            {
                "phase": name,
                "trainer": trainer.state_dict(),
                "best": self.best,
                "rng": rng_state(self.hardware.device),
            },
        )

    def _save_checkpoint(
        self, name: str, which: str, trainer: Trainer, score: float | None
    ) -> None:
        metadata = self._metadata(name, trainer, score)
        save(self.run.checkpoint(name, which), trainer.result, metadata)
        if trainer.discriminator is not None and trainer.phase.adversarial is not None:
            entry = registry().find("discriminator", trainer.phase.adversarial.discriminator)
            judge = dataclasses.replace(
                metadata,
                model=entry.name,
                distribution=entry.distribution,
                version=entry.version,
                config=plain(trainer.discriminator.config),
                role="discriminator",
            )
            save(self.run.discriminator(name), trainer.discriminator, judge)

    def _metadata(self, name: str, trainer: Trainer, score: float | None) -> Metadata:
        return Metadata(
            model=self.plan.model,
            distribution=self.plan.distribution,
            version=self.plan.version,
            config=self.plan.recipe.generator,
            scales=self.plan.scales,
            preset=self.plan.preset,
            recipe=plain(self.plan.recipe),
            phase=name,
            steps=trainer.step,
            data=self.data_name,
            data_fingerprint=self.fingerprint,
            scores={} if score is None else {"validation/psnr": round(score, 4)},
        )

    def _load_state(self) -> dict[str, Any] | None:
        return load_state(self.run.state_file) if self.run.state_file.is_file() else None

    def _misfit(self, error: Exception) -> CheckpointError:
        detail = " ".join(str(error).split())[:200].rstrip(".")
        return CheckpointError(
            f"The training state '{self.run.state_file}' does not fit the run's config.yaml "
            f"({detail}); undo what was changed there, or remove the state to begin again."
        )

    def _build_parts(self, name: str, channels: int) -> Parts:
        try:
            return build_parts(self.plan, self.plan.recipe.phases[name], channels)
        except WeightsError as error:
            raise WeightsError(
                f"Phase {name} of this recipe needs pretrained weights. {error} Or take "
                f"'--preset quick', which needs none."
            ) from None

    def _decode(self, dataset: Dataset, channels: int) -> PixelStore:
        crop = max(phase.crop for phase in self.plan.recipe.phases.values())
        self.reporter.begin("decoding images", len(dataset))
        try:
            store = PixelStore.build(
                dataset,
                channels=channels,
                crop=crop,
                progress=lambda done, total: self.reporter.advance(done),
            )
        finally:
            self.reporter.end()
        if store.skipped:
            self.reporter.say(
                f"Skipped {len(store.skipped)} of {len(dataset)} images as smaller than the crop "
                f"of {crop}×{crop}: {', '.join(store.skipped[:5])}"
                + (" and more." if len(store.skipped) > 5 else ".")
            )
        return store.to(torch.device(self.hardware.device)) if self._fits(store) else store

    def _fits(self, store: PixelStore) -> bool:
        """Does the store leave a GPU most of its free memory? Else crops are drawn on the CPU."""
        if self.hardware.kind != "cuda":
            return True
        free, _ = torch.cuda.mem_get_info(self.hardware.device)
        return store.pixels.numel() < free // 3

    def _foretell(self, name: str, trainer: Trainer, seconds_a_step: float) -> None:
        """Say how long this phase will take, from the rate so far, and name shorter presets."""
        expected = (trainer.steps - trainer.step) * seconds_a_step
        text = f"At {1 / seconds_a_step:.2f} it/s this phase takes about {duration(expected)} more."
        shorter = self._shorter_presets() if expected > LONG else []
        if shorter:
            text += f" Shorter presets: {', '.join(shorter)}."
        self.reporter.say(text)

    def _shorter_presets(self) -> list[str]:
        spec = registry().model(self.plan.qualified)
        recipes = {name: load_recipe(spec, name, self.plan.model) for name in spec.recipes}
        ours = self._total_steps(self.plan.recipe)
        return [name for name, recipe in recipes.items() if self._total_steps(recipe) < ours]

    def _total_steps(self, recipe: Recipe) -> int:
        return sum(phase_steps(phase, len(self.store)) for phase in recipe.phases.values())


def describe_hardware(hardware: Hardware) -> str:
    """Return the line that says what a training runs on."""
    return f"Running on {hardware.describe()}."
