"""`python -m tests.benchmarks`: every benchmark, printed, and kept in build/bench."""

from __future__ import annotations

from tests.demo.takes import ROOT
from tests.leaving import leave_after


def main() -> None:
    """Run and print all of them."""
    import bpy

    from . import any_order, blender, compression, fingers, keys, preview

    lines = [*blender.run(), *keys.run(), *preview.run(), *compression.run(), *any_order.run(), *fingers.run()]
    report = ROOT / "build" / "bench" / f"blender-{bpy.app.version_string.split()[0]}.txt"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    leave_after(main)
