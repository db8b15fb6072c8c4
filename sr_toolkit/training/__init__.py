"""Training: recipes, the trainer, run folders. Importing this imports no torch."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sr_toolkit.config.words import words

if TYPE_CHECKING:
    from sr_toolkit.runs import Run
    from sr_toolkit.training.plan import Plan, Request
    from sr_toolkit.training.reporter import Reporter
    from sr_toolkit.training.session import Session


def train(
    model: str,
    *,
    preset: str | None = None,
    settings: Iterable[str] = (),
    data: str | Iterable[str] = (),
    val: str | Iterable[str] = (),
    scale: int | None = None,
    seed: int = 0,
    device: str = "auto",
    precision: str | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    data_root: str | Path | None = None,
    weights_root: str | Path | None = None,
    quiet: bool = False,
) -> Run:
    """Train a model as `srtk train` does, and return its run folder.

    Args:
        model: registered name.
        preset: None: `paper` where DIV2K is at hand and no `data` is given, else `quick`.
        settings: overrides of the recipe, as `phases.psnr.steps=2000`.
        data: training sets, such as `sample` or `folder:PATH`; one or several.
        val: validation sets; the default is the training set's own, or a seeded tenth of it.
        scale: None: 4, or the model's largest.
        seed: of weights, crops and splits.
        device: `auto`, `cpu`, `cuda`, ….
        precision: None: what the recipe says.
        out: run folder; None: runs/<model>-<date>-<time>.
        overwrite: may an existing run in `out` be replaced?
        data_root: folder searched for sets before SRTK_DATA.
        weights_root: folder searched for feature networks before SRTK_WEIGHTS.
        quiet: show nothing.

    Raises:
        SrtkError: anything that a user can mend; the message says how.
    """
    from sr_toolkit.training.plan import Request

    request = Request(
        model=model,
        preset=preset,
        settings=tuple(settings),
        data=words(data),
        val=words(val),
        scale=scale,
        seed=seed,
        device=device,
        precision=precision,
        data_root=Path(data_root) if data_root else None,
        weights_root=Path(weights_root) if weights_root else None,
    )
    return start(request, Path(out) if out else None, overwrite=overwrite, quiet=quiet)


def start(
    request: Request, out: Path | None = None, *, overwrite: bool = False, quiet: bool = False
) -> Run:
    """Plan, make the run folder, train; errors as `train`."""
    from sr_toolkit.errors import WeightsError
    from sr_toolkit.training.folder import choose_run, create_run
    from sr_toolkit.training.plan import as_written, make_plan
    from sr_toolkit.training.reporter import Reporter

    _refuse_several_processes()
    reporter = Reporter(quiet=quiet)
    plan, chosen = make_plan(request)
    if chosen:
        reporter.say(chosen)
    run = choose_run(plan, out, overwrite=overwrite)
    reporter.log = run.log_file
    # Data and weights are opened first: a refusal leaves no folder behind, and an old run in place.
    try:
        session = _prepare(as_written(plan), run, reporter)
    except WeightsError as error:
        if request.preset is not None or plan.preset == "quick":
            raise
        # Nobody asked for this preset by name, and a bare `train` always works.
        reporter.say(f"{error} Nothing was chosen by --preset, so this runs 'quick'.")
        plan, _ = make_plan(dataclasses.replace(request, preset="quick", data=plan.data))
        session = _prepare(as_written(plan), run, reporter)
    create_run(run, plan)
    _execute(session)
    return run


def resume(
    path: str | Path,
    *,
    device: str | None = None,
    precision: str | None = None,
    quiet: bool = False,
) -> Run:
    """Go on with the run in `path`, from its config alone if no state was written yet.

    Args:
        path: the run folder.
        device: another device than the run began on; the bits then differ from a straight run's.
        precision: another precision, likewise.
        quiet: show nothing.

    Raises:
        SrtkError: no run there, or its state is damaged.
    """
    from sr_toolkit.runs import Run
    from sr_toolkit.training.plan import moved, read_plan
    from sr_toolkit.training.reporter import Reporter

    _refuse_several_processes()
    run = Run.open(Path(path))
    reporter = Reporter(quiet=quiet, log=run.log_file)
    plan = read_plan(run)
    if run.state_file.is_file() and (run.path / "last.safetensors").is_file():
        reporter.say(f"The run '{run.path}' is finished already; nothing was done.")
        return run
    if device is not None or precision is not None:
        plan = moved(plan, device, precision)
        reporter.say("The run goes on with other hardware settings than it began with.")
    _execute(_prepare(plan, run, reporter))
    return run


def _prepare(plan: Plan, run: Run, reporter: Reporter) -> Session:
    from sr_toolkit.training.session import Session, describe_hardware

    sets = ", ".join(plan.data)
    reporter.say(f"Training {plan.model} ×{plan.scales[0]} on {sets} in {run.path}.")
    session = Session(plan, run, reporter)
    reporter.say(describe_hardware(session.hardware))
    return session


def _execute(session: Session) -> None:
    session.execute()
    session.reporter.say(f"Done: {session.run.path / 'best.safetensors'}.")


def _refuse_several_processes() -> None:
    """Launchers such as torchrun start one process a device; they would overwrite one another."""
    from sr_toolkit.errors import TrainingError

    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise TrainingError(
            "Training on several processes is not supported yet; start srtk once, without torchrun."
        )
