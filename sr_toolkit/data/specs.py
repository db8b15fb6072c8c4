"""The core's own datasets, as entry points find them."""

from sr_toolkit.spec import PLUGIN_API, ComponentSpec

SAMPLE = ComponentSpec(
    api=PLUGIN_API,
    summary="Photographs that come with scikit-image; train and test parts; nothing to download.",
    factory="sr_toolkit.data.sample:Sample",
    config="sr_toolkit.data.config:SampleConfig",
)
FOLDER = ComponentSpec(
    api=PLUGIN_API,
    summary="Every image below a folder: folder:PATH.",
    factory="sr_toolkit.data.folder:Folder",
    config="sr_toolkit.data.config:FolderConfig",
)
SET5 = ComponentSpec(
    api=PLUGIN_API,
    summary="Set5, 5 images (Bevilacqua et al. 2012).",
    factory="sr_toolkit.data.benchmark:Set5",
    config="sr_toolkit.data.config:BenchmarkConfig",
)
SET14 = ComponentSpec(
    api=PLUGIN_API,
    summary="Set14, 14 images (Zeyde et al. 2010).",
    factory="sr_toolkit.data.benchmark:Set14",
    config="sr_toolkit.data.config:BenchmarkConfig",
)
B100 = ComponentSpec(
    api=PLUGIN_API,
    summary="BSD100, 100 images (Martin et al. 2001).",
    factory="sr_toolkit.data.benchmark:B100",
    config="sr_toolkit.data.config:BenchmarkConfig",
)
URBAN100 = ComponentSpec(
    api=PLUGIN_API,
    summary="Urban100, 100 buildings (Huang et al. 2015).",
    factory="sr_toolkit.data.benchmark:Urban100",
    config="sr_toolkit.data.config:BenchmarkConfig",
)
DIV2K = ComponentSpec(
    api=PLUGIN_API,
    summary="DIV2K, 800 training and 100 validation images (Agustsson, Timofte 2017).",
    factory="sr_toolkit.data.collections:DIV2K",
    config="sr_toolkit.data.config:PartConfig",
)
FLICKR2K = ComponentSpec(
    api=PLUGIN_API,
    summary="Flickr2K, 2650 images (Lim et al. 2017).",
    factory="sr_toolkit.data.collections:Flickr2K",
    config="sr_toolkit.data.config:BenchmarkConfig",
)
DF2K = ComponentSpec(
    api=PLUGIN_API,
    summary="DIV2K's training part and Flickr2K, 3450 images; validation: DIV2K's.",
    factory="sr_toolkit.data.collections:DF2K",
    config="sr_toolkit.data.config:BenchmarkConfig",
)
COCO = ComponentSpec(
    api=PLUGIN_API,
    summary="COCO 2017, 118,287 training and 5,000 validation images (Lin et al. 2014).",
    factory="sr_toolkit.data.collections:COCO",
    config="sr_toolkit.data.config:PartConfig",
)
DOGS = ComponentSpec(
    api=PLUGIN_API,
    summary="Stanford Dogs, 20,580 images (Khosla et al. 2011).",
    factory="sr_toolkit.data.collections:Dogs",
    config="sr_toolkit.data.config:BenchmarkConfig",
)
CELEBA = ComponentSpec(
    api=PLUGIN_API,
    summary="CelebA, 202,599 aligned faces (Liu et al. 2015).",
    factory="sr_toolkit.data.collections:CelebA",
    config="sr_toolkit.data.config:BenchmarkConfig",
)
MANGA109 = ComponentSpec(
    api=PLUGIN_API,
    summary="Manga109, 109 pages (Matsui et al. 2017); bring your own folder.",
    factory="sr_toolkit.data.benchmark:Manga109",
    config="sr_toolkit.data.config:BenchmarkConfig",
)
FLICKR8K = ComponentSpec(
    api=PLUGIN_API,
    summary="Flickr8k (Hodosh et al. 2013); bring your own folder.",
    factory="sr_toolkit.data.collections:Flickr8k",
    config="sr_toolkit.data.config:BenchmarkConfig",
)
IMAGENET = ComponentSpec(
    api=PLUGIN_API,
    summary="ImageNet, ILSVRC 2012 (Russakovsky et al. 2015); bring your own folder.",
    factory="sr_toolkit.data.collections:ImageNet",
    config="sr_toolkit.data.config:PartConfig",
)
