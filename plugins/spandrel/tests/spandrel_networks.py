"""Small networks of spandrel's with random weights, saved as their authors save them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from srtk_spandrel.library import network, quiet

SWIN: dict[str, Any] = {"embed_dim": 12, "num_heads": [2], "window_size": 8, "upscale": 2}
SMALL: dict[str, dict[str, Any]] = {
    "ATD": {
        **SWIN,
        "depths": [2],
        "category_size": 32,
        "num_tokens": 8,
        "upsampler": "pixelshuffle",
    },
    "CRAFT": {"depths": [2], "num_heads": [6], "upscale": 2},
    "Compact": {"num_feat": 8, "num_conv": 2, "upscale": 2},
    "DAT": {"embed_dim": 32, "depth": [2], "num_heads": [2], "split_size": [4, 8], "upscale": 2},
    "DCTLSA": {"nf": 10, "upscale": 2},
    "DITN": {"dim": 12, "ITL_blocks": 2, "SAL_blocks": 2, "upscale": 2},
    "DRCT": {
        **SWIN,
        "embed_dim": 24,
        "depths": [6],
        "gc": 8,
        "upsampler": "pixelshuffle",
    },
    "DRUNet": {"in_nc": 4, "out_nc": 3, "nc": [8, 8, 8, 8]},
    "DnCNN": {"in_nc": 3, "out_nc": 3, "nc": 8, "nb": 4},
    "ESRGAN": {"num_filters": 8, "num_blocks": 1, "scale": 2},
    "FDAT": {
        "embed_dim": 16,
        "num_groups": 1,
        "depth_per_group": 2,
        "num_heads": 2,
        "scale": 2,
        "mid_dim": 16,
    },
    "FFTformer": {"dim": 8, "num_blocks": [1, 1, 1], "num_refinement_blocks": 1},
    "HAT": {**SWIN, "embed_dim": 16, "depths": [2], "squeeze_factor": 4, "num_feat": 16},
    "HVICIDNet": {"channels": [8, 8, 16, 32]},
    "IPT": {"n_feats": 8, "num_heads": 12, "num_layers": 1, "scale": [2], "patch_size": 12},
    "KBNet_s": {"width": 8, "middle_blk_num": 1, "enc_blk_nums": [1, 1], "dec_blk_nums": [1, 1]},
    "MixDehazeNet": {"embed_dims": [8, 16, 24, 16, 8]},
    "MoESR": {"scale": 2, "dim": 16, "n_blocks": 1, "n_block": 1, "upsample_dim": 16},
    "MoSR": {"upscale": 2, "n_block": 2, "dim": 16},
    "NAFNet": {"width": 8, "enc_blk_nums": [1, 1], "dec_blk_nums": [1, 1]},
    "OmniSR": {"num_feat": 16, "up_scale": 2},
    "PLKSR": {"dim": 16, "n_blocks": 2, "upscaling_factor": 2},
    "RCAN": {"scale": 2, "n_resgroups": 1, "n_resblocks": 2, "n_feats": 16},
    "RGT": {"embed_dim": 32, "depth": [2], "num_heads": [2], "upscale": 2, "split_size": [4, 4]},
    "RealPLKSR": {"dim": 16, "n_blocks": 2, "upscaling_factor": 2},
    "RetinexFormer": {"n_feat": 8, "stage": 1},
    "SAFMN": {"dim": 16, "n_blocks": 2, "upscaling_factor": 2},
    "SAFMNBCIE": {"dim": 16, "n_blocks": 1, "num_layers": 1},
    "SPAN": {"num_in_ch": 3, "num_out_ch": 3, "feature_channels": 12, "upscale": 2},
    "SeemoRe": {"scale": 2, "num_experts": 3, "num_layers": 2, "embedding_dim": 12},
    "SwiftSRGAN": {"num_channels": 16, "num_blocks": 1, "upscale_factor": 2},
    "Swin2SR": {**SWIN, "depths": [2], "upsampler": "pixelshuffledirect"},
    "SwinIR": {**SWIN, "depths": [2], "upsampler": "pixelshuffledirect"},
    "Uformer": {"embed_dim": 8, "depths": [1] * 9, "num_heads": [1] * 9},
    "UpCunet2x": {},
    "UpCunet3x": {},
}
"""Networks whose weights tell all that matters, with parameters that make them small."""

State = Mapping[str, Tensor]
WRAPPED: dict[str, Callable[[State], Any]] = {
    "params_ema.pth": lambda state: {"params_ema": dict(state), "params": {}},
    "params.pth": lambda state: {"params": dict(state)},
    "module.pth": lambda state: {"state_dict": {f"module.{k}": v for k, v in state.items()}},
    "bare.pth": dict,
    "net.ckpt": lambda state: {"net": dict(state), "epoch": 7},
}
"""File names to how programs wrap the weights in such a file."""


def make(name: str, **changes: Any) -> nn.Module:
    """Build a network whose biases, norms and scales are not those of a fresh one."""
    torch.manual_seed(len(name))
    with quiet():
        built = network(name).cls(**{**SMALL[name], **changes})
    for parameter in built.parameters():
        parameter.data += 0.02 * torch.randn_like(parameter)
    return built


def write(path: Path, state: State, wrapper: str = "") -> Path:
    """Write weights as safetensors, or pickled in one of `WRAPPED`."""
    if path.suffix == ".safetensors":
        save_file({key: value.clone().contiguous() for key, value in state.items()}, path)
    else:
        torch.save(WRAPPED[wrapper](state), path)
    return path


def silent(call: Callable[[], Any]) -> Any:
    """Return what another library's call returns, its warnings left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call()
