"""From a trained model to images: finding its weights, tiling, upscaling."""
