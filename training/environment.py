"""What a run was made with: the commit, the versions and the machine, so that it can be made again."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import numpy as np
import torch


def commit() -> str:
    """The commit that the project stands at; "unknown" outside a git checkout."""
    return _git("rev-parse", "HEAD") or "unknown"


def here() -> dict[str, str]:
    """The commit, and whether files differ from it, the versions that decide numbers, and what computes them."""
    changed = _git("status", "--porcelain", "--untracked-files=no")
    return {
        "commit": commit() + (", with changes that were not committed" if changed else ""),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "machine": f"{platform.system()} {platform.machine()}",
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
    }


def _git(*words: str) -> str:
    try:
        found = subprocess.run(["git", *words], capture_output=True, text=True, check=True, cwd=Path(__file__).parent)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return found.stdout.strip()
