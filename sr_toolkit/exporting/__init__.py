"""A generator as one file that runs without this toolkit: ONNX, or torch's exported program."""
