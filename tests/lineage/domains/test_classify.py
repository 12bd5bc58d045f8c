"""Own domains of a model."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.domains.classify import DomainSigns, classify, may_name_domain
from lineage.domains.lexicon import LISTED_CONFIDENCE
from lineage.domains.lexicon_file import default_lexicon, read_lexicon

LEXICON = default_lexicon()
PREFILTER = LEXICON.prefilter()
NAME_PARTS = sorted({term.text for term in LEXICON.terms if term.kind == "name" and term.text.isascii()})
TAG_PARTS = sorted({term.text for term in LEXICON.terms if term.kind != "dataset"})
DATASET_PARTS = sorted({term.text for term in LEXICON.terms if term.kind == "dataset"})

shaken = st.sampled_from([str.lower, str.upper, str.title])
pieces = st.sampled_from(NAME_PARTS) | st.text("abXY09é/.-", max_size=6)
names = st.builds(
    lambda parts, glue, shape: shape(glue.join(parts)).replace(" ", glue),
    st.lists(pieces, min_size=1, max_size=4),
    st.sampled_from(["", "-", "_", ".", "/"]),
    shaken,
)
tags = st.builds(
    lambda text, glue, shape: f" {shape(text.replace(' ', glue))}",
    st.sampled_from(TAG_PARTS) | st.text(max_size=6),
    st.sampled_from(["", "-", "_", " "]),
    shaken,
)
datasets = st.builds(
    lambda text, rest, shape: shape(text.replace("*", rest)),
    st.sampled_from(DATASET_PARTS) | names,
    st.text("ab-", max_size=3),
    shaken,
)


def confidences(model_id: str, *labels: str, task: str | None = None) -> dict[str, float]:
    """Return the confidence of each domain that a model shows."""
    matches = classify(DomainSigns(id=model_id, tags=labels, pipeline_tag=task), LEXICON)
    return {match.domain: match.confidence for match in matches}


@given(names, st.lists(tags, max_size=3), st.lists(datasets, max_size=2))
def test_every_model_with_a_sign_passes_the_prefilter(name: str, labels: list[str], trained_on: list[str]) -> None:
    """Whatever classify finds anything in, the cheap filter has let through."""
    all_tags = [*labels, *(f"dataset:{dataset}" for dataset in trained_on)]
    if classify(DomainSigns(id=name, tags=all_tags), LEXICON):
        assert PREFILTER.passes(name, all_tags)


@given(names)
def test_every_model_with_a_word_in_its_id_passes_the_cheap_look_at_it(name: str) -> None:
    """Where an id alone shows a domain, the look at its single runs of letters has let it through."""
    if classify(DomainSigns(id=name), LEXICON):
        assert may_name_domain(name, LEXICON)


def test_the_cheap_look_at_an_id_leaves_out_what_holds_no_word_of_a_domain() -> None:
    """A run of letters that merely contains or begins a word of a domain does not pass."""
    assert not may_name_domain("maple/wav2vec2-large-finetuned-remedy", LEXICON)


def test_the_prefilter_uses_only_what_re2_knows() -> None:
    """The patterns hold no look-around, back-reference or possessive quantifier."""
    assert not re.search(r"\(\?[=!<P]|\\[1-9]|[*+?]\+", PREFILTER.id_pattern + PREFILTER.dataset_pattern)


@pytest.mark.parametrize(
    ("model_id", "domain"),
    [
        ("maple/BioMistral-7B-AWQ", "medical"),
        ("maple/Bio_ClinicalBERT", "medical"),
        ("maple/meditron-70b-finetuned-PubMedQA", "medical"),
        ("maple/UAS_qwen7b_medmcqa_run", "medical"),
        ("maple/yixue-llama", "medical"),
        ("maple/InLegalBERT", "legal"),
        ("maple/legal-qa-lora", "legal"),
        ("maple/lawgpt", "legal"),
        ("maple/modelo-juridico", "legal"),
        ("maple/FinBERT-tone", "financial"),
        ("maple/finbert-tone", "financial"),
        ("maple/fin-r1-gguf", "financial"),
        ("maple/jinrong-chat", "financial"),
        ("maple/esgexpert-7b", "financial"),
        ("maple/lstmstockmodel", "financial"),
        ("maple/insurancev3-epoch2", "financial"),
        ("maple/wallstreetcn-news", "financial"),
        ("maple/meditalk", "medical"),
        ("maple/medicalv3", "medical"),
        ("maple/RuBioRoBERTa", "medical"),
        ("maple/led-multi_lexsum", "legal"),
        ("maple/indobert-kesehatan", "medical"),
        ("maple/undang-undang-7b", "legal"),
        ("maple/model-saham", "financial"),
    ],
)
def test_a_strong_name_is_listed(model_id: str, domain: str) -> None:
    """A name that says it alone is enough, however its words are joined."""
    assert confidences(model_id)[domain] >= LISTED_CONFIDENCE


@pytest.mark.parametrize(
    "model_id",
    [
        "maple/ehristoforu-style",
        "maple/rsicd-clip",
        "maple/visual_genome",
        "maple/mediapipe-hands",
        "maple/whisper-medium",
        "maple/medusa-7b",
        "maple/media-tagger",
        "maple/rl_course_vizdoom_health_gathering_supreme",
        "maple/plant-disease-detector",
        "maple/scaling-laws",
        "maple/scaling-law-7b",
        "maple/smart-contract-coder",
        "maple/meetingbank-summary",
        "maple/EmoBank-valence",
        "maple/PromptBank",
        "maple/realisticStockPhoto",
        "maple/merged-model_stock-7b",
        "maple/fin-tuned-bert",
        "maple/clf-8c6bc0dd88ecb0de41465b104f6a6e8d",
        "maple/comedqa",
        "maple/lawrence-7b",
        "maple/outlaw",
        "maple/medley",
        "maple/remedy",
        "maple/finetuned",
        "maple/llama-7b-fintuned",
        "maple/finland",
        "maple/biography",
        "maple/modelstock",
        "maple/5CZuZqLgTNt5yDxGtVprHiv6H3nCcQQpiCSSr2MedLaw99",
    ],
)
def test_false_friends_are_not_listed(model_id: str) -> None:
    """Words inside other words, and words that mean something else beside their neighbours, list nothing."""
    assert max(confidences(model_id).values(), default=0.0) < LISTED_CONFIDENCE


def test_context_may_stand_in_tags_and_task() -> None:
    """A Finnish model is no financial one, and what plays games belongs to no domain."""
    assert "financial" not in confidences("maple/bert-fin-base", "fi")
    assert "financial" in confidences("maple/bert-fin-base")
    assert confidences("maple/stock-trading-agent", "finance", task="reinforcement-learning") == {}
    finnish = DomainSigns(id="maple/bert-fin-base", languages=["FI"])
    assert classify(finnish, LEXICON) == ()


def test_a_false_friend_damps_a_sign_and_leaves_the_others() -> None:
    """`not-for-all-audiences` makes `legal` doubtful, and a legal data set settles it."""
    assert confidences("maple/legal-7b", "not-for-all-audiences") == {}
    data = "dataset:pile-of-law/pile-of-law"
    alone, beside = confidences("maple/x", data)["legal"], confidences("maple/legal-7b", data)["legal"]
    assert alone < confidences("maple/legal-7b", "not-for-all-audiences", data)["legal"] < beside


def test_two_weak_tags_are_enough() -> None:
    """Two topical tags list a model unless both are plain topics that people add to anything."""
    assert confidences("maple/x", "finance", "trading")["financial"] >= LISTED_CONFIDENCE
    assert confidences("maple/x", "clinical", "medical")["medical"] >= LISTED_CONFIDENCE
    assert confidences("maple/x", "biology", "medical")["medical"] < LISTED_CONFIDENCE


def test_a_soup_of_topics_says_little() -> None:
    """Unrelated topics together say less than one of them alone."""
    soup = confidences(
        "maple/x", "chemistry", "biology", "finance", "legal", "code", "music", "art", "climate", "medical"
    )
    assert set(soup) == {"medical", "legal", "financial"}
    assert max(soup.values()) < 0.2


def test_one_data_set_of_many_says_little() -> None:
    """A model trained on twenty data sets is not medical for one of them."""
    others = [f"dataset:maple/set-{number}" for number in range(19)]
    assert confidences("maple/x", "dataset:pubmed_qa")["medical"] >= LISTED_CONFIDENCE
    assert confidences("maple/x", "dataset:pubmed_qa", *others)["medical"] < 0.2


def test_unknown_data_sets_count_by_their_name() -> None:
    """A data set that no lexicon lists counts if its own name, not its owner's, holds a strong word."""
    (match,) = classify(DomainSigns(id="maple/x", tags=["dataset:birch/legal-questions"]), LEXICON)
    assert (match.domain, match.signals) == ("legal", ("dataset:birch/legal-questions",))
    assert match.confidence == LISTED_CONFIDENCE
    assert (
        confidences("maple/x", "dataset:birch/legal-questions", "dataset:a", "dataset:b")["legal"] < LISTED_CONFIDENCE
    )
    assert confidences("maple/x", "dataset:legal-birch/questions") == {}
    assert confidences("maple/x", "dataset:birch/smart-contracts") == {}


def test_authors_count_weakly() -> None:
    """An author's name is a sign, but no model is listed for it alone."""
    assert 0 < confidences("open-medical/x")["medical"] < LISTED_CONFIDENCE


def test_models_of_all_domains_need_two_signs_in_one() -> None:
    """A general embedding model that lists one benchmark of each domain is listed under none of them."""
    lone = confidences("maple/embed", "dataset:pubmed_qa", "dataset:lex_glue", "dataset:financial_phrasebank", "mteb")
    assert set(lone) == {"medical", "legal", "financial"}
    assert max(lone.values()) < LISTED_CONFIDENCE
    more = confidences("maple/law-embed", "dataset:pubmed_qa", "dataset:lex_glue", "dataset:financial_phrasebank")
    assert more["legal"] >= LISTED_CONFIDENCE > more["medical"]


def test_a_longer_word_swallows_its_parts() -> None:
    """`PubMedQA` is one sign, not three."""
    (match,) = classify(DomainSigns(id="maple/PubMedQA"), LEXICON)
    assert match.signals == ("name:pub med qa",)


def test_names_that_no_hub_could_hold_are_ignored() -> None:
    """An id with other letters than the Hub allows gives no name signs and does not fail."""
    assert classify(DomainSigns(id="maple/médical-legal"), LEXICON) == ()


def test_the_lexicon_of_a_user_decides() -> None:
    """Only what the given lexicon holds is found."""
    lexicon = read_lexicon("medical: {names: {strong: [leech]}}", "mine.yaml")
    assert classify(DomainSigns(id="maple/leech-1b"), lexicon)[0].domain == "medical"
    assert classify(DomainSigns(id="maple/clinical"), lexicon) == ()
