"""Checks of what comes with a model: recipes, weights, variants, files."""

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from pathlib import Path

from sr_toolkit.checkpoint import Metadata, build_generator, file_hash, load_generator, save
from sr_toolkit.config import plain, validate
from sr_toolkit.errors import SrtkError
from sr_toolkit.exporting.exporter import export_generator
from sr_toolkit.exporting.formats import FORMATS
from sr_toolkit.interfaces import Generator
from sr_toolkit.registry import import_object, registry
from sr_toolkit.spec import default_scale
from sr_toolkit.testing.check import Check, NotHere, NothingToCheck, Unmet, check, expect
from sr_toolkit.testing.network import expect_same, lively, run, usual
from sr_toolkit.testing.part import Part
from sr_toolkit.training.recipe import Recipe

CHECKS: list[Check] = []
PRESETS = ("quick", "paper")


def _metadata(part: Part, generator: Generator) -> Metadata:
    entry = part.entry
    return Metadata(
        model=entry.name,
        distribution=entry.distribution,
        version=entry.version,
        config=plain(generator.config),
        scales=tuple(generator.scales),
    )


@check(
    "model",
    into=CHECKS,
    why="A checkpoint that cannot be opened again is a lost training.",
    mend="Keep all that the network's shape depends on in the config.",
)
def checkpoint_restores(part: Part) -> None:
    """A checkpoint alone rebuilds the model."""
    if not part.model.needs_weights:
        raise NothingToCheck("the model has no weights")
    for specimen in part.specimens:
        generator = lively(specimen.build())
        with tempfile.TemporaryDirectory(prefix="srtk-check-") as folder:
            path = Path(folder) / "one.safetensors"
            save(path, generator, _metadata(part, generator))
            try:
                other, _ = load_generator(path)
            except SrtkError as error:
                raise Unmet("a checkpoint that opens", str(error)) from error
        for scale in generator.scales:
            lr = usual(generator)
            wanted = run(generator, lr, scale)
            expect_same(run(other, lr, scale), wanted, f"the same SR, {specimen.at(scale)}")


@check(
    "model",
    into=CHECKS,
    why="'srtk train NAME' would end before its first step.",
    mend="Name a Recipe for each preset; every trainable model has 'quick' and 'paper'.",
)
def recipes_hold(part: Part) -> None:
    """Each preset is a recipe whose parts and settings exist; quick and paper are among them."""
    spec = part.model
    if not spec.needs_weights:
        raise NothingToCheck("the model is a fixed method")
    for preset in PRESETS:
        expect(preset in spec.recipes, f"a preset '{preset}'", ", ".join(spec.recipes) or "none")
    for preset, reference in spec.recipes.items():
        recipe = import_object(reference)
        expect(isinstance(recipe, Recipe), f"a Recipe as '{preset}'", type(recipe).__name__)
        back = validate(Recipe, plain(recipe), where=f"recipe '{preset}'")
        expect(back == recipe, f"a preset '{preset}' that survives config.yaml", "another one")
        try:
            validate(import_object(spec.config), recipe.generator, where="generator")
            for phase in recipe.phases.values():
                for name, term in phase.losses.items():
                    _settings("loss", term.loss or name, term.config)
                if phase.adversarial is not None:
                    game = phase.adversarial
                    _settings("loss", game.loss, game.loss_config)
                    _settings("discriminator", game.discriminator, game.config)
        except SrtkError as error:
            raise Unmet(f"a preset '{preset}' that can be run", str(error)) from error


def _settings(kind: str, name: str, config: dict[str, object]) -> None:
    """Raise SrtkError unless a part of that name takes these settings; nothing is built."""
    spec = registry().component(kind, name)
    validate(import_object(spec.config), config, where=name)


@check(
    "model",
    into=CHECKS,
    why="A user would get weights that nobody published, or none.",
    mend="Ship the file as package data, and write its SHA-256 and license into the WeightsSpec.",
)
def weights_hold(part: Part) -> None:
    """The published weights are there, are the ones that the spec speaks of, and load."""
    spec = part.model
    if not spec.weights:
        raise NothingToCheck("no weights come with the model")
    found = find_spec(spec.generator.partition(":")[0].partition(".")[0])
    home = Path(found.origin).parent if found is not None and found.origin else Path()
    for weights in spec.weights:
        path = home / weights.source
        expect(path.is_file(), f"the weights '{weights.name}' at {weights.source}", "no file")
        expect(bool(weights.license), f"a license of the weights '{weights.name}'", "none")
        if weights.sha256:
            expect(file_hash(path) == weights.sha256.lower(), weights.sha256, file_hash(path))
        generator, _ = load_generator(path, model=part.entry.qualified)
        expect(
            tuple(generator.scales) == tuple(weights.scales), f"{weights.scales}", generator.scales
        )


@check(
    "model",
    into=CHECKS,
    why="'srtk models show' would end with an error.",
    mend="Correct the settings under 'variants'.",
)
def variants_build(part: Part) -> None:
    """Each variant is built."""
    spec = part.model
    if not spec.variants:
        raise NothingToCheck("the model has no variants")
    for name, changes in spec.variants.items():
        try:
            build_generator(
                part.entry.qualified, dict(changes), (default_scale(spec.scales or (4,)),)
            )
        except SrtkError as error:
            raise Unmet(f"a variant '{name}' that is built", str(error)) from error


@check(
    "model",
    into=CHECKS,
    why="Recipes could not freeze the part that they name.",
    mend="Write patterns of parameter names, as 'body.*'.",
)
def stages_match(part: Part) -> None:
    """Each pattern of each stage matches a parameter, at the largest scale."""
    from fnmatch import fnmatchcase

    generator = part.specimens[-1].build()
    names = [name for name, _ in generator.named_parameters()]
    if not generator.stages:
        raise NothingToCheck("the model names no stages")
    for stage, patterns in generator.stages.items():
        for pattern in patterns:
            hit = any(fnmatchcase(name, pattern) for name in names)
            expect(hit, f"parameters of the stage '{stage}'", f"none match {pattern}")


@check(
    "model",
    into=CHECKS,
    why="Nobody could run the model outside of Python.",
    mend="Avoid sizes computed in Python from values; torch.onnx's message names the operation.",
)
def onnx_parity(part: Part) -> None:
    """The model as ONNX, of any size or of a fixed one, gives what the model gives."""
    try:
        FORMATS["onnx"].require()
    except SrtkError as error:
        raise NotHere(str(error)) from None
    specimen = part.specimens[-1]
    for one in part.specimens:
        if 4 in one.scales:
            specimen = one
            break
    generator = specimen.build()
    if not generator.deterministic:
        raise NothingToCheck("the model draws random numbers")
    scale = default_scale(generator.scales)
    with tempfile.TemporaryDirectory(prefix="srtk-check-") as folder:
        path = Path(folder) / "one.onnx"
        fixed = -(-64 // generator.size_multiple) * generator.size_multiple
        for tile in (None, fixed):
            try:
                export_generator(
                    generator,
                    _metadata(part, generator),
                    path,
                    kind=FORMATS["onnx"],
                    scale=scale,
                    tile=tile,
                )
            except SrtkError as error:
                if tile is not None:
                    raise Unmet(f"an export that agrees, ×{scale}", str(error)) from error
            else:
                return
