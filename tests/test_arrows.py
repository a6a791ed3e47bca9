"""The arrows between the rooms go one way: every import in the code is read, and must be one that its room may make."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Which of our own rooms each room may import from. A file that stands alone in `addon` is a room of its own.
ROOMS = {
    "addon.core": {"addon.core"},
    "addon.inference": {"addon.inference", "addon.core"},
    "addon.blender": {"addon.blender", "addon.core"},
    "addon.properties": {"addon.properties", "addon.blender", "addon.inference", "addon.core"},
    "addon.rig_properties": {"addon.rig_properties", "addon.core"},
    "addon.finger_properties": {"addon.finger_properties", "addon.core"},
    "addon.preferences": {"addon.preferences", "addon.properties", "addon.blender", "addon.inference", "addon.core"},
    "addon.operators": {
        *(
            "addon.operators",
            "addon.properties",
            "addon.rig_properties",
            "addon.finger_properties",
            "addon.preferences",
        ),
        *("addon.blender", "addon.inference", "addon.core"),
    },
    "addon.ui": {
        *("addon.ui", "addon.operators", "addon.properties", "addon.rig_properties", "addon.finger_properties"),
        *("addon.preferences", "addon.blender", "addon.inference", "addon.core"),
    },
    "addon.registration": {
        "addon.registration",
        "addon.operators",
        "addon.ui",
        "addon.properties",
        "addon.rig_properties",
        "addon.finger_properties",
        "addon.preferences",
    },
    "addon": {"addon.registration"},
    "training": {"training", "addon.core"},
    "export": {"export", "training", "addon.inference", "addon.core"},
}

# Which packages of others each room may import; the standard library is open to all.
BLENDER = {"bpy", "bpy_extras", "bl_operators", "mathutils", "gpu", "gpu_extras", "blf", "numpy"}
OTHERS = {
    "addon.core": {"numpy"},
    "addon.inference": {"numpy", "onnxruntime"},
    "addon.blender": BLENDER,
    "addon.properties": BLENDER,
    "addon.rig_properties": BLENDER,
    "addon.finger_properties": BLENDER,
    "addon.preferences": BLENDER,
    "addon.operators": BLENDER,
    "addon.ui": BLENDER,
    "addon.registration": BLENDER,
    "addon": set(),
    "training": {"numpy", "scipy", "torch", "safetensors", "tyro", "rich", "tensorboard", "matplotlib"},
    "export": {"numpy", "torch", "onnx", "onnxscript", "onnxruntime"},
}


def room(module: str) -> str:
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "addon" else parts[0]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> list[tuple[int, str, bool]]:
    """Line, full name, and whether it was written relative, of every module that a file imports, at any depth."""
    module = module_name(path)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name, False) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = node.module or ""
            if node.level:
                base = package.split(".")[: len(package.split(".")) - node.level + 1]
                start = ".".join([*base, *filter(None, [node.module])])
            # `from . import registration` names modules; `from .card import ModelCard` names what is in one.
            names = [f"{start}.{alias.name}" for alias in node.names]
            found += [(node.lineno, name if is_module(name) else start, node.level > 0) for name in names]
    return found


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def wrong_imports(path: Path) -> list[str]:
    here, wrong = room(module_name(path)), []
    for line, name, relative in imports(path):
        first = name.split(".")[0]
        if first in ("addon", "training", "export", "tests"):
            allowed = room(name) in ROOMS[here]
            if here.startswith("addon") and not relative:
                allowed = False  # Blender calls the package by another name
        else:
            allowed = first in OTHERS[here] or first in sys.stdlib_module_names
        if not allowed:
            wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    return wrong


def files() -> list[Path]:
    return sorted(path for folder in ("addon", "training", "export") for path in (ROOT / folder).rglob("*.py"))


def test_every_import_goes_along_an_arrow():
    assert [wrong for path in files() for wrong in wrong_imports(path)] == []


def test_there_is_a_rule_for_every_room():
    assert {room(module_name(path)) for path in files()} <= set(ROOMS) == set(OTHERS)


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("addon/core/rotation.py", "import bpy"),
        ("addon/core/rotation.py", "from ..inference import session"),
        ("addon/inference/session.py", "from ..blender.action import Keys"),
        ("addon/blender/action.py", "    import onnxruntime"),
        ("addon/operators/commands.py", "from training.engine import train"),
        ("addon/operators/commands.py", "from addon.core.clip import Clip"),
        ("training/engine.py", "from addon.inference.card import ModelCard"),
        ("export/extension.py", "import bpy"),
    ],
)
def test_an_import_against_an_arrow_is_found(file, line, tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    body = f"def late():\n{line}\n" if line.startswith(" ") else f"{line}\n"
    path.write_text(body, encoding="utf-8")
    assert len(wrong_imports(path)) == 1


def test_addon_core_and_inference_load_without_blender_runtime_or_torch():
    names = [module_name(path) for path in files() if room(module_name(path)) in ("addon.core", "addon.inference")]
    script = "import importlib, sys\n"
    script += "for name in ('bpy', 'mathutils', 'onnxruntime', 'torch', 'scipy'): sys.modules[name] = None\n"
    script += f"for name in {['addon', *names]!r}: importlib.import_module(name)\n"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
