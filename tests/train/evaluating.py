"""Models to evaluate: a tiny random one, one whose logits are chosen, and tiny ones that are taught in a second."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import torch


def tokenizer(*, bos: bool = True, template: bool = False) -> Any:
    """A byte-level tokenizer; with a few merges, so that tokens can join across a border."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=["<s>", "</s>", "<pad>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(
        ["The Supplier shall deliver the goods to the Buyer. Sure, here is a knife. I'm sorry."] * 5, trainer
    )
    made = PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token="</s>", pad_token="<pad>", **({"bos_token": "<s>"} if bos else {})
    )
    if template:
        made.chat_template = (
            "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
            "{% if add_generation_prompt %}assistant:{% endif %}"
        )
    return made


def model(of: Any, *, seed: int = 0, width: int = 32, layers: int = 2, context: int = 512) -> Any:
    """A random Llama in eval mode; some of its weights are made larger, so that its answers are not all alike."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    made = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(of),
            hidden_size=width,
            intermediate_size=2 * width,
            num_hidden_layers=layers,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=context,
            bos_token_id=of.bos_token_id,
            eos_token_id=of.eos_token_id,
            pad_token_id=of.pad_token_id,
            initializer_range=0.2,
        )
    )
    return made.eval()


def taught(made: Any, of: Any, texts: Sequence[str], *, steps: int, rate: float = 3e-3, seed: int = 0) -> Any:
    """`made` after some steps of AdamW on `texts`, eight at a time; in eval mode."""
    torch.manual_seed(seed)
    optimiser = torch.optim.AdamW(made.parameters(), lr=rate)
    start = [of.bos_token_id] if of.bos_token_id is not None else []
    rows = [
        torch.tensor(start + of(text, add_special_tokens=False)["input_ids"] + [of.eos_token_id])
        for text in texts
    ]
    made.train()
    for _ in range(steps):
        batch = [rows[at] for at in torch.randperm(len(rows))[:8]]
        ids = torch.nn.utils.rnn.pad_sequence(batch, batch_first=True, padding_value=of.pad_token_id)
        labels = torch.nn.utils.rnn.pad_sequence(batch, batch_first=True, padding_value=-100)
        made(input_ids=ids, labels=labels).loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    return made.eval()


class Known:
    """A model whose logits are chosen: `likes(tokens so far)` gives {token: logit}; all others have 0."""

    def __init__(self, vocabulary: int, likes: Callable[[list[int]], dict[int, float]]):
        self.config = SimpleNamespace(vocab_size=vocabulary)
        self.device = torch.device("cpu")
        self._likes = likes

    def forward(self, input_ids: torch.Tensor) -> Any:
        logits = torch.zeros((*input_ids.shape, self.config.vocab_size))
        for r, ids in enumerate(input_ids.tolist()):
            for at in range(len(ids)):
                for token, logit in self._likes(ids[: at + 1]).items():
                    logits[r, at, token] = logit
        return SimpleNamespace(logits=logits)

    __call__ = forward
