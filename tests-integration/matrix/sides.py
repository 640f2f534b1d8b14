"""The two sides: the program under httpcore 1.0.9, and the same program under the wheels of this tree.

Each side has a few processes that take the next case from one queue, so that waiting for a time-out costs nobody else
anything. The servers of a case are in this process.
"""

import json
import subprocess
import threading
from collections.abc import Iterable
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from .certificates import Certificates
from .scenario import Scenario
from .stage import Stage

HERE = Path(__file__).resolve().parent

#: What is the same in both environments. The versions of what is below count too, so they are fixed.
REQUIREMENTS = (
    "httpx[http2,socks]==0.28.1",
    "anyio==4.16.0",
    "h11==0.16.0",
    "h2==4.4.1",
    "hpack==4.2.0",
    "hyperframe==6.1.0",
    "socksio==1.0.0",
    "trio==0.35.0",
)

# Isolated from everything but the folder that this one is in.
START = "import sys; sys.path.append(sys.argv[1]); from matrix.program import main; main()"

# Seconds for one case. What takes longer hangs.
PATIENCE = 20.0

#: The outcome of a scenario on a face: what the client noted, and then what the servers saw.
Outcome = tuple[str, ...]
Case = tuple[str, str]


class _Process:
    """One process that runs the program."""

    def __init__(self, python: Path, log: Path) -> None:
        self._python = python
        self._log = log
        self._process: subprocess.Popen[str] | None = None

    def run(self, scenario: Scenario, face: str, certificates: Certificates) -> Outcome:
        """Run a scenario on a face, and return what happened."""
        stage = Stage(scenario.servers, certificates)
        places = stage.places()
        message = {
            "scenario": scenario.name,
            "face": face,
            "urls": places.urls,
            "files": places.files,
        }
        notes = self._talk(message, stage)
        saw = stage.close()
        if not scenario.ordered:
            notes.sort()
            saw.sort()
        return tuple(map(stage.disguise(), [*notes, *(saw if scenario.tells_servers else [])]))

    def _talk(self, message: dict[str, Any], stage: Stage) -> list[str]:
        process = self._started()
        assert process.stdout is not None
        timer = threading.Timer(PATIENCE, process.kill)
        timer.start()
        try:
            while True:
                self._send(message)
                answer: dict[str, Any] = json.loads(process.stdout.readline() or "{}")
                match answer:
                    case {"notes": notes}:
                        return [str(note) for note in notes]
                    case {"tell": name}:
                        stage.event(name).set()
                    case {"wait_for": name}:
                        stage.wait_for(name)
                    case _:
                        self.close()
                        return ["hangs, or the process died"]
                message = {}
        finally:
            timer.cancel()

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def _started(self) -> "subprocess.Popen[str]":
        if self._process is None:
            with self._log.open("a") as log:
                self._process = subprocess.Popen(
                    [self._python, "-I", "-c", START, HERE.parent],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                )
        return self._process

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


class Side:
    """One side, while it runs: `outcomes` fills, and is complete after `join`."""

    def __init__(
        self,
        python: Path,
        scenarios: Iterable[Scenario],
        certificates: Certificates,
        log: Path,
        processes: int = 3,
    ) -> None:
        self.outcomes: dict[Case, Outcome] = {}
        self.errors: list[BaseException] = []
        self._queue: Queue[tuple[Scenario, str]] = Queue()
        for scenario in scenarios:
            for face in scenario.faces:
                self._queue.put((scenario, face))
        self._certificates = certificates
        self._threads = [
            threading.Thread(target=self._work, args=(_Process(python, log),))
            for _ in range(processes)
        ]
        for thread in self._threads:
            thread.start()

    def _work(self, process: _Process) -> None:
        try:
            while True:
                scenario, face = self._queue.get_nowait()
                found = process.run(scenario, face, self._certificates)
                self.outcomes[scenario.name, face] = found
        except Empty:
            pass
        except BaseException as error:
            self.errors.append(error)
            raise
        finally:
            process.close()

    def join(self) -> dict[Case, Outcome]:
        """Wait until everything has run, and return what happened."""
        for thread in self._threads:
            thread.join()
        if self.errors:
            raise self.errors[0]
        return self.outcomes
