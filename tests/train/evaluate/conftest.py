"""A tiny random model for these tests, made once."""

from __future__ import annotations

from typing import Any

import pytest
from tiny_model import needs


@pytest.fixture(scope="session")
def tiny() -> tuple[Any, Any]:
    """(model, tokenizer)."""
    needs("torch", "transformers", "tokenizers")
    import evaluating
    import torch

    torch.set_num_threads(1)
    tokenizer = evaluating.tokenizer()
    return evaluating.model(tokenizer), tokenizer
