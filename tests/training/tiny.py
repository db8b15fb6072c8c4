"""Settings that turn the recipes of SRGAN into a training of a second."""

TINY = (
    "generator.blocks=1",
    "generator.features=8",
    "phases.psnr.steps=6",
    "phases.psnr.batch=2",
    "phases.psnr.crop=32",
    "phases.psnr.validate_every=4",
    "phases.psnr.save_every=3",
    "phases.psnr.log_every=2",
    "phases.gan.steps=6",
    "phases.gan.batch=2",
    "phases.gan.crop=32",
    "phases.gan.validate_every=4",
    "phases.gan.save_every=3",
    "phases.gan.log_every=2",
    "phases.gan.adversarial.config.features=4",
    "phases.gan.adversarial.config.hidden=8",
    "phases.gan.adversarial.config.pool=2",
    "validation_images=1",
)
