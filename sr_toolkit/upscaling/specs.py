"""The core's own models: reference upscalers, which need no training."""

from sr_toolkit.spec import PLUGIN_API, ModelSpec

BICUBIC = ModelSpec(
    api=PLUGIN_API,
    summary="MATLAB's bicubic interpolation, the baseline of every table.",
    scales=(2, 3, 4, 6, 8),
    generator="sr_toolkit.upscaling.resizers:build_bicubic",
    config="sr_toolkit.upscaling.config:ResizerConfig",
    paper=("Keys: Cubic Convolution Interpolation for Digital Image Processing, IEEE TASSP 1981"),
    license="Apache-2.0",
    needs_weights=False,
)
