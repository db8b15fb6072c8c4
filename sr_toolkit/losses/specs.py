"""The core's own losses on images, as entry points find them."""

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
CHARBONNIER = ComponentSpec(
    api=PLUGIN_API,
    summary="L1 with a rounded tip (Charbonnier et al. 1994, LapSRN 2017).",
    factory="sr_toolkit.losses.pixel:Charbonnier",
    config="sr_toolkit.losses.config:CharbonnierConfig",
)
HUBER = ComponentSpec(
    api=PLUGIN_API,
    summary="Quadratic for small errors, linear for large ones (Huber 1964).",
    factory="sr_toolkit.losses.pixel:Huber",
    config="sr_toolkit.losses.config:HuberConfig",
)
TV = ComponentSpec(
    api=PLUGIN_API,
    summary="Total variation of the SR alone (Rudin et al. 1992).",
    factory="sr_toolkit.losses.edges:TotalVariation",
    config="sr_toolkit.losses.config:TVConfig",
)
GRADIENT = ComponentSpec(
    api=PLUGIN_API,
    summary="Distance of the Sobel gradients.",
    factory="sr_toolkit.losses.edges:SobelGradient",
    config="sr_toolkit.losses.config:GradientConfig",
)
SSIM = ComponentSpec(
    api=PLUGIN_API,
    summary="1 − SSIM, at least 11 pixels a side (Wang et al. 2004).",
    factory="sr_toolkit.losses.structure:SSIMLoss",
    config="sr_toolkit.losses.config:SSIMConfig",
)
MS_SSIM = ComponentSpec(
    api=PLUGIN_API,
    summary="1 − MS-SSIM, at least 176 pixels a side for 5 scales (Wang et al. 2003).",
    factory="sr_toolkit.losses.structure:MultiScaleSSIMLoss",
    config="sr_toolkit.losses.config:MultiScaleSSIMConfig",
)
FOCAL_FREQUENCY = ComponentSpec(
    api=PLUGIN_API,
    summary="Distance of spectra, worst frequencies first (Jiang et al. 2021).",
    factory="sr_toolkit.losses.frequency:FocalFrequency",
    config="sr_toolkit.losses.config:FocalFrequencyConfig",
)
WAVELET = ComponentSpec(
    api=PLUGIN_API,
    summary="Distance of Haar wavelet details (Huang et al. 2017).",
    factory="sr_toolkit.losses.wavelet:HaarWavelet",
    config="sr_toolkit.losses.config:WaveletConfig",
)
VGG = ComponentSpec(
    api=PLUGIN_API,
    summary="Distance of VGG19 features (Johnson et al. 2016, Ledig et al. 2017).",
    factory="sr_toolkit.losses.vgg:VGGLoss",
    config="sr_toolkit.losses.config:VGGConfig",
)
GRAM = ComponentSpec(
    api=PLUGIN_API,
    summary="Style: distance of Gram matrices of VGG19 features (Gatys et al. 2016).",
    factory="sr_toolkit.losses.gram:GramLoss",
    config="sr_toolkit.losses.config:GramConfig",
)
LPIPS = ComponentSpec(
    api=PLUGIN_API,
    summary="Learned perceptual distance; the metric then judges its own (Zhang et al. 2018).",
    factory="sr_toolkit.losses.lpips:LPIPSLoss",
    config="sr_toolkit.losses.config:LPIPSConfig",
)
