"""An operator whose work waits in its thread for a word, and may go on writing for ever: what ends it is tried out."""

from __future__ import annotations

import threading

import bpy

from tests.gui.extension import module

job = module("blender.job")
steps = module("blender.steps")
go_on = threading.Event()


class ExampleJob(job.ModalJob, bpy.types.Operator):
    """Move the active object when told to"""

    bl_idname = "mocap_mender.example_job"
    bl_label = "Example"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - the form that Blender reads

    writes_long: bpy.props.BoolProperty()

    def steps(self, context):
        obj = context.object
        yield 0.0
        place = yield from steps.threaded(wait_for_word)
        self.begin_writing()
        before = obj.location.x
        try:
            obj.location.x = place
            while self.writes_long:
                yield 0.9
        except GeneratorExit:
            obj.location.x = before
            raise
        return {"FINISHED"}


def wait_for_word(progress) -> float:
    progress(0.4)
    while not go_on.wait(0.01):
        progress(0.4)
    return 5.0
