"""Work as steps: finished at once, in parts, in a thread that stops when nobody waits for it."""

from __future__ import annotations

import threading

import bpy
import pytest

from addon.blender import job
from addon.blender.steps import finish, part, threaded
from addon.core.errors import MenderError

PATIENCE = 20  # seconds after which a thread that should have ended hangs


def counting(to):
    for number in range(to):
        yield number / to
    return to


def test_all_steps_are_done_and_the_result_is_theirs():
    assert finish(counting(3)) == 3


def test_a_part_tells_its_share_of_the_whole():
    steps = part(counting(4), 0.5, 0.7)
    assert [next(steps) for _ in range(4)] == pytest.approx([0.5, 0.55, 0.6, 0.65])
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert end.value.value == 4


def test_closing_the_whole_closes_the_part():
    closed = []

    def steps():
        try:
            yield 0.0
        finally:
            closed.append(True)

    whole = part(steps(), 0.0, 1.0)
    next(whole)
    whole.close()
    assert closed


def test_a_thread_gives_its_result_and_tells_how_far_it_is():
    told = threading.Event()

    def half_then_done(number, progress):
        progress(0.5)
        assert told.wait(PATIENCE)
        return number + 1, threading.current_thread() is threading.main_thread()

    steps = threaded(half_then_done, 41)
    while next(steps) != 0.5:
        pass
    told.set()
    assert finish(steps) == (42, False)


@pytest.mark.parametrize("error", [MenderError("too short"), ValueError("a bug"), TimeoutError("its own")])
def test_what_the_function_raises_comes_out(error):
    def fails(progress):
        raise error

    with pytest.raises(type(error), match=str(error)):
        finish(threaded(fails))


def test_a_thread_ends_when_its_steps_are_closed():
    started, ended = threading.Event(), threading.Event()

    def forever(progress):
        try:
            while True:
                started.set()
                progress(0.0)
        finally:
            ended.set()

    steps = threaded(forever)
    next(steps)
    assert started.wait(PATIENCE)
    steps.close()
    assert ended.wait(PATIENCE)


class ExampleJob(job.ModalJob, bpy.types.Operator):
    """Name the scene, in steps"""

    bl_idname = "mocap_mender.example_job"
    bl_label = "Example"

    fails: bpy.props.BoolProperty()

    def steps(self, context):
        scene = context.scene
        yield 0.0
        if self.fails:
            raise MenderError("Nothing to do: add something.")
        name = yield from part(threaded(lambda progress: "named in steps"), 0.0, 0.9)
        self.begin_writing()
        scene.name = name
        return {"FINISHED"}


@pytest.fixture
def example_job():
    bpy.utils.register_class(ExampleJob)
    yield bpy.ops.mocap_mender.example_job
    bpy.utils.unregister_class(ExampleJob)


@pytest.mark.parametrize("context", ["EXEC_DEFAULT", "INVOKE_DEFAULT"])
def test_without_a_window_everything_is_done_at_once(example_job, context):
    assert example_job(context) == {"FINISHED"}
    assert bpy.context.scene.name == "named in steps"
    assert job.progress() is None


@pytest.mark.parametrize("context", ["EXEC_DEFAULT", "INVOKE_DEFAULT"])
def test_an_error_is_one_sentence(example_job, context):
    with pytest.raises(RuntimeError, match=r"Nothing to do: add something\."):
        example_job(context, fails=True)
    assert bpy.context.scene.name != "named in steps"


@pytest.fixture
def running():
    """A job on its way, as in a window."""
    obj = bpy.data.objects.new("Figure", bpy.data.armatures.new("Figure"))
    bpy.context.scene.collection.objects.link(obj)
    obj.animation_data_create().action = bpy.data.actions.new("Walk")
    job._running = job.Job("Example", counting(10**9), obj, obj.animation_data.action, None)
    yield job._running
    job._running = None


def test_progress_is_shown_while_a_job_runs(running):
    assert job._advance(running) is None
    assert job.progress().title == "Example"
    assert 0 < job.progress().share < 1


def test_another_job_has_to_wait(running, example_job):
    with pytest.raises(RuntimeError, match=r"Example is still running: wait .* or press Esc"):
        example_job()


def test_a_stopped_job_is_closed_and_says_so(running):
    job.stop()
    assert running.ended_by == "Example cancelled: nothing was changed."
    assert running.steps.gi_frame is None
    assert job.progress() is None


def change_action(obj):
    obj.animation_data.action = bpy.data.actions.new("Run")


def take_action(obj):
    bpy.data.actions.remove(obj.animation_data.action)


def take_object(obj):
    bpy.data.objects.remove(obj)


def edit_bones(obj):
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.mode_set(mode="EDIT")


def open_another_file(obj):
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (change_action, "Figure has another action now"),
        (take_action, "Figure has another action now"),
        (take_object, "what it worked on was deleted"),
        (edit_bones, "Figure is being edited"),
        (open_another_file, "what it worked on was deleted"),
    ],
)
def test_a_job_ends_where_its_data_changes(running, change, sentence):
    assert job._advance(running) is None
    change(running.obj)
    assert job._advance(running) is None
    assert sentence in running.ended_by
    assert running.steps.gi_frame is None


def test_a_job_ends_where_its_action_is_edited(running):
    curve = running.obj.animation_data.action
    bpy.context.view_layer.update()
    bpy.app.handlers.depsgraph_update_post.append(job._on_change)
    try:
        running.obj.location.x = 1.0
        bpy.context.view_layer.update()
        assert not running.ended_by
        curve.update_tag()
        bpy.context.view_layer.update()
    finally:
        bpy.app.handlers.depsgraph_update_post.remove(job._on_change)
    assert "its action was edited" in running.ended_by


def test_what_it_writes_itself_does_not_end_it(running):
    running.writing = True
    change_action(running.obj)
    assert job._advance(running) is None
    assert not running.ended_by


@pytest.mark.parametrize(("drawing", "share"), [(0.0, 0.2), (0.5, 0.15)])
def test_progress_is_drawn_seldom_where_drawing_is_slow(monkeypatch, drawing, share):
    now, drawn = 100.0, []
    monkeypatch.setattr(job.time, "perf_counter", lambda: now)
    monkeypatch.setattr(job, "_show_progress", lambda: drawn.append(now))
    work = job.ModalJob()
    while now < 200:
        before = len(drawn)
        work._show()
        now += 0.01 + drawing * (len(drawn) - before)
    assert len(drawn) > 5
    assert len(drawn) * (0.01 + drawing) < share * 100
