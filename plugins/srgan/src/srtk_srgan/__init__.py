"""SRGAN for sr-toolkit: SRResNet and MSRResNet generators, the paper's discriminator, recipes."""

__version__ = "0.1.0"
