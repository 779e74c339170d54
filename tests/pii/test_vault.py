"""The vault: what was replaced can be turned back with the key, and with nothing else."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.pii.replace import Replacer
from curate.pii.spans import Span
from curate.pii.vault import Vault, merge, open_vault

KEY, OTHER = b"k" * 32, b"o" * 32
ENTRIES = [("PERSON", "John Smith", "Martin Keller"), ("PERSON", "SMITH, John", "KELLER, Martin")]


def written(path: Path, entries: list[tuple[str, str, str]], key: bytes = KEY) -> Path:
    with Vault(path, key) as vault:
        for entry in entries:
            vault.add(*entry)
    return path


def test_what_goes_in_comes_out_and_nothing_can_be_read_without_the_key(tmp_path: Path) -> None:
    path = written(tmp_path / "vault", ENTRIES)
    assert open_vault(path, KEY).entries == sorted(ENTRIES)
    assert open_vault(path, KEY).reveal("Martin Keller") == ["John Smith"]
    assert open_vault(path, KEY).reveal("nobody") == []
    assert b"Smith" not in path.read_bytes() and b"Keller" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["vault"]


def test_another_key_and_a_changed_byte_are_told(tmp_path: Path) -> None:
    path = written(tmp_path / "vault", ENTRIES)
    with pytest.raises(ValueError, match="written under the key"):
        open_vault(path, OTHER)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="damaged"):
        open_vault(path, KEY)
    path.write_bytes(b"PAR1")
    with pytest.raises(ValueError, match="no vault"):
        open_vault(path, KEY)
    path.write_bytes(path.read_bytes()[:3])
    with pytest.raises(ValueError, match="no vault"):
        open_vault(path, KEY)


def test_a_head_that_claims_another_key_does_not_pass(tmp_path: Path) -> None:
    mine, theirs = written(tmp_path / "a", ENTRIES), written(tmp_path / "b", ENTRIES, OTHER)
    head = mine.read_bytes().partition(b"\n")[0]
    theirs.write_bytes(head + b"\n" + theirs.read_bytes().partition(b"\n")[2])
    with pytest.raises(ValueError, match="damaged"):
        open_vault(theirs, KEY)


@given(st.lists(st.tuples(st.text(max_size=4), st.text(), st.text())), st.integers(0, 5))
def test_merged_files_are_the_same_bytes_however_the_work_was_shared_out(
    tmp_path_factory: pytest.TempPathFactory, entries: list[tuple[str, str, str]], cut: int
) -> None:
    folder = tmp_path_factory.mktemp("vault")
    parts = [written(folder / "a", entries[cut:]), written(folder / "b", entries[: cut + 1])]
    whole = merge([written(folder / "c", entries)], folder / "whole", KEY)
    assert merge(parts, folder / "merged", KEY).read_bytes() == whole.read_bytes()
    assert open_vault(whole, KEY).entries == sorted(set(entries))


def test_no_parts_make_an_empty_vault(tmp_path: Path) -> None:
    assert len(open_vault(merge([], tmp_path / "vault", KEY), KEY)) == 0


def test_a_task_that_fails_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), Vault(tmp_path / "vault", KEY) as vault:
        vault.add("PERSON", "a", "b")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_replacer_fills_it_with_what_can_be_turned_back(tmp_path: Path) -> None:
    text = "Mr John Smith and mail a@b.com"
    spans = [Span(0, 13, "PERSON", 1.0), Span(23, 30, "EMAIL_ADDRESS", 1.0)]
    with Vault(tmp_path / "vault", KEY) as vault:
        replaced = Replacer({"PERSON": "pseudonym", "EMAIL_ADDRESS": "keep"}, KEY, vault=vault).replace(
            text, spans, "d"
        )
    back = open_vault(tmp_path / "vault", KEY)
    assert back.reveal(replaced.spans[0].text) == ["Mr John Smith"]
    assert len(back) == 1
