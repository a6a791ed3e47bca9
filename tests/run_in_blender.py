"""Inside the application: the tests that need no torch and no window, run against the extension as it is installed.

blender --background --python-exit-code 1 --python tests/run_in_blender.py [-- PYTEST ARGUMENTS]
"""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
INSTALLED = "bl_ext.user_default.mocap_mender"
LEFT = ("training", "export", "packaging", "gui", "demo", "benchmarks", "test_arrows.py")


class InstalledAddon(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives every `import addon…` of the tests the module of the installed extension: no second copy, no checkout."""

    def __init__(self) -> None:
        self.specs: dict[str, importlib.machinery.ModuleSpec | None] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name == "addon" or name.startswith("addon."):
            return importlib.util.spec_from_loader(name, self)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = importlib.import_module(f"{INSTALLED}.{spec.name}")
        self.specs[module.__name__] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # It has run already; only the spec that the import system has just put on it is taken off again.
        module.__spec__ = self.specs[module.__name__]


def main(arguments: list[str]) -> None:
    """Raise, and so make Blender exit with 1, if the extension is not there or a test fails."""
    sys.path[:0] = [str(ROOT / "build" / "application" / "packages"), str(ROOT)]
    import addon_utils
    import onnxruntime
    import pytest

    enabled, loaded = addon_utils.check(INSTALLED)
    if not (enabled and loaded):
        raise RuntimeError(f"{INSTALLED} is not installed and enabled: run `make test-all`")
    print(f"{INSTALLED} with onnxruntime {onnxruntime.__version__}, Python {sys.version.split()[0]}", flush=True)
    sys.meta_path.insert(0, InstalledAddon())
    if importlib.import_module("addon.core").__name__ != f"{INSTALLED}.addon.core":
        raise RuntimeError("the tests would import the checkout's code, not the installed extension's")
    ignored = [f"--ignore={ROOT / 'tests' / name}" for name in LEFT]
    code = pytest.main(["-q", "-p", "no:cacheprovider", *ignored, *arguments, str(ROOT / "tests")])
    if code != 0:
        raise RuntimeError(f"pytest ended with {int(code)}")


main(sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else [])
