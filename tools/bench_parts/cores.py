"""Which processor is whose: the servers have one, and the client that is measured has another to itself."""

import os
from dataclasses import dataclass
from typing import Self

from _house import say


@dataclass(frozen=True)
class Cores:
    """The processor for the servers and the one for the client; None where there are not two to choose from."""

    server: int | None = None
    client: int | None = None

    @classmethod
    def at_hand(cls) -> Self:
        """The first and the last that this process may use."""
        if not hasattr(os, "sched_getaffinity"):
            return cls()
        usable = sorted(os.sched_getaffinity(0))
        return cls(usable[0], usable[-1]) if len(usable) > 1 else cls()

    def take_servers(self) -> None:
        """Move this process to the servers' processor, and whatever it starts from now on."""
        if self.server is None:
            say(
                "tools/bench: fewer than two processors to pin to; client and servers share what there is"
            )
        else:
            os.sched_setaffinity(0, {self.server})
