"""What the package promises as a whole: its names, and that importing it costs little."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import subprocess
import sys
import types
from importlib import import_module
from pathlib import Path

import pytest

import httpcore_interfaces
import httpcore_interfaces.testing

HEAVY = (
    "ssl",
    "socket",
    "asyncio",
    "anyio",
    "trio",
    "h11",
    "h2",
    "logging",
    "dataclasses",
    "inspect",
)


def imported_by(statement: str) -> set[str]:
    program = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_importing_it_imports_nothing_heavy() -> None:
    assert not imported_by("import httpcore_interfaces").intersection(HEAVY)


def test_the_testing_module_needs_neither_an_event_loop_nor_a_test_framework() -> None:
    heavy = {"asyncio", "anyio", "trio", "ssl", "socket", "pytest", "unittest"}
    assert not imported_by("import httpcore_interfaces.testing").intersection(heavy)
    assert "httpcore_interfaces.testing" not in imported_by("import httpcore_interfaces")


@pytest.mark.parametrize("module", [httpcore_interfaces, httpcore_interfaces.testing])
def test_all_is_what_is_there(module: types.ModuleType) -> None:
    public = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }
    assert set(module.__all__) - {"__version__"} == public
    assert len(module.__all__) == len(set(module.__all__))


@pytest.mark.parametrize(
    "name",
    [
        module.name
        for module in pkgutil.walk_packages(httpcore_interfaces.__path__, "httpcore_interfaces.")
        if not module.ispkg and not module.name.endswith(".__about__")
    ],
)
def test_every_module_names_only_what_it_has(name: str) -> None:
    module = import_module(name)
    for exported in getattr(module, "__all__", ()):
        assert hasattr(module, exported)


def test_every_public_name_is_documented() -> None:
    for module in (httpcore_interfaces, httpcore_interfaces.testing):
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isclass(value) or inspect.isfunction(value):
                assert value.__doc__, name


def test_types_are_shipped() -> None:
    assert (Path(inspect.getfile(httpcore_interfaces)).parent / "py.typed").is_file()


def test_the_version_is_one() -> None:
    assert [part.isdigit() for part in httpcore_interfaces.__version__.split(".")[:2]] == [True] * 2


def test_the_code_has_no_dependencies() -> None:
    allowed = {*sys.stdlib_module_names, "httpcore_interfaces"}
    folder = Path(inspect.getfile(httpcore_interfaces)).parent
    for path in folder.rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Import):
                assert {name.name.split(".")[0] for name in node.names} <= allowed, path
            if isinstance(node, ast.ImportFrom) and not node.level:
                assert str(node.module).split(".")[0] in allowed, path
