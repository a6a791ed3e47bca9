"""Choosing a model in a panel: the button that opens the menu, and the menu's entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..inference.model_file import ModelEntry


def label(entry: ModelEntry) -> str:
    """What a person reads for a model: its card's label, else its name."""
    return (entry.card.label if entry.card else "") or entry.name


def draw_chooser(layout: Any, menu: type, entries: Sequence[ModelEntry], wanted: str) -> ModelEntry | None:
    """The button with the name of the model that is `wanted`, red where it cannot be used; that model's entry."""
    entry = next((entry for entry in entries if entry.name == wanted), None)
    row = layout.row()  # all of the width: labels are longer than the half that a property gets
    row.alert = entry is None or entry.card is None
    text = label(entry) if entry else f"{wanted} is not installed"
    row.menu(menu.__name__, text=text, icon="ERROR" if row.alert else "NONE")
    return entry


def draw_entries(layout: Any, entries: Sequence[ModelEntry], chosen: str, settings: str) -> None:
    """An entry a model, with a tick at the one that is chosen; files that cannot be used stand below, greyed out.

    settings: where in the context the settings are that have a `model`.
    """
    for entry in (entry for entry in entries if entry.card):
        icon = "CHECKMARK" if entry.name == chosen else "BLANK1"
        choice = layout.operator("mocap_mender.choose_model", text=label(entry), icon=icon)
        choice.settings, choice.name = settings, entry.name
    refused = [entry for entry in entries if not entry.card]
    if refused:
        layout.separator()
    for entry in refused:
        row = layout.row()
        row.enabled = False
        row.label(text=entry.problem, icon="ERROR")
    if not entries:
        layout.label(text="No models found: see the model folder in the preferences")
