"""Actions and where their F-curves are, the same on every Blender: found, made, copied and assigned.

From 4.4 on an action holds its curves in the channelbag of a slot; before that it holds them itself. Either has
`fcurves` and `groups`, and that is all that this project asks of it: the name for both is `Channels`.
"""

from __future__ import annotations

from typing import Any

import bpy

from ..core.errors import MenderError

Channels = Any  # bpy.types.ActionChannelbag from 4.4 on, bpy.types.Action before
_HAS_SLOTS = bpy.app.version >= (4, 4, 0)


class ActionError(MenderError):
    """The object's action cannot be read or changed as asked."""


def assigned_channels(obj: bpy.types.Object) -> Channels:
    """The curves that move `obj`: those of its assigned action and slot.

    Raises ActionError where it has none, or where the action is layered in a way that this add-on does not know.
    """
    data: Any = obj.animation_data
    action = data.action if data else None
    if action is None:
        raise ActionError(f"{obj.name} has no action: import a motion, or choose an action in the action editor.")
    if not _HAS_SLOTS:
        channels: Channels = action
    else:
        channels = _channelbag(obj, action, data.action_slot)
    if channels is None or not len(channels.fcurves):
        raise ActionError(f"The action {action.name} has no keys for {obj.name}: key its bones first.")
    return channels


def _channelbag(obj: bpy.types.Object, action: Any, slot: Any) -> Channels | None:
    if slot is None:
        raise ActionError(
            f"{obj.name} has the action {action.name} but none of its slots: choose a slot beside the action's name."
        )
    if len(action.layers) > 1 or any(len(layer.strips) > 1 for layer in action.layers):
        raise ActionError(f"The action {action.name} has several layers or strips: bake it into one first.")
    for layer in action.layers:
        for strip in layer.strips:
            return strip.channelbag(slot)
    return None


def only_channels(action: bpy.types.Action) -> Channels:
    """The curves of an action that moves one thing alone, as a pose asset does. Raises ActionError for none."""
    held: Any = action
    if not _HAS_SLOTS:
        return held
    for layer in held.layers:
        for strip in layer.strips:
            for bag in strip.channelbags:
                return bag
    raise ActionError(f"The action {action.name} is empty: choose another one.")


def channels_for(action: bpy.types.Action, obj: bpy.types.Object) -> Channels | None:
    """The curves with which any action would move `obj`: those of the slot that bears its name, else of the first one.

    None where the action has none for objects.
    """
    held: Any = action
    if not _HAS_SLOTS:
        return held
    bags = [bag for layer in held.layers for strip in layer.strips for bag in strip.channelbags]
    fitting = [bag for bag in bags if bag.slot and bag.slot.target_id_type in ("OBJECT", "UNSPECIFIED")]
    return next((bag for bag in fitting if bag.slot.name_display == obj.name), fitting[0] if fitting else None)


def require_exchangeable(obj: bpy.types.Object) -> None:
    """Raises ActionError where `obj` cannot be given another action."""
    if obj.library is not None:
        raise ActionError(f"{obj.name} is linked from another file: make it local or a library override first.")
    if obj.animation_data is not None and obj.animation_data.use_tweak_mode:
        raise ActionError(f"{obj.name} is in the NLA's tweak mode: leave it with Tab in the NLA editor first.")


def require_editable(obj: bpy.types.Object) -> None:
    """Raises ActionError where the assigned action of `obj` must not be changed, or not be exchanged."""
    require_exchangeable(obj)
    action = obj.animation_data.action if obj.animation_data else None
    if action is not None and action.library is not None:
        raise ActionError(f"The action {action.name} is linked from another file: make it local first.")


def new_action(obj: bpy.types.Object, name: str) -> Channels:
    """An empty action, assigned to `obj` with a slot of its own. The former one is kept in the file."""
    new, slot, channels = loose_action(name, obj.name)
    assign(obj, new, slot)
    return channels


def loose_action(name: str, slot_name: str) -> tuple[bpy.types.Action, Any, Channels]:
    """An empty action that nothing uses yet, its slot for objects (None before 4.4) and its curves; see `assign`."""
    action = bpy.data.actions.new(name)
    if not _HAS_SLOTS:
        return action, None, action
    slot = action.slots.new(id_type="OBJECT", name=slot_name)
    strip: Any = action.layers.new("Layer").strips.new(type="KEYFRAME")
    return action, slot, strip.channelbag(slot, ensure=True)


def assign_copy(obj: bpy.types.Object, name: str) -> Channels:
    """Copy the action of `obj`, assign the copy with the same slot, and return the copy's curves.

    The original is kept in the file even if nothing else uses it. Raises ActionError as `assigned_channels` and
    `require_exchangeable` do, before anything is changed.
    """
    copy, slot, channels = loose_copy(obj, name)
    assign(obj, copy, slot)
    return channels


def loose_copy(obj: bpy.types.Object, name: str) -> tuple[bpy.types.Action, Any, Channels]:
    """A copy of the action of `obj` that nothing uses yet, its slot for `obj` (None before 4.4) and its curves.

    See `assign`. Raises ActionError as `assign_copy` does.
    """
    require_exchangeable(obj)
    assigned_channels(obj)
    data: Any = obj.animation_data
    copy = data.action.copy()
    copy.name = name
    if not _HAS_SLOTS:
        return copy, None, copy
    slot = next(slot for slot in copy.slots if slot.identifier == data.action_slot.identifier)
    return copy, slot, _channelbag(obj, copy, slot)


def assign(obj: bpy.types.Object, action: bpy.types.Action, slot: Any) -> None:
    """Let the action's slot (None before 4.4) move `obj`. The former action is kept in the file."""
    # Blender 4.5 to 5.2 crash when the action of a freshly linked object is exchanged before its first evaluation.
    view_layer: Any = bpy.context.view_layer
    view_layer.update()
    data: Any = obj.animation_data or obj.animation_data_create()
    if data.action is not None and data.action.library is None:
        data.action.use_fake_user = True  # without a user it would be gone after saving
    data.action = action
    if slot is not None:
        data.action_slot = slot


def exchange(obj: bpy.types.Object, other: bpy.types.Action) -> None:
    """Let `other`, such as the copy of the object's action or what it was copied from, move `obj` by the same slot."""
    data: Any = obj.animation_data
    held: Any = other
    same = [slot for slot in held.slots if slot.identifier == data.action_slot.identifier] if _HAS_SLOTS else []
    assign(obj, other, same[0] if same else None)
