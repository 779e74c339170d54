"""The trainer on packed rows: losses do not hang on how a batch is cut up, and documents are read apart."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from jobs import lively, logged, losses, stage, trained
from tiny_model import needs

from train import worker

TEXTS = [{"text": f"The Supplier shall deliver the goods of order {i} to the Client."} for i in range(40)]
PRESET = {"preset": "tiny", "vocabulary": 300}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    needs("torch", "transformers", "trl", "peft")
    return lively(tmp_path_factory.mktemp("model") / "tiny")


@pytest.mark.parametrize("masked", [0.3, None])
def test_how_a_batch_is_cut_up_does_not_change_its_loss(masked: float | None, tmp_path: Path) -> None:
    needs("torch", "transformers")
    for micro in (8, 2):
        keys: dict[str, Any] = {"tokens": 1024, "micro_batch": micro}
        trained("pretrain", PRESET, tmp_path / str(micro), TEXTS, {"masked": masked}, **keys)
    for name in ("loss", "grad_norm"):
        whole, parts = (logged(tmp_path / str(micro), name) for micro in (8, 2))
        assert len(whole) == 3 and parts == pytest.approx(whole, rel=2e-3)
    assert losses(tmp_path / "2")[0] == pytest.approx(math.log(300), abs=0.4)


def test_a_batch_of_which_no_token_counts_does_no_harm(model: str, tmp_path: Path) -> None:
    """Prompts that fill the first rows: with two rows in a batch, some batches have no answer."""
    rows = [
        {"prompt": f"{i} " + "The Client shall order the goods. " * 40, "completion": "Yes"} for i in range(6)
    ]
    keys: dict[str, Any] = {"batch_size": 2, "epochs": 1}
    facts = trained("sft", model, tmp_path, rows, **keys)
    found = losses(tmp_path)
    assert 0.0 in found and any(found) and all(math.isfinite(loss) for loss in found)
    assert all(math.isfinite(norm) for norm in logged(tmp_path, "grad_norm"))
    for line in (tmp_path / "log.jsonl").read_text().splitlines():
        json.loads(line, parse_constant=pytest.fail)
    assert "of the rows no token counts" in facts["notes"]["no answer"]


def test_answers_that_all_count_are_no_news(model: str, tmp_path: Path) -> None:
    rows = [{"prompt": f"Order {i}?", "completion": "Yes, the goods."} for i in range(16)]
    assert trained("sft", model, tmp_path, rows, epochs=1)["notes"] == {}


def other(kind: str) -> Any:
    """A small model of another architecture, with random weights."""
    import transformers as t

    torch.manual_seed(1)
    own: dict[str, Any] = {"vocab_size": 300, "hidden_size": 32, "num_attention_heads": 4, "n_head": 4}
    own |= {"num_hidden_layers": 2, "n_layer": 2, "ffn_dim": 64, "word_embed_proj_dim": 32, "n_embd": 32}
    own |= {"intermediate_size": 64, "initializer_range": 0.2, "n_layers": 2, "n_heads": 4, "d_model": 32}
    return t.AutoModelForCausalLM.from_config(t.AutoConfig.for_model(kind, **own))


@pytest.mark.parametrize("kind", ["llama", "gpt2", "gpt_neox", "opt", "bloom", "falcon", "mpt", "mamba"])
def test_models_that_read_across_documents_are_known(kind: str, model: str) -> None:
    from transformers import AutoTokenizer

    from train.crossing import crosses

    made, tokenizer = other(kind).train(), AutoTokenizer.from_pretrained(model)
    drawn = torch.get_rng_state()
    assert crosses(made, tokenizer, 64) == (kind not in ("llama", "gpt2", "gpt_neox"))
    assert made.training and torch.equal(torch.get_rng_state(), drawn)


def test_they_get_documents_apart_and_others_packed(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from transformers import AutoTokenizer, Trainer

    other("opt").save_pretrained(tmp_path / "opt")
    AutoTokenizer.from_pretrained(model).save_pretrained(tmp_path / "opt")
    seen: dict[str, set[str]] = {}
    step = Trainer.training_step
    for name, start in (("opt", str(tmp_path / "opt")), ("llama", model)):
        seen[name] = set()

        def noted(self: Any, model: Any, inputs: Any, *given: Any, name: str = name) -> Any:
            seen[name] |= set(inputs)
            return step(self, model, inputs, *given)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Trainer, "training_step", noted)
            made = stage("continue", start, tmp_path / name, TEXTS, epochs=1)
            facts = worker.trained(made, tmp_path / name, quiet=False)
        told = "s: a model of type opt reads from one packed document into the next"
        assert ("documents" in facts["notes"]) == (told in capsys.readouterr().err) == (name == "opt")
        assert all(math.isfinite(loss) for loss in losses(tmp_path / name))
    assert seen["opt"] == {"input_ids", "labels", "attention_mask"}
    assert seen["llama"] == {"input_ids", "labels", "position_ids"}
