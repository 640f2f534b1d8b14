"""What it takes to import a library, in processes that have imported nothing else but what Python starts with.

HTTPX loads its command line, too, and with it Click, Rich and Pygments, wherever it finds them. In the environment for
development it would, for they serve the documentation; in those of the peers they are not there. So nobody finds them.
"""

import subprocess
import sys

from bench_clients.measuring import Cost, Job, main

_PROGRAM = """
import sys
sys.modules["click"] = None
from time import perf_counter, process_time
wall, cpu = perf_counter(), process_time()
import {library}
print(process_time() - cpu, perf_counter() - wall)
"""


def client(job: Job) -> Cost:
    """Import it again and again, each time in a new process; the first time is for the caches of files."""
    program = _PROGRAM.format(library=job.library)
    cpu = wall = 0.0
    for number in range(1 + job.exchanges):
        done = subprocess.run(
            [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        if number:
            used, taken = map(float, done.stdout.split())
            cpu += used
            wall += taken
    return Cost(cpu, wall, job.exchanges)


if __name__ == "__main__":
    main(client)
