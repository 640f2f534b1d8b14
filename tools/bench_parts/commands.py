"""The commands of `tools/bench`: what measures in other ways, and what shows it.

To add one, write a module whose `main` takes the rest of the arguments and returns the exit status, and add a line here.
It runs inside the development environment, and is imported only when it is asked for.
"""

from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True)
class Command:
    """A module and what it does, in a few words."""

    module: str
    summary: str

    def run(self, arguments: list[str]) -> int:
        """Run it with the rest of the arguments and return the exit status."""
        status: int = import_module(self.module).main(arguments)
        return status


COMMANDS = {
    "instructions": Command("bench_parts.instructions", "a request in instructions, by valgrind"),
    "network": Command(
        "bench_network", "backends, new connections and idle ones, with and without TLS"
    ),
    "publish": Command("bench_parts.publishing", "the page of the documentation, from a record"),
    "pool": Command("bench_pool", "the pool alone, as connections and requests in line grow"),
    "http2": Command("bench_http2", "downloads over HTTP/2 along a link with a delay"),
    "memory": Command("bench_memory", "what is kept for an idle connection and a request in line"),
}


def listed() -> str:
    """The commands for a help text, one a line."""
    width = max(map(len, COMMANDS))
    return "\n".join(
        f"    tools/bench {name:{width}}  {command.summary}" for name, command in COMMANDS.items()
    )
