"""Changes written into an action's curves one after the other, and taken back if that is cut short."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from . import action, rekey
from .action import Channels
from .edits import Edit
from .job import Steps
from .rekey import FewerKeys, NewKeys


@dataclass(frozen=True, eq=False)
class Changes:
    """What is to become of curves: new values of keys, then keys put in, then keys taken out."""

    edits: Sequence[Edit] = ()
    new: Sequence[NewKeys] = ()
    fewer: Sequence[FewerKeys] = ()


@dataclass(frozen=True)
class Written:
    """How many keys have another value, are new, and are gone."""

    changed: int
    new: int
    gone: int


def write(channels: Channels, changes: Changes) -> Steps[Written]:
    """Write the changes into an action: the one that was read, or a copy of it.

    Closed before the end, every curve gets back what it had, bit for bit.
    """
    curves = action.by_path(channels)
    edits = {(edit.data_path, edit.index): edit for edit in changes.edits if edit.changed}
    new = {(keys.data_path, keys.index): keys for keys in changes.new}
    fewer = {(keys.data_path, keys.index): keys for keys in changes.fewer}
    before: dict[tuple[str, int], rekey.Table] = {}
    touched = list(dict.fromkeys([*edits, *new, *fewer]))
    gone = 0
    try:
        for done, key in enumerate(touched):
            yield done / len(touched)
            curve = curves[key]
            before[key] = rekey.read_table(curve)
            if key in edits:
                action.move_keys(curve, edits[key].points, edits[key].values)
            if key in new:
                rekey.insert(curve, new[key])
            if key in fewer:
                gone += rekey.reduce(curve, fewer[key])
    except GeneratorExit:
        for key, table in before.items():
            rekey.write_table(curves[key], table)
        raise
    finally:
        _tell(channels)
    return Written(sum(edit.changed for edit in edits.values()), sum(len(keys.frames) for keys in new.values()), gone)


def _tell(channels: Channels) -> None:
    # Writing in bulk tells nobody: without this the pose stays as it was until something else changes.
    holder: Any = channels.id_data
    holder.update_tag(refresh={"TIME"})
