"""The networks by name, for people; nothing is imported. A test holds it to spandrel's registry."""

from __future__ import annotations

NETWORKS = (
    *("ATD", "AuraSR", "CRAFT", "Compact", "DAT", "DCTLSA", "DITN", "DRCT", "DRUNet", "DnCNN"),
    *("ESRGAN", "FBCNN", "FDAT", "FFTformer", "GFPGAN", "GRL", "HAT", "HVICIDNet", "IPT"),
    *("KBNet_l", "KBNet_s", "MMRealSR", "MixDehazeNet", "MoESR", "MoSR", "NAFNet", "OmniSR"),
    *("PLKSR", "RCAN", "RGT", "RealPLKSR", "RestoreFormer", "RetinexFormer", "SAFMN"),
    *("SAFMNBCIE", "SCUNet", "SPAN", "SeemoRe", "SwiftSRGAN", "Swin2SR", "SwinIR", "Uformer"),
    *("UpCunet2x", "UpCunet2x_fast", "UpCunet3x", "UpCunet4x"),
)
"""Architectures of spandrel 0.4.2, or the networks of those that have several (KBNet, PLKSR,
RealCUGAN); LaMa, which wants a mask, is left out."""

PERMISSIVE = "MIT, Apache-2.0 or the public domain"
"""What spandrel's documentation says of the code of all its architectures."""

RESTRICTED = {
    "AdaCode": "CC BY-NC-SA 4.0",
    "CodeFormer": "S-Lab License 1.0, non-commercial",
    "DDColor": "for academic and non-commercial use only",
    "FeMaSR": "CC BY-NC-SA 4.0",
    "M3SNet": "Academic Public License",
    "MAT": "CC BY-NC 4.0",
    "MIRNet2": "Academic Public License",
    "MPRNet": "Academic Public License",
    "Restormer": "Academic Public License",
    "SRFormer": "CC BY-NC 4.0",
}
"""Architectures of the package spandrel_extra_arches 0.2, and the license of their code."""
