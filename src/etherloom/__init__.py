"""Etherloom: an independent implementation of the SoftEther VPN system. Python decides, Rust moves."""

from etherloom.model import product

__version__ = product.VERSION
