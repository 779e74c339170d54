"""Adapters are trained, merged, saved and read again; frozen parameters stay; several combine as they should."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from jobs import lively, trained
from tiny_model import needs

from curate.errors import ConfigError

pytestmark = pytest.mark.slow

TEXTS = [{"text": f"The Supplier shall deliver the goods of order {i} to the Client."} for i in range(60)]
PROMPT = "The Supplier shall"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    needs("torch", "transformers", "trl", "peft")
    return lively(tmp_path_factory.mktemp("model") / "tiny")


def logits(model: Any, tokenizer: Any) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model(**tokenizer([PROMPT], return_tensors="pt")).logits
    return found


def loss(address: str) -> float:
    """Of the texts, each read alone."""
    from train.models import load

    model, tokenizer = load(address)
    ids = tokenizer([row["text"] for row in TEXTS[:16]], return_tensors="pt", padding=True)
    labels = ids["input_ids"].masked_fill(ids["attention_mask"] == 0, -100)
    with torch.no_grad():
        return float(model(**ids, labels=labels).loss)


@pytest.mark.parametrize("adapter", ["full", "lora", "dora", "prefix"])
def test_a_model_learns_and_is_read_again(adapter: str, model: str, tmp_path: Path) -> None:
    from train.models import load, parameters

    rate = {"full": 5e-3, "lora": 1e-2, "dora": 1e-2, "prefix": 1e-1}[adapter]
    facts = trained("continue", model, tmp_path, TEXTS, adapter=adapter, epochs=4, learning_rate=rate)
    assert loss(str(tmp_path)) < loss(model) - 0.1
    found, tokenizer = load(str(tmp_path))
    start, _ = load(model)
    if adapter == "full":
        assert facts["trained_parameters"] == facts["parameters"] == parameters(start)[0]
        return
    assert facts["trained_parameters"] < facts["parameters"] / 2
    from peft import PeftModel

    told = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())
    assert told["base_model_name_or_path"] is None  # a path of this machine
    beside = PeftModel.from_pretrained(start, tmp_path / "adapter").eval()
    assert torch.allclose(logits(beside, tokenizer), logits(found, tokenizer), atol=1e-4)
    out = found.generate(**tokenizer([PROMPT], return_tensors="pt"), max_new_tokens=4, do_sample=False)
    assert out.shape[1] > 4


def test_prefixes_are_learnt_with_documents_apart(model: str, tmp_path: Path) -> None:
    """A packed row gives the loss that its documents have one by one: nothing is read across them."""
    from train.adapters import Adapter, adapted
    from train.models import load
    from train.packed import apart

    plain, tokenizer = load(model)
    prefixed = adapted(plain, Adapter(name="prefix", tokens=4)).eval()
    pieces = [tokenizer(row["text"], return_tensors="pt")["input_ids"][0] for row in TEXTS[:3]]
    places = torch.cat([torch.arange(len(piece)) for piece in pieces])
    labels = torch.cat([torch.cat([torch.tensor([-100]), piece[1:]]) for piece in pieces])
    batch = apart([{"input_ids": torch.cat(pieces), "labels": labels, "position_ids": places}])
    assert batch["input_ids"].shape[0] == 3 and int((batch["labels"] != -100).sum()) == len(places) - 3
    with torch.no_grad():
        together = float(prefixed(**batch).loss)
        alone = [float(prefixed(input_ids=p[None], labels=p[None]).loss) * (len(p) - 1) for p in pieces]
    assert together == pytest.approx(sum(alone) / (len(places) - 3), abs=1e-4)


def test_training_does_not_go_on_from_prefixes_nor_merge_them(model: str, tmp_path: Path) -> None:
    trained("continue", model, tmp_path / "a", TEXTS[:8], adapter="prefix")
    with pytest.raises(ConfigError, match="start has prefixes"):
        trained("continue", str(tmp_path / "a"), tmp_path / "b", TEXTS[:8])
    with pytest.raises(ConfigError, match="adapter that no weights express"):
        trained("merge", [str(tmp_path / "a"), model], tmp_path / "c", [], {"method": "linear"})


def test_what_is_frozen_stays_to_the_bit(model: str, tmp_path: Path) -> None:
    from train.models import load

    trained(
        "continue",
        model,
        tmp_path,
        TEXTS,
        freeze=["model.embed_tokens.*", "*.layers.0.*"],
        learning_rate=1e-2,
    )
    before, after = (dict(load(address)[0].named_parameters()) for address in (model, str(tmp_path)))
    same = {name for name in before if torch.equal(before[name], after[name])}
    held = {name for name in before if "embed_tokens" in name or ".layers.0." in name}
    assert same == held and len(held) < len(before)


def test_patterns_that_match_nothing_are_faults(model: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no parameter is called like 'layer9"):
        trained("continue", model, tmp_path / "a", TEXTS[:8], freeze=["layer9.*"])
    with pytest.raises(ConfigError, match="nothing is left"):
        trained("continue", model, tmp_path / "b", TEXTS[:8], freeze=["*"])


@pytest.mark.parametrize("adapter", ["full", "lora"])
def test_the_mean_with_the_start_is_exact(adapter: str, model: str, tmp_path: Path) -> None:
    from train.models import load

    trained("continue", model, tmp_path / "whole", TEXTS, adapter=adapter)
    trained("continue", model, tmp_path / "mean", TEXTS, adapter=adapter, average=0.25)
    start, whole, mean = (
        load(address)[0].state_dict() for address in (model, str(tmp_path / "whole"), str(tmp_path / "mean"))
    )
    assert any(not torch.equal(start[name], whole[name]) for name in start)
    for name in start:
        assert torch.allclose(mean[name], 0.25 * whole[name] + 0.75 * start[name], atol=1e-6), name


def lora(model: str, folder: Path, rank: int, alpha: float, seed: int, dora: bool = False) -> str:
    """An adapter with weights drawn by `seed`."""
    from train.adapters import Adapter, adapted
    from train.models import load

    made = adapted(load(model)[0], Adapter(name="dora" if dora else "lora", rank=rank, alpha=alpha))
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            if "lora_A" in name or "lora_B" in name:
                parameter.normal_(0, 0.1)
    made.save_pretrained(folder)
    return str(folder)


@pytest.fixture
def two(model: str, tmp_path: Path) -> dict[str, str]:
    """Of ranks 4 and 6, with other scalings."""
    return {"a": lora(model, tmp_path / "a", 4, 8, 1), "b": lora(model, tmp_path / "b", 6, 3, 2)}


def deltas(model: Any, name: str) -> list[torch.Tensor]:
    from peft.tuners.lora import LoraLayer

    return [m.get_delta_weight(name) for m in model.modules() if isinstance(m, LoraLayer)]


def test_cat_of_unequal_ranks_is_the_sum_of_the_differences(model: str, two: dict[str, str]) -> None:
    from train.adapters import combined, together
    from train.models import load

    made = together(load(model)[0], two)
    new = combined(made, ["a", "b"], "cat", [1.0, 0.5])
    for a, b, sum_ in zip(deltas(made, "a"), deltas(made, "b"), deltas(made, new), strict=True):
        assert torch.allclose(sum_, a + 0.5 * b, atol=1e-5)


def test_ranks_are_filled_up_without_a_change(model: str, two: dict[str, str]) -> None:
    from train.adapters import padded, together
    from train.models import load

    found, tokenizer = load(model)
    made = together(found, two)
    before, seen = deltas(made, "a"), logits(made, tokenizer)
    padded(made, "a", 6)
    assert made.peft_config["a"].r == 6 and made.peft_config["a"].lora_alpha / 6 == 8 / 4
    assert all(torch.allclose(x, y, atol=1e-7) for x, y in zip(before, deltas(made, "a"), strict=True))
    assert torch.allclose(seen, logits(made, tokenizer), atol=1e-6)


@pytest.mark.parametrize("method", ["linear", "svd", "ties", "dare"])
def test_every_method_takes_unequal_ranks(method: str, model: str, two: dict[str, str]) -> None:
    from train.adapters import combined, together
    from train.models import load

    found, tokenizer = load(model)
    made = together(found, two)
    alone = logits(made, tokenizer)
    made.set_adapter(combined(made, ["a", "b"], method, seed=1))
    assert not torch.allclose(alone, logits(made, tokenizer), atol=1e-4)


def test_linear_works_on_the_factors_and_so_is_no_sum(model: str, two: dict[str, str]) -> None:
    """PEFT adds A to A and B to B: each of two adapters' B meets the other's A. svd comes nearer to the sum."""
    from train.adapters import combined, together
    from train.models import load

    made = together(load(model)[0], two)
    sums = [a + b for a, b in zip(deltas(made, "a"), deltas(made, "b"), strict=True)]
    svd, linear = (
        sum(
            float((x - y).norm() / y.norm())
            for x, y in zip(deltas(made, combined(made, ["a", "b"], method)), sums)
        )
        / len(sums)
        for method in ("svd", "linear")
    )
    assert svd < 0.6 < linear


def test_dora_is_not_combined(model: str, two: dict[str, str], tmp_path: Path) -> None:
    from train.adapters import combined, together
    from train.models import load

    made = together(load(model)[0], two | {"d": lora(model, tmp_path / "d", 4, 8, 3, dora=True)})
    with pytest.raises(ConfigError, match="d is a DoRA adapter"):
        combined(made, ["a", "d"], "cat")
