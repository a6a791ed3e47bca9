"""Classical smoothing filters for rotations, the baselines that a network has to beat.

Each takes rotations (T, ..., 4) and returns unit quaternions of the same shape and type. They run over time on the
components of the hemisphere-continuous quaternions, in float64, and normalise afterwards, as is common for small
noise. Frequencies are in Hz, lengths in frames. None changes its input; a clip shorter than a filter is smoothed with
the longest one that fits.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .rotation import Array, Mask, aligned, continuous, normalize
from .signals import continued, gaussian_weights

_GAUSSIAN_REACH = 4.0  # standard deviations, as in scipy.ndimage
OFF_CUBIC = 0.9
"""Of its distance from the median, how far a spike is at least from the cubic through its neighbours. Of the motion
of people at 30 frames a second that the median alone takes for spikes this keeps three quarters; of single spikes, one
in a hundred."""


def gaussian(rotations: Array, sigma: float) -> Array:
    """Gaussian kernel with standard deviation `sigma` in frames; the ends are held."""
    weights = gaussian_weights(sigma, int(_GAUSSIAN_REACH * sigma + 0.5))
    return _over_channels(rotations, lambda x: _convolved(x, weights))


def butterworth(rotations: Array, cutoff: float, fps: float) -> Array:
    """Second-order Butterworth low-pass, run forward and backward: no delay, fourth order in all.

    The filter of biomechanics (Winter, "Biomechanics and Motor Control of Human Movement", ch. 3). Ends are extended
    by odd reflection and the filter starts settled, as in scipy.signal.filtfilt.
    """
    return _over_channels(rotations, lambda x: _forward_backward(x, *_butterworth_coefficients(cutoff, fps)))


def savitzky_golay(rotations: Array, window: int, degree: int) -> Array:
    """Least-squares polynomial of `degree` over `window` frames (odd), read at its centre; at the ends off-centre.

    Savitzky & Golay, Analytical Chemistry 36 (1964).
    """
    return _over_channels(rotations, lambda x: _polynomial_smoothed(x, window, degree))


def median(rotations: Array, window: int) -> Array:
    """Median of each component over `window` frames (odd); the ends are held. Removes single spikes."""

    def smooth(x: Array) -> Array:
        padded = np.pad(x, ((window // 2, window // 2), (0, 0)), mode="edge")
        return np.median(sliding_window_view(padded, window, axis=0), axis=-1)

    return _over_channels(rotations, smooth)


def without_spikes(rotations: Array, least: float = 0.03, factor: float = 12.0, reach: int = 8) -> Array:
    """One or two rotations in a row that stick out replaced by what lies between their neighbours; all others stay.

    Hampel's identifier (Hampel, JASA 69, 1974): one sticks out whose distance from the median of five frames is more
    than `least` (of quaternion components) and `factor` times the usual distance up to `reach` frames away. But the
    median also cuts a heel strike's peak off, to which the frames beside it lead: one that sticks out is as far from
    the cubic through two frames on each side.
    """
    if len(rotations) < 3:
        return normalize(rotations)
    q = continuous(rotations)
    off = np.linalg.norm(q - aligned(normalize(_median_of_five(q)), q), axis=-1)
    held = np.pad(np.sqrt(off), ((reach, reach), *((0, 0),) * (off.ndim - 1)), mode="edge")
    usual = sliding_window_view(held, 2 * reach + 1, axis=0).mean(axis=-1) ** 2
    out = off > least + factor * usual
    line, cubic = _between_neighbours(q, out)
    spike = np.linalg.norm(q[out] - cubic, axis=-1) > OFF_CUBIC * off[out]
    out[out] = spike
    q[out] = normalize(line[spike])
    return q


def _between_neighbours(x: Array, where: Mask) -> tuple[Array, Array]:
    """What the line through one frame and the cubic through two frames on each side say, (N, 4) each, of the N places
    of (T, ..., 4) at which `where`. A second such place in a row is passed over.
    """
    frame, *rest = np.nonzero(where)

    def beside(steps: NDArray[np.intp]) -> tuple[NDArray[np.intp], ...]:
        return (np.clip(frame + steps, 0, len(x) - 1), *rest)

    one = np.ones_like(frame)
    before, after = -one - where[beside(-one)], one + where[beside(one)]

    def through(*steps: NDArray[np.intp]) -> Array:
        nodes = np.stack(steps)
        values = (_lagrange_weight(nodes, place)[:, None] * x[beside(nodes[place])] for place in range(len(nodes)))
        return np.sum(list(values), axis=0, dtype=x.dtype)

    return through(before, after), through(before - 1, before, after, after + 1)


def _lagrange_weight(nodes: NDArray[np.intp], place: int) -> Array:
    """(N,) what the value at one of the nodes (K, N) weighs in the polynomial through all, at 0."""
    others = np.delete(nodes, place, axis=0)
    weight: Array = np.prod(-others / (nodes[place] - others), axis=0)
    return weight


def median_butterworth(rotations: Array, window: int, cutoff: float, fps: float) -> Array:
    """`median` against spikes, then `butterworth` against jitter."""
    return butterworth(median(rotations, window), cutoff, fps)


def one_euro(rotations: Array, min_cutoff: float, beta: float, fps: float, derivative_cutoff: float = 1.0) -> Array:
    """Causal low-pass whose cutoff rises with speed: `min_cutoff` + `beta`·|speed|, speed in units a second.

    Casiez, Roussel & Vogel, "1€ Filter", CHI 2012.
    """

    def share(cutoff: Array | float) -> Array | float:
        turn = 2 * np.pi * cutoff / fps
        return turn / (turn + 1)

    def smooth(x: Array) -> Array:
        result = np.empty_like(x)
        result[0] = x[0]
        speed = np.zeros_like(x[0])
        for t in range(1, len(x)):
            speed = speed + share(derivative_cutoff) * ((x[t] - x[t - 1]) * fps - speed)
            result[t] = result[t - 1] + share(min_cutoff + beta * np.abs(speed)) * (x[t] - result[t - 1])
        return result

    return _over_channels(rotations, smooth)


def kalman(rotations: Array, acceleration_density: float, measurement_sigma: float, fps: float) -> Array:
    """Constant-velocity Kalman filter with a Rauch–Tung–Striebel pass back: the best linear smoother for that model.

    acceleration_density: of the white acceleration that drives the motion, units²/s³; measurement_sigma: of the noise
    on each component. Rauch, Tung & Striebel, AIAA Journal 3 (1965); Särkkä, "Bayesian Filtering and Smoothing", ch. 8.
    """
    return _over_channels(
        rotations, lambda x: _smoothed_constant_velocity(x, acceleration_density, measurement_sigma**2, 1 / fps)
    )


def pca_butterworth(rotations: Array, mean: Array, basis: Array, cutoff: float, fps: float) -> Array:
    """`butterworth`, then the pose projected on a linear pose space: mean (J·4,) and orthonormal basis (K, J·4).

    The basis comes from training data, each pose in the hemisphere of `mean`, to which the smoothed poses are brought.
    """
    smooth = butterworth(rotations, cutoff, fps).astype(np.float64)
    pose = aligned(smooth, mean.reshape(smooth.shape[1:])).reshape(len(smooth), -1) - mean
    return normalize((pose @ basis.T @ basis + mean).reshape(rotations.shape)).astype(rotations.dtype)


def _over_channels(rotations: Array, smooth: Callable[[Array], Array]) -> Array:
    if len(rotations) < 2:
        return normalize(rotations)
    channels = continuous(rotations).astype(np.float64).reshape(len(rotations), -1)
    return normalize(smooth(channels).reshape(rotations.shape)).astype(rotations.dtype)


def _median_of_five(x: Array) -> Array:
    """(T, ...): the median of each value, two before and two after, ends held; by comparisons, as sorting is slow."""
    frames = len(x)
    held = np.concatenate([x[:1], x[:1], x, x[-1:], x[-1:]])
    a, b, e, c, d = (held[i : i + frames] for i in range(5))
    low = np.maximum(np.minimum(a, b), np.minimum(c, d))
    high = np.minimum(np.maximum(a, b), np.maximum(c, d))
    return np.maximum(np.minimum(low, high), np.minimum(np.maximum(low, high), e))


def _convolved(x: Array, kernel: Array) -> Array:
    reach = len(kernel) // 2
    padded = np.pad(x, ((reach, reach), (0, 0)), mode="edge")
    return sliding_window_view(padded, len(kernel), axis=0) @ kernel[::-1]


def _butterworth_coefficients(cutoff: float, fps: float) -> tuple[Array, Array]:
    """Numerator and denominator of the second-order low-pass, by the bilinear transform; cutoff below 0.99 Nyquist."""
    warped = np.tan(np.pi / 2 * min(cutoff / (fps / 2), 0.99))
    scale = 1 / (1 + np.sqrt(2) * warped + warped**2)
    numerator = scale * warped**2 * np.array([1.0, 2.0, 1.0])
    denominator = np.array([1.0, 2 * scale * (warped**2 - 1), scale * (1 - np.sqrt(2) * warped + warped**2)])
    return numerator, denominator


def _forward_backward(x: Array, numerator: Array, denominator: Array) -> Array:
    reach = min(3 * len(denominator), len(x) - 1)
    forward = _second_order(continued(x, x[[0, -1]], reach, reach), numerator, denominator)
    backward = _second_order(forward[::-1], numerator, denominator)[::-1]
    return backward[reach : len(x) + reach]


def _second_order(x: Array, numerator: Array, denominator: Array) -> Array:
    """Transposed direct form II, started in the steady state of the first value."""
    (b0, b1, b2), (_, a1, a2) = numerator, denominator
    second = (b2 - a2) * x[0]
    first = (b1 - a1) * x[0] + second
    result = np.empty_like(x)
    for t, value in enumerate(x):
        y = b0 * value + first
        first = b1 * value - a1 * y + second
        second = b2 * value - a2 * y
        result[t] = y
    return result


def _polynomial_smoothed(x: Array, window: int, degree: int) -> Array:
    window = min(window, len(x) - 1 + len(x) % 2)
    half = window // 2
    powers = np.vander(np.linspace(-1, 1, window), min(degree, window - 1) + 1)
    fit = powers @ np.linalg.pinv(powers)
    result = np.empty_like(x)
    result[:half] = fit[:half] @ x[:window]
    result[len(x) - half :] = fit[window - half :] @ x[len(x) - window :]
    result[half : len(x) - half] = sliding_window_view(x, window, axis=0) @ fit[half]
    return result


def _smoothed_constant_velocity(x: Array, density: float, variance: float, step: float) -> Array:
    transition = np.array([[1.0, step], [0.0, 1.0]])
    driving = density * np.array([[step**3 / 3, step**2 / 2], [step**2 / 2, step]])
    state = np.stack([x[0], np.zeros_like(x[0])])  # (2, channels): value and velocity
    spread = np.diag([variance, 1.0])
    states, spreads = np.empty((len(x), *state.shape)), np.empty((len(x), 2, 2))
    for t, value in enumerate(x):
        if t:
            state, spread = transition @ state, transition @ spread @ transition.T + driving
        gain = spread[:, :1] / (spread[0, 0] + variance)
        state = state + gain * (value - state[0])
        spread = spread - gain @ spread[:1]
        states[t], spreads[t] = state, spread
    for t in range(len(x) - 2, -1, -1):
        predicted = transition @ spreads[t] @ transition.T + driving
        back = spreads[t] @ transition.T @ np.linalg.inv(predicted)
        states[t] += back @ (states[t + 1] - transition @ states[t])
    return states[:, 0]
