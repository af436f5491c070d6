"""Sign and verify container images in CI, in cosign's formats."""

__version__ = "0.1.0"
