"""The core's own adversarial losses, as entry points find them."""

from sr_toolkit.spec import PLUGIN_API, ComponentSpec

VANILLA = ComponentSpec(
    api=PLUGIN_API,
    summary="Adversarial: binary cross-entropy, non-saturating (Goodfellow et al. 2014).",
    factory="sr_toolkit.losses.adversarial:Vanilla",
    config="sr_toolkit.losses.adversarial_config:AdversarialConfig",
)
RELATIVISTIC = ComponentSpec(
    api=PLUGIN_API,
    summary="Adversarial: relativistic average (Jolicoeur-Martineau 2018), as in ESRGAN.",
    factory="sr_toolkit.losses.adversarial:RelativisticAverage",
    config="sr_toolkit.losses.adversarial_config:AdversarialConfig",
)
LSGAN = ComponentSpec(
    api=PLUGIN_API,
    summary="Adversarial: least squares (Mao et al. 2017).",
    factory="sr_toolkit.losses.adversarial:LeastSquares",
    config="sr_toolkit.losses.adversarial_config:LabelConfig",
)
HINGE = ComponentSpec(
    api=PLUGIN_API,
    summary="Adversarial: hinge (Lim and Ye 2017).",
    factory="sr_toolkit.losses.adversarial:Hinge",
    config="sr_toolkit.losses.adversarial_config:HingeConfig",
)
WASSERSTEIN = ComponentSpec(
    api=PLUGIN_API,
    summary="Adversarial: Wasserstein, needs a penalty or spectral norm (Arjovsky et al. 2017).",
    factory="sr_toolkit.losses.adversarial:Wasserstein",
    config="sr_toolkit.losses.adversarial_config:WassersteinConfig",
)
