"""A checkout works whatever its folder is called."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEST = "from addon.core.errors import MenderError\n\ndef test_it():\n    assert issubclass(MenderError, Exception)\n"


@pytest.mark.parametrize("name", ["mocap_mender", "mocap-mender", "5.2 trial"])
def test_the_tests_run_in_a_folder_of_any_name(tmp_path, name):
    checkout = tmp_path / name
    shutil.copytree(ROOT / "addon", checkout / "addon", ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("__init__.py", "pyproject.toml"):
        shutil.copyfile(ROOT / file, checkout / file)
    (checkout / "tests" / "core").mkdir(parents=True)
    (checkout / "tests" / "core" / "test_it.py").write_text(TEST, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=120, check=False)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
