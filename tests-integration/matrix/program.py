"""The program that runs under both: told by lines on its input which scenario to run, it says on its output what happened.

It is started by a Python that has HTTPX and one httpcore or the other, and knows nothing of which it is.
"""

import gc
import json
import os
import sys
import threading
from typing import Any

from .case import Case
from .faces import FACES
from .scenarios.all import SCENARIOS
from .scripts import Places


class Line:
    """The line to the stage: one message each way at a time, in JSON."""

    def __init__(self) -> None:
        # Whatever else is printed must not come between.
        self._output = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)
        self._lock = threading.Lock()

    def tell(self, message: dict[str, Any]) -> None:
        """Say something."""
        self._output.write(json.dumps(message) + "\n")
        self._output.flush()

    def ask(self, message: dict[str, str]) -> None:
        """Say something, and wait until it is done."""
        with self._lock:
            self.tell(message)
            sys.stdin.readline()


def outcome(message: dict[str, Any], line: Line) -> list[str]:
    """Run a scenario on one face, and return its notes."""
    scenario = SCENARIOS[message["scenario"]]
    face = FACES[message["face"]]
    case = Case(face, Places(message["urls"], message["files"]), line.ask)

    async def run() -> None:
        try:
            await scenario.run(case)
        finally:
            await case.close()

    try:
        face.run(run)
    except Exception as error:
        case.note(f"the scenario ended with {type(error).__name__}: {error}")
    # What was dropped without being closed must not stay until chance collects it.
    gc.collect()
    return case.notes


def main() -> None:
    """Run one scenario after the other, until there is no more input."""
    line = Line()
    # What was imported never goes, so nobody has to look through it.
    gc.freeze()
    for text in iter(sys.stdin.readline, ""):
        line.tell({"notes": outcome(json.loads(text), line)})
