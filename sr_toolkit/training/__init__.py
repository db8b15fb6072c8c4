"""Training: recipes, the trainer, run folders. Importing this imports no torch."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sr_toolkit.config.words import words
from sr_toolkit.runs import DEFAULT_RUNS

if TYPE_CHECKING:
    from sr_toolkit.runs import Run
    from sr_toolkit.training.plan import Plan, Request
    from sr_toolkit.training.reporter import Reporter
    from sr_toolkit.training.session import Session
    from sr_toolkit.training.team import Team


def train(
    model: str,
    *,
    preset: str | None = None,
    recipe: str | Path | None = None,
    settings: Iterable[str] = (),
    phases: str | Iterable[str] = (),
    start_from: str | Path | None = None,
    grow_from: str | Path | None = None,
    architecture: str | None = None,
    runs: str | Path = str(DEFAULT_RUNS),
    data: str | Iterable[str] = (),
    lr_data: str | Iterable[str] = (),
    mix: Iterable[float] = (),
    val: str | Iterable[str] = (),
    scale: int | Iterable[int] | None = None,
    seed: int = 0,
    deterministic: bool = False,
    device: str = "auto",
    precision: str | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    data_root: str | Path | None = None,
    weights_root: str | Path | None = None,
    cache_limit: float | None = None,
    trackers: Iterable[str] = (),
    quiet: bool = False,
) -> Run:
    """Train a model as `srtk train` does, and return its run folder.

    Args:
        model: registered name.
        preset: None: `paper` where DIV2K is at hand and no `data` is given, else `quick`.
        recipe: a YAML file with a recipe, in place of a preset.
        settings: overrides of the recipe, as `phases.psnr.steps=2000`.
        phases: the recipe's phases to run; all by default.
        start_from: weights to begin from (`--from`): what `models` of `bench` takes, or a name of
            the model's own weights; what fits is taken.
        grow_from: a trained generator, named likewise, that is kept and grown by a scale.
        architecture: the network, of a model that has several (`--arch`).
        runs: folder that holds runs.
        data: training sets, such as `sample` or `folder:PATH`; one or several.
        lr_data: for unpaired recipes, sets of LR images.
        mix: how often each training set is drawn from; the default is by its number of images.
        val: validation sets; the default is the training set's own, or a seeded tenth of it.
        scale: one, or several for a model that grows; None: 4, or the model's largest, or all
            that the recipe of a growing model trains.
        seed: of weights, crops and splits.
        deterministic: use only operations that torch can repeat exactly, on GPUs too.
        device: `auto`, `cpu`, `cuda`, ….
        precision: None: what the recipe says.
        out: run folder; None: runs/<model>-<date>-<time>.
        overwrite: may an existing run in `out` be replaced?
        data_root: folder searched for sets before SRTK_DATA.
        weights_root: folder searched for feature networks before SRTK_WEIGHTS.
        cache_limit: GiB of decoded images on disk; a larger set is streamed.
        trackers: names of trackers that accelerate knows, such as `tensorboard`.
        quiet: show nothing.

    Raises:
        SrtkError: anything that a user can mend; the message says how.
    """
    from sr_toolkit.training.plan import Request

    request = Request(
        model=model,
        preset=preset,
        recipe=Path(recipe) if recipe else None,
        settings=tuple(settings),
        phases=words(phases),
        start_from=str(start_from) if start_from else None,
        grow_from=str(grow_from) if grow_from else None,
        architecture=architecture,
        runs=Path(runs),
        data=words(data),
        lr_data=words(lr_data),
        mix=tuple(mix),
        val=words(val),
        scales=() if scale is None else (scale,) if isinstance(scale, int) else tuple(scale),
        seed=seed,
        deterministic=deterministic,
        device=device,
        precision=precision,
        data_root=Path(data_root) if data_root else None,
        weights_root=Path(weights_root) if weights_root else None,
        cache_limit=cache_limit,
    )
    folder = Path(out) if out else None
    return start(request, folder, overwrite=overwrite, quiet=quiet, trackers=trackers)


def start(
    request: Request,
    out: Path | None = None,
    *,
    overwrite: bool = False,
    quiet: bool = False,
    trackers: Iterable[str] = (),
) -> Run:
    """Plan, make the run folder, train; errors as `train`."""
    from sr_toolkit.errors import WeightsError
    from sr_toolkit.runs import Run
    from sr_toolkit.training.folder import choose_run, create_run
    from sr_toolkit.training.lock import locked
    from sr_toolkit.training.plan import as_written, make_plan
    from sr_toolkit.training.reporter import Reporter
    from sr_toolkit.training.team import gather_team
    from sr_toolkit.training.tracking import check_trackers

    trackers = tuple(trackers)
    check_trackers(trackers)
    team = gather_team()
    reporter = Reporter(quiet=quiet or not team.leads)
    plan, chosen = make_plan(request)
    if request.pull:
        _pull(request, quiet=quiet or not team.leads)
        plan, chosen = make_plan(request)  # what is there now may change the defaults
    if chosen:
        reporter.say(chosen)
    run = Run(team.agree(choose_run(plan, out, overwrite=overwrite).path if team.leads else None))
    # Data and weights are opened first: a refusal leaves no folder behind, and an old run in place.
    try:
        session = _prepare(as_written(plan), run, reporter, team)
    except WeightsError as error:
        if request.preset is not None or request.recipe is not None or plan.preset == "quick":
            raise
        # Nobody asked for this preset by name, and a bare `train` always works.
        reporter.say(f"{error} Nothing was chosen by --preset, so this runs 'quick'.")
        plan, _ = make_plan(dataclasses.replace(request, preset="quick", data=plan.data))
        session = _prepare(as_written(plan), run, reporter, team)
    if not team.leads:
        team.wait()
        session.execute()
        return run
    with locked(run):
        choose_run(plan, run.path, overwrite=overwrite)  # another may have been quicker
        create_run(run, session.plan)
        team.wait()  # the others may not see what an old run left here
        _execute(session, trackers)
    return run


def _pull(request: Request, *, quiet: bool) -> None:
    """Fetch the sets that are missing; a wrong request has been refused before."""
    from sr_toolkit.config.places import data_roots, new_data_root
    from sr_toolkit.data.pulling import pull_missing
    from sr_toolkit.training.plan import wanted_sets

    roots, new = data_roots(request.data_root), new_data_root(request.data_root)
    pull_missing(wanted_sets(request), roots, new, quiet, for_training=True)


def resume(
    path: str | Path,
    *,
    device: str | None = None,
    precision: str | None = None,
    steps: int = 0,
    allow_changed: bool = False,
    quiet: bool = False,
    trackers: Iterable[str] = (),
) -> Run:
    """Go on with the run in `path`, from its config alone if no state was written yet.

    Args:
        path: the run folder.
        device: another device than the run began on; the bits then differ from a straight run's.
        precision: another precision, likewise.
        steps: so many steps more in the last phase, also of a finished run.
        allow_changed: go on although data or recipe are not what the state was made with.
        quiet: show nothing.
        trackers: names of trackers that accelerate knows, such as `tensorboard`.

    Raises:
        SrtkError: no run there, or its state is damaged or of something else.
    """
    from sr_toolkit.config import yaml
    from sr_toolkit.runs import Run
    from sr_toolkit.training.lock import locked
    from sr_toolkit.training.plan import extended, moved, read_plan
    from sr_toolkit.training.reporter import Reporter
    from sr_toolkit.training.state import newest
    from sr_toolkit.training.team import gather_team
    from sr_toolkit.training.tracking import check_trackers

    trackers = tuple(trackers)
    check_trackers(trackers)
    team = gather_team()
    run = Run.open(Path(path))
    reporter = Reporter(quiet=quiet or not team.leads)
    plan = read_plan(run)
    if steps:
        plan = extended(plan, steps)
    if is_finished(run, plan):
        reporter.say(
            f"The run '{run.path}' is finished already; nothing was done. Go on with it by: "
            f"{run.resume_command} --steps +1000"
        )
        return run
    if device is not None or precision is not None:
        plan = moved(plan, device, precision)
        reporter.say("The run goes on with other hardware settings than it began with.")
    if not team.leads:
        session = _prepare(plan, run, reporter, team, fresh=newest(run.state_file) is None)
        team.wait()
        session.execute(allow_changed=allow_changed)
        return run
    with locked(run):
        remove_leftovers(run)
        session = _prepare(plan, run, reporter, team, fresh=newest(run.state_file) is None)
        if steps or session.plan != plan:
            yaml.save_file(run.config_file, session.plan.to_plain())
        team.wait()
        _execute(session, trackers, allow_changed=allow_changed)
    return run


def is_finished(run: Run, plan: Plan) -> bool:
    """Has the run done all that its plan asks for?"""
    from sr_toolkit.training.state import newest, read_progress

    state = newest(run.state_file)
    if state is None:  # removed to save space: its weights are not to be replaced
        return (run.path / "last.safetensors").is_file()
    last, phase = list(plan.recipe.phases.items())[-1]
    progress = read_progress(state)
    return (
        (run.path / "last.safetensors").is_file()
        and progress.get("phase") == last
        and bool(progress.get("over"))
        and progress.get("extend") == phase.extend
    )


def remove_leftovers(run: Run) -> None:
    """Remove the temporary files that a killed training left in its folder."""
    for folder in (run.path, run.state_file.parent, *(run.path / phase for phase in run.phases)):
        for path in folder.glob(".*.safetensors*"):
            path.unlink(missing_ok=True)


def _prepare(
    plan: Plan, run: Run, reporter: Reporter, team: Team, *, fresh: bool = True
) -> Session:
    from sr_toolkit.training.deterministic import make_deterministic
    from sr_toolkit.training.session import Session

    if plan.deterministic:
        make_deterministic()
    sets = ", ".join(plan.data)
    scales = ", ".join(f"×{scale}" for scale in plan.scales)
    session = Session(plan, run, reporter, team, fresh=fresh)
    reporter.say(f"Training {plan.model} {scales} on {sets} in {run.path}.")
    reporter.say(f"Running on {session.hardware.describe()}.")
    return session


def _execute(session: Session, trackers: Iterable[str], *, allow_changed: bool = False) -> None:
    from sr_toolkit.training.tracking import tracked

    session.context.reporter.log = session.context.run.log_file
    with tracked(session.context.reporter, session.context.run, tuple(trackers)):
        session.execute(allow_changed=allow_changed)
    session.context.reporter.say(f"Done: {session.context.run.path / 'best.safetensors'}.")
