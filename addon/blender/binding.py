"""What a model sees of an armature's action: the records that `retarget` fills, reads and turns back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..core.rigs.alignment import Alignment
from ..core.rotation import IDENTITY, Array
from .controls import Controls
from .tracks import Track


@dataclass(frozen=True, eq=False)
class Binding:
    """An action that a model can see.

    names, parents: the model's joints, and for each the place of the one above, -1 for none. tracks: for each joint its
    track, None where the rig lacks it. between: for each joint the tracks of the bones between it and the next one
    above. free: the tracks of keyed bones that are no joint's, the body's root and what carries it left aside; bones
    between joints may be among them. alignment: of the rest poses.
    reference: (J, 4) the rotations that stand in for joints that the rig lacks. controls: for rigs whose keyed bones
    move what is seen through constraints. left_out: joint -> why its control cannot be used.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    tracks: tuple[Track | None, ...]
    between: tuple[tuple[Track, ...], ...]
    free: tuple[Track, ...]
    alignment: Alignment
    reference: Array
    controls: Controls | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def matched(self) -> list[Track]:
        """The tracks of the joints that the rig has."""
        return [track for track in self.tracks if track is not None]

    @property
    def read(self) -> list[Track]:
        """The tracks of all bones that change: those of joints, the free ones, the control that holds the pelvis."""
        held = [track for track in self.controls.tracks if track not in self.matched] if self.controls else []
        return [*self.matched, *self.free, *held]


def with_tracks(binding: Binding, instead: Mapping[str, Track]) -> Binding:
    """The binding with other tracks for some bones: bone -> track."""

    def own(tracks: tuple[Track, ...]) -> tuple[Track, ...]:
        return tuple(instead.get(track.bone, track) for track in tracks)

    return replace(
        binding,
        tracks=tuple(track and instead.get(track.bone, track) for track in binding.tracks),
        between=tuple(own(tracks) for tracks in binding.between),
        free=own(binding.free),
    )


@dataclass(frozen=True, eq=False)
class Motion:
    """Rotations at T frames.

    body: (T, J, 4) local ones of the model's joints; absent joints hold the reference. free: (T, K, 4) those of the K
    free bones in their own local space. between: bone -> (T, 4) or (4,), of the bones between joints in armature axes.
    root: (T, 4) or (4,) the pelvis in armature axes, on rigs of controls alone.
    """

    body: Array
    free: Array
    between: Mapping[str, Array] = field(default_factory=dict)
    root: Array = field(default_factory=lambda: IDENTITY)
