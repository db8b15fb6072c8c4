"""Faults of training and of what comes with a model, and the checks that find them."""

from __future__ import annotations

from model_faults import LAYERS, RETURN
from planted import fault

FAULTS = (
    # Learning.
    fault(
        "a parameter without a gradient",
        "model",
        "every_parameter_learns",
        ("network", LAYERS, "        self.idle = nn.Conv2d(3, 3, 1)\n"),
    ),
    fault(
        "a gradient that is cut",
        "model",
        "every_parameter_learns",
        ("network", "self.tail(x)", "self.tail(x.detach())"),
    ),
    fault(
        "a training that leads nowhere",
        "model",
        "training_lowers_loss",
        ("network", RETURN, "        return sr - 2 * (sr - sr.detach())\n"),
    ),
    # What comes with a model.
    fault(
        "a shape that the config does not hold",
        "model",
        "checkpoint_restores",
        (
            "network",
            LAYERS,
            "        Net.built = getattr(Net, 'built', 0) + 1\n"
            "        self.more = nn.Parameter(torch.zeros(Net.built))\n",
        ),
    ),
    fault(
        "a preset missing",
        "model",
        "recipes_hold",
        ("plugin", ', "paper": "planted_recipes:QUICK"', ""),
    ),
    fault(
        "a recipe with a loss that nobody offers",
        "model",
        "recipes_hold",
        ("recipes", '"l1"', '"l7"'),
    ),
    fault(
        "weights that are not there",
        "model",
        "weights_hold",
        ("plugin", "ModelSpec\n", "ModelSpec, WeightsSpec\n"),
        (
            "plugin",
            '    license="MIT",\n',
            '    license="MIT",\n    weights=(WeightsSpec(name="one", '
            'source="one.safetensors", scales=(2,), license="MIT"),),\n',
        ),
    ),
    fault(
        "a variant that cannot be built",
        "model",
        "variants_build",
        (
            "plugin",
            '    license="MIT",\n',
            '    license="MIT",\n    variants={"none": {"width": 0}},\n',
        ),
    ),
    fault(
        "a stage without parameters", "model", "stages_match", ("network", '"body.*"', '"trunk.*"')
    ),
    fault(
        "an operation that ONNX has not",
        "model",
        "onnx_parity",
        ("network", RETURN, "        return sr + float(lr.mean()) * 0\n"),
    ),
)
