"""The families of rigs that are known by name, one file each. Where two fit equally well the earlier one is taken."""

from __future__ import annotations

from ..family import Family
from . import biovision, biped, cmu, daz, hik, metahuman, mixamo, rigify, rokoko, smpl, unity, unreal, vrm

FAMILIES: tuple[Family, ...] = (
    mixamo.FAMILY,
    cmu.FAMILY,
    hik.FAMILY,
    rigify.CONTROLS,
    rigify.DEFORM,
    rigify.METARIG,
    unreal.UE4,
    unreal.UE5,
    metahuman.FAMILY,
    vrm.VRM0,
    unity.FAMILY,
    vrm.VRM1,
    vrm.VROID,
    rokoko.FAMILY,
    smpl.SMPLX,
    smpl.SMPL,
    biped.FAMILY,
    daz.GENESIS,
    daz.POSER,
    biovision.FAMILY,
)
