"""Ending a process that has loaded bpy: without Python's own exit, in which Blender 4.5 can hang."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable


def leave_after(main: Callable[[], None]) -> None:
    """Run `main` and end the process: with 0, with its SystemExit code, or with 1 and the traceback."""
    code = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
