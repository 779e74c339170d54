"""`normalise`: what changes, what must not, and the same result as ftfy on everything."""

import gzip
import json
import re
import tarfile
import unicodedata
from collections import Counter

import ftfy
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import step
from curate.steps import normalise as module
from curate.steps.normalise import normalise

CONFIG = ftfy.TextFixerConfig(
    unescape_html=True,
    fix_character_width=False,
    uncurl_quotes=False,
    fix_line_breaks=False,
    fix_surrogates=False,
    remove_control_chars=False,
    normalization=None,
)

odd = st.text(
    st.sampled_from("aZé \t\n\n\n&;#x\x00\x1b\r\x0c\x7f\x85\xa0\xad\u0301\u200b\u2028\ufeffﬁ中한"),
    max_size=30,
)
suspicious = st.text(st.sampled_from("aZz .\nÂÃÐØàéвЂГўÎ×√≈‚€β“”°²œ\xa0\xad\x80\x99¼©ñ🙂"), max_size=30)


def one(text: str, **params) -> str:
    return normalise(pl.DataFrame({"text": [text]}), **params).kept["text"][0]


def plain(text: str) -> str:
    """The twin of the whole step: ftfy on everything, then regular expressions."""
    markup = re.search(r"<(/?[A-Za-z][A-Za-z0-9]*(\s[^<>]*)?/?>|!--)", text) is not None
    fixed = ftfy.fix_text(text, CONFIG._replace(unescape_html=not markup))
    removed = "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u2060\u206a-\u206f\ufeff\ufff9-\ufffc]"
    breaks = "\r\n|[\r\x0b\x0c\x85\u2028\u2029]"
    bare = re.sub(breaks, "\n", re.sub(removed, "", fixed))
    lines = [
        line.rstrip(" \t")
        for line in re.sub("[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]", " ", bare).split("\n")
    ]
    return unicodedata.normalize("NFC", re.sub("\n{4,}", "\n\n\n", "\n".join(lines)).strip("\n"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cafÃ© Â§ 5", "café § 5"),
        ("MÃ¼nchen & KÃ¶ln", "München & Köln"),
        ("It\u2019s \u201cquoted\u201d", "It\u2019s \u201cquoted\u201d"),
        ("Smith &amp; Co.", "Smith & Co."),
        ("<p>a &lt; b &amp; c</p>", "<p>a &lt; b &amp; c</p>"),
        ("<jane@firm.com> &amp; <https://firm.com>", "<jane@firm.com> & <https://firm.com>"),
        ("AT&T; R&D", "AT&T; R&D"),
        ("e\u0301ta\u0301t", "étát"),
        ("of\ufb01ce", "office"),
        ("a\x00b\x1b[31mc\x7f", "abc"),
        ("page 1\x0cpage 2\r\nline\rline", "page 1\npage 2\nline\nline"),
        ("a\u00a0b\u2003c", "a b c"),
        ("a  \t\n\n\n\n\nb \n", "a\n\n\nb"),
        ("  indented\n\tline", "  indented\n\tline"),
        ("\ufeffcon\u00adtract\u200b", "contract"),
        ("नमस्ते می‌خواهم", "नमस्ते می‌خواهم"),  # joiners stay
        ("，全角（）", "，全角（）"),
        ("", ""),
    ],
)
def test_texts(text, expected):
    assert one(text) == expected


def test_parameters_switch_parts_off():
    assert one("cafÃ© &amp; x ", mojibake=False) == "cafÃ© & x"
    assert one("cafÃ© &amp; x ", entities=False) == "café &amp; x"
    assert one("a\r\n\x00 b\u00a0 \n\n\n\n\n", whitespace=False) == "a\r\n b\u00a0 \n\n\n\n\n"
    assert one("ﬁ，x²", form="NFKC") == "fi,x2"


def test_only_text_changes_and_rows_stay_in_order():
    frame = pl.DataFrame({"id": ["1", "2", "3", "4"], "text": ["a ", None, "b", "Ã©"], "extra": [1, 2, 3, 4]})
    out = normalise(frame).kept
    assert out["text"].to_list() == ["a", None, "b", "é"]
    assert out["id"].to_list() == ["1", "2", "3", "4"]
    assert out["extra"].to_list() == [1, 2, 3, 4]


def test_an_empty_batch_passes():
    assert normalise(pl.DataFrame({"text": []}, schema={"text": pl.String})).kept.height == 0


def test_changes_are_counted_in_documents():
    counts = Counter()
    token = step._counts.set(counts)
    try:
        normalise(
            pl.DataFrame({"text": ["clean", "Ã© Ã©", "&amp; &lt;", "a\x00", "x ", "y ", "e\u0301", "\ufb01"]})
        )
    finally:
        step._counts.reset(token)
    assert counts == {
        "mojibake repaired": 1,
        "entities unescaped": 1,
        "control characters removed": 1,
        "whitespace": 2,
        "normal form": 1,
        "ligatures split": 1,
    }


@settings(max_examples=500, deadline=None)
@given(st.lists(odd | suspicious, min_size=1, max_size=3))
def test_equals_ftfy_on_everything(texts):
    assert normalise(pl.DataFrame({"text": texts})).kept["text"].to_list() == [plain(text) for text in texts]


def test_long_lines_are_cut_as_ftfy_cuts_them():
    text = "Ã© x" * 20
    config = CONFIG._replace(max_decode_length=7)
    assert module.fix(text, config)[0] == ftfy.fix_text(text, config)


def real_texts(path):
    """Texts of a JSONL.gz, the members of a tar.gz, or a file."""
    if path.name.endswith(".jsonl.gz"):
        return [json.loads(line)["text"] for line in gzip.open(path)]
    if path.name.endswith(".tar.gz"):
        with tarfile.open(path) as tar:
            files = [tar.extractfile(member) for member in tar if member.isfile()]
            return [file.read().decode("utf-8", "replace") for file in files if file]
    return [path.read_bytes().decode("utf-8", "replace")]


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["legal", "legal_nonenglish", "general", "bad"])
def test_equals_ftfy_on_real_text(real, folder):
    patterns = ["*.txt"] if folder == "bad" else ["*.jsonl.gz", "*.tar.gz", "**/*.txt", "**/*.md"]
    paths = sorted(path for pattern in patterns for path in real(folder).glob(pattern))
    texts = [text for path in paths for text in real_texts(path)]
    if folder == "general":
        texts = [text[:200_000] for text in texts]
    ours = normalise(pl.DataFrame({"text": texts})).kept["text"].to_list()
    different = [i for i, text in enumerate(texts) if ours[i] != plain(text)]
    assert len(texts) >= 5
    assert different == []
