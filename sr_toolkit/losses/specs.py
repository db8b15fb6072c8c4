"""The core's own losses, as entry points find them."""

from sr_toolkit.spec import PLUGIN_API, ComponentSpec

L1 = ComponentSpec(
    api=PLUGIN_API,
    summary="Mean absolute error.",
    factory="sr_toolkit.losses.pixel:L1",
    config="sr_toolkit.losses.config:PixelConfig",
)
MSE = ComponentSpec(
    api=PLUGIN_API,
    summary="Mean squared error.",
    factory="sr_toolkit.losses.pixel:MSE",
    config="sr_toolkit.losses.config:PixelConfig",
)
VGG = ComponentSpec(
    api=PLUGIN_API,
    summary="Distance of VGG19 features (Johnson et al. 2016, Ledig et al. 2017).",
    factory="sr_toolkit.losses.vgg:VGGLoss",
    config="sr_toolkit.losses.config:VGGConfig",
)
VANILLA = ComponentSpec(
    api=PLUGIN_API,
    summary="Adversarial: binary cross-entropy, non-saturating (Goodfellow et al. 2014).",
    factory="sr_toolkit.losses.adversarial:Vanilla",
    config="sr_toolkit.losses.config:AdversarialConfig",
)
RELATIVISTIC = ComponentSpec(
    api=PLUGIN_API,
    summary="Adversarial: relativistic average (Jolicoeur-Martineau 2018), as in ESRGAN.",
    factory="sr_toolkit.losses.adversarial:RelativisticAverage",
    config="sr_toolkit.losses.config:AdversarialConfig",
)
