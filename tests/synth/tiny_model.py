"""A tiny random Llama with a tokenizer and a chat template of its own, for tests that need a real model."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

TEMPLATE = (
    "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)


def needs(*packages: str) -> None:
    """Skip where one of these is not installed; in CI they must be."""
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        assert not os.environ.get("CI"), f"{missing} must be there in CI"
        pytest.skip(f"needs {', '.join(missing)}: pip install 'curate[train]' 'transformers[serving]'")


def tiny(folder: Path) -> Path:
    """The model, saved in `folder`; its weights are the same each time."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<s>", "</s>", "<pad>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=special, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(["The Supplier shall deliver the goods."] * 5, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>"
    )
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(fast),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=2,
    )
    model = LlamaForCausalLM(config)
    # Its words are random: every fifth of them ends an answer, so that some end and some do not.
    model.generation_config.eos_token_id = [1, *range(3, 60)]
    model.generation_config.do_sample = True
    model.save_pretrained(folder)
    return folder


@contextlib.contextmanager
def serving(model: Path) -> Iterator[str]:
    """The address of `transformers serve` with this model, while the block lasts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = "from transformers.cli.transformers import main; main()"
    options = ["serve", str(model), "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    process = subprocess.Popen([sys.executable, "-c", command, *options], stderr=subprocess.PIPE, text=True)
    assert process.stderr
    try:
        lines: list[str] = []
        while not any("Application startup complete" in line for line in lines):
            line = process.stderr.readline()
            assert line, "".join(lines)
            lines.append(line)
        with contextlib.suppress(OSError):
            time.sleep(0.5)
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health").close()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
