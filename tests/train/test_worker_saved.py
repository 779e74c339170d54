"""What a worker writes: the trained weights, adapters that name their base, the time of all runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from jobs import lively, stage, trained
from tiny_model import needs

from train import worker

TEXTS = [{"text": f"The Supplier shall deliver the goods of order {i} to the Client."} for i in range(40)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    needs("torch", "transformers", "trl", "peft")
    return lively(tmp_path_factory.mktemp("model") / "tiny")


def test_one_device_saves_the_same_whether_or_not_it_was_to_be_sharded(model: str, tmp_path: Path) -> None:
    from train.models import load

    for name in ("plain", "sharded"):
        made = stage("continue", model, tmp_path / name, TEXTS, adapter="lora", epochs=1)
        made.stage.config = made.stage.config.model_copy(update={"sharded": name == "sharded"})
        worker.trained(made, tmp_path / name, quiet=True)
    plain, sharded = (load(str(tmp_path / name))[0].state_dict() for name in ("plain", "sharded"))
    assert all(torch.equal(plain[name], sharded[name]) for name in plain)


@pytest.mark.parametrize("adapter", ["lora", "prefix"])
def test_an_adapter_names_its_base_and_nobody_looks_for_it_on_the_hub(
    adapter: str, model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import peft.utils.save_and_load as saving

    asked: list[Any] = []
    monkeypatch.setattr(saving, "check_file_exists_on_hf_hub", lambda *a, **k: asked.append(a))
    trained("continue", model, tmp_path, TEXTS, adapter=adapter, epochs=1)
    assert not asked
    files = [p for part in ("adapter", "model") for p in (tmp_path / part).rglob("*") if p.is_file()]
    settings = [p for p in files if p.name == "adapter_config.json"]
    assert len(settings) == (2 if adapter == "prefix" else 1)
    assert all('"base_model_name_or_path": null' in p.read_text() for p in settings)
    assert [p for p in files if str(Path(model).parent).encode() in p.read_bytes()] == []


def test_the_time_of_a_run_that_was_cut_off_counts(model: str, tmp_path: Path) -> None:
    from transformers import Trainer, TrainerCallback

    from train.fit import latest, spent

    class Kill(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            if state.global_step == 3:
                raise KeyboardInterrupt

    made, train = stage("continue", model, tmp_path, TEXTS, epochs=2, checkpoint_every=2), Trainer.train
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            Trainer, "train", lambda self, *a, **k: (self.add_callback(Kill()), train(self, *a, **k))[1]
        )
        with pytest.raises(KeyboardInterrupt):
            worker.trained(made, tmp_path, quiet=True)
    left = latest(tmp_path / "checkpoints")
    assert left is not None and left.name == "checkpoint-2" and 0 < spent(left) < 1000
    (left / "whole").write_text("1000.5")
    facts = worker.trained(made, tmp_path, quiet=True)
    assert facts["resumed"] and 1000.5 < facts["seconds"] < 2000
