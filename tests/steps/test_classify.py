"""`classify`: scores and the threshold, with a model trained here."""

import polars as pl
import pytest

from curate.classifier import supervised
from curate.steps.classify import classify


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    pytest.importorskip("fasttext")
    folder = tmp_path_factory.mktemp("model")
    (folder / "train.txt").write_text(
        "__label__positive the court holds that the statute applies\n__label__negative click here to win a prize\n"
        * 40
    )
    supervised(folder / "train.txt", folder / "model.bin", epoch=20)
    return str(folder / "model.bin")


FRAME = pl.DataFrame(
    {"text": ["the court\nholds that", "win a prize\r\nclick here", "", None, "win </s> a prize"]}
)


def test_scores_without_a_threshold(model):
    outcome = classify(FRAME, model=model)
    scores = outcome.kept["quality_score"].to_list()
    assert outcome.kept.schema["quality_score"] == pl.Float32
    assert scores[0] > 0.9 and scores[1] < 0.1 and scores[4] < 0.1
    assert scores[2:4] == [None, None]


def test_min_score_drops_with_score_and_threshold(model):
    outcome = classify(FRAME, model=model, name="domain", min_score=0.5)
    assert outcome.kept["text"].to_list() == ["the court\nholds that"]
    assert set(outcome.dropped["reason"]) == {"domain_score"}
    assert '"min_score":0.5' in outcome.dropped["detail"][0]
    assert classify.adds({"model": model, "name": "domain"}) == {"domain_score": pl.Float32}


def test_another_label_has_the_other_score(model):
    one = classify(FRAME, model=model).kept["quality_score"][0]
    other = classify(FRAME, model=model, label="__label__negative").kept["quality_score"][0]
    assert one + other == pytest.approx(1, abs=1e-3)


def test_a_wrong_label_names_the_right_ones(model):
    with pytest.raises(ValueError, match="__label__positive"):
        classify(FRAME, model=model, label="__label__hq")


def test_a_missing_model_says_what_to_do(tmp_path):
    with pytest.raises(ValueError, match=r"curate classifier train"):
        classify(FRAME, model=str(tmp_path / "none.bin"))
    (tmp_path / "broken.bin").write_bytes(b"not a model")
    with pytest.raises(ValueError, match="no supervised fastText model"):
        classify(FRAME, model=str(tmp_path / "broken.bin"))


def test_scores_do_not_depend_on_the_batch(model):
    texts = [f"{word} {i} the court click" for i, word in enumerate(["prize", "statute", "holds"] * 20)]
    whole = classify(pl.DataFrame({"text": texts}), model=model).kept["quality_score"].to_list()
    single = [classify(pl.DataFrame({"text": [t]}), model=model).kept["quality_score"][0] for t in texts]
    assert whole == single
