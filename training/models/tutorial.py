"""The tutorial's two autoencoders, as Keras builds them: dense layers sigmoid, sigmoid, linear, tanh."""

from __future__ import annotations

from torch import Tensor, nn


class TutorialAutoencoder(nn.Module):
    """120–60–30–60–120 to compress, 120–256–128–256–120 to denoise with a sparse first layer.

    Source: "Compress and Denoise MoCap with Autoencoders". Weights start as Keras' Dense layers do: Glorot uniform,
    biases at zero.
    """

    def __init__(self, features: int, first: int, second: int) -> None:
        super().__init__()
        self.encode_first = nn.Linear(features, first)
        self.encode_second = nn.Linear(first, second)
        self.decode_first = nn.Linear(second, first)
        self.decode_second = nn.Linear(first, features)
        for layer in (self.encode_first, self.encode_second, self.decode_first, self.decode_second):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def activity(self, pose: Tensor) -> Tensor:
        """(N, first) activations of the first hidden layer, the ones that the sparse recipe penalises."""
        return self.encode_first(pose).sigmoid()

    def compress(self, activity: Tensor) -> Tensor:
        """(N, second) code from the first layer's activations."""
        return self.encode_second(activity).sigmoid()

    def encode(self, pose: Tensor) -> Tensor:
        """(N, second) code of poses (N, features)."""
        return self.compress(self.activity(pose))

    def decode(self, code: Tensor) -> Tensor:
        """(N, features) pose components in -1…1, not unit quaternions."""
        return self.decode_second(self.decode_first(code)).tanh()

    def forward(self, pose: Tensor) -> tuple[Tensor, Tensor]:
        """Poses (N, features) to the poses that come back (N, features) and their codes (N, second)."""
        code = self.encode(pose)
        return self.decode(code), code
