"""Long work in steps, which are finished at once or a few at a time; what takes long between two runs in a thread.

Steps are a generator that yields the share done, 0 to 1, between pieces of work of a few milliseconds, and returns the
result. They read in the main thread, compute in a thread (`threaded`), and write in the main thread again. They must be
ready to be closed at every yield: what they have written by then they take back (`try … except GeneratorExit`, or
`finally`), and until then nothing shows. Everything that can fail fails before the first write.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, TypeVar

Result = TypeVar("Result")
Steps = Generator[float, None, Result]

_WAIT = 0.005  # seconds that a step waits for the thread


class Stopped(Exception):  # noqa: N818 - no error: nobody waits for the result any more
    """Raised by the `progress` of a thread whose job has ended: the thread has nothing left to do."""


def finish(steps: Steps[Result]) -> Result:
    """Run all steps now and return their result: for background mode and scripts."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


def part(steps: Steps[Result], start: float, end: float) -> Steps[Result]:
    """`steps` as a part of larger work, of which `start` is done before and `end` after them."""
    try:
        while True:
            yield start + (end - start) * next(steps)
    except StopIteration as last:
        return last.value  # type: ignore[no-any-return]
    finally:
        steps.close()


def threaded(function: Callable[..., Result], *arguments: Any) -> Steps[Result]:
    """Steps that wait for `function(*arguments, progress=…)`, which runs in a thread of its own.

    The function must leave `bpy` alone, and tell its `progress` the share done, 0 to 1, as often as it can: that raises
    Stopped once the steps are closed. What the function raises, these steps raise.
    """
    share, closed = 0.0, threading.Event()

    def progress(done: float) -> None:
        nonlocal share
        if closed.is_set():
            raise Stopped
        share = done

    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mocap_mender")
    try:
        future = thread.submit(function, *arguments, progress=progress)
        while not wait([future], timeout=_WAIT).done:
            yield share
        return future.result()
    finally:
        closed.set()
        thread.shutdown(wait=False)  # waiting would hold the window until the thread next tells its progress
