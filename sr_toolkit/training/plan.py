"""From what was asked to a complete, checked plan: everything is resolved before the first step."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sr_toolkit import __version__
from sr_toolkit.config import option, override, plain, validate, yaml
from sr_toolkit.config.places import data_roots
from sr_toolkit.data.opening import is_present, pinned
from sr_toolkit.errors import ConfigError, PluginError, UnknownNameError
from sr_toolkit.hardware import Hardware
from sr_toolkit.registry import import_object, registry
from sr_toolkit.runs import DEFAULT_RUNS, Run
from sr_toolkit.spec import ModelSpec
from sr_toolkit.training.beginning import Beginning, Start, find_growth, find_start
from sr_toolkit.training.recipe import Recipe
from sr_toolkit.training.selection import select
from sr_toolkit.training.team import local_device

DEFAULT_CACHE = 50.0
"""GiB of decoded images that may lie in the cache."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a person asked of `train`; None where the default counts."""

    model: str
    preset: str | None = None
    recipe: Path | None = None
    settings: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    start_from: str | None = None
    grow_from: str | None = None
    architecture: str | None = None
    runs: Path = DEFAULT_RUNS
    data: tuple[str, ...] = ()
    lr_data: tuple[str, ...] = ()
    mix: tuple[float, ...] = ()
    val: tuple[str, ...] = ()
    scales: tuple[int, ...] = ()
    seed: int = 0
    deterministic: bool = False
    device: str = "auto"
    precision: str | None = None
    data_root: Path | None = None
    weights_root: Path | None = None
    cache_limit: float | None = None
    pull: bool = False
    everywhere: tuple[str, ...] = ()  # settings of every phase, as `save_every=500`


@dataclass(frozen=True, kw_only=True)
class HardwareConfig:
    """What the training runs on, written down so that a resume runs on the same."""

    device: str = option(help="cpu, cuda, cuda:0.")
    precision: str = option(help="fp32, bf16 or fp16.")
    channels_last: bool = option(help="Memory layout.")
    threads: int = option(help="CPU threads.")

    @classmethod
    def of(cls, hardware: Hardware) -> HardwareConfig:
        """Return the form that is written down."""
        return cls(
            device=hardware.device,
            precision=hardware.precision,
            channels_last=hardware.channels_last,
            threads=hardware.threads,
        )


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A training in full: the content of config.yaml."""

    model: str = option(help="Registered model.")
    distribution: str = option(help="Distribution that offers it.")
    version: str = option(help="That distribution's version.")
    sr_toolkit: str = option(__version__, help="Version of sr-toolkit.")
    preset: str = option("", help="The preset that the recipe began as.")
    scales: tuple[int, ...] = option(help="Scales trained.")
    start: Start | None = option(None, help="What it begins from; none: fresh weights.")
    data: tuple[str, ...] = option(help="Training sets.")
    lr_data: tuple[str, ...] = option((), help="Unpaired: sets of LR images; empty: half of data.")
    mix: tuple[float, ...] = option(
        (), help="How often each training set is drawn from; empty: by its number of images."
    )
    val: tuple[str, ...] = option((), help="Validation sets; empty: the sets' own, or a split.")
    data_root: str = option("", help="Folder searched for sets before SRTK_DATA.")
    weights_root: str = option("", help="Folder searched for feature networks first.")
    seed: int = option(0, help="Seed of weights, crops and splits.")
    deterministic: bool = option(False, help="Only operations that torch can repeat exactly.")
    cache_limit: float = option(
        DEFAULT_CACHE, help="GiB of decoded images on disk; a larger set is streamed."
    )
    hardware: HardwareConfig = option(help="What it runs on.")
    recipe: Recipe = option(help="The recipe.")

    @property
    def qualified(self) -> str:
        """The model's name with its distribution."""
        return f"{self.distribution}::{self.model}"

    @property
    def phases(self) -> tuple[str, ...]:
        """The names of the phases, in order."""
        return tuple(self.recipe.phases)

    def phase_scales(self, phase: str) -> tuple[int, ...]:
        """Return the scales that a phase trains, ascending; the last one is judged."""
        return tuple(sorted(self.recipe.phases[phase].scales or self.scales))

    def network_scales(self, phase: str) -> tuple[int, ...]:
        """Return the scales that the generator has in a phase, ascending."""
        found = set(self.start.scales) if self.start is not None else set()
        for name in self.phases[: self.phases.index(phase) + 1]:
            found.update(self.phase_scales(name))
        return tuple(sorted(found))

    @property
    def roots(self) -> tuple[Path, ...]:
        """The data roots."""
        return data_roots(Path(self.data_root) if self.data_root else None)

    def hardware_now(self) -> Hardware:
        """Return the hardware, checked to be on this machine."""
        device = local_device(self.hardware.device)
        here = Hardware.choose(device, self.hardware.precision)
        return dataclasses.replace(
            here, channels_last=self.hardware.channels_last, threads=self.hardware.threads
        )

    def to_plain(self) -> dict[str, Any]:
        """Return the form that config.yaml holds."""
        return dict(plain(self))


def make_plan(request: Request) -> tuple[Plan, str]:
    """Return the plan for a request, and a line that says what was chosen, or ''.

    Raises:
        SrtkError: an unknown model, preset, key or device, a wrong value, a missing set.
    """
    entry = registry().find("model", request.model)
    spec = registry().model(request.model)
    if not spec.recipes:
        raise ConfigError(f"The model '{entry.name}' is a fixed method; there is nothing to train.")
    roots = data_roots(request.data_root)
    preset, data, chosen = _defaults(request, spec, roots)
    if request.recipe is not None:
        recipe = read_recipe(request.recipe)
    else:
        recipe = load_recipe(spec, preset, entry.name)
    began = _beginning(request, spec)
    if began is not None and began.config:
        recipe = dataclasses.replace(recipe, generator=dict(began.config))
    everywhere = [f"phases.{name}.{text}" for name in recipe.phases for text in request.everywhere]
    network = _network(request, spec, entry.name)
    recipe = _override(recipe, spec, (*network, *request.settings, *everywhere))
    have = began.start.scales if began is not None else ()
    whole = recipe
    recipe, scales = select(
        whole,
        spec,
        entry.name,
        request.scales or (began.scales if began is not None else ()),
        have,
        phases=request.phases,
        fresh=began is None,
    )
    if request.seed < 0:
        raise ConfigError(f"The seed must not be negative (received {request.seed}).")
    if request.mix and len(request.mix) != len(data):
        raise ConfigError(
            f"--mix takes one number for each training set: {len(data)} set(s), received "
            f"{len(request.mix)}."
        )
    if any(weight <= 0 for weight in request.mix):
        raise ConfigError(f"--mix takes numbers above 0 (received {list(request.mix)}).")
    if request.cache_limit is not None and request.cache_limit < 0:
        raise ConfigError(f"--cache-limit takes 0 or more GiB (received {request.cache_limit:g}).")
    if request.lr_data and not recipe.unpaired:
        raise ConfigError("--lr-data is for unpaired recipes; add --set unpaired=true.")
    left_out = [name for name in whole.phases if name not in recipe.phases]
    if request.grow_from is not None and left_out and not (request.scales or request.phases):
        chosen = (
            f"Growing by one scale, ×{scales[-1]}, as --scales names none; of the recipe's phases "
            f"{', '.join(left_out)} are left out."
        )
    hardware = Hardware.choose(request.device, request.precision or recipe.precision)
    plan = Plan(
        model=entry.name,
        distribution=entry.distribution,
        version=entry.version,
        preset=preset,
        scales=scales,
        start=began.start if began is not None else None,
        data=tuple(pinned(reference) for reference in data),
        lr_data=tuple(pinned(reference) for reference in request.lr_data),
        mix=request.mix,
        val=tuple(pinned(reference) for reference in request.val),
        data_root=str(request.data_root.resolve()) if request.data_root else "",
        weights_root=str(request.weights_root.resolve()) if request.weights_root else "",
        seed=request.seed,
        deterministic=request.deterministic,
        cache_limit=DEFAULT_CACHE if request.cache_limit is None else request.cache_limit,
        hardware=HardwareConfig.of(hardware),
        recipe=recipe,
    )
    return plan, chosen


def read_plan(run: Run) -> Plan:
    """Return the plan that a run folder holds.

    Raises:
        ConfigError: its config.yaml was damaged or edited into something that does not fit.
    """
    try:
        return validate(Plan, run.config)
    except ConfigError as error:
        raise ConfigError(f"'{run.config_file}': {error}") from None


def as_written(plan: Plan) -> Plan:
    """Return `plan` as it comes back from config.yaml: the file alone makes a run repeatable."""
    return validate(Plan, yaml.parse(yaml.dump(plan.to_plain()), source="config.yaml"))


def moved(plan: Plan, device: str | None, precision: str | None) -> Plan:
    """Return `plan` on other hardware.

    Raises:
        HardwareError: it is not on this machine.
    """
    hardware = Hardware.choose(device or plan.hardware.device, precision or plan.hardware.precision)
    return dataclasses.replace(plan, hardware=HardwareConfig.of(hardware))


def extended(plan: Plan, steps: int) -> Plan:
    """Return `plan` with `steps` more in its last phase, at the last learning rate."""
    phases = dict(plan.recipe.phases)
    name = list(phases)[-1]
    phases[name] = dataclasses.replace(phases[name], extend=phases[name].extend + steps)
    return dataclasses.replace(plan, recipe=dataclasses.replace(plan.recipe, phases=phases))


def load_recipe(spec: ModelSpec, preset: str, model: str) -> Recipe:
    """Return one of a model's presets.

    Raises:
        UnknownNameError: the model has none of that name.
    """
    if preset not in spec.recipes:
        raise UnknownNameError("preset", preset, spec.recipes, f"It is no preset of {model}.")
    recipe = import_object(spec.recipes[preset])
    if not isinstance(recipe, Recipe):
        raise PluginError(
            f"'{spec.recipes[preset]}' is a {type(recipe).__name__}, not a Recipe; this is a "
            f"fault of the plugin that offers '{model}'."
        )
    return recipe


def preset_of(model: str, preset: str, settings: Sequence[str] = ()) -> Recipe:
    """Return a model's preset with overrides applied and the generator's settings filled in.

    Raises:
        SrtkError: an unknown model, preset or key, a wrong value, a model that is not trained.
    """
    entry = registry().find("model", model)
    spec = registry().model(model)
    if not spec.recipes:
        raise ConfigError(f"The model '{entry.name}' is a fixed method; there is nothing to train.")
    return _override(load_recipe(spec, preset, entry.name), spec, settings)


def read_recipe(path: Path) -> Recipe:
    """Return the recipe in a YAML file, such as `srtk recipes show` prints.

    Raises:
        ConfigError: absent, no YAML, or keys and values that do not fit.
    """
    data = yaml.load_file(path)
    if not isinstance(data, dict):
        raise ConfigError(f"'{path}' holds no keys and values, so it is no recipe.")
    try:
        return validate(Recipe, data)
    except ConfigError as error:
        raise ConfigError(f"'{path}': {error}") from None


def generator_config(spec: ModelSpec, recipe: Recipe) -> Any:
    """Return the generator's typed config; raises ConfigError where the recipe's does not fit."""
    return validate(import_object(spec.config), recipe.generator, where="generator")


def _override(recipe: Recipe, spec: ModelSpec, settings: Sequence[str]) -> Recipe:
    """Apply `--set` and fill the generator's settings in, so that config.yaml shows them all."""
    data = override(Recipe, _without_others_settings(plain(recipe), settings), settings)
    assigned = {setting.partition("=")[0].strip() for setting in settings}
    for name, phase in data["phases"].items():
        # A phase has one length: naming it in one unit drops the other.
        for unit, other in (("steps", "epochs"), ("epochs", "steps")):
            if f"phases.{name}.{unit}" in assigned and f"phases.{name}.{other}" not in assigned:
                phase[other] = None
        for term in phase["losses"].values():
            if term.get("config", {}).get("weights"):
                term["config"]["weights"] = str(Path(term["config"]["weights"]).resolve())
    changed = validate(Recipe, data)
    return dataclasses.replace(changed, generator=plain(generator_config(spec, changed)))


def _without_others_settings(data: dict[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    """Drop the settings of a part that another one takes the place of: they would not fit."""
    for setting in settings:
        key, _, value = setting.partition("=")
        path = key.strip().split(".")
        if len(path) != 4 or path[2] != "adversarial" or path[3] not in _SETTINGS_OF:
            continue
        game = data["phases"].get(path[1], {}).get("adversarial")
        if game and game[path[3]] != value.strip():
            game[_SETTINGS_OF[path[3]]] = {}
    return data


_SETTINGS_OF = {"discriminator": "config", "loss": "loss_config"}
"""Key that names a part of a GAN phase, to the key of its settings."""


def wanted_sets(request: Request) -> tuple[str, ...]:
    """Return the sets that a request would train on if all could be fetched."""
    data = request.data
    if not data and request.recipe is None and request.preset != "quick":
        data = ("div2k",)
    return (*data, *request.lr_data, *request.val)


def _beginning(request: Request, spec: ModelSpec) -> Beginning | None:
    """Return what the training begins from, or None."""
    if request.start_from is not None and request.grow_from is not None:
        raise ConfigError("Give --from or --grow-from, not both.")
    if request.grow_from is not None:
        return find_growth(request.grow_from, request.model, spec, runs=request.runs)
    if request.start_from is not None:
        return find_start(
            request.start_from,
            request.model,
            spec,
            runs=request.runs,
            keep_network=request.architecture is None,
        )
    return None


def _network(request: Request, spec: ModelSpec, model: str) -> tuple[str, ...]:
    """Return `--arch` as a setting, for models that are a bridge to several networks."""
    if request.architecture is None:
        return ()
    known = {field.name for field in dataclasses.fields(import_object(spec.config))}
    if "architecture" not in known:
        raise ConfigError(
            f"--arch chooses among the networks of a model that has several, and '{model}' has "
            f"one (received '{request.architecture}'); leave it out."
        )
    return (f"generator.architecture={request.architecture}",)


def _defaults(
    request: Request, spec: ModelSpec, roots: Sequence[Path]
) -> tuple[str, tuple[str, ...], str]:
    """Return (preset, data, remark): `paper` on DIV2K where it is, else `quick` on `sample`."""
    if request.recipe is not None:
        if request.preset is not None:
            raise ConfigError("Give --recipe or --preset, not both.")
        return "", request.data or ("sample",), ""
    if request.data:
        return request.preset or "quick", request.data, ""
    if request.preset == "quick":
        return "quick", ("sample",), ""
    if is_present("div2k", roots):
        return request.preset or "paper", ("div2k",), ""
    missing = "DIV2K was not found, so this "
    better = "give --data folder:PATH, --data-root with DIV2K in it, or --pull to fetch it"
    if request.preset is not None:
        remark = f"{missing}trains on the few photographs of 'sample'; {better}."
        return request.preset, ("sample",), remark
    remark = f"{missing}runs the preset 'quick' on 'sample'; {better}, and --preset paper."
    return "quick", ("sample",), remark
