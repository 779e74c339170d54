"""Models: made from a preset with a tokenizer of their own data, or loaded from a stage, a folder or the Hub."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from curate import manifest
from curate.errors import ConfigError
from curate.pipeline import is_address
from curate.yamlfile import Path as Place
from curate.yamlfile import YamlFile

#: Sizes of presets: layers, width, heads, heads of keys and values, inner width, vocabulary.
PRESETS: dict[str, tuple[int, int, int, int, int, int]] = {
    "tiny": (4, 128, 4, 4, 384, 4096),
    "small": (8, 384, 6, 6, 1024, 16384),
    "125m": (12, 768, 12, 12, 2560, 32768),
    "1b": (16, 2048, 32, 8, 8192, 32768),
}
#: Files by which a folder is known to hold a model, or a tokenizer (perhaps with its model).
MODEL = ("config.json",)
TOKENIZER = ("tokenizer_config.json", "tokenizer.json", *MODEL)
END, TURN, PAD, MASK = "<|endoftext|>", "<|im_start|>", "<|pad|>", "<|mask|>"
#: Dense bf16 peak of a card in FLOP/s, by a part of its name (vendors' data sheets, without sparsity).
PEAKS = {
    "H200": 989e12,
    "H100": 989e12,
    "A100": 312e12,
    "L40S": 362e12,
    "A10": 125e12,
    "4090": 165e12,
    "B200": 2250e12,
}


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> Any:
    """A byte-level BPE tokenizer (every text can be written in it) with digits apart and the tokens of a chat, but no
    template: a model that is not taught to chat is asked without one."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    # Numbers as single digits, so that no amount or date is one rare token (Llama: arXiv:2302.13971, section 2.1).
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(r"\d"), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[END, TURN, PAD, MASK],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    made = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        mask_token=MASK,
        extra_special_tokens=[TURN],
        model_input_names=["input_ids", "attention_mask"],
    )
    return made


def from_preset(name: str, tokenizer: Any, context: int, seed: int, *, masked: bool = False) -> Any:
    """A model with weights drawn by `seed`: Llama's architecture, or BERT's where it is to fill masks."""
    import torch
    from transformers import BertConfig, BertForMaskedLM, GenerationConfig, LlamaConfig, LlamaForCausalLM

    layers, width, heads, shared, inner, _ = PRESETS[name]
    common: dict[str, Any] = {
        "vocab_size": math.ceil(len(tokenizer) / 64) * 64,
        "hidden_size": width,
        "intermediate_size": inner,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "max_position_embeddings": context,
        "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "tie_word_embeddings": True,
        # 0.02 is for widths near 1,000; this keeps the logits of narrow models as small (arXiv:2312.16903).
        "initializer_range": min(0.02, math.sqrt(2 / (5 * width))),
    }
    torch.manual_seed(seed)
    if masked:
        quiet: dict[str, Any] = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
        return BertForMaskedLM(BertConfig(**common, **quiet))
    model = LlamaForCausalLM(LlamaConfig(**common, num_key_value_heads=shared, bos_token_id=None))
    model.generation_config = GenerationConfig(
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    return model


def path_of(address: str, *, signs: tuple[str, ...] = MODEL) -> tuple[str, str | None]:
    """What transformers loads, and its revision: `hf://owner/name@revision`, an artefact's folder or any other one,
    that holds one of the files `signs`.

    Raises:
        ConfigError: there is no such thing.
    """
    if address.startswith("hf://"):
        name, _, revision = address.removeprefix("hf://").partition("@")
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
            raise ConfigError(f"{address}: a model on the Hub is hf://owner/name or hf://owner/name@revision")
        return name, revision or None
    for folder in (Path(address) / "model", Path(address)):
        if any((folder / sign).is_file() for sign in signs):
            return str(folder), None
    if (Path(address) / "latest.json").is_file():
        return path_of(manifest.find(address)[0], signs=signs)
    what = "model" if signs == MODEL else "tokenizer"
    raise ConfigError(
        f"{address}: no {what} is there (a folder with {signs[0]}, an artefact, or hf://owner/name)"
    )


def checked(
    yml: YamlFile, place: Place, ref: str, before: dict[str, Any], signs: tuple[str, ...] = MODEL
) -> str | None:
    """The kind of the model `ref`, as `kind_of` has it; where it cannot be told yet, None. A fault where a stage makes
    no model, or none lies at an address (names of no stage are the engine's to tell)."""
    if ref in before:
        if before[ref].kind == "train":
            return str(before[ref].makes)
        yml.fault(place, f"stage '{ref}' is of kind {before[ref].kind}, and makes no model")
    elif ref not in yml.value["stages"] and is_address(ref):
        try:
            path_of(ref, signs=signs)
            return None if ref.startswith("hf://") or signs != MODEL else kind_of(ref)
        except ConfigError as error:
            yml.fault(place, str(error))
    return None


def load_tokenizer(address: str) -> Any:
    """A tokenizer, alone or with its model; what it lacks of a chat template and a token of padding is filled in."""
    from transformers import AutoTokenizer

    from train.data.chat import DEFAULT_TEMPLATE

    name, revision = path_of(address, signs=TOKENIZER)
    tokenizer = AutoTokenizer.from_pretrained(name, revision=revision)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    if tokenizer.chat_template is None:
        tokenizer.chat_template = DEFAULT_TEMPLATE
        tokenizer.lent = True  # the model never saw it: see `train.evaluate.generate.chats`
    return tokenizer


def load(address: str, *, device: str = "cpu", kind: str = "causal", **more: Any) -> tuple[Any, Any]:
    """(model, tokenizer): weights in fp32, since what is trained in bf16 is kept in fp32 (autocast); in eval mode.

    `kind`: causal, masked, or reward (one score for a whole text; its head is drawn anew where there is none).

    Raises:
        ConfigError: there is no model, or no weights that fit it.
    """
    import torch
    import transformers

    from train.adapters import load_beside

    tokenizer = load_tokenizer(address)
    name, revision = path_of(address)
    auto = {
        "causal": transformers.AutoModelForCausalLM,
        "masked": transformers.AutoModelForMaskedLM,
        "reward": transformers.AutoModelForSequenceClassification,
    }[kind]
    more = {"num_labels": 1} | more if kind == "reward" else more
    try:
        model = auto.from_pretrained(name, revision=revision, dtype=torch.float32, **more)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{address}: {str(error).strip().splitlines()[0]}") from None
    if kind == "reward" and model.config.pad_token_id is None:
        model.config.pad_token_id = tokenizer.pad_token_id
    if len(tokenizer) > model.get_input_embeddings().num_embeddings:
        model.resize_token_embeddings(len(tokenizer), pad_to_multiple_of=64)
    return load_beside(model, name).to(device).eval(), tokenizer


def kind_of(address: str) -> str:
    """`causal`, `masked` or `reward`: what the model at an address was made for, by its config.json."""
    name, revision = path_of(address)
    if address.startswith("hf://"):
        from transformers import AutoConfig

        told = AutoConfig.from_pretrained(name, revision=revision).architectures
    else:
        told = json.loads((Path(name) / "config.json").read_text()).get("architectures")
    kinds = {"ForMaskedLM": "masked", "ForSequenceClassification": "reward"}
    return next((kind for end, kind in kinds.items() if (told or [""])[0].endswith(end)), "causal")


def parameters(model: Any) -> tuple[int, int]:
    """(all, those trained)."""
    every = list(model.parameters())
    return sum(p.numel() for p in every), sum(p.numel() for p in every if p.requires_grad)


def flops_per_token(model: Any, length: int) -> float:
    """Of a forward and a backward pass: 6 per parameter outside the embeddings' look-up, and 12·layers·width·length
    for attention (PaLM, arXiv:2204.02311, appendix B)."""
    config = model.config
    looked_up = 0 if config.tie_word_embeddings else model.get_input_embeddings().weight.numel()
    total = sum(p.numel() for p in model.parameters()) - looked_up
    return 6.0 * total + 12.0 * config.num_hidden_layers * config.hidden_size * length


def device() -> str:
    """cuda where there is one, else cpu."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def peak() -> float | None:
    """Dense bf16 FLOP/s of the card, by its name; None for a CPU or a card that is not listed."""
    import torch

    if not torch.cuda.is_available():
        return None
    name = torch.cuda.get_device_name(0)
    return next((flops for part, flops in PEAKS.items() if part in name), None)
