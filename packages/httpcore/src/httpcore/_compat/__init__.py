"""The private names of httpcore 1.x, for the tools that import or patch them.

Much of what people hang on HTTPX reaches past the public names: `httpcore._backends.sync.SyncStream`,
`httpcore._sync.connection.HTTPConnection`, `httpcore._models.ByteStream`. Those modules do not exist here. `names` is the
table of what is answered for; a finder, asked after all others, makes a module from it when somebody imports one.

What is behind a name is the public thing, so to patch `httpcore._sync.connection_pool.ConnectionPool` is to patch
`httpcore.ConnectionPool`. Only what has no public counterpart is written here, in the other modules of this folder.
Nothing in the five packages may use these names, and there will be no more of them than tools are found to need.

Folders with the names of the old modules were rejected: twenty files that say nothing, two of them called `_async` and
`_sync`, which mean something else in this house.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

__all__ = ["find_module"]

_PREFIX = "httpcore._"


def find_module(name: str) -> ModuleType | None:
    """Return the private module of 1.x that is called `httpcore.{name}`, imported; `None` when there is none."""
    from .names import MODULES

    return import_module(f"httpcore.{name}") if name in MODULES else None


class Finder:
    """Finds and makes the modules of the table, as `sys.meta_path` wants it; it has no state."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to make a module of the table, and `None` for every other."""
        if not fullname.startswith(_PREFIX):
            return None
        from .names import MODULES, PACKAGES

        name = fullname.removeprefix("httpcore.")
        if name not in MODULES:
            return None
        return ModuleSpec(fullname, self, is_package=name in PACKAGES)  # type: ignore[arg-type]  # it has what is used of a loader

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave the making of an empty module to the import system."""

    def exec_module(self, module: ModuleType) -> None:
        """Let the module look its names up in the table when they are asked for."""
        from .names import MODULES

        homes = MODULES[module.__name__.removeprefix("httpcore.")]

        def load(name: str) -> object:
            home = homes.get(name)
            if home is None:
                raise AttributeError(
                    f"module {module.__name__!r} has no attribute {name!r}; it is a private module of httpcore 1.x, of "
                    "which only the names remain that other packages use: see httpcore/_compat/names.py"
                )
            place, _, attribute = home.partition(":")
            value = import_module(place)
            if attribute:
                value = getattr(value, attribute)
            setattr(module, name, value)
            return value

        vars(module).update(
            __doc__="A private module of httpcore 1.x; its names are in httpcore/_compat/names.py.",
            __all__=sorted(homes),
            __getattr__=load,
            __dir__=lambda: sorted({*vars(module), *homes}),
        )


sys.meta_path.append(Finder())
