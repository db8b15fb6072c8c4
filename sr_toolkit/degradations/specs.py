"""The core's own steps of degradations, as entry points find them."""

from sr_toolkit.spec import PLUGIN_API, ComponentSpec

BLUR = ComponentSpec(
    api=PLUGIN_API,
    summary="Blur by a kernel that is drawn: Gaussian, generalized Gaussian or plateau.",
    factory="sr_toolkit.degradations.blur:Blur",
    config="sr_toolkit.degradations.config:BlurConfig",
)
SINC = ComponentSpec(
    api=PLUGIN_API,
    summary="Low-pass filter with a sharp edge, which rings.",
    factory="sr_toolkit.degradations.sinc:Sinc",
    config="sr_toolkit.degradations.config:SincConfig",
)
RESIZE = ComponentSpec(
    api=PLUGIN_API,
    summary="Resize by a factor and a method that are drawn.",
    factory="sr_toolkit.degradations.resize:Resize",
    config="sr_toolkit.degradations.config:ResizeConfig",
)
GAUSSIAN_NOISE = ComponentSpec(
    api=PLUGIN_API,
    summary="Gaussian noise, gray or in color.",
    factory="sr_toolkit.degradations.noise:GaussianNoise",
    config="sr_toolkit.degradations.config:GaussianNoiseConfig",
)
POISSON_NOISE = ComponentSpec(
    api=PLUGIN_API,
    summary="Photon noise, which grows with the brightness.",
    factory="sr_toolkit.degradations.noise:PoissonNoise",
    config="sr_toolkit.degradations.config:PoissonNoiseConfig",
)
JPEG = ComponentSpec(
    api=PLUGIN_API,
    summary="JPEG of a quality that is drawn, differentiable.",
    factory="sr_toolkit.degradations.jpeg:JPEG",
    config="sr_toolkit.degradations.config:JPEGConfig",
)
CLAMP = ComponentSpec(
    api=PLUGIN_API,
    summary="Clip to a range of values.",
    factory="sr_toolkit.degradations.levels:Clamp",
    config="sr_toolkit.degradations.config:ClampConfig",
)
QUANTIZE = ComponentSpec(
    api=PLUGIN_API,
    summary="Round to whole levels.",
    factory="sr_toolkit.degradations.levels:Quantize",
    config="sr_toolkit.degradations.config:QuantizeConfig",
)
CHOICE = ComponentSpec(
    api=PLUGIN_API,
    summary="One of several lists of steps, drawn for each image.",
    factory="sr_toolkit.degradations.choice:Choice",
    config="sr_toolkit.degradations.config:ChoiceConfig",
)
