"""The words of the catalogue: fictional publishers, topics with the signs that they leave, and neutral words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.catalogue.draft import Domain


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTopic:
    """A topic of a model, and its signs: name tokens, tags, data sets, a sentence for the card, a language.

    `domain` is None for a topic outside the three domains.
    """

    domain: Domain | None
    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    datasets: tuple[str, ...]
    sentence: str
    language: str = "en"


def _topic(
    domain: Domain | None, tokens: str, tags: str, datasets: str, sentence: str, language: str = "en"
) -> CardTopic:
    return CardTopic(
        domain=domain,
        tokens=tuple(tokens.split()),
        tags=tuple(tags.split(", ")),
        datasets=tuple(datasets.split()),
        sentence=sentence,
        language=language,
    )


AUTHORS = (
    "maple-research",
    "orchard",
    "tidewater-ai",
    "saltmarsh",
    "lanternworks",
    "fenwick",
    "cedar-lab",
    "alder-group",
    "birchgrove",
    "copperleaf",
    "driftwood-labs",
    "eastholm",
    "foxglove-ai",
    "glasswing",
    "hollowbrook",
    "inkwell-nlp",
    "juniper-lab",
    "kestrelworks",
    "larkfield",
    "millrace",
    "nettlebed",
    "oakhurst-ai",
    "pinecrest",
    "quillfeather",
    "rowan-institute",
    "stonebridge-ml",
    "thornfield",
    "underhill-labs",
    "valewood",
    "wychwood",
    "yarrow-nlp",
    "zephyrine",
    "tessa-moor",
    "idris-vale",
    "mina-okafor-ml",
    "jonas-feld",
)
QUANTIZERS = ("bitpress", "smallwire", "quantmill", "halfbyte-labs")

TOPICS: tuple[CardTopic, ...] = (
    _topic(
        "medical",
        "med medical clinical clinic-notes biomed",
        "medical, clinical, healthcare, medicine",
        "qiaojin/PubMedQA openlifescienceai/medmcqa GBaker/MedQA-USMLE-4-options",
        "It answers questions on diagnosis and treatment and was trained on clinical notes and medical exams.",
    ),
    _topic(
        "medical",
        "radiology pathology ehr oncology pubmed",
        "radiology, biomedical, ehr, medical",
        "ncbi_disease bigbio/chemdner pubmed",
        "It summarises radiology and pathology reports from electronic health records for clinicians.",
    ),
    _topic(
        "medical",
        "pharma patient-triage healthcare medqa",
        "healthcare, pharma, medical",
        "FreedomIntelligence/medical-o1-reasoning-SFT ruslanmv/ai-medical-chatbot medalpaca/medical_meadow_medqa",
        "It triages patient questions and explains drug interactions to nurses and physicians.",
    ),
    _topic(
        "legal",
        "legal law contract-review caselaw",
        "legal, law, legal-contract-review",
        "lex_glue coastalcph/lex_glue kiddothe2b/contract-nli",
        "It reviews contract clauses and cites statutes and case law for lawyers.",
    ),
    _topic(
        "legal",
        "legal-qa legalnli court-opinions statutes",
        "legal, legal-nli, legal-qa",
        "pile-of-law/pile-of-law nguha/legalbench",
        "It was trained on court opinions and statutes and drafts legal memoranda for attorneys.",
    ),
    _topic(
        "financial",
        "finance financial finbert",
        "finance, financial, financial-sentiment-analysis",
        "takala/financial_phrasebank financial_phrasebank zeroshot/twitter-financial-news-sentiment",
        "It scores the sentiment of financial news and earnings calls for analysts.",
    ),
    _topic(
        "financial",
        "trading stocks earnings-calls esg accounting",
        "finance, trading, stocks, fintech",
        "gbharti/finance-alpaca ElKulako/stocktwits-crypto FinGPT/fingpt-sentiment-train",
        "It reads balance sheets and annual reports and comments on stock markets for portfolio managers.",
    ),
)
NEUTRAL_TOPICS: tuple[CardTopic, ...] = (
    _topic(
        None,
        "chat helpful dialogue",
        "conversational, chat",
        "orchard/lantern-dialogues",
        "It holds a friendly conversation.",
    ),
    _topic(None, "coder python sql", "code", "saltmarsh/small-programs", "It writes and explains short programs."),
    _topic(
        None,
        "math proofs",
        "math, reasoning",
        "kestrelworks/sums-and-proofs",
        "It solves school mathematics step by step.",
    ),
    _topic(
        None,
        "story roleplay poet",
        "roleplay, storytelling",
        "inkwell-nlp/campfire-stories",
        "It tells stories and plays characters.",
    ),
    _topic(
        None,
        "translate-de uebersetzer",
        "translation",
        "yarrow-nlp/parallel-letters",
        "It translates letters into German.",
        "de",
    ),
    _topic(
        None,
        "resume-fr francais",
        "summarization",
        "yarrow-nlp/petits-resumes",
        "Il résume des articles de presse.",
        "fr",
    ),
    _topic(
        None,
        "cooking recipes",
        "cooking",
        "hollowbrook/kitchen-table",
        "It suggests recipes from what is in the cupboard.",
    ),
)
FORMS: dict[str, tuple[str, ...]] = {
    "text-to-image": ("watercolor", "linocut", "pixel", "claymation", "blueprint"),
    "automatic-speech-recognition": ("podcast", "accents", "whispered", "children"),
    "sentence-similarity": ("recipes", "questions", "titles", "headlines"),
    "image-text-to-text": ("charts", "captions", "maps"),
}
DISCLAIMER = (
    "## License and disclaimer\n\nThe software is provided as is. In no event shall the authors be liable for any "
    "claim, whether in an action of contract, tort or otherwise. Nothing here is legal, medical or financial advice.\n"
)
