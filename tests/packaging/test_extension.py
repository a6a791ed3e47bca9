"""The zips, built by Blender's own builder from this checkout, with small stand-ins for the wheels: no downloads."""

import hashlib
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pytest

from export import extension
from export.wheels import LOCK, Wheel, choose, read_lock
from tests.inference.tiny_model import make_card, write_model

ROOT = Path(__file__).parents[2]
PLATFORMS = ("windows-x64", "linux-x64", "macos-arm64", "macos-x64")
CODE = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "addon").rglob("*.py"))
MODELS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "addon" / "models").glob("*.onnx"))


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """The chosen wheels' names with contents of a few bytes, laid where the downloads would be, and that folder."""
    work = tmp_path_factory.mktemp("work")
    (work / "wheels").mkdir()
    chosen = choose(read_lock(LOCK.read_text(encoding="utf-8")), ("3.11", "3.13"), ("3.14",), PLATFORMS)
    small = []
    for wheel in chosen:
        (work / "wheels" / wheel.file).write_bytes(wheel.file.encode())
        small.append(Wheel(wheel.file, hashlib.sha256(wheel.file.encode()).hexdigest()))
    return work, tuple(small)


@pytest.fixture(scope="module")
def archives(wheels):
    work, small = wheels
    built = extension.build(ROOT, work / "zips", work, PLATFORMS, small)
    return {path.stem.rpartition("-")[2]: extension.contents(path) for path in built}


@pytest.mark.parametrize(
    ("platform", "wheel_names"),
    [
        (
            "windows_x64",
            ["1.18.1-cp311-cp311-win_amd64", "1.23.2-cp313-cp313-win_amd64", "1.31.1-cp314-cp314-win_amd64"],
        ),
        (
            "linux_x64",
            [
                "1.18.1-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64",
                "1.23.2-cp313-cp313-manylinux_2_27_x86_64.manylinux_2_28_x86_64",
                "1.31.1-cp314-cp314-manylinux_2_28_x86_64",
            ],
        ),
        (
            "macos_arm64",
            [
                "1.18.1-cp311-cp311-macosx_11_0_universal2",
                "1.23.2-cp313-cp313-macosx_13_0_arm64",
                "1.31.1-cp314-cp314-macosx_14_0_arm64",
            ],
        ),
        ("macos_x64", ["1.18.1-cp311-cp311-macosx_11_0_universal2"]),
    ],
)
def test_a_zip_carries_the_code_the_models_and_its_platforms_wheels_and_nothing_else(archives, platform, wheel_names):
    files = ["LICENSE", "__init__.py", "blender_manifest.toml", *CODE, *MODELS]
    assert archives[platform] == sorted([*files, *(f"wheels/onnxruntime-{name}.whl" for name in wheel_names)])


def test_nothing_in_the_add_on_is_left_behind():
    shipped = set(extension.shipped_files(ROOT))
    there = {path.relative_to(ROOT) for path in (ROOT / "addon").rglob("*") if path.is_file()}
    assert {path for path in there - shipped if "__pycache__" not in path.parts} == set()


def test_what_lies_about_does_not_slip_in(wheels, tmp_path):
    work, small = wheels
    shutil.copytree(ROOT / "addon", tmp_path / "addon", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("__init__.py", "LICENSE", "blender_manifest.toml"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    for name in ("addon/notes.txt", "addon/__pycache__/old.pyc", "addon/models/take.npz", "runs/a.py", ".env"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("private")
    (archive,) = extension.build(tmp_path, tmp_path / "zips", work, ("linux-x64",), small)
    assert [name for name in extension.contents(archive) if not name.startswith("wheels/")] == sorted(
        ["LICENSE", "__init__.py", "blender_manifest.toml", *CODE, *MODELS]
    )


@pytest.mark.parametrize("licence", ["CC-BY-NC-4.0", "for non-commercial use only"])
def test_a_model_that_may_not_be_sold_does_not_ship(tmp_path, licence):
    card = make_card(licence=licence)
    path = write_model(tmp_path / "hand.onnx", card, np.eye(8), np.zeros(8))
    with pytest.raises(extension.BuildError, match=r"hand\.onnx must not ship"):
        extension.check_licences([path])
    extension.check_licences([write_model(tmp_path / "free.onnx", make_card(), np.eye(8), np.zeros(8))])


def test_an_error_of_the_builder_is_ours_with_its_words(tmp_path):
    (tmp_path / "blender_manifest.toml").write_text('schema_version = "1.0.0"\n')
    with pytest.raises(extension.BuildError, match="missing"):
        extension.run_builder("validate", str(tmp_path))


def test_the_staged_manifest_names_platforms_and_wheels_and_keeps_the_rest():
    text = (ROOT / "blender_manifest.toml").read_text(encoding="utf-8")
    wheel = Wheel("tiny-1.0-cp311-cp311-win_amd64.whl", "0" * 64)
    staged = tomllib.loads(extension.staged_manifest(text, ("windows-x64",), (wheel,)))
    expected = tomllib.loads(text) | {"platforms": ["windows-x64"], "wheels": [f"./wheels/{wheel.file}"]}
    assert staged == expected
