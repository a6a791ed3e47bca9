"""What every test run shares: no test is timed; a process that has loaded bpy is ended at once when pytest is done."""

import os
import sys

import hypothesis
import pytest

# A slow machine fails no test. All else stays as hypothesis has it, which on CI takes the same examples every time.
hypothesis.settings.register_profile("untimed", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("untimed")

SESSION = pytest.StashKey[pytest.Session]()


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.stash[SESSION] = session


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave without Python's own exit, in which bpy 4.5 can hang. The reports are written by now."""
    bpy = sys.modules.get("bpy")
    if bpy is None or bpy.app.binary_path or SESSION not in config.stash:  # the application ends by itself
        return
    config.get_terminal_writer().flush()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(config.stash[SESSION].exitstatus))
