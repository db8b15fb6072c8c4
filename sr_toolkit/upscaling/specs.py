"""The core's own models: reference upscalers, which need no training."""

from sr_toolkit.spec import PLUGIN_API, ModelSpec


def _resizer(name: str, summary: str, paper: str = "") -> ModelSpec:
    return ModelSpec(
        api=PLUGIN_API,
        summary=summary,
        scales=(2, 3, 4, 6, 8),
        generator=f"sr_toolkit.upscaling.resizers:{name}",
        config="sr_toolkit.upscaling.config:ResizerConfig",
        paper=paper,
        license="Apache-2.0",
        needs_weights=False,
    )


BICUBIC = _resizer(
    "Bicubic",
    "MATLAB's bicubic interpolation, the baseline of every table.",
    "Keys: Cubic Convolution Interpolation for Digital Image Processing, IEEE TASSP 1981",
)
NEAREST = _resizer("Nearest", "Each pixel repeated.")
BILINEAR = _resizer("Bilinear", "MATLAB's bilinear interpolation.")
LANCZOS = _resizer(
    "Lanczos",
    "MATLAB's Lanczos interpolation, three lobes.",
    "Duchon: Lanczos Filtering in One and Two Dimensions, Journal of Applied Meteorology 1979",
)
PIL_BICUBIC = _resizer("PillowBicubic", "Pillow's bicubic interpolation of 8-bit images.")
