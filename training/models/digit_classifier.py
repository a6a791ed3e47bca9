"""A small convolutional classifier of digits; its features are what samples are compared with digits by."""

from __future__ import annotations

from torch import Tensor, nn

FEATURES = 64


class DigitClassifier(nn.Module):
    """(N, 28, 28) images of 0 and 1 to the logits (N, 10) of the digits."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, 5, stride=2, padding=2),
            nn.GELU(),
            nn.Conv2d(16, 32, 5, stride=2, padding=2),
            nn.GELU(),
            nn.Flatten(),
            nn.Linear(32 * 7 * 7, FEATURES),
            nn.GELU(),
        )
        self.head = nn.Linear(FEATURES, 10)

    def features(self, images: Tensor) -> Tensor:
        """(N, FEATURES) of images (N, 28, 28)."""
        return self.layers(images[:, None])

    def forward(self, images: Tensor) -> Tensor:
        """(N, 10) logits of images (N, 28, 28)."""
        return self.head(self.features(images))
