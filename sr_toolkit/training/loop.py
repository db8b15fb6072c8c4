"""One phase from its first step to its last: logging, validating, saving, going back."""

from __future__ import annotations

import math
import statistics
import time
from typing import Any

from sr_toolkit.errors import StoppedError, TrainingError
from sr_toolkit.training.context import RunContext
from sr_toolkit.training.forecast import foretell
from sr_toolkit.training.interrupt import StopSignal
from sr_toolkit.training.saving import SaveClock
from sr_toolkit.training.state import Snapshot, load_newest, restore_rng, rng_state
from sr_toolkit.training.trainer import Trainer

PROBE_STEPS = 10  # after so many the duration is foretold
REMEMBERED = 20  # log points whose losses a jump is measured against
FEW = 5  # log points before which nothing counts as a jump


class PhaseLoop:
    """Leads a trainer through its phase.

    Args:
        context: of the training.
        name: the phase's name.
        trainer: does the steps.
    """

    def __init__(self, context: RunContext, name: str, trainer: Trainer) -> None:
        self.context, self.name, self.trainer = context, name, trainer
        self.phase = trainer.phase
        self.retries = 0
        self._ended_early = False
        self._losses: list[float] = []

    def run(self, state: dict[str, Any] | None, stop: StopSignal) -> None:
        """Run the phase from `state`, or from its beginning.

        Raises:
            StoppedError, TrainingError, CheckpointError: as `Session.execute`.
        """
        trainer, reporter = self.trainer, self.context.reporter
        if state is not None:
            self._take_up(state)
        if trainer.step < trainer.steps:
            reporter.say(
                f"Phase {self.name}: {trainer.steps} steps of {self.phase.batch} crops of "
                f"{self.phase.crop}×{self.phase.crop}"
                + (f", from step {trainer.step}." if trainer.step else ".")
            )
            if trainer.step >= trainer.steps - self.phase.extend and self.phase.extend:
                reporter.say(
                    f"The added steps run at the last learning rate, {trainer.learning_rate():.2g}."
                )
            if state is None:
                self._save()  # there is always a state to go back to
        reporter.begin(self.name, trainer.steps, trainer.step)
        try:
            self._loop(stop)
        finally:
            reporter.end()
            self.context.archive.wait()
            self._tell_refusal()

    def _loop(self, stop: StopSignal) -> None:
        trainer, phase, team = self.trainer, self.phase, self.context.team
        began, first = time.perf_counter(), trainer.step
        clock = SaveClock(phase.save_every, phase.save_minutes)
        while trainer.step < trainer.steps:
            trainer.advance()
            if trainer.step - first == PROBE_STEPS:
                self._foretell((time.perf_counter() - began) / PROBE_STEPS)
            last = trainer.step == trainer.steps
            stopping = team.any(stop.requested)
            validating = last or trainer.step % phase.validate_every == 0
            saving = last or stopping or team.any(clock.due(trainer.step))
            logging = last or trainer.step % phase.log_every == 0
            if (logging or validating or saving) and self._has_diverged(checked=saving):
                continue
            if logging:
                self._log()
            if validating:
                self._validate()
                last = trainer.step == trainer.steps  # it may have ended the phase
            if saving or last:
                self._save()
                clock.saved()
            if self._tell_refusal():
                clock.refused()
            if stopping and not (last and self.name == self.context.phases[-1]):
                self._stop()

    def _stop(self) -> None:
        command = self.context.run.resume_command
        self.context.archive.wait()
        if self._tell_refusal():
            raise TrainingError(
                f"Stopped in phase {self.name} at step {self.trainer.step}, but the state could "
                f"not be saved; an older one may stand. Free the disk, then: {command}"
            )
        raise StoppedError(
            f"Stopped in phase {self.name} at step {self.trainer.step} of {self.trainer.steps}; "
            f"the state is saved. Go on by: {command}"
        )

    def _foretell(self, seconds_a_step: float) -> None:
        context = self.context
        context.reporter.say(
            foretell(context.plan, self.trainer, seconds_a_step, context.materials.images)
        )

    def _log(self) -> None:
        trainer, reporter = self.trainer, self.context.reporter
        means = trainer.averages()
        values = {"phase": self.name, "step": trainer.step, "lr": trainer.learning_rate(), **means}
        if trainer.adversary is not None:
            values["adversarial_weight"] = trainer.adversarial_weight()
        reporter.record("step", values)
        if "loss" in means:
            self._losses = [*self._losses[1 - REMEMBERED :], means["loss"]]
        for warning in self.context.health[self.name].note(means):
            self.context.warn(self.name, trainer.step, warning)
        shown = {key: means[key] for key in ("loss", "d_loss") if key in means}
        status = " ".join(f"{key} {value:.4f}" for key, value in shown.items())
        reporter.advance(trainer.step, status)

    def _validate(self) -> None:
        trainer, context, step = self.trainer, self.context, self.trainer.step
        trainer.synchronize()
        scores: dict[str, float] = {}
        bicubic: dict[str, float] = {}
        # The largest scale's scores are those that decide.
        for scale in (trainer.scale, *trainer.others):
            mark = "" if scale == trainer.scale else f"_x{scale}"
            strip = context.run.path / "samples" / f"{self.name}{mark}-{step:07d}.png"
            validator = context.materials.validators[scale]
            found = validator.scores(trainer.result, strip if context.team.leads else None)
            scores |= {f"{metric}{mark}": value for metric, value in found.items()}
            bicubic |= {f"{metric}{mark}": value for metric, value in validator.bicubic.items()}
        scores = context.team.agreed(scores)
        beside = {f"bicubic_{metric}": value for metric, value in bicubic.items()}
        context.reporter.record(
            "validation", {"phase": self.name, "step": step, **scores, **beside}
        )
        gain = scores["psnr"] - bicubic["psnr"]
        context.reporter.validated(f"PSNR {scores['psnr']:.2f} ({gain:+.2f})")
        told = [f"{bicubic['psnr']:.2f} dB ({gain:+.2f})"]
        told += [f"{key.upper()} {scores[key]:.4f}" for key in ("ssim", "lpips") if key in scores]
        for scale in trainer.others:
            psnr, plain = scores[f"psnr_x{scale}"], bicubic[f"psnr_x{scale}"]
            told.append(f"×{scale} {psnr:.2f} dB ({psnr - plain:+.2f})")
        context.reporter.say(
            f"{self.name} {step}/{trainer.steps}: validation PSNR {scores['psnr']:.2f} dB, bicubic "
            + ", ".join(told)
        )
        self._judge(scores)

    def _judge(self, scores: dict[str, float]) -> None:
        trainer, context, judge = self.trainer, self.context, self.context.judges[self.name]
        if not trainer.fading and judge.is_best(scores):
            context.archive.keep_best(self.name, trainer, scores)
        for warning in context.health[self.name].note_validation(scores):
            context.warn(self.name, trainer.step, warning)
        if trainer.warming or trainer.fading:
            return  # the generator stands still, or is not yet what it will be
        if judge.search is not None and (told := judge.search.note(scores, trainer)):
            context.reporter.say(told)
            record = {"phase": self.name, "step": trainer.step, "decision": told}
            context.reporter.record("search", record)
        if self._ended_early:
            return  # steps that were added are done, whatever validation says
        if judge.is_over(scores) and trainer.step < trainer.steps:
            context.reporter.say(f"Phase {self.name} ends early: validation no longer improves.")
            trainer.steps, self._ended_early = trainer.step, True

    def _save(self) -> None:
        trainer, context = self.trainer, self.context
        trainer.synchronize()
        tree = {
            "phase": self.name,
            "trainer": trainer.state_dict(),
            "steps": trainer.steps,
            "ended_early": self._ended_early,
            "retries": self.retries,
            "losses": self._losses,
            **context.judged(),
            "rng": rng_state(context.hardware.device),
            "identity": context.identity(),
        }
        over = trainer.step >= trainer.steps
        snapshot = Snapshot.of(
            tree, phase=self.name, step=trainer.step, over=over, extend=self.phase.extend
        )
        context.archive.save(self.name, trainer, snapshot)

    def _take_up(self, state: dict[str, Any]) -> None:
        trainer, context = self.trainer, self.context
        try:
            trainer.load_state_dict(state["trainer"])
            self._ended_early = bool(state["ended_early"])
            if self._ended_early:  # the recipe's length no longer counts; what was added does
                before = int(state["trainer"]["extend"])
                trainer.steps = int(state["steps"]) + self.phase.extend - before
                trainer.hold_rates()
            self.retries, self._losses = int(state["retries"]), list(state["losses"])
            context.take_up_judged(state)
            if context.team.leads:
                restore_rng(state["rng"], context.hardware.device)
        except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as error:
            raise context.misfit(error) from None

    def _has_diverged(self, *, checked: bool) -> bool:
        """Look for trouble; go back to the last state where the recipe says so.

        Args:
            checked: look at the weights too, since they are about to be kept.

        Raises:
            TrainingError: the recipe says stop, or it has gone back too often.
        """
        text = self._trouble(checked)
        if not self.context.team.any(bool(text)):
            return False
        text = text or f"Another process met a loss that was not finite in phase {self.name}"
        remedy = self.phase.divergence
        if remedy.action == "skip" and self.trainer.is_sound():
            self.context.warn(self.name, self.trainer.step, f"{text}; the update was left out.")
            self.trainer.averages()
            self.trainer.tally.forgive()
            return False
        if remedy.action != "rollback" or self.retries >= remedy.retries:
            again = f" after {self.retries} times back" if self.retries else ""
            raise TrainingError(
                f"{text}{again}; the training stopped. The state before it is kept in "
                f"'{self.context.run.path}'. Train again at a lower rate, such as --set "
                f"phases.{self.name}.optimizer.lr={self.phase.optimizer.lr / 2:g}, or with "
                f"--precision fp32."
            )
        self._go_back(text)
        return True

    def _trouble(self, checked: bool) -> str:
        """Return what is wrong, or ''."""
        trainer = self.trainer
        if bad := trainer.bad_step():
            return f"A loss was not finite (NaN or infinite) in phase {self.name} at step {bad}"
        if checked and not trainer.is_sound():
            return f"Weights were not finite in phase {self.name} at step {trainer.step}"
        limit, latest = self.phase.divergence.jump, trainer.tally.peek("loss")
        if limit is not None and latest is not None and len(self._losses) >= FEW:
            usual = statistics.median(map(abs, self._losses))
            if math.isfinite(usual) and usual > 0 and abs(latest) > limit * usual:
                return (
                    f"The loss jumped to {latest / usual:.0f} times what it was in phase "
                    f"{self.name} at step {trainer.step}"
                )
        return ""

    def _go_back(self, text: str) -> None:
        context, trainer, remedy = self.context, self.trainer, self.phase.divergence
        context.archive.wait()
        with context.team.leader_first():
            state, _ = load_newest(context.run.state_file)
        context.team.wait()  # nobody writes a new state before all have read this one
        if state is None or state["phase"] != self.name:
            raise TrainingError(f"{text}, and there is no state to go back to; lower the rate.")
        retries = self.retries + 1
        self._take_up(state)
        self.retries = retries
        if context.team.leads:
            context.reporter.trim(context.phases, self.name, trainer.step)
        trainer.slow_down(remedy.factor)
        context.warn(
            self.name,
            trainer.step,
            f"{text}; back to step {trainer.step}, from where it goes on at {remedy.factor:g} "
            f"times the learning rate (time {retries} of at most {remedy.retries}).",
        )
        self._save()

    def _tell_refusal(self) -> bool:
        refusal = self.context.archive.refusal()
        if refusal is None:
            return False
        cause = str(refusal).rstrip(".")
        self.context.reporter.say(
            f"Warning: {cause}. The last saved state stands, the training goes on, and saving is "
            f"tried again."
        )
        return True
