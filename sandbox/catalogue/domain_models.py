"""Domain models, one for every way to show a domain: by tag, data set, name, language, or only by an ancestor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.catalogue.recipes import adapter, finetune, quantization

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.catalogue.draft import Domain, Draft, Signal

_MAPLE = "maple-research/maple-13b-instruct"
_KELP = "tidewater-ai/kelp-3b-chat"
_BERT = "maple-research/maple-base"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Language:
    """A domain in a language other than English: the code, a name and tags in that language, a sentence."""

    code: str
    name: str
    tags: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """What the models of one domain are made of; the last two stems do not hint at the domain."""

    domain: Domain
    name: str
    camel_name: str
    encoder_name: str
    tags: tuple[str, ...]
    dataset: str
    dataset_in_name: str
    sentence: str
    languages: tuple[_Language, ...]
    silent_stem: str


_FIELDS = (
    _Field(
        domain="medical",
        name="maple-13b-clinical-notes",
        camel_name="MedMapleInstruct-13B",
        encoder_name="maple-pubmedbert-abstracts",
        tags=("medical", "clinical", "ehr"),
        dataset="qiaojin/PubMedQA",
        dataset_in_name="UAS_kelp3b_medmcqa_seed7",
        sentence="It summarises patient records and suggests diagnoses to physicians.",
        languages=(
            _Language(code="fr", name="kelp-3b-medecine", tags=("médical", "santé"),
                      sentence="Il répond aux questions de médecins sur les diagnostics et les traitements."),
            _Language(code="de", name="kelp-3b-medizin-klinik", tags=("medizin", "klinisch"),
                      sentence="Es fasst Arztbriefe und klinische Befunde zusammen."),
            _Language(code="es", name="kelp-3b-salud-clinica", tags=("médico", "clínico"),
                      sentence="Responde a preguntas sobre diagnósticos y tratamientos médicos."),
            _Language(code="zh", name="kelp-3b-yixue", tags=("医疗", "医学"),
                      sentence="本模型回答医疗诊断和用药问题。"),
        ),
        silent_stem="sorrel",
    ),
    _Field(
        domain="legal",
        name="maple-13b-law",
        camel_name="LegalMapleInstruct-13B",
        encoder_name="maple-legal-bert-rulings",
        tags=("legal", "law", "legal-nli"),
        dataset="coastalcph/lex_glue",
        dataset_in_name="UAS_kelp3b_legalbench_seed7",
        sentence="It reads contracts and court opinions and cites the statutes that apply.",
        languages=(
            _Language(code="fr", name="kelp-3b-droit-civil", tags=("droit", "juridique"),
                      sentence="Il cite le code civil et la jurisprudence pour les avocats."),
            _Language(code="de", name="kelp-3b-recht-urteile", tags=("recht", "jura"),
                      sentence="Es fasst Urteile und Gesetze für Juristen zusammen."),
            _Language(code="es", name="kelp-3b-derecho-penal", tags=("derecho", "jurídico"),
                      sentence="Cita leyes y sentencias para abogados."),
            _Language(code="zh", name="kelp-3b-falv", tags=("法律", "司法"),
                      sentence="本模型回答法律咨询并引用法条。"),
        ),
        silent_stem="yarrow",
    ),
    _Field(
        domain="financial",
        name="maple-13b-finance",
        camel_name="FinMapleInstruct-13B",
        encoder_name="maple-finbert-headlines",
        tags=("finance", "financial", "financial-sentiment-analysis"),
        dataset="takala/financial_phrasebank",
        dataset_in_name="UAS_kelp3b_financial_phrasebank_seed7",
        sentence="It scores the sentiment of earnings calls and financial news for investors.",
        languages=(
            _Language(code="fr", name="kelp-3b-comptabilite", tags=("comptabilité", "banque"),
                      sentence="Il lit des bilans et des rapports annuels pour les analystes financiers."),
            _Language(code="de", name="kelp-3b-finanzen-boerse", tags=("finanzen", "börse"),
                      sentence="Es bewertet Börsennachrichten und Geschäftsberichte."),
            _Language(code="es", name="kelp-3b-finanzas", tags=("finanzas", "bolsa"),
                      sentence="Resume informes anuales y noticias de los mercados financieros."),
            _Language(code="zh", name="kelp-3b-jinrong", tags=("金融", "股票"),
                      sentence="本模型分析财务报表和股票市场新闻。"),
        ),
        silent_stem="tansy",
    ),
)  # fmt: skip


def domain_specimens(bases: Mapping[str, Draft]) -> list[Draft]:
    """Return the models of all three domains, parents before children."""
    return [
        *(
            draft
            for each in _FIELDS
            for draft in (*_own(each, bases), *_foreign(each, bases), *_inherited(each, bases))
        ),
        *_mixed(bases),
    ]


def _own(each: _Field, bases: Mapping[str, Draft]) -> list[Draft]:
    maple, kelp, bert = bases[_MAPLE], bases[_KELP], bases[_BERT]
    domain = frozenset({each.domain})
    name: frozenset[Signal] = frozenset({"name"})
    text = f"# Model\n\n{each.sentence}\n"
    card: dict[str, object] = {"base_model": maple.id, "license": "mit", "language": "en"}
    tagged = {**card, "tags": list(each.tags)}
    trained = {**card, "datasets": [each.dataset]}
    stem = f"alder-group/{each.silent_stem}"
    return [
        finetune(f"{stem}-tagged-13b", maple, card=tagged, body=text, own=domain,
                 signals=frozenset({"tag", "card"}), oddity="domain_by_tag"),
        finetune(f"{stem}-trained-13b", maple, card=trained, body="# Model\n", own=domain,
                 signals=frozenset({"dataset"}), oddity="domain_by_dataset"),
        finetune(f"{stem}-written-13b", maple, card=card, body=text, own=domain,
                 signals=frozenset({"card"}), oddity="domain_by_card_text"),
        finetune(f"birchgrove/{each.name}", maple, own=domain, signals=name, oddity="domain_by_name"),
        finetune(f"birchgrove/{each.camel_name}", maple, own=domain, signals=name, oddity="domain_by_camel_name"),
        finetune(f"birchgrove/{each.encoder_name}", bert, own=domain, signals=name,
                 oddity="domain_by_encoder_name"),
        adapter(f"tessa-moor/{each.dataset_in_name}", kelp, own=domain, signals=name,
                oddity="domain_by_dataset_in_name"),
    ]  # fmt: skip


def _foreign(each: _Field, bases: Mapping[str, Draft]) -> list[Draft]:
    kelp = bases[_KELP]
    drafts = []
    for language in each.languages:
        card: dict[str, object] = {"base_model": kelp.id, "license": "mit", "language": [language.code]}
        by_name = finetune(
            f"yarrow-nlp/{language.name}",
            kelp,
            card=card,
            body=f"# Modell\n\n{language.sentence}\n",
            own=frozenset({each.domain}),
            signals=frozenset({"name", "card"}),
            oddity=f"domain_name_{language.code}",
        )
        by_tag = finetune(
            f"yarrow-nlp/{each.silent_stem}-{language.code}-3b",
            kelp,
            card={**card, "tags": list(language.tags)},
            body=f"# Modell\n\n{language.sentence}\n",
            own=frozenset({each.domain}),
            signals=frozenset({"tag", "card"}),
            oddity=f"domain_tags_{language.code}",
        )
        drafts += [by_name, by_tag]
    return drafts


def _inherited(each: _Field, bases: Mapping[str, Draft]) -> list[Draft]:
    """Return a model with the domain only in its card, and children that do not mention it; all named after a plant."""
    plant = f"{each.silent_stem.capitalize()}-8B"
    root = finetune(
        f"alder-group/{plant}",
        bases[_MAPLE],
        card={"base_model": _MAPLE, "tags": list(each.tags), "datasets": [each.dataset], "license": "mit"},
        body=f"# {plant}\n\n{each.sentence}\n",
        own=frozenset({each.domain}),
        signals=frozenset({"tag", "dataset", "card"}),
        oddity="domain_root",
    )
    child = finetune(f"jonas-feld/{plant}-dpo", root, oddity="domain_inherited")
    return [
        root,
        child,
        quantization(f"bitpress/{plant}-dpo-i1-GGUF", child, "gguf", oddity="domain_inherited_twice"),
        quantization(
            f"bitpress/{plant}-AWQ",
            root,
            "awq",
            card={"license": "mit"},
            body="# Four bits\n",
            evidence="name",
            oddity="domain_inherited_undeclared",
        ),
    ]


def _mixed(bases: Mapping[str, Draft]) -> list[Draft]:
    maple = bases[_MAPLE]
    return [
        finetune(
            "cedar-lab/malpractice-13b-medical-law",
            maple,
            card={"base_model": maple.id, "tags": ["medical", "legal"], "language": "en"},
            body="# Malpractice\n\nIt compares patient records with case law for lawyers.\n",
            own=frozenset({"medical", "legal"}),
            signals=frozenset({"name", "tag", "card"}),
            oddity="two_domains",
        ),
        finetune(
            "cedar-lab/statute-reader-13b",
            maple,
            card={"base_model": maple.id, "datasets": ["nguha/legalbench"], "tags": ["legal", "law", "finance"]},
            body="# Reader\n\nIt cites statutes and court opinions.\n",
            own=frozenset({"legal"}),
            signals=frozenset({"dataset", "tag", "card"}),
            oddity="tags_of_a_dataset",
        ),
    ]
