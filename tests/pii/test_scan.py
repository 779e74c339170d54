"""The scanner against Presidio on whole texts."""

from __future__ import annotations

import builtins
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from presidio_analyzer import EntityRecognizer, Pattern, PatternRecognizer, RecognizerResult
from reference import engine, expected, plain

from curate.pii.predefined import presidio_recognizers
from curate.pii.scan import Scanner


class Upper(EntityRecognizer):
    """Finds words in capitals by its own means, and raises them next to a found e-mail address."""

    def load(self) -> None:
        pass

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any) -> list[RecognizerResult]:
        words = [
            (token.idx, token.text)
            for token in nlp_artifacts.tokens
            if token.text.isupper() and len(token) > 2
        ]
        return [RecognizerResult("SHOUT", at, at + len(word), 0.3) for at, word in words]

    def enhance_using_context(
        self, text: str, raw_recognizer_results: Any, other_raw_recognizer_results: Any, *_: Any, **__: Any
    ) -> Any:
        key = RecognizerResult.IS_SCORE_ENHANCED_BY_CONTEXT_KEY
        if any(r.entity_type == "EMAIL_ADDRESS" for r in other_raw_recognizer_results):
            for r in raw_recognizer_results:
                r.score, r.recognition_metadata[key] = 0.9, True
        return raw_recognizer_results


class Even(PatternRecognizer):
    """Numbers whose last digit is even."""

    def validate_result(self, pattern_text: str) -> bool | None:
        return None if int(pattern_text[-1]) % 2 == 0 else False


def own() -> list[Any]:
    """Recognisers as a user writes them."""

    def made(entity: str, *patterns: str, score: float = 0.4, **more: Any) -> PatternRecognizer:
        found = [Pattern(f"{entity} {i}", source, score) for i, source in enumerate(patterns)]
        return PatternRecognizer(entity, name=f"{entity}Recognizer", patterns=found, **more)

    return [
        made("ENDLESS", r"begin[\s\S]*?end"),
        made("TWICE", r"\b(\w{3,6})-\1\b"),
        made("BEHIND", r"(?<=No\. )\d+", r"(?<![\w-])K\d{2}(?!\d|-)", context=["matter", "docket no"]),
        made("LINE", r"^Re: [^\n]{1,30}$", global_regex_flags=8),
        made("FIRST", r"\A\w{1,5}", r"\w{1,5}\Z"),
        made("LONGEST", r"[a-f0-9]+(?:\.[a-f0-9]+)+"),
        made("BLANK", r"paid\s{1,4}in\s{1,4}full", r"x{0,3}\s?y"),
        made("SOME", r"(?:foo){e<=1}bar"),
        PatternRecognizer("TITLE", name="TitleRecognizer", deny_list=["Mr.", "Dr", "née"], context=["dear"]),
        Even("EVEN", name="EvenRecognizer", patterns=[Pattern("even", r"\b\d{2,3}\b", 0.2)]),
        Upper(["SHOUT"], name="UpperRecognizer"),
    ]


@pytest.fixture(scope="module")
def default() -> tuple[Scanner, Any]:
    recognizers = presidio_recognizers()
    return Scanner(recognizers), engine(recognizers)


@pytest.fixture(scope="module")
def written() -> tuple[Scanner, Any]:
    recognizers = [*own(), *presidio_recognizers()]
    return Scanner(recognizers), engine(recognizers)


PLANTED = [
    "4012888888881881", "4012-8888-8888-1881", "078-05-1120", "123456789", "12345678901", "A1234567", "H12345678",
    "943 476 5919", "GB82 WEST 1234 5698 7654 32", "de89370400440532013000 2 days", "192.168.0.1", "8.2.3.1",
    "2001:db8::ff00:42:8329", "::1", "::", "00:1B:44:11:3A:B7", "john.o'neil@firm.co.uk", "jörg@exämple.de",
    "http://www.courts.gov/a?b=c#d", "\"https://x.org/y\"", "F.Supp.2d", "(305) 468-4347", "+44 20 7946 0958 ext. 12",
    "+1 212 555 2368", "0203 12345", "169-70", "5/21/2008", "2008-05-21", "21-MAY-08", "12.3.2009", "BB1234563",
    "16UEfZ6kNKXFFFVTj6Cf4CKa8hWQAyhRnM", "123e4567-e89b-12d3-a456-426614174000", "9121-12-3456", "912-70-1234",
    "٣٠٥ ٤٦٨ ٤٣٤٧", "２１２ 555 2368", "\u212a12345678", "12 (34) 56-78 / 90", "1-2-3-4-5-6-7-8-9-0-1-2-3",
]  # fmt: skip
WORDS = [
    "phone", "passport", "ssn", "SSN:", "credit card", "bank", "license:", "the", "of", "and", "email", "call:", "no.",
    "account", ":)", ")", ":", "::", "driver's", "can't", "IBAN", "Tel.:", "x", "ext", "(", ",", ";", "é", "e\u0301",
    "\u200b", "naïve", "_____", "12", "1999", "matter", "Dr", "Mr.", "née", "begin", "end", "abc-abc", "No. 5", "K12",
    "paid in  full", "y", "Re: this", "FOO", "fobar", "dear",
]  # fmt: skip
GAPS = [
    " ",
    " ",
    " ",
    "",
    "\n",
    "  ",
    "\t",
    "\u00a0",
    ", ",
    "\n\n  ",
    "\u3000",
    "-",
    " " * 30,
    "\x1f",
    "\x85",
]
text = st.lists(st.tuples(st.sampled_from(PLANTED + WORDS * 2), st.sampled_from(GAPS)), max_size=14).map(
    lambda parts: "".join(word + gap for word, gap in parts)
)


def agrees(pair: tuple[Scanner, Any], texts: list[str]) -> None:
    """The scanner finds in each text what Presidio finds; where Presidio gives up there is nothing to agree with."""
    scanner, presidio = pair
    for one, spans in zip(texts, scanner.scan(texts), strict=True):
        try:
            wanted = expected(presidio, one)
        except ValueError as error:  # a finding that begins in the last space
            assert "Did not find word" in str(error)
            continue
        assert plain(spans) == wanted, repr(one)


@given(st.lists(text, min_size=1, max_size=3))
@settings(max_examples=150)
def test_planted_findings_are_presidios(default: tuple[Scanner, Any], texts: list[str]) -> None:
    agrees(default, texts)


@given(st.lists(text, min_size=1, max_size=3))
@settings(max_examples=100)
def test_recognisers_of_a_user_are_presidios(written: tuple[Scanner, Any], texts: list[str]) -> None:
    agrees(written, texts)


@given(st.text(alphabet="0123456789 -./()[]+x~#,;:ext١-–\u00a0\n$%aé", max_size=60))
@settings(max_examples=200)
def test_digits_and_punctuation_are_presidios(default: tuple[Scanner, Any], digits: str) -> None:
    agrees(default, [digits])


def test_every_planted_piece_at_the_edges_and_in_a_long_text(default: tuple[Scanner, Any]) -> None:
    far = "lorem ipsum " * 30
    agrees(
        default,
        [form for one in PLANTED for form in (one, far + one, one + " " + far, f"a{one}b", f"${one}%")],
    )


def test_what_cannot_be_analysed_runs_on_whole_texts_and_is_named(written: tuple[Scanner, Any]) -> None:
    named = {line.split(":")[0] for line in written[0].whole}
    assert named == {"ENDLESSRecognizer", "SOMERecognizer", "UpperRecognizer"}


def test_no_predefined_recogniser_runs_on_whole_texts(default: tuple[Scanner, Any]) -> None:
    assert default[0].whole == []


@pytest.mark.parametrize("threshold", [0.0, 0.05, 0.4, 0.41, 1.0])
def test_thresholds_come_after_context(default: tuple[Scanner, Any], threshold: float) -> None:
    told = "My passport number is 123456789, bank account 12345678901; call 305 468 4347. " + " ".join(
        PLANTED
    )
    scanner = Scanner(presidio_recognizers(), score_threshold=threshold)
    assert plain(scanner.scan([told])[0]) == expected(default[1], told, threshold)


def test_a_context_word_raises_a_score_as_in_presidio(default: tuple[Scanner, Any]) -> None:
    (spans,) = default[0].scan(["My passport number is 123456789."])
    assert ("US_PASSPORT", 0.4) in {(span.entity, span.score) for span in spans}


def test_without_context_the_pipeline_is_blank() -> None:
    recognizers = presidio_recognizers()
    told = "My passport number is 123456789: :) or " + " ".join(PLANTED)
    scanner = Scanner(recognizers, context=False)
    assert plain(scanner.scan([told])[0]) == expected(engine(recognizers, lemmas=False), told)


def test_without_hyperscan_nothing_changes(
    monkeypatch: pytest.MonkeyPatch, written: tuple[Scanner, Any]
) -> None:
    taken = builtins.__import__

    def refuse(name: str, *rest: Any, **more: Any) -> Any:
        if name == "hyperscan":
            raise ImportError(name)
        return taken(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    scanner = Scanner([*own(), *presidio_recognizers()])
    monkeypatch.undo()
    assert not scanner._prefilter.exact_ends
    texts = [
        f"{word}{gap}{one} {one}{gap}{word}"
        for one in PLANTED
        for word, gap in zip(WORDS, GAPS, strict=False)
    ]
    assert [plain(s) for s in scanner.scan(texts)] == [plain(s) for s in written[0].scan(texts)]


def test_texts_are_apart(default: tuple[Scanner, Any]) -> None:
    texts = ["call (305)", "468-4347", "", "a@b", ".com", "4012888888881881"]
    together = default[0].scan(texts)
    assert [plain(s) for s in together] == [plain(default[0].scan([t])[0]) for t in texts]
    assert together[2] == []


def test_the_suffix_list_is_the_bundled_one(default: tuple[Scanner, Any]) -> None:
    import tldextract.tldextract as module

    assert module.TLD_EXTRACTOR.suffix_list_urls == () and not module.TLD_EXTRACTOR._cache.enabled
