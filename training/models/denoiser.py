"""The denoiser of bodies: the skeleton-free gate, a Gaussian prior of motion, and a network that goes beyond both.

The prior shrinks the strokes of motion by the noise level, which the network estimates from the clip itself. The
refinement then moves every stroke within what the prior leaves open: its correction is in units of the posterior
deviation, so that clean motion, where nothing is open, passes unchanged.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from addon.core.likely import Likely

from .gate import STATISTICS_REACH, CurveDenoiser, averaged, log_energy, padded
from .motion_prior import BEFORE, HOP, POSE, WINDOW, MotionPrior

GROUPS = 14
CONTEXT = 32
OFFSET_THRESHOLD = 0.125
JOINT_SLACK = 1e-7
BLUR, BLUR_VARIANCE = 0.25, 0.05**2
"""Share of the neighbours that goes into a frame under strong noise, and the noise at which half of it does."""
FAR_OUT = 9.0
"""Square of the deviations beyond which a component is no longer what the prior expects."""
NEIGHBOURS = 16
"""Components, sorted by their variance, that share one correction."""
LEAST_NOISE = 3e-4
"""Deviation of quaternion components below which a clip counts as clean."""


class Block(nn.Module):
    """Residual dilated convolution over time, scaled and shifted by the noise's description."""

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.modulate = nn.Conv1d(CONTEXT, 2 * width, 1)
        self.mix = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)
        self.out = nn.Conv1d(width, width, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        """(B, width, N) and (B, CONTEXT, N) to (B, width, N)."""
        scale, shift = self.modulate(context).chunk(2, dim=1)
        h = self.norm(x.transpose(1, 2)).transpose(1, 2) * (1 + scale) + shift
        return x + self.dropout(self.out(functional.gelu(self.mix(h))))


class BodyDenoiser(nn.Module):
    """Denoises the rotations of a known skeleton.

    The input's quaternions carry how they are known in their length: 1 was measured, ½ was filled in across a hole and
    may be replaced, 0 is a joint that this rig has not.
    """

    def __init__(
        self,
        prior: MotionPrior,
        likely: Likely,
        width: int = 224,
        dilations: tuple[int, ...] = (1, 2, 4, 8),
        dropout: float = 0.05,
    ) -> None:
        super().__init__()
        joints, strokes = len(likely.reference), len(prior.stroke_variance)
        middle = prior.strokes.reshape(WINDOW, POSE, strokes)[BEFORE : BEFORE + HOP].reshape(HOP * POSE, strokes)
        kernel = prior.strokes.reshape(WINDOW, POSE, strokes).transpose(2, 1, 0)
        for name, value in (
            ("reference", likely.reference),
            ("mean", prior.mean),
            ("basis", prior.pose_basis),
            ("hidden_variance", prior.pose_variance[POSE:]),
            ("analysis", kernel),
            ("synthesis", middle),
            ("stroke_variance", prior.stroke_variance),
            ("rest_variance", prior.rest_variance),
            ("rest_analysis", prior.rest_analysis),
            ("rest_synthesis", prior.rest_synthesis),
            ("forms", prior.forms),
            ("likely_mean", likely.mean),
            ("likely_basis", likely.basis),
            ("likely_rest", likely.rest),
            ("likely_lags", likely.lags),
        ):
            self.register_buffer(name, torch.tensor(np.ascontiguousarray(value), dtype=torch.float32))
        self.joints, self.strokes = joints, strokes
        self.curves = CurveDenoiser()
        self.describe = nn.Sequential(
            nn.Conv1d(GROUPS + 4 + 3 * joints, 64, 1), nn.GELU(), nn.Conv1d(64, CONTEXT, 1), nn.GELU()
        )
        self.level = nn.Conv1d(CONTEXT, 1, 1)
        groups = (strokes + HOP * POSE) // NEIGHBOURS
        self.colour = nn.Sequential(nn.Conv1d(2 * groups + CONTEXT, 64, 1), nn.GELU(), nn.Conv1d(64, groups, 1))
        self.enter = nn.Conv1d(strokes + HOP * POSE + 2 * HOP * joints, width, 1)
        self.blocks = nn.ModuleList(Block(width, dilation, dropout) for dilation in dilations)
        self.norm = nn.LayerNorm(width)
        self.leave = nn.Conv1d(width, strokes + HOP * POSE, 1)
        for layer in (self.leave, self.colour[-1]):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        nn.init.constant_(self.level.bias, -4.0)

    def likely(self, fps: float) -> Likely:
        """What fills holes: it stays beside the network, whose rate is `fps`, and is kept with its weights."""
        mean, basis, rest, lags = (
            getattr(self, f"likely_{name}").cpu().numpy().astype(float) for name in ("mean", "basis", "rest", "lags")
        )
        return Likely(self.reference.cpu().numpy(), mean, basis, rest, lags, fps)

    def forward(self, rotations: Tensor) -> Tensor:
        """Rotations (B, T, J, 4) of the card's joints, lengths as above, to unit quaternions (B, T, J, 4)."""
        return self.parts(rotations)[0]

    def parts(self, rotations: Tensor) -> tuple[Tensor, Tensor]:
        """The result (B, T, J, 4) and the estimated log noise level (B, N)."""
        frames = rotations.shape[1]
        x, known = self._entered(rotations)
        with torch.no_grad():  # the gate has a loss of its own and learns for every skeleton, not for this one
            calm, share, noise = self.curves.calmed(x)
        poses = torch.einsum("bft,fg->bgt", calm - self.mean[:, None], self.basis)
        moving, hidden = poses[:, :POSE], poses[:, POSE:]
        held = padded(moving, BEFORE, WINDOW - 1 - BEFORE)
        strokes = functional.conv1d(held, self.analysis, stride=HOP)  # (B, K, N)
        blocks = strokes.shape[-1]
        beside = self._folded(moving, blocks) - torch.einsum("bkn,rk->brn", strokes, self.synthesis)
        rest = torch.einsum("brn,sr->bsn", beside, self.rest_analysis)
        sure = torch.cat([1 - self._folded(known, blocks), self._folded(share, blocks)], dim=1)
        context = self._context(strokes, rest, hidden, noise, sure, blocks)
        level = self.level(context).clamp(-9.0, 0.0)
        # The level learns from the noise that was put in; the result would bend it to its own ends.
        variance = (2 * level.detach()).exp() + LEAST_NOISE**2 * 0.01
        ratio = self._ratio(strokes, rest, variance, context)
        stroke_ratio, rest_ratio = ratio.split([self.strokes, HOP * POSE], dim=1)
        stroke, stroke_open, stroke_seen = _shrunk(strokes, self.stroke_variance, variance, stroke_ratio)
        rest, rest_open, rest_seen = _shrunk(rest, self.rest_variance, variance, rest_ratio)
        h = self.enter(torch.cat([stroke_seen, rest_seen, sure], dim=1))
        for block in self.blocks:
            h = block(h, context)
        h = self.norm(h.transpose(1, 2)).transpose(1, 2)
        stroke_move, rest_move = self.leave(h).split([self.strokes, HOP * POSE], dim=1)
        middle = torch.einsum("bkn,rk->brn", stroke + stroke_open * stroke_move, self.synthesis)
        beside = torch.einsum("bsn,rs->brn", rest + rest_open * rest_move, self.rest_synthesis)
        moving = self._unfolded(middle + beside, POSE)[..., :frames]
        spread = self._spread(variance)[..., :frames]
        slow = averaged(hidden, STATISTICS_REACH)
        slow = _clearly_there(slow, spread)
        kept = self.hidden_variance[:, None] / (self.hidden_variance[:, None] + spread)
        poses = torch.cat([moving, slow + kept * (hidden - slow)], dim=1)
        body = torch.einsum("bgt,fg->bft", poses, self.basis) + self.mean[:, None]
        body = self._on_joints(body, x, spread)
        body = _blurred(body, BLUR * spread / (spread + BLUR_VARIANCE))
        known = known.repeat_interleave(4, dim=1)
        result = known * body + (1 - known) * x
        return self._left(result), level[:, 0]

    def _entered(self, rotations: Tensor) -> tuple[Tensor, Tensor]:
        """Channels (B, J·4, T), and what was measured, 1 or 0, (B, J, T)."""
        length = rotations.norm(dim=-1, keepdim=True)
        reference = self.reference.expand_as(rotations)
        unit = torch.where(length > 0.25, rotations / length.clamp_min(0.25), reference)
        known = (length[..., 0] > 0.75).to(unit.dtype)
        return unit.flatten(2).transpose(1, 2), known.transpose(1, 2)

    def _left(self, channels: Tensor) -> Tensor:
        return functional.normalize(channels.transpose(1, 2).unflatten(2, (self.joints, 4)), dim=-1)

    def _ratio(self, strokes: Tensor, rest: Tensor, noise: Tensor, context: Tensor) -> Tensor:
        """(B, K, N): by how much the components' signal-to-noise ratios are off, log, the same for neighbours.

        The prior takes noise to be white and motion to be always as lively; what is seen of both tells more.
        """
        power = torch.cat(
            [
                strokes.square() / (self.stroke_variance[:, None] + noise),
                rest.square() / (self.rest_variance[:, None] + noise),
            ],
            dim=1,
        )
        group = power.unflatten(1, (-1, NEIGHBOURS)).mean(dim=2)
        near, wide = averaged(group, 1), averaged(group, STATISTICS_REACH // HOP)
        seen = torch.cat([torch.log(near + 1e-3), torch.log(wide + 1e-3), context], dim=1)
        return self.colour(seen).repeat_interleave(NEIGHBOURS, dim=1)

    def _on_joints(self, body: Tensor, x: Tensor, noise: Tensor) -> Tensor:
        """The poses (B, J·4, T) moved onto what joints of two axes can do, as far as the noise is to blame."""
        off, way = self._off_joint(body)
        usual = averaged(self._off_joint(x)[0], STATISTICS_REACH)
        back = (off - _clearly_there(usual, noise)) * noise / (noise + JOINT_SLACK)
        return body - (back[:, :, None] * way).flatten(1, 2)

    def _off_joint(self, channels: Tensor) -> tuple[Tensor, Tensor]:
        """Distance (B, J, T) from the surface of a joint's constraint, and the unit normal (B, J, 4, T) there."""
        q = channels.unflatten(1, (self.joints, 4))
        slope = torch.einsum("jik,bjkt->bjit", self.forms, q)  # half the gradient
        length = slope.square().sum(dim=2).clamp_min(1e-12).sqrt()
        return (slope * q).sum(dim=2) / (2 * length), slope / length[:, :, None]

    def _context(
        self, strokes: Tensor, rest: Tensor, hidden: Tensor, noise: Tensor, sure: Tensor, blocks: int
    ) -> Tensor:
        """(B, CONTEXT, N): what the noise is like around each block, from energies that motion hardly has."""
        groups = strokes.unflatten(1, (GROUPS, -1)).square().mean(dim=2)
        held = padded(hidden, 1, 1)
        bent = (held[..., 2:] - 2 * hidden + held[..., :-2]).square() / 6
        still = torch.stack([part.mean(dim=1) for part in bent.tensor_split(3, dim=1)], dim=1)
        energies = torch.cat([groups, rest.square().mean(dim=1, keepdim=True)], dim=1)
        energies = torch.cat([energies, self._folded(still, blocks).unflatten(1, (HOP, 3)).mean(dim=1)], dim=1)
        logs = 0.5 * log_energy(energies)
        reach = STATISTICS_REACH // HOP
        usual = averaged(torch.cat([logs, sure.unflatten(1, (2, HOP, -1)).mean(dim=2).flatten(1, 2)], dim=1), reach)
        each = self._folded(noise, blocks).unflatten(1, (HOP, -1))[:, HOP // 2]
        usual_logs, usual_sure = usual.split([GROUPS + 4, 2 * self.joints], dim=1)
        return self.describe(torch.cat([(usual_logs + 4) / 2, usual_sure, (each + 4) / 2], dim=1))

    @staticmethod
    def _folded(x: Tensor, blocks: int) -> Tensor:
        """(B, C, T) to (B, HOP·C, N): the frames of each block one after the other, the last one held."""
        held = padded(x, 0, HOP - 1)[..., : HOP * blocks]
        return held.unflatten(2, (-1, HOP)).permute(0, 3, 1, 2).flatten(1, 2)

    @staticmethod
    def _unfolded(x: Tensor, channels: int) -> Tensor:
        """(B, HOP·C, N) back to (B, C, HOP·N)."""
        return x.unflatten(1, (HOP, channels)).permute(0, 2, 3, 1).flatten(2)

    @staticmethod
    def _spread(x: Tensor) -> Tensor:
        """(B, C, N) to (B, C, HOP·N), each block's value for all its frames."""
        return x.repeat_interleave(HOP, dim=2)


def _blurred(x: Tensor, share: Tensor) -> Tensor:
    """Frames of (B, C, T) mixed with `share` (B, 1, T) of either neighbour: strong noise leaves jitter at blocks."""
    held = padded(x, 1, 1)
    return x + share * (held[..., 2:] - 2 * x + held[..., :-2])


def _clearly_there(slow: Tensor, noise: Tensor) -> Tensor:
    """An average shrunk by the noise that may be left in it.

    Where the model's skeleton never moves, another's pose may still be off: what is clearly no noise is kept.
    """
    return slow * functional.relu(slow.square() - OFFSET_THRESHOLD * noise) / slow.square().clamp_min(1e-12)


def _shrunk(found: Tensor, prior: Tensor, noise: Tensor, ratio: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Wiener-filtered components, their posterior deviation, and them in units of what is expected, (B, K, N).

    found: (B, K, N); prior: (K,) variances; noise: (B, 1, N) variance; ratio: (B, K, N), log, a correction of the
    signal-to-noise ratio. A component that is far larger than the prior and the noise together is motion that the prior
    did not know: there it is widened.
    """
    motion = torch.maximum(prior[:, None], found.square() / FAR_OUT - noise)
    gain = (torch.log(motion / noise).clamp(-15.0, 15.0) + ratio).sigmoid()
    return gain * found, (gain * noise).sqrt(), found / (motion + noise).sqrt()
