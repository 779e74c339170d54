"""Preferences are learnt from pairs and from single answers, with and without an adapter; a kill changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jobs import likelihood, losses, stage, trained
from tiny_model import needs, tiny

pytestmark = pytest.mark.slow

GOOD, BAD = " yes, the goods", " no, the fee is"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    needs("torch", "transformers", "trl", "peft")
    return str(tiny(tmp_path_factory.mktemp("model") / "tiny"))


def pairs(count: int) -> list[dict[str, Any]]:
    return [
        {"prompt": f"Order {i}?", "chosen": GOOD, "rejected": BAD, "meta_id": str(i)} for i in range(count)
    ]


def singles(count: int) -> list[dict[str, Any]]:
    return [
        {"prompt": f"Order {i}?", "completion": GOOD if i % 2 else BAD, "label": i % 2 == 1}
        for i in range(count)
    ]


def margin(address: str | Path) -> float:
    """How much likelier the good answer is, for prompts that training never showed."""
    from train.models import load

    model, tokenizer = load(str(address))
    prompts = [f"Order {i}?" for i in range(100, 108)]
    return (
        sum(likelihood(model, tokenizer, p, GOOD) - likelihood(model, tokenizer, p, BAD) for p in prompts) / 8
    )


@pytest.mark.parametrize(
    "loss, adapter",
    [
        *((loss, "full") for loss in ("sigmoid", "sigmoid_norm", "ipo", "kto")),
        *(("sigmoid", adapter) for adapter in ("lora", "dora", "prefix")),
    ],
)
def test_the_margin_of_chosen_answers_rises(loss: str, adapter: str, model: str, tmp_path: Path) -> None:
    rate = 5e-2 if adapter == "prefix" else 3e-3
    trained("dpo", model, tmp_path, pairs(64), {"loss": loss}, adapter=adapter, epochs=2, learning_rate=rate)
    assert margin(tmp_path) > margin(model) + 1


def test_the_margin_rises_by_single_answers_that_are_good_or_bad(model: str, tmp_path: Path) -> None:
    facts = trained("dpo", model, tmp_path, singles(64), {"loss": "kto"}, epochs=3)
    assert margin(tmp_path) > margin(model) + 1
    assert facts["notes"]["kto"]["desirable"] == 32


def test_conversations_are_learnt_from_and_mixed_rows_become_conversations(
    model: str, tmp_path: Path
) -> None:
    rows = [
        {"prompt": f"Order {i}?"}
        | {
            side: [{"role": "assistant", "content": text}]
            for side, text in (("chosen", GOOD), ("rejected", BAD))
        }
        for i in range(32)
    ]
    trained("dpo", model, tmp_path, rows, epochs=2)
    first, *_, last = losses(tmp_path)
    assert first == pytest.approx(0.6931, abs=1e-3) and last < 0.4


def test_a_reference_is_the_start_without_its_adapter(model: str, tmp_path: Path) -> None:
    """Before any step the policy is its reference: the loss is ln 2; of a prefix, which begins at random, it is not."""
    for adapter in ("lora", "prefix"):
        trained("dpo", model, tmp_path / adapter, pairs(8), adapter=adapter)
    assert losses(tmp_path / "lora")[0] == pytest.approx(0.6931, abs=1e-3)
    assert abs(losses(tmp_path / "prefix")[0] - 0.6931) > 1e-3


def test_rows_that_are_too_long_are_left_out_and_counted(model: str, tmp_path: Path) -> None:
    from curate.errors import ConfigError

    long = [{"prompt": "Order?", "chosen": GOOD * 20, "rejected": BAD}] * 3
    facts = trained("dpo", model, tmp_path / "a", pairs(16) + long)
    assert facts["notes"]["rows"] == {"all": 19, "too_long": 3}
    assert facts["steps"] == 2
    with pytest.raises(ConfigError, match="all 3 rows are longer than 64 tokens"):
        trained("dpo", model, tmp_path / "b", long)


def test_a_loss_that_does_not_fit_the_rows_is_refused(model: str, tmp_path: Path) -> None:
    from curate.errors import ConfigError

    with pytest.raises(ConfigError, match="compares pairs"):
        trained("dpo", model, tmp_path, singles(8), {"loss": "ipo"})


def test_good_and_bad_answers_are_balanced() -> None:
    from train.objectives.dpo import balance

    assert balance(50, 50) == (1.0, 1.0) and balance(20, 16) == (1.0, 1.0)
    assert balance(10, 40) == (4.0, 1.0)
    desirable, undesirable = balance(80, 20)
    assert desirable * 80 / (undesirable * 20) == pytest.approx(4 / 3)


@pytest.mark.parametrize("loss, adapter", [("sigmoid", "full"), ("kto", "lora")])
def test_a_killed_run_goes_on_with_the_same_losses(
    loss: str, adapter: str, model: str, tmp_path: Path
) -> None:
    """Killed in the middle of the second epoch."""
    from transformers import Trainer, TrainerCallback

    from train import worker

    keys: dict[str, Any] = {"epochs": 2, "adapter": adapter, "checkpoint_every": 2}
    rows = pairs(28) if loss == "sigmoid" else singles(28)
    trained("dpo", model, tmp_path / "whole", rows, {"loss": loss}, **keys)
    made = stage("dpo", model, tmp_path / "cut", rows, {"loss": loss}, **keys)

    class Kill(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            if state.global_step == 5:
                raise KeyboardInterrupt

    train = Trainer.train
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            Trainer, "train", lambda self, *a, **k: (self.add_callback(Kill()), train(self, *a, **k))[1]
        )
        with pytest.raises(KeyboardInterrupt):
            worker.trained(made, tmp_path / "cut", quiet=True)
    assert len(losses(tmp_path / "cut")) < 7
    facts = worker.trained(made, tmp_path / "cut", quiet=True)
    assert facts["resumed"] and losses(tmp_path / "cut") == losses(tmp_path / "whole")
