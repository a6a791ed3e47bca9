"""The C library's memory, set for training on a CPU."""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4  # malloc.h of the GNU C library
_LARGE = 1 << 30


def keep_freed() -> None:
    """Let freed memory stay with the process, on Linux; elsewhere nothing is done.

    Otherwise every large array of a step is fresh from the system, page by page: a step of the any-order transformer on
    a CPU then takes 1.3 times as long.
    """
    if not sys.platform.startswith("linux"):
        return
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option:  # another C library may have none
        for option, value in ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, _LARGE), (_TOP_PAD, _LARGE // 4)):
            set_option(option, value)
