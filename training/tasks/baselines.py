"""What a network is measured against where poses are compressed: principal components of the training poses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from addon.core import rotation
from addon.core.rotation import Array


@dataclass(frozen=True, eq=False)
class QuaternionComponents:
    """Poses (T, J, 4) projected onto the principal components of quaternion components, then normalised."""

    reference: Array
    mean: Array
    directions: Array

    def __call__(self, poses: Array) -> Array:
        """The poses (T, J, 4) that the components keep."""
        features = rotation.aligned(poses, self.reference).reshape(len(poses), -1) - self.mean
        back = features @ self.directions.T @ self.directions + self.mean
        return rotation.normalize(back.reshape(poses.shape))


@dataclass(frozen=True, eq=False)
class VectorComponents:
    """The same on rotation vectors relative to the mean pose, where a hinge is a straight line."""

    reference: Array
    mean: Array
    directions: Array

    def __call__(self, poses: Array) -> Array:
        """The poses (T, J, 4) that the components keep."""
        features = _vectors(poses, self.reference).reshape(len(poses), -1) - self.mean
        back = features @ self.directions.T @ self.directions + self.mean
        return rotation.multiply(self.reference, rotation.exp(back.reshape(*poses.shape[:-1], 3)))


def quaternion_components(poses: Array, count: int) -> QuaternionComponents:
    """Fitted to training poses (N, J, 4)."""
    reference = rotation.mean(poses.astype(np.float64))
    features = rotation.aligned(poses.astype(np.float64), reference).reshape(len(poses), -1)
    return QuaternionComponents(reference, *_components(features, count))


def vector_components(poses: Array, count: int) -> VectorComponents:
    """Fitted to training poses (N, J, 4)."""
    reference = rotation.mean(poses.astype(np.float64))
    features = _vectors(poses.astype(np.float64), reference).reshape(len(poses), -1)
    return VectorComponents(reference, *_components(features, count))


def _vectors(poses: Array, reference: Array) -> Array:
    return rotation.log(rotation.multiply(rotation.conjugate(reference), rotation.aligned(poses, reference)))


def _components(features: Array, count: int) -> tuple[Array, Array]:
    mean = features.mean(axis=0)
    directions = np.linalg.eigh(np.cov(features.T))[1][:, ::-1]
    return mean, directions[:, :count].T
