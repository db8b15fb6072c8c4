"""The catalog. Sizes are bytes as served; hashes are the publishers' or were taken once."""

from __future__ import annotations

import dataclasses

from sr_toolkit.catalog.records import Archive, Entry, Piece, Source
from sr_toolkit.errors import UnknownNameError

_ETH = "https://data.vision.ee.ethz.ch/cvl/DIV2K"
_SNU = "https://cv.snu.ac.kr/research/EDSR"
_HF = "https://huggingface.co/datasets/eugenesiow"
_COCO = "http://images.cocodataset.org/zips"  # its certificate is another host's
_DRIVE = "https://drive.usercontent.google.com/download?id={}&export=download&confirm=t"
_MB = 1_000_000

BENCHMARK = Archive(
    name="benchmark.tar",
    urls=(f"{_SNU}/benchmark.tar",),
    size=250_112_000,
    digest="sha256:80c21c333bbf6ceb5308b7243761f8284478274413a97b96f1d63e9045fd93e8",
)


def _benchmark(
    folder: str, hosted: str, count: int, at_most: int, *others: str
) -> tuple[Piece, ...]:
    """Return the pieces of a test set: one tar holds all four; HR alone lies elsewhere too."""
    alone = Archive(
        name=f"{hosted}_HR.tar.gz",
        urls=(f"{_HF}/{hosted}/resolve/main/data/{hosted}_HR.tar.gz",),
        at_most=at_most,
    )
    names = (folder, *others)
    hr = Piece(
        folders=tuple(path for name in names for path in (f"{name}/HR", name)),
        count=count,
        sources=(
            Source(archive=BENCHMARK, inside=f"benchmark/{folder}/HR"),
            Source(archive=alone, inside=f"{hosted}_HR"),
        ),
    )
    lr = [
        Piece(
            folders=tuple(f"{name}/LR_bicubic/X{scale}" for name in names),
            count=count,
            scale=scale,
            sources=(Source(archive=BENCHMARK, inside=f"benchmark/{folder}/LR_bicubic/X{scale}"),),
        )
        for scale in (2, 3, 4)
    ]
    return (hr, *lr)


def _div2k(part: str, count: int, inside: str, size: int | None, digest: str) -> Piece:
    """Return a piece of DIV2K: the HR of a part, or its LR at a scale (`…_LR_bicubic/X2`)."""
    folder, _, scale = inside.partition("/")
    name = f"{folder}_{scale}.zip" if scale else f"{folder}.zip"
    archive = Archive(
        name=name, urls=(f"{_ETH}/{name}",), size=size, at_most=120 * _MB, digest=digest
    )
    return Piece(
        folders=(f"DIV2K/{inside}", inside),
        count=count,
        part=part,
        scale=int(scale[1:]) if scale else None,
        sources=(Source(archive=archive, inside=inside),),
    )


_DIV2K = (
    _div2k(
        "train",
        800,
        "DIV2K_train_HR",
        3_530_603_713,
        "sha256:9d0b9c463f6e35b6c62cc6a930ee2224f670b34c1df841a57670f9acf0f6c335",
    ),
    _div2k(
        "valid",
        100,
        "DIV2K_valid_HR",
        448_993_893,
        "sha256:20dd31fd84d777bc1cf5d6b7654a3f569c0aec74458ae094122ad1d0489900fc",
    ),
    _div2k(
        "train",
        800,
        "DIV2K_train_LR_bicubic/X2",
        925_390_592,
        "sha256:a53a424317575838dadce4bcd97cf7b744d6855f43740ed5f0245af3cf4bd850",
    ),
    _div2k(
        "train",
        800,
        "DIV2K_train_LR_bicubic/X3",
        427_847_282,
        "sha256:ad5c8e5507e2765823d3c2c5bd0934842efcd487c5370604c224090898b3163a",
    ),
    _div2k(
        "train",
        800,
        "DIV2K_train_LR_bicubic/X4",
        246_914_039,
        "sha256:f006b837f4eb52b82909aa01478e6d6d199eefce932179491d0c9dbb706dde3a",
    ),
    _div2k(
        "valid",
        100,
        "DIV2K_valid_LR_bicubic/X2",
        117_763_600,
        "sha256:60eed9875c697df51204aa579e2a699e1d5215095788a097ff54dd17e2664d57",
    ),
    _div2k("valid", 100, "DIV2K_valid_LR_bicubic/X3", None, "md5:18b1d310f9f88c13618c287927b29898"),
    _div2k("valid", 100, "DIV2K_valid_LR_bicubic/X4", None, "md5:21962de700c8d368c6ff83314480eff0"),
)

_FLICKR2K_TAR = Archive(
    name="Flickr2K.tar",
    urls=(f"{_SNU}/Flickr2K.tar",),
    at_most=25_000 * _MB,
    digest="md5:5d3f39443d5e9489bff8963f8f26cb03",
)
_FLICKR2K = (
    Piece(
        folders=("Flickr2K/Flickr2K_HR", "Flickr2K/HR", "Flickr2K_HR", "Flickr2K"),
        count=2650,
        sources=(Source(archive=_FLICKR2K_TAR, inside="Flickr2K/Flickr2K_HR"),),
    ),
    *(
        Piece(
            folders=(f"Flickr2K/Flickr2K_LR_bicubic/X{scale}",),
            count=2650,
            scale=scale,
            sources=(
                Source(archive=_FLICKR2K_TAR, inside=f"Flickr2K/Flickr2K_LR_bicubic/X{scale}"),
            ),
        )
        for scale in (2, 3, 4)
    ),
)


def _coco(part: str, folder: str, count: int, size: int, digest: str) -> Piece:
    archive = Archive(
        name=f"{folder}.zip", urls=(f"{_COCO}/{folder}.zip",), size=size, digest=digest
    )
    return Piece(
        folders=(f"COCO/{folder}", f"COCO/images/{folder}", folder),
        count=count,
        part=part,
        sources=(Source(archive=archive, inside=folder),),
    )


_ENTRIES = (
    Entry(
        name="set5",
        title="Set5",
        pieces=_benchmark("Set5", "Set5", 5, 2 * _MB),
        terms="no license is stated; in use for research",
        citation="Bevilacqua et al.: Low-Complexity Single-Image Super-Resolution, BMVC 2012",
        page="http://people.rennes.inria.fr/Aline.Roumy/results/SR_BMVC12.html",
    ),
    Entry(
        name="set14",
        title="Set14",
        pieces=_benchmark("Set14", "Set14", 14, 10 * _MB),
        terms="no license is stated; in use for research",
        citation="Zeyde, Elad, Protter: On Single Image Scale-Up Using Sparse-Representations, "
        "2010",
        page="https://sites.google.com/site/romanzeyde/research-interests",
    ),
    Entry(
        name="b100",
        title="BSD100",
        pieces=_benchmark("B100", "BSD100", 100, 60 * _MB, "BSD100", "BSDS100"),
        terms="non-commercial research and education only",
        citation="Martin et al.: A Database of Human Segmented Natural Images, ICCV 2001",
        page="https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/bsds/",
    ),
    Entry(
        name="urban100",
        title="Urban100",
        pieces=_benchmark("Urban100", "Urban100", 100, 200 * _MB),
        terms="photographs from Flickr under Creative Commons licenses, which differ",
        citation="Huang, Singh, Ahuja: Single Image Super-Resolution from Transformed "
        "Self-Exemplars, CVPR 2015",
        page="https://github.com/jbhuang0604/SelfExSR",
    ),
    Entry(
        name="div2k",
        title="DIV2K",
        pieces=_DIV2K,
        terms="academic research only",
        citation="Agustsson, Timofte: NTIRE 2017 Challenge on Single Image Super-Resolution, "
        "CVPRW 2017",
        page="https://data.vision.ee.ethz.ch/cvl/DIV2K/",
    ),
    Entry(
        name="flickr2k",
        title="Flickr2K",
        pieces=_FLICKR2K,
        terms="photographs from Flickr, each its author's; in use for research",
        citation="Lim et al.: Enhanced Deep Residual Networks, CVPRW 2017",
        page="https://github.com/limbee/NTIRE2017",
    ),
    Entry(
        name="df2k",
        title="DF2K (DIV2K and Flickr2K)",
        # A mix has no parts to ask for: it is fetched as one.
        pieces=tuple(dataclasses.replace(piece, part="") for piece in _DIV2K) + _FLICKR2K,
        terms="DIV2K: academic research only; Flickr2K: photographs from Flickr, each its author's",
        citation="as DIV2K and Flickr2K",
        page="https://data.vision.ee.ethz.ch/cvl/DIV2K/",
    ),
    Entry(
        name="coco",
        title="COCO 2017",
        pieces=(
            _coco(
                "train",
                "train2017",
                118_287,
                19_336_861_798,
                "sha256:69a8bb58ea5f8f99d24875f21416de2e9ded3178e903f1f7603e283b9e06d929",
            ),
            _coco(
                "valid",
                "val2017",
                5_000,
                815_585_330,
                "sha256:4f7e2ccb2866ec5041993c9cf2a952bbed69647b115d0f74da7ce8f4bef82f05",
            ),
        ),
        terms="photographs under Flickr's terms of use, each its author's",
        citation="Lin et al.: Microsoft COCO: Common Objects in Context, ECCV 2014",
        page="https://cocodataset.org/#termsofuse",
    ),
    Entry(
        name="dogs",
        title="Stanford Dogs",
        pieces=(
            Piece(
                folders=("StanfordDogs/Images",),
                count=20_580,
                nested=True,
                sources=(
                    Source(
                        archive=Archive(
                            name="images.tar",
                            # The host speaks no https; the hash is what protects.
                            urls=("http://vision.stanford.edu/aditya86/ImageNetDogs/images.tar",),
                            size=793_579_520,
                            digest="sha256:"
                            "a443fc2f9a851aa1a7b8e4fa4af94b8459fce2c9f5a2f4dd4669cf9673a4ec58",
                        ),
                        inside="Images",
                    ),
                ),
            ),
        ),
        terms="taken from ImageNet: non-commercial research and education only",
        citation="Khosla et al.: Novel Dataset for Fine-Grained Image Categorization, CVPRW 2011",
        page="http://vision.stanford.edu/aditya86/ImageNetDogs/",
    ),
    Entry(
        name="celeba",
        title="CelebA (aligned)",
        pieces=(
            Piece(
                folders=("CelebA/img_align_celeba", "img_align_celeba", "CelebA"),
                count=202_599,
                sources=(
                    Source(
                        archive=Archive(
                            name="img_align_celeba.zip",
                            urls=(_DRIVE.format("0B7EVK8r0v71pZjFTYXZWM3FlRnM"),),
                            size=1_443_490_838,
                            digest="sha256:"
                            "46fb89443c578308acf364d7d379fe1b9efb793042c0af734b6112e4fd3a8c74",
                        ),
                        inside="img_align_celeba",
                    ),
                ),
            ),
        ),
        terms="non-commercial research only; faces of real people",
        citation="Liu et al.: Deep Learning Face Attributes in the Wild, ICCV 2015",
        page="https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html",
    ),
    Entry(
        name="manga109",
        title="Manga109",
        pieces=(Piece(folders=("Manga109/HR", "Manga109"), count=109),),
        terms="academic use after an application; may not be redistributed",
        citation="Matsui et al.: Sketch-based Manga Retrieval using Manga109 Dataset, 2017",
        page="http://www.manga109.org/",
        refusal="It is gated and may not be redistributed: its authors give it to those who apply "
        "at http://www.manga109.org/",
    ),
    Entry(
        name="flickr8k",
        title="Flickr8k",
        pieces=(
            Piece(
                folders=("Flickr8k/Images", "Flickr8k/Flicker8k_Dataset", "Flickr8k"), count=None
            ),
        ),
        terms="non-commercial research and education only, after a request form",
        citation="Hodosh, Young, Hockenmaier: Framing Image Description as a Ranking Task, 2013",
        page="https://hockenmaier.cs.illinois.edu/8k-pictures.html",
        refusal="Its authors give it to those who fill in a request form and agree not to pass it "
        "on; see https://hockenmaier.cs.illinois.edu/8k-pictures.html",
    ),
    Entry(
        name="imagenet",
        title="ImageNet (ILSVRC 2012)",
        pieces=(
            Piece(
                folders=("ImageNet/train", "ILSVRC2012/train"),
                count=1_281_167,
                part="train",
                nested=True,
            ),
            Piece(
                folders=("ImageNet/val", "ILSVRC2012/val"), count=50_000, part="valid", nested=True
            ),
        ),
        terms="non-commercial research and education only, after registration",
        citation="Russakovsky et al.: ImageNet Large Scale Visual Recognition Challenge, 2015",
        page="https://image-net.org/download.php",
        refusal="It is given to those who register and accept its terms of access at "
        "https://image-net.org/download.php",
    ),
)

CATALOG = {entry.name: entry for entry in _ENTRIES}


def find_entry(name: str) -> Entry:
    """Return the set of that name.

    Raises:
        UnknownNameError: the catalog has none.
    """
    if name not in CATALOG:
        raise UnknownNameError("set of the catalog", name, CATALOG)
    return CATALOG[name]
