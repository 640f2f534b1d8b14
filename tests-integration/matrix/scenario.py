"""A scenario: a name, the servers it needs, and what is done with them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .scripts import Server

if TYPE_CHECKING:
    from .case import Case

Run = Callable[["Case"], Awaitable[None]]

FACES = ("sync", "asyncio", "trio")


@dataclass(frozen=True)
class Scenario:
    """One scenario.

    Args:
        name: the file it is in and what it is about, as in `responses/no-reason`.
        run: what is done, with a case.
        servers: the servers by their names.
        ordered: whether the order of what is noted counts; where things happen at the same time it cannot.
        tells_servers: whether what the servers saw is part of the outcome; where it hangs on timing it cannot be.
        faces: those that it runs on.
    """

    name: str
    run: Run
    servers: dict[str, Server]
    ordered: bool = True
    tells_servers: bool = True
    faces: tuple[str, ...] = FACES


class Scenarios:
    """The scenarios of one file."""

    def __init__(self, group: str) -> None:
        self._group = group
        self.all: list[Scenario] = []

    def add(
        self,
        name: str,
        run: Run,
        *,
        ordered: bool = True,
        tells_servers: bool = True,
        faces: tuple[str, ...] = FACES,
        **servers: Server,
    ) -> None:
        """Add a scenario."""
        name = f"{self._group}/{name}"
        self.all.append(Scenario(name, run, servers, ordered, tells_servers, faces))

    def named(
        self,
        name: str,
        *,
        ordered: bool = True,
        tells_servers: bool = True,
        faces: tuple[str, ...] = FACES,
        **servers: Server,
    ) -> Callable[[Run], Run]:
        """Add the function below as a scenario."""

        def add(run: Run) -> Run:
            self.add(
                name, run, ordered=ordered, tells_servers=tells_servers, faces=faces, **servers
            )
            return run

        return add
