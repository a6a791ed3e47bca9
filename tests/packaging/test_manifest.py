"""The manifest and the pins: what users of the extension and of the Makefile are promised."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
MANIFEST = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")


def test_the_extension_asks_for_files_and_never_for_the_network():
    assert set(MANIFEST["permissions"]) == {"files"}


def test_the_short_texts_fit_what_blender_allows():
    for text in (MANIFEST["tagline"], *MANIFEST["permissions"].values()):
        assert len(text) <= 64
        assert text[-1].isalnum()


def test_it_is_for_every_blender_that_has_extensions():
    assert MANIFEST["blender_version_min"] == "4.2.0"
    assert "blender_version_max" not in MANIFEST


def test_one_version_and_one_licence():
    assert MANIFEST["version"] == PROJECT["project"]["version"]
    assert MANIFEST["license"] == [f"SPDX:{PROJECT['project']['license']}"]


def test_every_package_of_every_environment_has_one_version():
    pinned = {line.split("==")[0].lower() for line in CONSTRAINTS.splitlines() if not line.startswith("#")}
    named = [name for group in PROJECT["dependency-groups"].values() for name in group if isinstance(name, str)]
    loose = [name for name in named if "==" not in name and name.lower() not in pinned]
    assert loose == []
    assert [line for line in CONSTRAINTS.splitlines() if not re.fullmatch(r"#.*|[\w.-]+==[\w.+]+(; .+)?", line)] == []


def test_torch_is_the_one_with_a_small_build():
    assert "torch==2.13.0" in CONSTRAINTS.splitlines()
