"""Rows by number: none lost, the same each time and on every rank, with the losses of each document alone."""

from __future__ import annotations

import itertools
import pickle
from collections import Counter
from typing import Any

import numpy as np
import pytest

import train.data.plan as plan
from curate.errors import ConfigError
from train.data.dataset import IGNORED, PackedDataset, Part, packed, stack
from train.data.mixture import Phase

torch = pytest.importorskip("torch")
LENGTH = 32
PAD = 2


def numbered(documents: int, seed: int = 0, longest: int = 80) -> list[list[int]]:
    """Documents of random lengths and tokens; each begins with token 0, as with a bos."""
    random = np.random.default_rng(seed)
    return [[0, *random.integers(10, 250, random.integers(1, longest)).tolist()] for _ in range(documents)]


def pieces(row: dict[str, Any]) -> list[tuple[list[int], list[int]]]:
    """(ids, labels) of each stretch of rising positions in a row."""
    starts = [*np.flatnonzero(row["position_ids"] == 0).tolist(), len(row["position_ids"])]
    return [
        (row["input_ids"][a:b].tolist(), row["labels"][a:b].tolist()) for a, b in itertools.pairwise(starts)
    ]


def mixed(of_ids: Any, tmp_path: Any, **changes: Any) -> PackedDataset:
    """Two sources at 70 and 30%, then the first alone."""
    parts = [Part("law", of_ids("law", numbered(120))), Part("replay", of_ids("replay", numbered(60, 1)))]
    phases = [Phase({"law": 0.7, "replay": 0.3}, 0.8), Phase({"law": 1.0})]
    how: dict[str, Any] = {
        "tokens": 6000,
        "sequence_length": LENGTH,
        "folder": tmp_path / "plans",
        "pad": PAD,
    }
    return packed(parts, phases, **(how | changes))


def again(dataset: PackedDataset, **changes: Any) -> PackedDataset:
    """The same sources with the settings of `mixed`, or others."""
    phases = [Phase({"law": 0.7, "replay": 0.3}, 0.8), Phase({"law": 1.0})]
    how: dict[str, Any] = {
        "tokens": 6000,
        "sequence_length": LENGTH,
        "folder": dataset.folder.parent,
        "pad": PAD,
    }
    return packed(dataset.parts, phases, **(how | changes))


def same(left: PackedDataset, right: PackedDataset, rows: Any) -> bool:
    return all(torch.equal(left[i][key], right[i][key]) for i in rows for key in left[0])


@pytest.mark.parametrize("masked", [False, True])
def test_each_epoch_holds_every_document_whole(masked: bool, of_ids: Any, tmp_path: Any) -> None:
    rows = numbered(90)
    loss = [[n % 2 for n in range(len(row))] for row in rows] if masked else None
    dataset = packed(
        [Part("a", of_ids("a", rows, loss))],
        {"a": 1.0},
        epochs=3,
        sequence_length=LENGTH,
        folder=tmp_path,
        pad=PAD,
    )
    per_epoch = dataset.layout.meta["sources"][0]["rows"]
    assert len(dataset) == sum(per_epoch) and len(per_epoch) == 3
    start, orders = 0, []
    for count in per_epoch:
        spans, found = [], []
        for i in range(start, start + count):
            row = dataset.row(i)
            filled, taken = dataset.filled(i), 0
            for ids, labels in pieces(row):
                if taken < filled:
                    found.append((ids, labels))
                    taken += len(ids)
            assert taken == filled
            assert set(row["labels"][filled:].tolist()) <= {IGNORED}
            assert set(row["input_ids"][filled:].tolist()) <= {PAD}
            spans += row["input_ids"][:filled].tolist()
        assert Counter(spans) == Counter(token for row in rows for token in row), "the multiset of tokens"
        assert rebuilt(rows, loss, found)
        orders.append(spans)
        start += count
    assert orders[0] != orders[1], "every epoch is packed anew"


def rebuilt(rows: list[list[int]], loss: Any, found: list[tuple[list[int], list[int]]]) -> bool:
    """Whether pieces, put one after another, are the documents, with labels where they belong."""
    waiting = Counter((tuple(ids), tuple(labels)) for ids, labels in found)

    def fits(row: list[int], marks: list[int], at: int) -> bool:
        if at == len(row):
            return True
        for end in range(len(row), at, -1):
            wanted = [
                IGNORED,
                *(t if m else IGNORED for t, m in zip(row[at + 1 : end], marks[at + 1 : end], strict=True)),
            ]
            piece = (tuple(row[at:end]), tuple(wanted))
            if waiting[piece]:
                waiting[piece] -= 1
                if fits(row, marks, end):
                    return True
                waiting[piece] += 1
        return False

    longest = sorted(range(len(rows)), key=lambda n: -len(rows[n]))
    whole = all(fits(rows[n], loss[n] if loss else [1] * len(rows[n]), 0) for n in longest)
    return whole and not +waiting


def test_shares_stay_within_a_row_at_every_step(of_ids: Any, tmp_path: Any) -> None:
    dataset = mixed(of_ids, tmp_path)
    given_ = Counter[str]()
    for i in range(len(dataset) + 1):
        shares, goal = dataset.shares(i), dataset.targets(i)
        assert shares == {name: given_[name] for name in ("law", "replay")}
        assert all(abs(shares[name] - goal[name]) <= LENGTH + 1e-6 for name in shares)
        if i < len(dataset):
            given_[dataset.source(i)] += dataset.filled(i)
    assert 6000 <= sum(dataset.shares().values()) < 6000 + LENGTH
    tokens = {part.name: part.tokens.meta["tokens"] for part in dataset.parts}
    assert dataset.epochs() == {name: given_[name] / tokens[name] for name in given_}


@pytest.mark.parametrize("last", [{"best": 1.0}, {"best": 0.9, "law": 0.1}])
def test_epochs_of_the_first_source_go_with_an_anneal(
    last: dict[str, float], of_ids: Any, tmp_path: Any
) -> None:
    parts = [Part("law", of_ids("law", numbered(120))), Part("best", of_ids("best", numbered(60, 1)))]
    phases = [Phase({"law": 1.0}, 0.7), Phase(last)]
    dataset = packed(parts, phases, sequence_length=LENGTH, folder=tmp_path, epochs=1, pad=PAD)
    shares = dataset.shares()
    assert shares["law"] == parts[0].tokens.meta["tokens"], "all of the first source, once"
    wanted = 0.3 * last["best"] / (1 - 0.3 * last["best"]) * shares["law"]
    assert shares["best"] == pytest.approx(wanted, abs=LENGTH)
    seen = dataset.documents_seen()
    assert all(seen["law"] == 1)


def test_rows_are_the_same_for_a_seed_and_other_for_another(of_ids: Any, tmp_path: Any) -> None:
    first = mixed(of_ids, tmp_path)
    second, other = again(first, folder=tmp_path / "elsewhere"), again(first, seed=1)
    assert first.folder != second.folder
    assert same(first, second, range(len(first)))
    assert not same(first, other, range(len(first)))


def test_going_on_at_a_row_gives_the_very_next_rows(
    of_ids: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = mixed(of_ids, tmp_path)
    seen = [first[i] for i in range(len(first))]
    monkeypatch.setattr(plan, "_write", lambda *_: pytest.fail("planned again"))
    resumed = again(first)
    for i in (101, 57, len(first) - 1):
        assert all(torch.equal(resumed[i][key], seen[i][key]) for key in seen[i])


def test_a_data_set_travels_to_workers_as_its_folder(of_ids: Any, tmp_path: Any) -> None:
    dataset = mixed(of_ids, tmp_path)
    dataset[0]
    sent = pickle.dumps(dataset)
    assert len(sent) < 2000
    assert same(pickle.loads(sent), dataset, range(5))


@pytest.mark.parametrize("split", [False, True])
def test_ranks_see_parts_of_the_very_same_steps(split: bool, of_ids: Any, tmp_path: Any) -> None:
    data_loader = pytest.importorskip("accelerate.data_loader")
    dataset = mixed(of_ids, tmp_path, multiple=8)
    one = torch.utils.data.DataLoader(dataset, batch_size=8, collate_fn=stack)

    def rank(number: int) -> list[Any]:
        sampler = torch.utils.data.SequentialSampler(dataset)
        batches = torch.utils.data.BatchSampler(sampler, 8 if split else 4, drop_last=False)
        shard = data_loader.BatchSamplerShard(batches, 2, number, split_batches=split)
        return list(torch.utils.data.DataLoader(dataset, batch_sampler=shard, collate_fn=stack))

    first, second = rank(0), rank(1)
    assert len(first) == len(second) == len(one) == len(dataset) / 8
    for whole, left, right in zip(one, first, second, strict=True):
        assert torch.equal(torch.cat([left["input_ids"], right["input_ids"]]), whole["input_ids"])
        assert not torch.equal(left["input_ids"], right["input_ids"])


def test_documents_seen_counts_beginnings(of_ids: Any, tmp_path: Any) -> None:
    dataset = packed(
        [Part("a", of_ids("a", numbered(50)))], {"a": 1.0}, epochs=2, sequence_length=LENGTH, folder=tmp_path
    )
    assert dataset.documents_seen()["a"].tolist() == [2] * 50
    assert dataset.documents_seen(0)["a"].tolist() == [0] * 50
    half = dataset.layout.meta["sources"][0]["rows"][0]
    assert dataset.documents_seen(half)["a"].tolist() == [1] * 50
    assert dataset.epochs(half) == {"a": 1.0}


def test_conversations_that_fit_are_not_cut(of_ids: Any, tmp_path: Any) -> None:
    rows = [[0] + [20] * 19] * 40
    loss = [[0] + [1] * 19] * 40
    how: dict[str, Any] = {"epochs": 1, "sequence_length": LENGTH, "folder": tmp_path}
    whole = packed([Part("chat", of_ids("chat", rows, loss))], {"chat": 1.0}, **how)
    text = packed([Part("text", of_ids("text", rows))], {"text": 1.0}, **how)
    assert len(whole) == 40 and whole.facts()["chat"]["pieces"] == 1
    assert len(text) == 25 and text.facts()["text"]["filled"] == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"tokens": 1_000_000}, "law has .* tokens and would be read .* times, 4 at most"),
        ({"tokens": None}, "either tokens or epochs"),
        ({"epochs": 1}, "either tokens or epochs"),
        ({"tokens": 0}, "more than 0"),
        ({"sequence_length": 1}, "sequence_length is at least 2"),
    ],
)
def test_wrong_settings_are_refused_before_any_work(
    changes: Any, told: str, of_ids: Any, tmp_path: Any
) -> None:
    with pytest.raises(ConfigError, match=told):
        mixed(of_ids, tmp_path, **changes)
    assert not (tmp_path / "plans").exists()


@pytest.fixture(scope="module")
def llama() -> Any:
    """A tiny Llama, its weights large enough that attention matters."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=256, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=256, initializer_range=0.3,
    )  # fmt: skip
    return transformers.LlamaForCausalLM(config).eval()


def losses(model: Any, ids: Any, labels: Any, **how: Any) -> Any:
    """The loss of each token that is predicted, in order."""
    with torch.no_grad():
        logits = model(input_ids=ids[None], use_cache=False, **how).logits[0]
    found = torch.nn.functional.cross_entropy(logits[:-1], labels[1:], reduction="none", ignore_index=IGNORED)
    return found[labels[1:] != IGNORED]


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_losses_of_packed_documents_are_those_of_each_alone(
    attention: str, llama: Any, of_ids: Any, tmp_path: Any
) -> None:
    torch.set_num_threads(1)
    llama.set_attn_implementation(attention)
    dataset = packed(
        [Part("a", of_ids("a", numbered(40, longest=50)))],
        {"a": 1.0},
        epochs=1,
        sequence_length=64,
        folder=tmp_path,
    )
    several = 0
    for i in range(len(dataset)):
        row = dataset[i]
        together = losses(llama, row["input_ids"], row["labels"], position_ids=row["position_ids"][None])
        alone = []
        for ids, labels in pieces({key: value.numpy() for key, value in row.items()}):
            if len(ids) > 1:
                alone.append(losses(llama, torch.tensor(ids), torch.tensor(labels)))
        several += len(alone) > 1
        assert torch.allclose(together, torch.cat(alone), atol=1e-4)
        if len(alone) > 1:
            blind = losses(llama, row["input_ids"], row["labels"])
            assert not torch.allclose(blind, torch.cat(alone), atol=1e-2), (
                "positions are what keeps them apart"
            )
    assert several > 5
