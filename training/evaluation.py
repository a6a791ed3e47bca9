"""Where evaluations leave their figures, and how others read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def shipped_metrics(model: str) -> dict[str, Any]:
    """What the committed evaluations say about a model, by task; nothing before it was evaluated."""
    found = {}
    for path in sorted(RESULTS.glob("*.json")):
        rows = json.loads(path.read_text())["rows"]
        if model in rows:
            found[path.stem] = rows[model]
    return found
