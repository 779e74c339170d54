"""Presets, tokenizers, loading; rows for models that read both ways."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from curate.errors import ConfigError
from train import models
from train.packed import both_ways

SIZES = {"tiny": 1.4e6, "small": 20.5e6, "125m": 124e6, "1b": 1.04e9}
TEXTS = ["The Lessee shall pay $1,250 on 3 May 2021.", "It was a quiet morning by the river."] * 40


@pytest.mark.parametrize("name", SIZES)
def test_presets_have_about_the_parameters_that_they_say(name: str) -> None:
    vocabulary = models.PRESETS[name][5]

    class Known(SimpleNamespace):
        def __len__(self) -> int:
            return vocabulary

    with torch.device("meta"):
        made = models.from_preset(name, Known(pad_token_id=0, eos_token_id=1), 2048, 1)
    assert models.parameters(made)[0] == pytest.approx(SIZES[name], rel=0.06)
    dense = 6 * models.parameters(made)[0]
    assert dense < models.flops_per_token(made, 64) < 1.1 * dense


def test_a_tokenizer_writes_every_text_and_digits_apart() -> None:
    made = models.train_tokenizer(TEXTS, 400)
    for text in [*TEXTS[:2], "Łódź — 東京 🙂\x00\n\t", "12345"]:
        assert made.decode(made(text, add_special_tokens=False)["input_ids"]) == text
    assert len(made("12345", add_special_tokens=False)["input_ids"]) == 5
    assert len(made) <= 400 and made.chat_template is None and made.mask_token_id is not None


def test_the_same_texts_give_the_same_tokenizer_and_the_same_seed_the_same_weights() -> None:
    one, other = (models.train_tokenizer(TEXTS, 320) for _ in range(2))
    assert one.get_vocab() == other.get_vocab()
    first, second, third = (models.from_preset("tiny", one, 64, seed) for seed in (1, 1, 2))
    same = [a.equal(b) for a, b in zip(first.parameters(), second.parameters(), strict=True)]
    assert all(same) and not first.lm_head.weight.equal(third.lm_head.weight)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/no/such/model", "no model is there"),
        ("hf://just-a-name", "a model on the Hub is hf://owner/name"),
        ("hf://owner/name/more", "a model on the Hub is hf://owner/name"),
    ],
)
def test_what_is_no_model_is_told(address: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        models.path_of(address)


def test_addresses_of_the_hub_carry_a_revision() -> None:
    assert models.path_of("hf://owner/name@v1.2") == ("owner/name", "v1.2")
    assert models.path_of("hf://owner/name") == ("owner/name", None)


def test_a_model_is_found_below_an_artefact_and_loads_as_it_was(tmp_path: Path) -> None:
    known = models.train_tokenizer(TEXTS, 320)
    made = models.from_preset("tiny", known, 64, 1)
    made.save_pretrained(tmp_path / "model")
    known.save_pretrained(tmp_path / "model")
    loaded, tokenizer = models.load(str(tmp_path))
    ids = torch.tensor([tokenizer(TEXTS[0])["input_ids"]])
    assert torch.equal(loaded(ids).logits, made.eval()(ids).logits)
    reward, _ = models.load(str(tmp_path), kind="reward")
    assert reward(ids).logits.shape == (1, 1)


def test_models_that_read_both_ways_see_one_document_at_a_time() -> None:
    known = models.train_tokenizer(TEXTS, 320)
    made = models.from_preset("tiny", known, 64, 1, masked=True).eval()
    ids = torch.randint(5, 300, (1, 12))
    positions = torch.tensor([[0, 1, 2, 3, 4, 0, 1, 2, 3, 0, 1, 2]])
    batch = both_ways([{"input_ids": ids[0], "position_ids": positions[0], "labels": ids[0]}])
    with torch.no_grad():
        packed = made(**{k: v for k, v in batch.items() if k != "labels"}).logits[0]
        apart = [made(ids[:, a:b]).logits[0] for a, b in ((0, 5), (5, 9), (9, 12))]
    assert torch.allclose(packed, torch.cat(apart), atol=1e-5)
