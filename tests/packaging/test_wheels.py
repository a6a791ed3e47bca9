"""The lock: what it names, and that nothing but what it names is taken."""

import hashlib

import pytest

from export.wheels import LOCK, Wheel, WheelError, bring, choose, read_lock

WHEELS = read_lock(LOCK.read_text(encoding="utf-8"))
PLATFORMS = ("windows-x64", "linux-x64", "macos-arm64", "macos-x64")


@pytest.mark.parametrize(
    ("python", "version", "platforms"),
    [
        ("3.11", "1.18.1", {"windows-x64", "linux-x64", "macos-arm64", "macos-x64"}),
        ("3.13", "1.23.2", {"windows-x64", "linux-x64", "macos-arm64"}),
    ],
)
def test_each_blender_has_its_runtime_on_every_platform_it_runs_on(python, version, platforms):
    chosen = choose(WHEELS, (python,), (), PLATFORMS)
    assert {wheel.requirement.split()[0] for wheel in chosen} == {f"onnxruntime=={version}"}
    assert sorted(name for wheel in chosen for name in wheel.platforms) == sorted(platforms)


def test_an_extra_python_adds_its_wheel():
    usual = choose(WHEELS, ("3.11", "3.13"), (), ("linux-x64",))
    with_extra = choose(WHEELS, ("3.11", "3.13"), ("3.14",), ("linux-x64",))
    assert [wheel.python for wheel in usual] == ["3.11", "3.13"]
    assert [wheel.python for wheel in with_extra] == ["3.11", "3.13", "3.14"]


def test_an_extra_python_without_a_wheel_is_an_error():
    with pytest.raises(WheelError, match=r"no wheel for Python 3\.9 on linux-x64"):
        choose(WHEELS, ("3.11",), ("3.9",), ("linux-x64",))


def test_what_pip_is_asked_for():
    wheel = next(wheel for wheel in WHEELS if wheel.python == "3.11" and "linux-x64" in wheel.platforms)
    assert wheel.requirement == f"onnxruntime==1.18.1 --hash=sha256:{wheel.sha256}"
    assert wheel.tags == ("manylinux_2_27_x86_64", "manylinux_2_28_x86_64")


@pytest.mark.parametrize("line", ["onnxruntime-1.18.1-cp311-cp311-win_amd64.whl", "0" * 63 + "  a-1-cp311-cp311-b.whl"])
def test_a_line_that_is_no_lock_is_named_by_its_number(line):
    with pytest.raises(WheelError, match="line 2 of the lock"):
        read_lock(f"# a comment\n{line}\n")


def test_a_file_that_is_not_the_locked_one_is_refused(tmp_path):
    wheel = Wheel("tiny-1.0-cp311-cp311-win_amd64.whl", hashlib.sha256(b"the locked one").hexdigest())
    (tmp_path / wheel.file).write_bytes(b"another")
    with pytest.raises(WheelError, match="delete it"):
        bring(wheel, tmp_path)
    (tmp_path / wheel.file).write_bytes(b"the locked one")
    assert bring(wheel, tmp_path) == tmp_path / wheel.file
