"""Connection pooling, routing, TLS and network backends for httpcore."""

from .__about__ import __version__

__all__ = ["__version__"]
