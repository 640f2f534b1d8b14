"""HTTPCORE_LOG_LEVEL, tried in programs of their own."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys

import pytest

from httpcore_pool._logs import TRACE, log_as_told

PROGRAM = """
import logging
import httpcore_pool
logging.getLogger("httpcore.pool").log(5, "acquired %s", "it")
logging.getLogger("httpcore.http11").debug("sent")
"""


def output_of(**environment: str) -> str:
    known = {key: value for key, value in os.environ.items() if not key.endswith("_LOG_LEVEL")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**known, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("variable", ["HTTPCORE_LOG_LEVEL", "HTTPX_LOG_LEVEL"])
def test_trace_prints_everything_in_the_documented_form(variable: str) -> None:
    lines = output_of(**{variable: "trace"}).splitlines()
    stamp = r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\]"
    assert len(lines) == 2
    assert re.fullmatch(rf"TRACE {stamp} httpcore\.pool - acquired it", lines[0])
    assert re.fullmatch(rf"DEBUG {stamp} httpcore\.http11 - sent", lines[1])


def test_debug_prints_less() -> None:
    assert "acquired" not in output_of(HTTPCORE_LOG_LEVEL="DEBUG")
    assert "sent" in output_of(HTTPCORE_LOG_LEVEL="DEBUG")


def test_the_projects_own_variable_goes_first() -> None:
    assert "acquired" not in output_of(HTTPCORE_LOG_LEVEL="DEBUG", HTTPX_LOG_LEVEL="TRACE")


@pytest.mark.parametrize("level", ["", "INFO", "nonsense"])
def test_other_values_print_nothing(level: str) -> None:
    assert output_of(HTTPCORE_LOG_LEVEL=level) == ""


@pytest.fixture
def bare_logger(monkeypatch: pytest.MonkeyPatch) -> logging.Logger:
    logger = logging.getLogger("httpcore")
    monkeypatch.setattr(logger, "handlers", [])
    monkeypatch.setattr(logger, "level", logging.NOTSET)
    logger.manager._clear_cache()  # type: ignore[attr-defined]  # levels were computed before
    return logger


def test_handlers_of_the_program_are_respected(bare_logger: logging.Logger) -> None:
    handler = logging.NullHandler()
    bare_logger.handlers.append(handler)
    log_as_told({"HTTPCORE_LOG_LEVEL": "TRACE"})
    assert bare_logger.handlers == [handler]
    assert bare_logger.level == logging.NOTSET


def test_level_has_its_name(bare_logger: logging.Logger) -> None:
    log_as_told({"HTTPCORE_LOG_LEVEL": "TRACE"})
    assert logging.getLevelName(TRACE) == "TRACE"
    assert bare_logger.level == TRACE
    assert len(bare_logger.handlers) == 1
