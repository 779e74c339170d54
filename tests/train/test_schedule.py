"""Learning rates over the steps; settings that are left open."""

from __future__ import annotations

import pytest

from train.config import Schedule, TrainConfig
from train.objective import load_objective
from train.schedule import factor
from train.settings import resolve


def curve(steps: int = 100, **given: object) -> list[float]:
    at = factor(Schedule.model_validate(given), steps)
    return [at(step) for step in range(steps)]


@pytest.mark.parametrize("name", ["cosine", "linear", "wsd", "infinite", "constant"])
def test_every_schedule_warms_up_and_stays_within_its_bounds(name: str) -> None:
    found = curve(name=name, warmup=0.1, floor=0.1)
    assert found[:10] == pytest.approx([(i + 1) / 11 for i in range(10)])
    assert found[10] == pytest.approx(1.0) and all(0.1 - 1e-9 <= value <= 1 for value in found[10:])
    assert found[-1] == pytest.approx(1.0 if name == "constant" else 0.1)
    assert found[10:] == sorted(found[10:], reverse=True)


def test_shapes() -> None:
    assert curve(name="cosine", warmup=0)[50] == pytest.approx(0.55, abs=0.01)
    assert curve(name="linear", warmup=0, floor=0)[50] == pytest.approx(0.5, abs=0.01)
    stays = curve(name="wsd", warmup=0, decay=0.2)
    assert stays[:80] == [1.0] * 80 and stays[89] == pytest.approx(0.55, abs=0.01)
    infinite = curve(name="infinite", warmup=0, decay=0.1)
    assert infinite[40:90] == pytest.approx([0.5] * 50)


def test_a_trial_of_one_step_has_a_rate() -> None:
    assert all(
        0 < curve(1, name=name)[0] <= 1 for name in ("cosine", "linear", "wsd", "infinite", "constant")
    )


def config(**more: object) -> TrainConfig:
    given = {"objective": "continue", "model": "x", "evaluate": {"skip": "none"}, "tokens": "1M"}
    return TrainConfig.model_validate(given | more)


def test_rates_fall_with_size_and_adapters_learn_faster() -> None:
    made = load_objective("continue")
    assert made is not None
    rates = [resolve(config(), made, n, "cpu").learning_rate for n in (10**6, 10**8, 10**9)]
    assert rates == sorted(rates, reverse=True)
    light = resolve(config(adapter="lora"), made, 10**8, "cpu")
    assert light.learning_rate == pytest.approx(10 * rates[1], rel=0.05) and light.weight_decay == 0


def test_a_batch_is_cut_evenly_among_devices_and_passes() -> None:
    made = load_objective("continue")
    assert made is not None
    found = resolve(config(batch_size=96, devices=2, sequence_length=512, micro_batch=20), made, 10**6, "cpu")
    assert found.micro_batch * found.accumulate * found.devices == 96 and found.micro_batch == 16
