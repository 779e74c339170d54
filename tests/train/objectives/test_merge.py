"""Merged weights are what the formulas say; what cannot be merged is told by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from jobs import trained
from safetensors.torch import load_file
from tiny_model import needs, tiny

from curate.errors import ConfigError
from train.objectives import merge as merging

Tensors = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A base and two models that left it, each in its way."""
    needs("torch", "transformers")
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = tmp_path_factory.mktemp("models")
    base = tiny(folder / "base")
    torch.manual_seed(1)
    for name in ("domain", "chat"):
        model = AutoModelForCausalLM.from_pretrained(base)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.1 * torch.randn_like(parameter))
        model.save_pretrained(folder / name)
        AutoTokenizer.from_pretrained(base).save_pretrained(folder / name)
    return {name: str(folder / name) for name in ("base", "domain", "chat")}


def weights(folder: Any) -> Tensors:
    found = Path(folder) / "model" / "model.safetensors"
    return load_file(found if found.exists() else Path(folder) / "model.safetensors")


def merged(models: dict[str, str], folder: Path, names: str, **params: Any) -> Tensors:
    params = {key: models[value] if key == "base" else value for key, value in params.items()}
    trained("merge", [models[name] for name in names.split()], folder, [], params)
    return weights(folder)


def test_a_chat_vector_is_domain_plus_chat_minus_base(models: dict[str, str], tmp_path: Path) -> None:
    found = merged(models, tmp_path, "domain chat", method="task_arithmetic", base="base")
    base, domain, chat = (weights(models[name]) for name in ("base", "domain", "chat"))
    assert found.keys() == base.keys()
    for name, tensor in found.items():
        assert torch.allclose(tensor, domain[name] + chat[name] - base[name], atol=1e-6), name


def test_differences_are_weighed(models: dict[str, str], tmp_path: Path) -> None:
    found = merged(models, tmp_path, "domain chat", method="task_arithmetic", base="base", weights=[1.0, 0.0])
    for name, tensor in weights(models["domain"]).items():
        assert torch.allclose(found[name], tensor, atol=1e-6), name


def test_means(models: dict[str, str], tmp_path: Path) -> None:
    domain, chat = weights(models["domain"]), weights(models["chat"])
    straight = merged(models, tmp_path / "a", "domain chat", method="linear", weights=[3, 1])
    end = merged(models, tmp_path / "b", "domain chat", method="slerp", weights=[1, 0])
    for name in domain:
        assert torch.allclose(straight[name], 0.75 * domain[name] + 0.25 * chat[name], atol=1e-6), name
        assert torch.allclose(end[name], domain[name], atol=1e-6), name


def test_slerp_goes_along_the_arc() -> None:
    one, two = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    third = merging._slerp([one, two], [2 / 3, 1 / 3], None, 1.0, 0)
    assert third.tolist() == pytest.approx([3**0.5 / 2, 0.5])  # 30 of 90 degrees, no shorter
    assert merging._slerp([one, 2 * one], [0.5, 0.5], None, 1.0, 0).tolist() == [1.5, 0.0]


def test_ties_by_hand() -> None:
    """Yadav et al., figure 1: trim, elect, take the mean of those that agree."""
    base = torch.zeros(4)
    one, two = torch.tensor([3.0, -2.0, 0.1, 1.0]), torch.tensor([1.0, 4.0, 2.0, 0.1])
    found = merging._ties([one, two], [1.0, 1.0], base, 0.5, 0)
    assert found.tolist() == [3.0, 4.0, 2.0, 0.0]
    whole = merging._ties([one, two], [1.0, 1.0], base, 1.0, 0)
    assert whole.tolist() == pytest.approx([2.0, 4.0, 1.05, 0.55])


def test_dare_keeps_a_share_scaled_up_and_the_same_for_a_seed(models: dict[str, str], tmp_path: Path) -> None:
    given = {"method": "dare_ties", "base": "base", "density": 0.25}
    found = merged(models, tmp_path / "a", "domain", **given)
    again = merged(models, tmp_path / "b", "domain", **given)
    base, domain = weights(models["base"]), weights(models["domain"])
    name = "model.layers.0.mlp.up_proj.weight"
    change, full = found[name] - base[name], domain[name] - base[name]
    kept = change.abs() > 1e-9
    assert 0.2 < kept.float().mean() < 0.3
    assert torch.allclose(change[kept], full[kept] * 4, atol=1e-5)
    assert all(torch.equal(found[key], again[key]) for key in found)


def test_a_padded_vocabulary_is_merged_by_the_rows_in_common(models: dict[str, str], tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    wide = AutoModelForCausalLM.from_pretrained(models["chat"])
    count = wide.get_input_embeddings().num_embeddings
    wide.resize_token_embeddings(count + 20)
    wide.save_pretrained(tmp_path / "wide")
    AutoTokenizer.from_pretrained(models["chat"]).save_pretrained(tmp_path / "wide")
    both = models | {"wide": str(tmp_path / "wide")}
    found = merged(both, tmp_path / "out", "wide domain", method="task_arithmetic", base="base")
    plain = merged(models, tmp_path / "plain", "chat domain", method="task_arithmetic", base="base")
    name = "model.embed_tokens.weight"
    assert len(found[name]) == count + 20
    assert torch.equal(found[name][:count], plain[name])
    assert torch.equal(found[name][count:], weights(tmp_path / "wide")[name][count:])


def test_mixtures_of_experts_are_merged_expert_by_expert(models: dict[str, str], tmp_path: Path) -> None:
    """Files hold each expert, and transformers holds all in one tensor."""
    from transformers import AutoConfig, AutoTokenizer, MixtralConfig, MixtralForCausalLM

    like = AutoConfig.from_pretrained(models["base"])
    sizes = {"vocab_size": like.vocab_size, "hidden_size": 32, "intermediate_size": 48}
    heads = {"num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2}
    for seed, name in enumerate(("one", "two")):
        torch.manual_seed(seed)
        config = MixtralConfig(**sizes, **heads, num_local_experts=3)
        MixtralForCausalLM(config).save_pretrained(tmp_path / name)
        AutoTokenizer.from_pretrained(models["base"]).save_pretrained(tmp_path / name)
    both = {name: str(tmp_path / name) for name in ("one", "two")}
    found = merged(both, tmp_path / "out", "one two", method="linear", weights=[3, 1])
    one, two = (weights(both[name]) for name in ("one", "two"))
    assert found.keys() == one.keys() and sum("experts" in name for name in one) == 9
    for name, tensor in found.items():
        assert torch.allclose(tensor, 0.75 * one[name] + 0.25 * two[name], atol=1e-6), name


def test_other_shapes_and_other_tokens_are_named(models: dict[str, str], tmp_path: Path) -> None:
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    config = AutoConfig.from_pretrained(models["base"])
    config.intermediate_size = 48
    AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path / "narrow")
    AutoTokenizer.from_pretrained(models["base"]).save_pretrained(tmp_path / "narrow")
    AutoModelForCausalLM.from_pretrained(models["base"]).save_pretrained(tmp_path / "other")
    tokenizer = AutoTokenizer.from_pretrained(models["base"])
    tokenizer.add_tokens(["§§"])
    tokenizer.save_pretrained(tmp_path / "other")
    odd = models | {name: str(tmp_path / name) for name in ("narrow", "other")}
    with pytest.raises(
        ConfigError, match=r"tensor 'model\.layers\.0\.mlp\.\w+\.weight' is \[.*64.*\] in .* and \[.*48"
    ):
        merged(odd, tmp_path / "a", "domain narrow", method="linear")
    with pytest.raises(ConfigError, match="different tokenizers, 1 tokens differ, such as '§§'"):
        merged(odd, tmp_path / "b", "domain other", method="linear")


@pytest.mark.parametrize(
    "names, params, message",
    [
        ("domain chat", {"method": "ties"}, "adds differences from a base"),
        ("domain chat", {"method": "linear", "base": "base"}, "knows no base"),
        ("domain", {"method": "slerp"}, "between two models"),
        ("domain chat", {"method": "linear", "weights": [1]}, "1 weights for 2 models"),
        ("domain chat", {"method": "linear", "density": 0.5}, "density"),
    ],
)
def test_faults(
    names: str, params: dict[str, Any], message: str, models: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=message):
        merged(models, tmp_path, names, **params)
