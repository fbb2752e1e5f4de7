"""The local HTTP service, for whoever embeds it; needs `pip install "saps[serve]"`."""

from saps.serve.application import create_app
from saps.serve.settings import ServiceSettings

__all__ = ["ServiceSettings", "create_app"]
