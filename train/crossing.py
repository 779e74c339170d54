"""What packed rows do to a model and its loss: whether it reads from one document into the next, and rows of which no
token counts. Both are asked before a training."""

from __future__ import annotations

from typing import Any

import numpy as np

from train.data.dataset import IGNORED

#: Tokens of each of the two documents that a model is tried on, at most.
TRIED = 16
#: Difference of logits, in their standard deviations, above which they are not the same. Measured on small random
#: models of 28 architectures: 2e-6 at most in those that keep documents apart, 0.05 at least in others.
SAME = 1e-3
#: Rows that are looked at for tokens that count, at most.
LOOKED_AT = 1000


def crosses(model: Any, tokenizer: Any, length: int) -> bool:
    """Whether `model` predicts another continuation for a document that is packed behind another one, position ids
    starting anew, than for that document alone: it heeds no position ids, or builds no mask from them.

    Two documents of random words are read, in rows of at most `length` tokens. The model is left as it was, and so is
    torch's random state.
    """
    import torch

    half = max(1, min(TRIED, length // 2))
    first, second = _words(model, tokenizer, half)
    places = torch.arange(half)
    was = model.training
    model.eval()
    try:
        with torch.no_grad():
            alone = model(input_ids=second[None], position_ids=places[None], use_cache=False).logits[0]
            both, twice = torch.cat([first, second]), torch.cat([places, places])
            behind = model(input_ids=both[None], position_ids=twice[None], use_cache=False).logits[0, half:]
    except TypeError:  # position_ids is no argument of its
        return True
    finally:
        model.train(was)
    difference = (behind - alone).abs().max()
    return not bool(difference <= SAME * alone.float().std())


def _words(model: Any, tokenizer: Any, count: int) -> Any:
    """Two documents of `count` random tokens that mean nothing special, shape (2, count), on the model's device."""
    import torch

    most = min(len(tokenizer), model.get_input_embeddings().num_embeddings)
    plain = np.setdiff1d(np.arange(most), tokenizer.all_special_ids)
    drawn = np.random.default_rng(0).choice(plain, (2, count))
    return torch.from_numpy(drawn).to(next(model.parameters()).device)


def silent(rows: Any) -> float:
    """The share of rows in which no token counts in the loss, of up to `LOOKED_AT` among all of them; 0 where no source
    (of a `PackedDataset`) says which tokens count."""
    if all(part.tokens.loss is None for part in rows.parts):
        return 0.0
    some = np.unique(np.linspace(0, len(rows) - 1, LOOKED_AT).astype(int))
    return float(np.mean([(rows.row(int(i))["labels"] == IGNORED).all() for i in some]))
