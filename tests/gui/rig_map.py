"""Inside the application, in a real window: the rig map of bones with names, without, and with a mistake in it.

blender --enable-event-simulate --python tests/gui/rig_map.py -- FOLDER PIXELS
Makes the sidebar wider by so many pixels. Leaves screenshots in FOLDER; ends with code 1 where something is not as it
should be.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.gui import window as gui
from tests.gui.extension import module, open_only
from tests.gui.script import play

WORDS = sys.argv[sys.argv.index("--") + 1 :]
FOLDER, WIDER = Path(WORDS[0]), int(WORDS[1])
build, cmu = module("blender.armature").build, module("core.rigs.cmu")
mixamo = module("core.rigs.families.mixamo")


def body(rename):
    """The CMU skeleton with other names, active and alone."""
    for other in list(bpy.data.objects):
        bpy.data.objects.remove(other)
    obj, _ = build(cmu.SKELETON, "Body")
    for bone in list(obj.data.bones):
        bone.name = rename(bone.name)
    bpy.ops.object.mode_set(mode="POSE")
    return obj


def looked_at(picture: Path) -> Iterator[float]:
    """A screenshot once the panels have slid to their places."""
    gui.area().tag_redraw()
    yield gui.PAUSE * 3
    yield from gui.screenshot(picture)


def session() -> Iterator[float | tuple[int, int]]:
    open_only("rig_map")
    gui.area().spaces.active.show_region_ui = True
    yield gui.PAUSE * 3
    gui.region().active_panel_category = "Mender"
    yield gui.PAUSE * 3
    if WIDER:
        yield from gui.widen(WIDER)

    # Nothing to map, not mapped yet, mapped by names, with a mistake.
    for other in list(bpy.data.objects):
        bpy.data.objects.remove(other)
    yield from looked_at(FOLDER / f"rig-map-{WIDER}-1-no-armature.png")
    obj = body(str)
    yield from looked_at(FOLDER / f"rig-map-{WIDER}-2-empty.png")
    yield from gui.click(*(yield from gui.found("mocap_mender.rig_map_find")))
    assert len(obj.mocap_mender_rig.joints), "the button found nothing"
    yield from looked_at(FOLDER / f"rig-map-{WIDER}-3-named.png")

    names = mixamo.FAMILY.bones()
    rig = body(lambda bone: names.get(bone, f"mixamorig:{bone}")).mocap_mender_rig
    bpy.ops.mocap_mender.rig_map_find()
    rig.joints["LeftArm"].bone = names["RightArm"]
    rig.active = rig.joints.find("LeftArm")
    assert "cannot be both" in rig.problem
    yield from looked_at(FOLDER / f"rig-map-{WIDER}-4-mistake.png")

    # Found by places alone: nothing is taken until the button is pressed.
    rig = body(lambda bone: f"bone.{cmu.SKELETON.names.index(bone):03}").mocap_mender_rig
    bpy.ops.mocap_mender.rig_map_find()
    yield from looked_at(FOLDER / f"rig-map-{WIDER}-5-doubtful.png")

    rig.shown = "OPEN"
    yield from looked_at(FOLDER / f"rig-map-{WIDER}-6-to-check.png")
    assert not any(joint.bone and joint.state != "DOUBTFUL" for joint in rig.joints), "places alone are taken for sure"
    yield from gui.click(*(yield from gui.found("mocap_mender.rig_map_confirm", share=0.4)))
    assert all(joint.state == "BY_HAND" for joint in rig.joints if joint.bone), "the button confirms nothing"
    rig.shown = "BODY"
    yield from looked_at(FOLDER / f"rig-map-{WIDER}-7-confirmed.png")


play(session(), FOLDER / f"rig-map-{WIDER}-failed.png")
