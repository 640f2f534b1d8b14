"""The public names of whatever httpcore can be imported: what they are, and what they take.

`python tools/api_names.py > tools/api_names/1.0.9.json` records those of the version in the environment; `api-table`
calls it for the house itself. Standard library only, and nothing that only a new Python has.
"""

import importlib
import inspect
import json
import sys
from typing import Any

# Special methods that are part of what one can do with an object.
SPECIAL = (
    "__init__",
    "__enter__",
    "__exit__",
    "__aenter__",
    "__aexit__",
    "__iter__",
    "__aiter__",
    "__eq__",
    "__bytes__",
    "__str__",
)


def arguments(function: Any) -> str:
    """Return the arguments of a function with their defaults, without annotations, which typing compares."""
    found = []
    for parameter in inspect.signature(inspect.unwrap(function)).parameters.values():
        default = parameter.default
        if default is not parameter.empty and not isinstance(
            default, (bool, int, float, str, bytes, tuple, list, type(None))
        ):
            parameter = parameter.replace(default=Shown(type(default).__name__))
        found.append(parameter.replace(annotation=parameter.empty))
    return str(inspect.Signature(found))


class Shown:
    """A default that is shown by the name of its type."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}>"


def kind_of(member: Any) -> str:
    """Return how one attribute of a class is used: its arguments, or `property`, or `attribute`."""
    if isinstance(member, property):
        return "property"
    if isinstance(member, (classmethod, staticmethod)):
        member = member.__func__
    if inspect.isfunction(member):
        return arguments(member)
    return "attribute"


def of_class(cls: type, public: "set[type]") -> "dict[str, str]":
    """Return the members of a class, without those that a public base class has just the same."""
    found = {}
    for name in sorted(dir(cls)):
        if name.startswith("_") and name not in SPECIAL:
            continue
        member = inspect.getattr_static(cls, name)
        if member is inspect.getattr_static(object, name, None):
            continue
        if issubclass(cls, BaseException) and hasattr(Exception, name):
            continue
        kind = kind_of(member)
        inherited = any(
            base in public
            and hasattr(base, name)
            and kind == kind_of(inspect.getattr_static(base, name))
            for base in cls.__mro__[1:]
        )
        if not inherited:
            found[name] = kind
    return found


def public_names(package: Any) -> "dict[str, Any]":
    """Return, for each name in `__all__`, the members of a class, the arguments of a function, or `value`."""
    names = [name for name in package.__all__ if name != "__version__"]
    values = {name: getattr(package, name) for name in names}
    public = {value for value in values.values() if isinstance(value, type)}
    found: dict[str, Any] = {}
    for name, value in sorted(values.items()):
        if isinstance(value, type):
            found[name] = of_class(value, public)
        elif inspect.isfunction(value):
            found[name] = arguments(value)
        else:
            found[name] = "value"
    return found


if __name__ == "__main__":
    json.dump(public_names(importlib.import_module("httpcore")), sys.stdout, indent=1)
    sys.stdout.write("\n")
