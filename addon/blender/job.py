"""An operator's steps as a job that leaves the window alive: a few of them at every tick of a timer."""

# Blender's operators return sets of words, and what a context gives is there while an operator runs.
# mypy: disable-error-code="union-attr"

from __future__ import annotations

import contextlib
import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import bpy

from ..core.errors import MenderError
from .steps import Steps, finish

_TICK = 0.01  # seconds between two turns of the job; in between the window does what it likes
_TURN = 0.01  # seconds that a turn may take before it lets the window go on
_REDRAW = 0.1  # seconds between two redraws of the progress, at least
_DRAWING = 0.1  # share of the time that drawing the progress may take, where drawing is slow


class JobError(MenderError):
    """The job cannot begin, or cannot go on."""


@dataclass(eq=False)
class Job:
    """Steps on their way, and the object and action that they read, which nobody else may change meanwhile."""

    title: str
    steps: Steps[set[str]]
    obj: Any
    action: Any
    timer: Any
    share: float = 0.0
    writing: bool = False
    ended_by: str = ""
    """A sentence that says why the job was ended from outside; empty while it runs."""


@dataclass(frozen=True)
class Progress:
    """What panels and the status bar show of the job that runs."""

    title: str
    share: float


# The job that runs in the window, of which there is one at most. It belongs to the session and not to a file: panels
# ask for its progress, Blender's handlers end it.
_running: Job | None = None


def progress() -> Progress | None:
    """How far the running job is; None while none runs."""
    return Progress(_running.title, _running.share) if _running and not _running.ended_by else None


def require_no_job() -> None:
    """Raises JobError while a job runs."""
    running = progress()
    if running:
        raise JobError(f"{running.title} is still running: wait until it is done, or press Esc to cancel it.")


def stop(reason: str = "cancelled: nothing was changed.") -> None:
    """End the running job, if there is one, before its next step; what it has written it takes back."""
    if _running and not _running.ended_by:
        _running.ended_by = f"{_running.title} {reason}"
        # A step that runs is closed when it is done.
        if inspect.getgeneratorstate(_running.steps) != inspect.GEN_RUNNING:
            _close(_running)


class ModalJob:
    """An operator whose work is `steps`: in a window a modal job, elsewhere done at once.

    Mix it in before `bpy.types.Operator`. In the window Esc cancels; every other input goes on to the window until
    `begin_writing`, so that one can look around while it runs. The active object and its action are watched: whoever
    deletes, exchanges or edits them ends the job, and so does undo or opening another file.
    """

    bl_label: str
    report: Callable[[set[str], str], None]
    _job: Job | None = None
    _drawn = 0.0
    _rest = 0.0

    def steps(self, context: bpy.types.Context) -> Steps[set[str]]:
        """The work; returns what an operator's `execute` does. `context` is to be asked before the first yield."""
        raise NotImplementedError

    def begin_writing(self) -> None:
        """Say that from here on the steps write: the window takes no input but Esc, and no change ends the job."""
        if self._job:
            self._job.writing = True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """All of it at once. A MenderError becomes its sentence."""
        try:
            require_no_job()
            return finish(self.steps(context))
        except MenderError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Begin, and go on at every tick of a timer unless that is all."""
        if bpy.app.background or context.window is None:
            return self.execute(context)
        try:
            require_no_job()
        except JobError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self._begin(context)
        result = self._turn(context)
        if "RUNNING_MODAL" in result:
            context.window_manager.modal_handler_add(self)  # type: ignore[arg-type]
        return result

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """One turn at a tick of the timer; Esc ends the job."""
        if self._job and not self._job.ended_by:
            if event.type == "ESC" and event.value == "PRESS":
                stop()
            elif event.type != "TIMER":
                return {"RUNNING_MODAL"} if self._job.writing else {"PASS_THROUGH"}
        return self._turn(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """The window is closed, or Blender ends the operator for another reason."""
        if self._job and self._job is _running:
            unregister()

    def _begin(self, context: bpy.types.Context) -> None:
        global _running
        context.view_layer.update()  # changes that were made before are not taken for changes during the job
        obj = context.object
        data = obj.animation_data if obj else None
        timer = context.window_manager.event_timer_add(_TICK, window=context.window)
        _running = self._job = Job(self.bl_label, self.steps(context), obj, data.action if data else None, timer)
        for handlers, handler in _handlers():
            handlers.append(handler)

    def _turn(self, context: bpy.types.Context) -> set[str]:
        """Steps for as long as a turn may take. Returns what `modal` does."""
        job = self._job
        if job is None or job is not _running:
            return {"CANCELLED"}
        try:
            result = _advance(job)
        except MenderError as error:
            _leave()
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        except BaseException:
            _leave()
            raise
        if job.ended_by:
            _leave()
            self.report({"WARNING"}, job.ended_by)
            return {"CANCELLED"}
        if result is not None:
            _leave()
            return result
        self._show()
        return {"RUNNING_MODAL"}

    def _show(self) -> None:
        """Draw the progress anew from time to time: seldom where the last drawing held up the next turn for long."""
        now = time.perf_counter()
        if self._drawn and not self._rest:
            self._rest = max(_REDRAW, (now - self._drawn) / _DRAWING)
        if now - self._drawn > self._rest:
            self._drawn, self._rest = now, 0.0
            _show_progress()


def unregister() -> None:
    """End the running job without a word: the extension, the window or the file goes, and the operator with it."""
    stop()
    _leave()


def _leave() -> None:
    """Leave the window as it was before the job."""
    global _running
    if _running is None:
        return
    bpy.context.window_manager.event_timer_remove(_running.timer)
    for handlers, handler in _handlers():
        if handler in handlers:
            handlers.remove(handler)
    _running = None
    _show_progress()


def _close(job: Job) -> None:
    with contextlib.suppress(ReferenceError):  # what was to be taken back is gone already
        job.steps.close()


def _advance(job: Job) -> set[str] | None:
    """Steps for as long as a turn may take; the result once it is there. Raises what the steps raise.

    Before, it is looked at whether the watched object and action are still what they were: nobody else runs between
    that and the last step of the turn.
    """
    started = time.perf_counter()
    if not job.ended_by and not job.writing:
        change = _change(job)
        if change:
            stop(f"stopped: {change}")
    while not job.ended_by and time.perf_counter() - started < _TURN:
        try:
            job.share = next(job.steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        except ReferenceError:
            stop("stopped: what it worked on was deleted. Start it again.")
    if job.ended_by:
        _close(job)
    return None


def _change(job: Job) -> str:
    """What became of the watched object and action: a sentence's end, empty while they are as they were."""
    if job.obj is None:
        return ""
    try:
        name = job.obj.name
        if job.obj.mode == "EDIT":
            return f"{name} is being edited. Leave edit mode and start it again."
        data = job.obj.animation_data
        if job.action is not None and (data is None or data.action != job.action or not job.action.name):
            return f"{name} has another action now. Start it again."
    except ReferenceError:
        return "what it worked on was deleted. Start it again."
    return ""


def _handlers() -> list[tuple[Any, Callable[..., None]]]:
    """Blender's lists of handlers, and what of ours stands in them while a job runs."""
    handlers = bpy.app.handlers
    return [
        (handlers.undo_pre, _on_undo),
        (handlers.redo_pre, _on_undo),
        (handlers.load_pre, _on_load),
        (handlers.depsgraph_update_post, _on_change),
    ]


def _on_undo(*_: Any) -> None:
    # Before, and not after: data that the steps hold is still there to be let go of.
    stop("stopped: an undo changed what it worked on. Start it again.")


def _on_load(*_: Any) -> None:
    unregister()  # the window's operators end without being asked


def _on_change(scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    job = _running
    if job and not job.writing and any(update.id.original == job.action for update in depsgraph.updates):
        stop("stopped: its action was edited meanwhile. Start it again.")


def _show_progress() -> None:
    """Draw the status bar and the sidebars again: with the job's progress, or as they are without a job."""
    context = bpy.context
    if context.workspace:
        context.workspace.status_text_set(_draw_status if _running else None)
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            for region in area.regions:
                if area.type == "VIEW_3D" and region.type == "UI":
                    region.tag_redraw()


def _draw_status(header: bpy.types.Header, context: bpy.types.Context) -> None:
    running = progress()
    if running:
        row = header.layout.row()
        row.label(text=running.title)
        bar = row.row()
        bar.ui_units_x = 10
        bar.progress(factor=running.share, text=f"{running.share:.0%}")
        row.label(text="", icon="EVENT_ESC")
        row.label(text="Cancel")
