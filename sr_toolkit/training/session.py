"""A whole training: everything opened first, then phase after phase, from where it was."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import torch

from sr_toolkit.errors import ConfigError
from sr_toolkit.interfaces import Generator
from sr_toolkit.runs import Run
from sr_toolkit.training.archive import Archive
from sr_toolkit.training.autobatch import with_batches
from sr_toolkit.training.beginning import Taken, take, take_discriminator
from sr_toolkit.training.comparing import refuse_changes
from sr_toolkit.training.context import RunContext
from sr_toolkit.training.freezing import frozen_keys
from sr_toolkit.training.growth import first_generator, grown
from sr_toolkit.training.interrupt import StopSignal
from sr_toolkit.training.loop import PhaseLoop
from sr_toolkit.training.materials import Materials
from sr_toolkit.training.parts import build_all_parts, carry_discriminator
from sr_toolkit.training.plan import Plan
from sr_toolkit.training.preflight import check
from sr_toolkit.training.reporter import Reporter
from sr_toolkit.training.state import load_newest
from sr_toolkit.training.team import Team
from sr_toolkit.training.trainer import Trainer


class Session:
    """One training in one run folder.

    Args:
        plan: what to do.
        run: where; nothing is written before `execute`.
        reporter: what the user sees.
        team: the processes that train together.
        fresh: does it begin, so that the checkpoint to begin from is needed?

    Attributes:
        plan: as given, with every `auto` resolved.

    Raises:
        SrtkError: data or weights that the plan needs are missing; nothing was trained then.
    """

    def __init__(
        self,
        plan: Plan,
        run: Run,
        reporter: Reporter,
        team: Team | None = None,
        *,
        fresh: bool = True,
    ) -> None:
        team = team or Team()
        self.hardware = plan.hardware_now()
        torch.set_num_threads(self.hardware.threads)
        torch.manual_seed(plan.seed)
        self.generator: Generator = first_generator(plan)
        channels = self.generator.channels[1]
        self.parts = build_all_parts(plan, channels)
        self.taken: Taken | None = None
        if fresh and plan.start is not None:
            self._begin_from(plan, reporter)
        for remark in dict.fromkeys(r for parts in self.parts.values() for r in parts.remarks):
            reporter.say(remark)
        check(plan, self.parts, self.generator)
        self.plan = with_batches(plan, self.parts, self.generator, self.hardware, team)
        self.materials = Materials(self.plan, self.hardware, channels, reporter, team)
        archive = Archive(
            run,
            self.plan,
            data=self.materials.name,
            fingerprint=self.materials.fingerprint,
            active=team.leads,
        )
        self.context = RunContext(
            self.plan, run, reporter, team, self.hardware, self.materials, archive
        )
        torch.manual_seed(plan.seed + 1_000_003 * team.rank)

    def execute(self, *, allow_changed: bool = False) -> None:
        """Train from the saved state, or from the beginning, to the end.

        Raises:
            StoppedError: Ctrl-C or SIGTERM; the state is saved.
            TrainingError: a loss was not finite and the recipe's remedies are exhausted.
            CheckpointError: the saved state is of other data or another recipe.
        """
        context = self.context
        state = self._load_state(allow_changed)
        if state is None:
            self._record_beginning()
        try:
            first = context.phases.index(state["phase"]) if state else 0
            step = int(state["trainer"]["step"]) if state else 0
        except (KeyError, TypeError, ValueError) as error:
            raise context.misfit(error) from None
        if context.team.leads:
            context.reporter.trim(context.phases, context.phases[first], step)
        with StopSignal() as stop:
            for name in context.phases[:first]:
                self.generator = grown(self.generator, self.plan, name)
            for index in range(first, len(context.phases)):
                self._run_phase(index, state if index == first else None, stop)
        context.archive.close(context.phases[-1])

    def _begin_from(self, plan: Plan, reporter: Reporter) -> None:
        assert plan.start is not None
        self.taken = take(self.generator, plan.start, plan.qualified)
        reporter.say(f"Weights of {plan.start.path}:")
        for sentence in self.taken.sentences():
            reporter.say(f"  {sentence}")
        name = plan.phases[0]
        frozen = frozen_keys(self.generator, plan.recipe.phases[name].freeze)
        if fresh := sorted(frozen.intersection(self.taken.new)):
            raise ConfigError(
                f"Phase {name} keeps '{fresh[0]}' as it is, but '{plan.start.path}' has no weights "
                f"for it; begin from a checkpoint that has, or with an earlier phase."
            )
        judge = self.parts[name].discriminator
        phase = plan.recipe.phases[name]
        if judge is not None and take_discriminator(phase, judge, plan.start):
            reporter.say("  taken, too: the discriminator beside them")

    def _record_beginning(self) -> None:
        """Log what was taken of the checkpoint to begin from; here the log is open."""
        if self.taken is None:
            return
        self.context.reporter.record(
            "start", {"phase": self.context.phases[0], "step": 0, **asdict(self.taken)}
        )

    def _load_state(self, allow_changed: bool) -> dict[str, Any] | None:
        context = self.context
        with context.team.leader_first():
            state, remark = load_newest(context.run.state_file)
        if remark:
            context.reporter.say(remark)
        if state is not None:
            for told in refuse_changes(
                state, context.identity(), context.run.state_file, allowed=allow_changed
            ):
                context.reporter.say(told)
            if context.team.size > 1:
                context.reporter.say(
                    "On several processes a resume is not bit for bit that of a straight run: "
                    "only the first one's random numbers and replay are saved."
                )
        return state

    def _run_phase(self, index: int, state: dict[str, Any] | None, stop: StopSignal) -> None:
        name = self.context.phases[index]
        phase = self.plan.recipe.phases[name]
        carry_discriminator(self.plan.recipe, self.parts, index)
        self.generator = grown(self.generator, self.plan, name)
        seed = (self.plan.seed, index)
        *others, scale = self.plan.phase_scales(name)
        trainer = Trainer(
            phase,
            self.parts[name],
            self.generator,
            self.materials.feed(phase, seed, scale),
            self.hardware,
            scale=scale,
            others={other: self.materials.feed(phase, (*seed, other), other) for other in others},
            seed=seed,
            team=self.context.team,
            compiled=self.plan.recipe.compile,
        )
        PhaseLoop(self.context, name, trainer).run(state, stop)
        trainer.finish()
