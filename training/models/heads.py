"""Heads: what the raw outputs of an any-order network mean at one position. None has weights of its own.

Every head has `outputs`, the raw numbers that it needs, and for them the log-likelihood of a value, the mean, the mode,
the entropy, and samples with a temperature (the density raised to 1 / temperature, normalised anew).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from .. import angles

LARGEST_KAPPA = 2000.0
"""A deviation of 1.3 degrees: sharper would be surer than any measurement."""
LARGEST_LENGTH = 0.9995
"""Of (sin, cos) outputs, read as a mean length: κ = 1000."""


class Head(Protocol):
    """raw: (…, outputs). value: (…,) of the head's kind."""

    @property
    def outputs(self) -> int:
        """Raw numbers a position."""

    def log_likelihood(self, raw: Tensor, value: Tensor) -> Tensor:
        """(…,) nats; of a density per radian where values are angles."""

    def mean(self, raw: Tensor) -> Tensor:
        """(…,) the expected value; the mean direction where values are angles."""

    def mode(self, raw: Tensor) -> Tensor:
        """(…,) the likeliest value."""

    def entropy(self, raw: Tensor) -> Tensor:
        """(…,) nats."""

    def sample(self, raw: Tensor, generator: torch.Generator, temperature: float = 1.0) -> Tensor:
        """(…,) one draw each. Raises ValueError for a temperature not above 0."""


@dataclass(frozen=True)
class Categorical:
    """Whole numbers 0 … count − 1; raw are logits. Beside a density: add log(bin width) to its log-likelihood."""

    count: int

    @property
    def outputs(self) -> int:
        """One logit a class."""
        return self.count

    def log_likelihood(self, raw: Tensor, value: Tensor) -> Tensor:
        """(…,) nats of classes (…,)."""
        return raw.log_softmax(dim=-1).gather(-1, value[..., None])[..., 0]

    def mean(self, raw: Tensor) -> Tensor:
        """(…,) the expected class, a fraction."""
        return raw.softmax(dim=-1) @ torch.arange(self.count, dtype=raw.dtype)

    def mode(self, raw: Tensor) -> Tensor:
        """(…,) the likeliest class, the lowest of equals."""
        return raw.argmax(dim=-1)

    def entropy(self, raw: Tensor) -> Tensor:
        """(…,) nats."""
        logs = raw.log_softmax(dim=-1)
        return -(logs.exp() * logs).sum(dim=-1)

    def sample(self, raw: Tensor, generator: torch.Generator, temperature: float = 1.0) -> Tensor:
        """(…,) classes."""
        if not temperature > 0:
            raise ValueError(f"The temperature must be above 0, not {temperature}.")
        share = (raw / temperature).softmax(dim=-1)
        return torch.multinomial(share.flatten(0, -2), 1, generator=generator).view(raw.shape[:-1])


@dataclass(frozen=True)
class VonMisesMixture:
    """Angles; raw are, for each of `components`, a weight's logit, sin and cos of the mean (of any length), and κ."""

    components: int

    @property
    def outputs(self) -> int:
        """Four numbers a component."""
        return 4 * self.components

    def parameters(self, raw: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logarithms of the weights, means and κ, (…, components) each; κ is softplus, at most LARGEST_KAPPA."""
        weight, sine, cosine, sharpness = raw.unflatten(-1, (4, self.components)).unbind(dim=-2)
        kappa = functional.softplus(sharpness).clamp(max=LARGEST_KAPPA)
        return weight.log_softmax(dim=-1), torch.atan2(sine, cosine), kappa

    def log_likelihood(self, raw: Tensor, value: Tensor) -> Tensor:
        """(…,) nats a radian of angles (…,)."""
        return angles.mixture_log_density(value, *self.parameters(raw))

    def mean(self, raw: Tensor) -> Tensor:
        """(…,) mean direction."""
        return angles.mixture_mean(*self.parameters(raw))

    def mode(self, raw: Tensor) -> Tensor:
        """(…,) the likeliest angle."""
        return angles.mixture_mode(*self.parameters(raw))

    def entropy(self, raw: Tensor) -> Tensor:
        """(…,) nats, by quadrature."""
        return angles.mixture_entropy(*self.parameters(raw))

    def sample(self, raw: Tensor, generator: torch.Generator, temperature: float = 1.0) -> Tensor:
        """(…,) angles between −π and π."""
        return angles.mixture_sample(*self.parameters(raw), temperature, generator)


@dataclass(frozen=True)
class VonMises:
    """Angles; raw are sin and cos of the mean (of any length), and κ as in the mixture. All but samples is closed."""

    @property
    def outputs(self) -> int:
        """Three numbers."""
        return 3

    def parameters(self, raw: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and κ, (…,) each."""
        sine, cosine, sharpness = raw.unbind(dim=-1)
        return torch.atan2(sine, cosine), functional.softplus(sharpness).clamp(max=LARGEST_KAPPA)

    def log_likelihood(self, raw: Tensor, value: Tensor) -> Tensor:
        """(…,) nats a radian of angles (…,)."""
        return angles.log_density(value, *self.parameters(raw))

    def mean(self, raw: Tensor) -> Tensor:
        """(…,) mean direction."""
        return self.parameters(raw)[0]

    def mode(self, raw: Tensor) -> Tensor:
        """(…,) the same as the mean."""
        return self.parameters(raw)[0]

    def entropy(self, raw: Tensor) -> Tensor:
        """(…,) nats."""
        return angles.entropy(self.parameters(raw)[1])

    def sample(self, raw: Tensor, generator: torch.Generator, temperature: float = 1.0) -> Tensor:
        """(…,) angles between −π and π."""
        mean, kappa = (part[..., None] for part in self.parameters(raw))
        return angles.mixture_sample(torch.zeros_like(mean), mean, kappa, temperature, generator)


@dataclass(frozen=True)
class ThetaMse(VonMises):
    """The thesis' loss on (sin, cos) outputs of any length, and its reading as a von Mises distribution.

    The minimum of the loss is the mean of (sin, cos), whose length is R = I₁(κ) / I₀(κ): it tells κ as well.
    """

    @property
    def outputs(self) -> int:
        """sin and cos."""
        return 2

    def loss(self, raw: Tensor, value: Tensor) -> Tensor:
        """(…,) (sin y − ŝ)² + (cos y − ĉ)² (Clarke, 2022, equation 2.4)."""
        return (value.sin() - raw[..., 0]).square() + (value.cos() - raw[..., 1]).square()

    def parameters(self, raw: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and κ, (…,) each, read off the outputs' direction and length."""
        length = raw.norm(dim=-1).clamp(max=LARGEST_LENGTH)
        return torch.atan2(raw[..., 0], raw[..., 1]), angles.kappa_of_length(length)
