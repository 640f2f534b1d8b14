"""HTTP/1.1 connections for httpcore, over any network stream."""

from .__about__ import __version__

__all__ = ["__version__"]
