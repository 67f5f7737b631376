"""Etherloom: an independent implementation of the SoftEther VPN system. Python decides, Rust moves."""

from etherloom.model.product import VERSION as __version__

__all__ = ["__version__"]
