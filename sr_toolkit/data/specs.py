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
    factory="sr_toolkit.data.benchmark:DIV2K",
    config="sr_toolkit.data.config:PartConfig",
)
