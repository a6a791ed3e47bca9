"""The runtime and its sessions: loaded when first needed, on the CPU alone, kept and used again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from ..core.errors import MenderError
from .card import ModelCard, ModelCardError
from .model_file import file_state, read_card

OLDEST_RUNTIME = (1, 18, 1)
"""The oldest onnxruntime that the shipped models are tested with."""

_REINSTALL = "install the Mocap Mender zip that was built for this system and this Blender, and restart Blender."


class RuntimeUnavailable(MenderError):  # noqa: N818 - it names a state, and scripts may know it by this name
    """onnxruntime is missing, does not load or is the wrong one. Everything but the networks still works."""


@dataclass(frozen=True, eq=False)
class Model:
    """A network ready to run; `session` is an InferenceSession of onnxruntime."""

    card: ModelCard
    session: Any
    path: Path


def runtime() -> ModuleType:
    """The onnxruntime module, imported now if it was not. Raises RuntimeUnavailable, with what to do about it."""
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        raise RuntimeUnavailable(f"The network runtime is missing (no module {error.name}): {_REINSTALL}") from error
    except (ImportError, OSError) as error:
        raise RuntimeUnavailable(_load_failure(error)) from error
    version = getattr(onnxruntime, "__version__", None)
    if version is None or not hasattr(onnxruntime, "InferenceSession"):
        raise RuntimeUnavailable(f"The network runtime is damaged: {_REINSTALL}")
    if _numbers(version) < OLDEST_RUNTIME:
        oldest = ".".join(map(str, OLDEST_RUNTIME))
        folder = Path(onnxruntime.__file__ or "").parent
        raise RuntimeUnavailable(
            f"onnxruntime {version} was loaded from {folder}, and Mocap Mender needs {oldest} or later: "
            "disable the extension that brings the older one, and restart Blender."
        )
    onnxruntime.disable_telemetry_events()
    return onnxruntime


def open_session(model: Path | bytes, threads: int) -> Any:
    """An InferenceSession for a model file, or what is in one, on the CPU, with so many threads (0: as the runtime
    likes).

    Raises RuntimeUnavailable, and whatever the runtime raises for a file that it does not load.
    """
    ort = runtime()
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that wait by spinning would take a core from Blender's own playback.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return ort.InferenceSession(
        model if isinstance(model, bytes) else str(model), options, providers=["CPUExecutionProvider"]
    )


def load_model(path: Path | str, threads: int = 0) -> Model:
    """The model file at `path` with a session of `threads` threads (0: as the runtime likes).

    Sessions are kept by path and threads, until the file changes. Raises ModelCardError for a file that does not fit,
    RuntimeUnavailable where onnxruntime does not load.
    """
    path = Path(path).absolute()
    card = read_card(path)
    return _load(path, file_state(path), threads, card)


@lru_cache(maxsize=8)
def _load(path: Path, state: tuple[int, int], threads: int, card: ModelCard) -> Model:
    version = runtime().__version__  # first, because a missing runtime is not the file's fault
    try:
        session = open_session(path, threads)
    except Exception as error:  # onnxruntime's own exceptions share no public base class
        raise ModelCardError(
            f"{path.name} does not load in onnxruntime {version} ({_first_line(error)}): export it again."
        ) from error
    _check_tensors(path, card, session)
    return Model(card, session, path)


def _check_tensors(path: Path, card: ModelCard, session: Any) -> None:
    for kind, told, found in (
        ("input", card.inputs, session.get_inputs()),
        ("output", card.outputs, session.get_outputs()),
    ):
        shapes = {tensor.name: tuple(tensor.shape) for tensor in found}
        for tensor in told:
            if tensor.name not in shapes:
                raise ModelCardError(
                    f"{path.name}: its card tells of an {kind} {tensor.name!r}, which the network lacks; "
                    "export the model again."
                )
            if not _agree(tensor.shape, shapes[tensor.name]):
                raise ModelCardError(
                    f"{path.name}: the {kind} {tensor.name!r} is {shapes[tensor.name]} in the network and "
                    f"{tensor.shape} on its card; export the model again."
                )


def _agree(told: tuple[int | str, ...], found: tuple[int | str | None, ...]) -> bool:
    return len(told) == len(found) and all(
        a == b for a, b in zip(told, found, strict=True) if isinstance(a, int) and isinstance(b, int)
    )


def _load_failure(error: Exception) -> str:
    reason = _first_line(error)
    if "DLL load failed" in reason:
        return (
            f"The network runtime does not load ({reason}): another extension may have brought an onnxruntime that is "
            "too new for this Blender on Windows; disable it, or use Blender 5.1 or later, and restart Blender."
        )
    return f"The network runtime does not load ({reason}): {_REINSTALL}"


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
