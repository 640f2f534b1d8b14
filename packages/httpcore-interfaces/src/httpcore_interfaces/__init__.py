"""The interfaces of an HTTP transport: requests, responses, streams, connections and exceptions."""

from .__about__ import __version__

__all__ = ["__version__"]
