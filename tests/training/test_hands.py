"""Hands in training: the reduction to 20 angles, splits, tasks that agree with what the add-on computes, and export."""

from __future__ import annotations

import copy
from dataclasses import asdict

import numpy as np
import onnxruntime
import pytest
import torch

from addon.core import wrist
from addon.core.finger_base import base
from addon.core.finger_expected import PrototypesInAnyOrder, PrototypesInOrder
from addon.core.finger_fill import (
    ANGLES,
    FEATURES,
    FPS,
    OWN_WRIST_KNOWN,
    OWN_WRIST_SPEEDS,
    SINCE,
    UNTIL,
    features,
    filled,
)
from addon.core.finger_pose import Unfolding
from addon.core.hand_gaussian import CHANNELS, PER_HAND, Places
from addon.core.rotation import angle_between, exp
from addon.inference import fingers
from addon.inference.fingers import POSE_INPUTS
from addon.inference.session import load_model
from export.hands_model import _asked, export_model
from export.hands_pose import pose_proto
from export.promises import ExportError
from training.data import adroit, ballplay, hand_memory, hand_windows, hands, manipnet, upf_hands
from training.data.cmu import DataMissingError, data_folder
from training.data.hand_take import HandTake
from training.data.hands import HandSet
from training.hands_fit import along_orders, calibrate, fill_network, motion_model, spread_distance
from training.hands_trust import bound
from training.models.hand_model import HandModel
from training.models.hands_any_order import HandAnyOrder, log_density
from training.models.hands_fill import Block, FillEnsemble, FillNetwork
from training.recipes import recipe_named
from training.runs import KEPT, read
from training.tasks import hands_any_order
from training.tasks.hand_baselines import fit_mixture, neighbours
from training.tasks.hands_fill import FillHands, combined

with_data = pytest.mark.skipif(
    not (data_folder() / "hands" / "manipnet").is_dir(), reason="the recordings of hands are not on this machine"
)


def made_up(frames=400, seed=0, name="made up"):
    """A take in which all angles follow two curves and the wrists hurry when they do."""
    rng = np.random.default_rng(seed)
    times = np.arange(frames) / 60
    drive = np.stack([np.sin(2 * times + p) for p in rng.uniform(0, 6, 2)], axis=-1)
    dof = 0.4 + (drive @ rng.normal(0, 0.3, (2, 40))).reshape(frames, 2, 20)
    turn = exp(0.5 * np.stack([drive[:, 0], drive[:, 1], 0 * times], axis=-1))
    one = np.concatenate([0.1 * drive, 0 * times[:, None], turn], axis=-1)
    bend = np.tile(0.3 * np.concatenate([drive, drive[:, :1]], axis=-1)[:, None], (1, 2, 1))
    return HandTake(name, "made up", 60.0, dof, np.stack([one, one], axis=1), bend)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    takes = [made_up(seed=seed) for seed in range(3)]
    found = HandModel(2, 16, 32, 1)
    found.tell(hand_memory.fit(hands_any_order.channels(takes), FPS), hands.statistics(takes, 0.5), hands.limits(takes))
    found.liveliness.copy_(torch.tensor([0.1, 1.0, 0.25, 1.0]))
    with torch.no_grad():
        for part in found.parameters():
            if part.requires_grad:
                part.add_(0.05 * torch.randn_like(part))
    return found.eval()


@with_data
def test_manipnets_rotations_are_the_20_angles():
    """A few frames of the recordings turn hinges off their axis by up to 6 degrees, and MCP joints twist a little."""
    hand, off = manipnet.hand(), []
    for name in (*manipnet.TRAIN, *manipnet.VALIDATION, *manipnet.TEST):
        for side in ("left", "right"):
            rotations = manipnet.canonical(manipnet._read(name, side, None), side)[::5]
            dof = hand.dof(rotations)
            np.testing.assert_allclose(hand.dof(hand.rotations(dof)), dof, atol=1e-9)
            off.append(np.degrees(angle_between(hand.rotations(dof), rotations)))
    away = np.concatenate(off)
    roots = [4, 7, 10, 13]
    hinges = np.setdiff1d(np.arange(16), roots)
    assert away[:, hinges].mean() < 0.02
    assert np.mean(away[:, hinges] < 0.2) > 0.985
    assert away[:, roots].mean() < 1
    assert np.mean(away[:, roots] < 2) > 0.88


@with_data
def test_every_data_set_bends_its_fingers_the_same_way():
    sets = (manipnet.load(("mug1",)), ballplay.load(), adroit.load(), upf_hands.load())
    for takes in sets:
        poses = np.degrees(hands.single(hands.poses(takes)))
        low, high = np.percentile(poses, [2, 98], axis=0)
        flexion = [*range(4, 20, 4), *range(6, 20, 4), *range(7, 20, 4)]
        assert np.all(high[flexion] > 25), takes[0].source
        assert np.all(low[flexion] > -40), takes[0].source
        assert np.all(np.abs(np.median(poses[:, 5:20:4], axis=0)) < 30), takes[0].source


@with_data
def test_takes_are_split_as_they_should_be():
    parts = {part: hands.load("all", part) for part in ("train", "validation", "test")}
    assert [take.name for take in parts["test"].of("manipnet").takes] == ["teapot3"]
    assert [take.name for take in parts["validation"].of("manipnet").takes] == ["mug3"]
    assert [len(parts[part].of("ballplay").takes) for part in parts] == [18, 6, 6]
    assert [len(parts[part].of("adroit").takes) for part in parts] == [15, 5, 5]
    assert [len(parts[part].of("upf").takes) for part in parts] == [1, 0, 0]
    names = [take.name for part in parts.values() for take in part.takes]
    assert len(names) == len(set(names))
    assert all(take.source != "manipnet" for take in hands.load("open", "train").takes)
    assert "ManipNet" not in hands.DESCRIPTIONS["open"]


def test_without_the_recordings_it_says_where_they_belong(tmp_path):
    for load in (lambda folder: manipnet.load(("mug1",), folder), ballplay.load, adroit.load, upf_hands.load):
        with pytest.raises(DataMissingError, match="set MOCAP_DATA"):
            load(tmp_path)


def test_adroits_thumb_by_anatomy():
    angles = {name: np.zeros(1) for f in ("FF", "MF", "RF", "LF") for name in (f"{f}J{i}" for i in range(4))}
    angles |= {f"THJ{i}": np.zeros(1) for i in range(5)}
    np.testing.assert_allclose(adroit.dof_of(angles), 0, atol=1e-12)
    lifted = adroit.dof_of({**angles, "THJ3": np.array([0.7])})[0]
    np.testing.assert_allclose(lifted[:4], [0, 0.7, 0, 0], atol=1e-9)
    bent = adroit.dof_of({**angles, "THJ1": np.array([-0.3]), "THJ0": np.array([-0.6])})[0]
    np.testing.assert_allclose(bent[:4], [0, 0, 0.3, 0.6], atol=1e-12)


def test_a_take_at_another_rate_passes_through_its_own_frames():
    take = made_up()
    slowed = take.at(30.0)
    np.testing.assert_allclose(slowed.dof, take.dof[::2], atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(take.at(43.0).wrist[..., 3:], axis=-1), 1)


def test_training_and_the_add_on_combine_alike(model):
    """The torch twin that is trained and the NumPy one that ships give the same motion from the same outputs."""
    take = made_up(seed=7).at(FPS)
    clip, times = take.dof.reshape(-1, 40), np.arange(len(take)) / FPS
    seen, keys = wrist.channels(take.wrist, FPS), np.arange(3, len(take), 11)
    curves = base(times[keys], clip[keys], times, model.curves())
    outputs = fill_network(model)(features(curves, seen, model.curves()))
    parts = [torch.from_numpy(np.concatenate(list(part), axis=-1))[None] for part in np.split(outputs, 3, axis=-1)]
    told = [
        torch.from_numpy(x.astype(np.float32))[None] for x in (curves.change, curves.since * FPS, curves.until * FPS)
    ]
    trained = curves.values + combined(parts[0], parts[1], *told)[0].numpy()

    def forwards_alone(given):
        return outputs if np.allclose(given, features(curves, seen, model.curves())) else outputs[:, ::-1]

    shipped = filled(forwards_alone, times[keys], clip[keys], times, seen, model.curves()).values
    inside = slice(keys[0], keys[-1] + 1)
    np.testing.assert_allclose(shipped[inside], trained[inside], atol=2e-4)


def test_the_network_between_keys_learns_to_follow_the_wrist():
    takes = [made_up(seed=seed) for seed in range(4)]
    known = hands.statistics(takes, 0.5)
    task = FillHands(hand_windows.windows(takes, known.mean), known)
    torch.manual_seed(0)
    network = FillNetwork(24, 0.0)
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    generator = torch.Generator().manual_seed(0)
    told = []
    for _ in range(30):
        batch = task.batch(torch.arange(4), generator)
        assert all(torch.isfinite(part).all() for part in batch)
        loss = task.losses(network, *batch).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        told.append(float(loss.detach()))
    assert np.mean(told[-8:]) < np.mean(told[:8])


def _asked_about(since, until, speed=0.1):
    """Features (1, T, FEATURES) of a hand whose keys lie `since` and `until` (T, 20) seconds away, its wrist moving."""
    found = torch.zeros(1, len(since), FEATURES)
    for place, seconds in ((SINCE, since), (UNTIL, until)):
        found[..., place] = torch.log1p(torch.as_tensor(seconds, dtype=torch.float32) * FPS) / 3
    found[..., OWN_WRIST_SPEEDS] = float(np.log(speed + wrist.STILL))
    found[..., OWN_WRIST_KNOWN] = 1.0
    return found


def _believed(trust, asked):
    """What an ensemble makes of members that say 1 of everything: added (T, 20) and logarithm of the rate (T, 20)."""
    ensemble = FillEnsemble([FillNetwork(8)])
    ensemble.trust.copy_(torch.tensor(trust))
    with torch.no_grad():
        found = ensemble.believed(torch.ones(*asked.shape[:2], 3 * ANGLES), asked)[0]
    return found[:, :ANGLES].numpy(), found[:, ANGLES : 2 * ANGLES].numpy()


def test_angles_with_fewer_keys_are_believed_apart():
    """Thumb dense, index sparse, the others without keys."""
    since = np.full((9, ANGLES), 6.0)
    until = since.copy()
    since[:, :4], until[:, :4] = 0.1, 0.4
    since[:, 4:8], until[:, 4:8] = 0.9, 1.1
    added, _ = _believed([[0.5, 1, 0, 9.0], [0.0, 0, 0, 9.0], [0.25, 1, 0, 9.0]], _asked_about(since, until))
    np.testing.assert_allclose(added[4], [0.5] * 4 + [0.25] * 16)


def test_the_pace_at_a_key_is_that_of_the_gaps_beside_it():
    """A rate that fell back to one at each key would re-time all motion between keys that lie close together."""
    frame = np.arange(31)[:, None]
    since, until = np.tile(frame % 6 / FPS, (1, ANGLES)), np.tile(-frame % 6 / FPS, (1, ANGLES))
    _, rate = _believed([[1.0, 1, 0.1, 9.0]] * 3, _asked_about(since, until))
    np.testing.assert_allclose(rate[6], rate[5], rtol=1e-5)
    assert np.abs(rate[6]).min() > 0.1


def test_a_wrist_that_the_body_carries_along_is_not_believed():
    apart = np.full((61, ANGLES), 0.5)
    slow, fast = (_believed([[1.0, 1, 0, 0.3]] * 3, _asked_about(apart, apart, speed)) for speed in (0.2, 1.5))
    assert np.all(slow[0] > 0.9)
    assert not fast[0].any()
    assert not fast[1].any()


def test_what_a_further_take_may_come_to_is_as_sure_as_it_is_said_to_be():
    rng = np.random.default_rng(0)
    takes = rng.normal(0.95, 0.03, (4000, 6))
    covered = np.mean([take[5] <= bound(take[:5]) for take in takes])
    assert 0.935 < covered < 0.965
    assert bound(np.array([0.97])) == 0.97
    assert bound(np.full(3, 0.9)) == pytest.approx(0.9)


def test_densities_are_made_softer_for_takes_unlike_those_learned_from(model, monkeypatch):
    monkeypatch.setattr("training.hands_fit._POSES_ASKED", 40)
    soft = []
    for first in (0, 4):
        found = copy.deepcopy(model)
        calibrate(found, HandSet(tuple(made_up(seed=first + number) for number in range(3))))
        soft.append(float(found.pose.softening))
    assert soft[1] > soft[0] + 0.5


def test_one_cholesky_factor_knows_what_every_prefix_does(model):
    gaussian = model.gaussian()
    rng = np.random.default_rng(0)
    order = rng.permutation(3 * CHANNELS)[None, :12]
    values = rng.normal(0.3, 0.2, (1, 12))
    mean, deviation = hands_any_order.along(gaussian, order, values, np.array([0.2]))
    frame, channel = np.divmod(order[0], CHANNELS)
    places = Places(channel, frame * 0.2)
    for step in (0, 1, 5, 11):
        seen = Places(places.channel[:step], places.time[:step])
        wanted = Places(places.channel[[step]], places.time[[step]])
        expected, left = gaussian.posterior(seen, values[0, :step], wanted)
        assert abs(mean[0, step] - expected[0]) < 1e-6
        assert abs(deviation[0, step] ** 2 - left[0, 0]) < 1e-4


@pytest.mark.parametrize("form", ["queries", "triples"])
def test_the_any_order_network_starts_near_the_gaussian_and_learns(form):
    takes = [made_up(seed=seed) for seed in range(4)]
    gaussian = hand_memory.fit(hands_any_order.channels(takes), FPS)
    task = hands_any_order.task(takes, gaussian, hands.statistics(takes, 0.5).prototypes)
    torch.manual_seed(0)
    network = HandAnyOrder(form, 32, 1)
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    told = []
    for _ in range(40):
        batch = task.batch(torch.arange(16), generator)
        loss = task.losses(network, *batch).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        told.append(float(loss.detach()))
    assert np.mean(told[-10:]) < np.mean(told[:10])


def test_a_takes_own_prototypes_are_kept_back_while_it_is_shown():
    takes = [made_up(seed=seed, name=str(seed)) for seed in range(3)]
    known = hands.statistics(takes, 0.5).prototypes
    task = hands_any_order.task(takes, hand_memory.fit(hands_any_order.channels(takes), FPS), known)
    counted = known.weight > 0
    assert set(task.owner[counted]) == {0, 1, 2}
    own = hands.single(hands.poses(takes[:1]))[::7]
    order = np.tile(np.arange(20), (len(own), 1))
    without = np.tile(task.owner == 0, (len(own), 1))
    errors = [np.abs(known.along(order, own, left_out)[0] - own)[:, 3:].mean() for left_out in (None, without)]
    assert errors[0] < 0.8 * errors[1]


def test_a_mixtures_density_is_one_in_all():
    raw = torch.randn(1, 1, 3, 6, generator=torch.Generator().manual_seed(0))
    grid = torch.linspace(-np.pi, np.pi, 4001)
    logs = log_density(raw.expand(1, 4001, 3, 6), grid[None])
    assert abs(float(torch.trapezoid(logs.exp(), grid)) - 1) < 1e-4


def test_a_query_does_not_see_what_is_not_known(model):
    with torch.no_grad():
        told = torch.tensor([[PER_HAND, PER_HAND + 1, PER_HAND + 2]]), torch.tensor([[0.1, 0.2, 9.0]])
        hidden = torch.tensor([[False, False, True]])
        expected, deviation = torch.tensor([[[0.3, 0.25]]]), torch.tensor([[[0.2, 0.15]]])
        rest = (torch.tensor([[PER_HAND + 5]]), expected, deviation, torch.tensor([0.03]))
        found = model.pose.predict(*told, *rest, absent=hidden)
        without = model.pose.predict(told[0][:, :2], told[1][:, :2], *rest)
    np.testing.assert_allclose(found, without, atol=1e-6)


def test_a_model_and_its_file_complete_and_fill_alike(model, tmp_path, monkeypatch):
    monkeypatch.setattr("export.hands_model.LABELS", {"tiny": "Tiny"})
    loaded = load_model(export_model("tiny", "all", model, tmp_path / "tiny.onnx"), 1)
    assert "non-commercial" in loaded.card.licence
    known = np.full((2, 20), np.nan)
    known[0, :7], known[1, 3:5] = 0.4, 0.2
    whole = motion_model(model)
    ours = fingers.complete_pose(loaded, known, "average")
    flat = known.ravel()
    channels = np.array([hand * PER_HAND + angle for hand in range(2) for angle in range(20)])
    there = np.isfinite(flat)
    seen, wanted = (Places(channels[which], np.zeros(which.sum())) for which in (there, ~there))
    grid = whole.pose.grid(seen, flat[there], wanted)
    np.testing.assert_allclose(ours.ravel()[~there], grid.quantile(0.5), atol=2e-3)
    take = made_up(seed=9).at(FPS)
    keyed = np.full_like(take.dof, np.nan)
    keyed[::20] = take.dof[::20]
    motion = fingers.fill(loaded, np.arange(len(take)), keyed, take.wrist, FPS)
    times = np.arange(len(take)) / FPS
    told = filled(
        whole.fill, times[::20], keyed[::20].reshape(-1, 40), times, wrist.channels(take.wrist, FPS), whole.statistics
    )
    # Generated angles keep within the joints' limits, or as far outside as keys lie.
    low, high = np.tile(model.limits.numpy(), (1, 2))
    keys = keyed[::20].reshape(-1, 40)
    expected = np.clip(told.values, np.minimum(low, keys.min(axis=0)), np.maximum(high, keys.max(axis=0)))
    np.testing.assert_allclose(motion.reshape(-1, 40), expected, atol=2e-3)


@pytest.mark.parametrize(("members", "form"), [(0, "queries"), (1, "triples")])
def test_what_was_trained_to_compare_is_no_model_for_the_add_on(members, form, tmp_path):
    with pytest.raises(ExportError, match="train hands or hands-open"):
        export_model("compared", "all", HandModel(members, 16, 48, 2, form), tmp_path / "compared.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["hands", "hands-open"])
def test_the_kept_weights_are_what_the_recipes_leave(name):
    assert read(KEPT / name)["settings"] == asdict(recipe_named(name))


@pytest.mark.parametrize(("frames", "dilation"), [(1, 1), (3, 4), (40, 1), (40, 16)])
def test_a_block_is_a_dilated_convolution(frames, dilation):
    torch.manual_seed(0)
    block = Block(8, dilation, 0.0)
    motion = torch.randn(2, frames, 8)
    gate, value = block.mix(block.norm(motion).transpose(1, 2)).transpose(1, 2).chunk(2, dim=-1)
    expected = motion + block.leave(torch.nn.functional.silu(gate) * value)
    torch.testing.assert_close(block(motion), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("known", [0, 7])
def test_the_graph_that_is_exported_says_what_the_network_says(model, known):
    pose = copy.deepcopy(model.pose)
    pose.belief.fill_(0.6)
    pose.softening.fill_(0.4)
    asked = _asked(known, 33)
    places, values, queries, means, scales = (torch.from_numpy(part)[None] for part in asked)
    with torch.no_grad():
        begun = places[:, 1:], values[:, 1:, 0], queries, means, scales[..., :-1], scales[:, 0, -1]
        (expected,) = pose.predict(*begun).numpy()
    file = pose_proto(pose).SerializeToString()
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, dict(zip(POSE_INPUTS, asked, strict=True)))
    np.testing.assert_allclose(found, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", [PrototypesInOrder, PrototypesInAnyOrder])
@pytest.mark.parametrize("first", [0, 6])
def test_angles_told_one_by_one_are_as_likely_as_all_along_an_order(model, kind, first):
    """What samples are drawn from is what likelihoods are measured with."""
    rng = np.random.default_rng(3)
    order, pose = rng.permutation(20), rng.normal(0.3, 0.2, 20)
    expected, _ = along_orders(model, order[None], pose[None, order])
    places = Places(order + PER_HAND, np.zeros(20))
    known, wanted = (Places(places.channel[part], places.time[part]) for part in (slice(first), slice(first, 20)))
    unfolding = Unfolding(motion_model(model).pose, known, pose[order[:first]], wanted, kind)
    for place, angle in enumerate(order[first:]):
        mixture = unfolding.mixture([place])
        raw = torch.tensor(np.stack([mixture.log_weight, mixture.mean, mixture.log_kappa], axis=1))[None]
        found = log_density(raw, torch.tensor([[pose[angle]]]))
        assert float(found) == pytest.approx(expected[0, first + place], abs=2e-4)
        unfolding.tell(place, pose[angle])


def test_baselines_find_what_is_there():
    rng = np.random.default_rng(0)
    middles = rng.normal(0, 1, (3, 20))
    poses = middles[rng.integers(0, 3, 600)] + 0.05 * rng.normal(size=(600, 20))
    mixture = fit_mixture(poses, 3, np.random.default_rng(1))
    known = np.zeros((600, 20), dtype=bool)
    known[:, :6] = True
    for found in (mixture.completed(poses, known), neighbours(poses, poses, known, 20)):
        assert np.abs(found - poses)[~known].mean() < 0.1
    assert spread_distance(poses.ravel() ** 2, poses.ravel() ** 2) == 0
