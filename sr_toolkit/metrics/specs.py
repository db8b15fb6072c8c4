"""The core's own metrics, as entry points find them."""

from sr_toolkit.spec import PLUGIN_API, ComponentSpec

PSNR = ComponentSpec(
    api=PLUGIN_API,
    summary="Peak signal-to-noise ratio in dB.",
    factory="sr_toolkit.metrics.psnr:PSNR",
    config="sr_toolkit.metrics.config:PSNRConfig",
)
SSIM = ComponentSpec(
    api=PLUGIN_API,
    summary="Structural similarity, 11×11 Gaussian window (Wang et al. 2004).",
    factory="sr_toolkit.metrics.ssim:SSIM",
    config="sr_toolkit.metrics.config:SSIMConfig",
)
LPIPS = ComponentSpec(
    api=PLUGIN_API,
    summary="Learned perceptual distance, version 0.1 (Zhang et al. 2018); lower is better.",
    factory="sr_toolkit.metrics.lpips:LPIPS",
    config="sr_toolkit.metrics.config:LPIPSConfig",
)
LR_PSNR = ComponentSpec(
    api=PLUGIN_API,
    summary="PSNR of the SR degraded again against the LR: how much a model invents.",
    factory="sr_toolkit.metrics.consistency:LRConsistency",
    config="sr_toolkit.metrics.config:PSNRConfig",
)
