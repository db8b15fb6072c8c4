"""The core's own discriminators, as entry points find them."""

from sr_toolkit.spec import PLUGIN_API, ComponentSpec

PATCH = ComponentSpec(
    api=PLUGIN_API,
    summary="PatchGAN: a logit for each patch (Isola et al. 2017).",
    factory="sr_toolkit.discriminators.patch:PatchDiscriminator",
    config="sr_toolkit.discriminators.config:PatchConfig",
)
VGG = ComponentSpec(
    api=PLUGIN_API,
    summary="VGG-like: a logit for each image, any crop (Ledig et al. 2017).",
    factory="sr_toolkit.discriminators.vgg:VGGDiscriminator",
    config="sr_toolkit.discriminators.config:VGGConfig",
)
