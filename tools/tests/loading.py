"""The tools have no extension, so that they are called by their names; here they are imported all the same."""

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

TOOLS = Path(__file__).resolve().parent.parent


def load_tool(name: str) -> ModuleType:
    """Return a fresh module made of the tool, one that is not in `sys.modules`; it never leaves this interpreter."""
    loader = SourceFileLoader(f"tool_{name.replace('-', '_')}", str(TOOLS / name))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    if hasattr(module, "enter"):
        module.enter = lambda: None  # type: ignore[attr-defined]  # it would restart the test run
    return module
