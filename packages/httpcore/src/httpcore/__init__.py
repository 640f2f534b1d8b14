"""A minimal HTTP client transport: connection pooling, HTTP/1.1, HTTP/2 and proxies, sync and async."""

from .__about__ import __version__

__all__ = ["__version__"]
