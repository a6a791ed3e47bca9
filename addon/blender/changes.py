"""Changes written into an action's curves one after the other, and in an action in use taken back if cut short."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from . import fcurves, rekey
from .action import Channels
from .edits import Edit
from .rekey import FewerKeys, NewKeys
from .steps import Steps


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
    """Write the changes into an action that nothing uses yet: stopped before the end, it is to be thrown away."""
    try:
        return (yield from _written(channels, changes, lambda _: None))
    finally:
        _tell(channels)


def write_in_place(channels: Channels, changes: Changes) -> Steps[Written]:
    """Write the changes into an action in use. Closed before the end, each curve gets back what it had, bit for bit."""
    before: list[tuple[Any, rekey.Table]] = []
    try:
        return (yield from _written(channels, changes, lambda curve: before.append((curve, rekey.read_table(curve)))))
    except GeneratorExit:
        for curve, table in before:
            rekey.write_table(curve, table)
        raise
    finally:
        _tell(channels)


def _written(channels: Channels, changes: Changes, keep: Callable[[Any], None]) -> Steps[Written]:
    """Curve after curve. keep: is shown each before it changes."""
    curves = fcurves.by_path(channels)
    edits = {(edit.data_path, edit.index): edit for edit in changes.edits if edit.changed}
    new = {(keys.data_path, keys.index): keys for keys in changes.new}
    fewer = {(keys.data_path, keys.index): keys for keys in changes.fewer}
    touched = list(dict.fromkeys([*edits, *new, *fewer]))
    gone = 0
    for done, key in enumerate(touched):
        yield done / len(touched)
        curve = curves[key]
        keep(curve)
        if key in edits:
            fcurves.move_keys(curve, edits[key].points, edits[key].values)
        if key in new:
            rekey.insert(curve, new[key])
        if key in fewer:
            gone += rekey.reduce(curve, fewer[key])
    return Written(sum(edit.changed for edit in edits.values()), sum(len(keys.frames) for keys in new.values()), gone)


def _tell(channels: Channels) -> None:
    # Writing in bulk tells nobody: without this the pose stays as it was until something else changes.
    holder: Any = channels.id_data
    holder.update_tag(refresh={"TIME"})
