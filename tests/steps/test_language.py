"""`language`: the embedded model on known texts, reasons to drop, fastText models."""

import json

import polars as pl
import pytest

from curate import fasttexts
from curate.classifier import supervised
from curate.steps.language import language

EN = "The Court of Appeals affirmed the judgment of the district court because the claim was time-barred."
DE = (
    "Das Gericht hat die Klage abgewiesen, weil der Anspruch nach den Vorschriften des Gesetzes verjährt ist."
)
FR = "Le tribunal a rejeté la demande au motif que l'action était prescrite en application de la loi."
CA = "El tribunal ha desestimat la demanda perquè l'acció havia prescrit d'acord amb el que disposa la llei."
ES = "El tribunal ha desestimado la demanda porque la acción había prescrito según lo que dispone la ley."
PT = "O tribunal julgou improcedente a ação porque o direito estava prescrito nos termos da lei em vigor."


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (EN, "en"),
        (EN.upper(), "en"),
        ("§ 13–101. Short title. This chapter may be cited as the Process Act.", "en"),
        (DE, "de"),
        (FR, "fr"),
        (CA, "ca"),
        (ES, "es"),
        (PT, "pt"),
        ("Суд отказал в удовлетворении иска в связи с истечением срока исковой давности.", "ru"),
        ("裁判所は、時効により請求を棄却した。", "ja"),
        ("法院以超过诉讼时效为由驳回了原告的诉讼请求。", "zh"),
        ("법원은 소멸시효가 완성되었다는 이유로 청구를 기각하였다.", "ko"),
        ("12.345 – 67 % § 8.2.3.1 \x00\n", "und"),
        ("", "und"),
        ("🙂🙂", "und"),
    ],
)
def test_languages(text, code):
    outcome = language(pl.DataFrame({"text": [text]}), keep=[code], min_score=0)
    assert outcome.kept["language"].to_list() == [code]


def test_reasons_and_details():
    outcome = language(pl.DataFrame({"text": [EN, DE, "", None]}), keep=["en"])
    assert outcome.kept["text"].to_list() == [EN]
    assert outcome.kept.schema["language_score"] == pl.Float32
    assert outcome.dropped["reason"].to_list() == ["language"] * 3
    details = [json.loads(detail) for detail in outcome.dropped["detail"]]
    assert [detail["language"] for detail in details] == ["de", "und", "und"]
    assert details[0]["score"] > 0.9 and details[1]["score"] == 0


def test_too_unsure_is_a_reason_of_its_own():
    mixed = pl.DataFrame({"text": [EN, (EN + " ") * 3 + (DE + " ") * 3]})
    whole = language(mixed, keep=["en", "de"], min_score=0).kept
    assert whole["language_score"][0] > whole["language_score"][1]
    limit = float(whole["language_score"].mean())
    outcome = language(mixed, keep=["en", "de"], min_score=limit)
    assert outcome.kept["text"].to_list() == [EN]
    assert outcome.dropped["reason"].to_list() == ["language_score"]


def test_long_documents_are_read_at_beginning_middle_and_end():
    only_middle = "1 2 3 " * 3000 + (FR + " ") * 20 + "4 5 6 " * 3000
    outcome = language(pl.DataFrame({"text": [only_middle]}), keep=["fr"])
    assert outcome.kept.height == 1


def test_the_batch_does_not_change_the_score():
    texts = [EN, DE, FR, CA, ES, PT] * 5
    together = language(pl.DataFrame({"text": texts}), keep=["en"], min_score=0)
    alone = [language(pl.DataFrame({"text": [t]}), keep=["en"], min_score=0) for t in texts]
    scores = sorted([*together.kept["language_score"], *together.dropped["language_score"]])
    assert scores == sorted(
        s for one in alone for s in [*one.kept["language_score"], *one.dropped["language_score"]]
    )


@pytest.fixture(scope="module")
def fasttext_model(tmp_path_factory):
    pytest.importorskip("fasttext")
    path = tmp_path_factory.mktemp("lid") / "lid.bin"
    train = path.with_suffix(".txt")
    train.write_text(f"__label__eng_Latn {EN.lower()}\n__label__deu_Latn {DE.lower()}\n" * 40)
    supervised(train, path, epoch=20, minn=2, maxn=3)
    return str(path)


def test_a_fasttext_model_by_path(fasttext_model):
    frame = pl.DataFrame({"text": [EN.replace(" ", "\n"), DE * 100, "12 %", None]})
    outcome = language(frame, keep=["en"], model=fasttext_model)
    assert outcome.kept["language"].to_list() == ["en"]
    assert outcome.dropped["language"].to_list() == ["de", "und", "und"]
    assert outcome.dropped["language_score"].to_list()[1:] == [0, 0]


def test_a_model_on_the_hub_is_fetched_by_name(fasttext_model, monkeypatch):
    asked = []

    def fetch(repo, file):
        asked.append((repo, file))
        return fasttext_model

    monkeypatch.setattr("huggingface_hub.hf_hub_download", fetch)
    fasttexts.load.cache_clear()
    assert language(pl.DataFrame({"text": [EN]}), keep=["en"], model="lid.176").kept.height == 1
    language(pl.DataFrame({"text": [EN]}), keep=["en"], model="hf://owner/name/folder/model.bin")
    assert asked == [("julien-c/fasttext-language-id", "lid.176.bin"), ("owner/name", "folder/model.bin")]


def test_models_that_cannot_be_had_name_the_remedy(tmp_path, monkeypatch):
    def unreachable(repo, file):
        raise OSError("no network")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", unreachable)
    fasttexts.load.cache_clear()
    for model, remedy in [
        (str(tmp_path / "none.bin"), "lid.176"),
        ("hf://owner/name", "write hf://owner/name/model.bin"),
        ("glotlid", "give its path"),
    ]:
        with pytest.raises(ValueError, match=remedy):
            language(pl.DataFrame({"text": [EN]}), keep=["en"], model=model)


@pytest.mark.slow
def test_real_law_is_told_apart(real):
    from benchmarks.language import sets  # the evaluation of docs/language.md

    rows = [(code, text) for name, code, text in sets(real("README.md").parent) if "characters" not in name]
    law = [(code, text) for code, text in rows if len(text) >= 300]
    frame = pl.DataFrame({"text": [text for _, text in law], "truth": [code for code, _ in law]})
    outcome = language(frame, keep=sorted({code for code, _ in law}), min_score=0)
    right = (outcome.kept["truth"] == outcome.kept["language"]).mean()
    assert right > 0.995
