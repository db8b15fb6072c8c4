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
MS_SSIM = ComponentSpec(
    api=PLUGIN_API,
    summary="Structural similarity over five scales (Wang et al. 2003).",
    factory="sr_toolkit.metrics.ms_ssim:MSSSIM",
    config="sr_toolkit.metrics.config:MSSSIMConfig",
)
NIQE = ComponentSpec(
    api=PLUGIN_API,
    summary="Distance to statistics of pristine photographs (Mittal et al. 2013); lower is better.",
    factory="sr_toolkit.metrics.niqe:NIQE",
    config="sr_toolkit.metrics.config:NIQEConfig",
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
DISTS = ComponentSpec(
    api=PLUGIN_API,
    summary="Structure and texture in VGG16's features (Ding et al. 2020); lower is better.",
    factory="sr_toolkit.metrics.dists:DISTS",
    config="sr_toolkit.metrics.config:DISTSConfig",
)
FID = ComponentSpec(
    api=PLUGIN_API,
    summary="Fréchet Inception distance of a whole set (Heusel et al. 2017); lower is better.",
    factory="sr_toolkit.metrics.fid:FID",
    config="sr_toolkit.metrics.config:FIDConfig",
)
TORCHMETRICS = ComponentSpec(
    api=PLUGIN_API,
    summary="A metric of the package torchmetrics: torchmetrics:NAME.",
    factory="sr_toolkit.metrics.torchmetrics_adapter:TorchMetrics",
    config="sr_toolkit.metrics.config:TorchMetricsConfig",
)
PYIQA = ComponentSpec(
    api=PLUGIN_API,
    summary="A metric of the package pyiqa, which is not free for commercial use: pyiqa:NAME.",
    factory="sr_toolkit.metrics.pyiqa_adapter:PyIQA",
    config="sr_toolkit.metrics.config:PyIQAConfig",
)
