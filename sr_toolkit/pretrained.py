"""Pretrained feature networks: looked up on this machine first, downloaded with a hash last.

Order of search: an explicit path, `--weights-root`, `SRTK_WEIGHTS`, the user's cache, torch hub's
folder, and then, where allowed, the address that publishes it. A file found on disk is accepted by
its keys and shapes; only downloads are held to a hash.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sr_toolkit.config.places import cache_dir, weights_roots
from sr_toolkit.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor

TORCHVISION = "https://download.pytorch.org/models/"
PYTORCH_FID = "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/"


@dataclass(frozen=True)
class FeatureNetwork:
    """A network whose convolutional features a loss or metric uses.

    Attributes:
        name: torchvision's name, or another program's.
        full: the published file; eight hex digits in its name begin its SHA-256.
        parts: smaller files that hold feature layers alone, accepted in its place.
        megabytes: size of the full file, told on stderr before a download.
        home: the address of the full file's folder; empty: torchvision's.
    """

    name: str
    full: str
    parts: tuple[str, ...]
    megabytes: int
    home: str = ""

    @property
    def hash_prefix(self) -> str:
        """The first digits of the full file's SHA-256, as torchvision publishes them."""
        return self.full.rsplit("-", 1)[1].removesuffix(".pth")


NETWORKS: Mapping[str, FeatureNetwork] = {
    network.name: network
    for network in (
        FeatureNetwork(
            "vgg19",
            "vgg19-dcbb9e9d.pth",
            ("vgg19_conv1_1-conv3_4.safetensors", "vgg19_features.safetensors"),
            548,
        ),
        FeatureNetwork("vgg16", "vgg16-397923af.pth", ("vgg16_features.safetensors",), 528),
        FeatureNetwork(
            "alexnet", "alexnet-owt-7be5be79.pth", ("alexnet_features.safetensors",), 233
        ),
        FeatureNetwork(
            "squeezenet1_1",
            "squeezenet1_1-b8a52dc0.pth",
            ("squeezenet1_1_features.safetensors",),
            5,
        ),
        FeatureNetwork(
            "fid-inception",
            "pt_inception-2015-12-05-6726825d.pth",
            ("fid_inception.safetensors", "weights-inception-2015-12-05-6726825d.pth"),
            91,
            PYTORCH_FID,
        ),
        # The weights of DISTS's channels; published without a hash, and so never downloaded
        FeatureNetwork("dists", "weights.pt", ("dists_weights.pt", "dists.safetensors"), 1),
    )
}


def load_features(
    name: str,
    shapes: Mapping[str, tuple[int, ...]],
    *,
    path: Path | None = None,
    root: Path | None = None,
    download: bool = False,
) -> dict[str, Tensor]:
    """Return the tensors of a feature network that `shapes` asks for.

    Args:
        name: one of `NETWORKS`.
        shapes: torchvision's key, such as `features.0.weight`, to the shape that must be there.
        path: an explicit file, which is then the only candidate.
        root: a folder searched before all others (`--weights-root`).
        download: may the published file be fetched if nothing is found?

    Raises:
        WeightsError: nothing found, or no file holds all that is asked for; says where it looked,
            and what was found but unfit, also where a download was then tried and failed.
    """
    network = NETWORKS[name]
    if path is not None and not path.is_file():
        raise WeightsError(f"The weights file '{path}' for {name} does not exist.")
    rejected: list[str] = []
    for candidate in [path] if path else candidates(network, root):
        tensors = _read(candidate)
        problem = _misfit(tensors, shapes)
        if not problem:
            return {key: tensors[key].float() for key in shapes}
        rejected.append(f"'{candidate}' {problem}")
    looked = f"looked at '{path}'" if path else f"looked in {_places(root)}"
    absent = f"The weights of {name} are not at hand; {looked}."
    if rejected:
        absent += f" Found, but unfit: {'; '.join(rejected)}."
    if download and path is None:
        try:
            tensors = _read(_download(network))
        except WeightsError as error:
            raise WeightsError(f"{absent} {error}") from None
        if problem := _misfit(tensors, shapes):
            raise WeightsError(f"{absent} The downloaded {network.full} {problem}.")
        return {key: tensors[key].float() for key in shapes}
    raise WeightsError(
        f"{absent} Put {network.full} or {network.parts[0]} there, or set SRTK_WEIGHTS to a folder "
        f"with it."
    )


def candidates(network: FeatureNetwork, root: Path | None = None) -> Iterator[Path]:
    """Yield the files on this machine that may hold `network`, in order of search."""
    for folder in _folders(root):
        for name in (*network.parts, network.full):
            if (folder / name).is_file():
                yield folder / name


def _folders(root: Path | None) -> tuple[Path, ...]:
    import torch

    return (*weights_roots(root), Path(torch.hub.get_dir()) / "checkpoints")


def _places(root: Path | None) -> str:
    return ", ".join(f"'{folder}'" for folder in _folders(root))


def _read(path: Path) -> dict[str, Tensor]:
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, OSError, RuntimeError, ValueError, EOFError) as error:
        raise WeightsError(f"Cannot read the weights file '{path}': {error}.") from None
    except Exception as error:  # weights_only refuses pickled code with its own error class
        raise WeightsError(
            f"'{path}' holds more than plain tensors and was not loaded ({type(error).__name__})."
        ) from None
    tensors = loaded.items() if isinstance(loaded, Mapping) else ()
    named = {key: value for key, value in tensors if isinstance(value, torch.Tensor)}
    if not named:
        raise WeightsError(
            f"'{path}' holds a {type(loaded).__name__} and no mapping of names to tensors; give a "
            f"state dict as torchvision publishes them."
        )
    return named


def _misfit(tensors: Mapping[str, Tensor], shapes: Mapping[str, tuple[int, ...]]) -> str:
    for key, shape in shapes.items():
        if key not in tensors:
            return f"has no '{key}'"
        if tuple(tensors[key].shape) != shape:
            return f"has '{key}' of shape {tuple(tensors[key].shape)} instead of {shape}"
    return ""


def _download(network: FeatureNetwork) -> Path:
    import torch

    target = cache_dir() / "weights" / network.full
    url = (network.home or TORCHVISION) + network.full
    print(f"Downloading {network.full} ({network.megabytes} MB) from {url}", file=sys.stderr)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(url, str(target), hash_prefix=network.hash_prefix)
    except (OSError, RuntimeError) as error:  # URLError is an OSError, a wrong hash a RuntimeError
        raise WeightsError(
            f"Cannot download {network.full} ({network.megabytes} MB) from {url}: {error}. Put the "
            f"file into a folder named by SRTK_WEIGHTS."
        ) from None
    return target
