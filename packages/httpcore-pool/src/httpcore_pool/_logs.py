"""Logs on standard error, for whoever sets `HTTPCORE_LOG_LEVEL` and nothing else.

The loggers are `httpcore.connection`, `httpcore.http11`, `httpcore.http2`, `httpcore.proxy` and `httpcore.pool`. What a
request does is said at DEBUG, what the pool decides at TRACE, which is finer than DEBUG. A program that configures
logging itself needs none of this.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TRACE", "log_as_told"]

TRACE = 5

_VARIABLES = ("HTTPCORE_LOG_LEVEL", "HTTPX_LOG_LEVEL")
_LEVELS = {"TRACE": TRACE, "DEBUG": logging.DEBUG}


def log_as_told(environment: Mapping[str, str]) -> None:
    """Print to standard error what `HTTPCORE_LOG_LEVEL`, or `HTTPX_LOG_LEVEL`, asks for: `TRACE` or `DEBUG`.

    Other values ask for nothing. Nothing is done when the logger `httpcore` has a handler already.
    """
    logging.addLevelName(TRACE, "TRACE")
    told = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    level = _LEVELS.get(told.upper())
    logger = logging.getLogger("httpcore")
    if level is None or logger.handlers:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        logging.Formatter("%(levelname)s [%(asctime)s] %(name)s - %(message)s", "%Y-%m-%d %H:%M:%S")
    )
    logger.addHandler(handler)
    logger.setLevel(level)
