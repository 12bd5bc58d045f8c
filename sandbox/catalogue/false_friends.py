"""False friends: models with words that look like a domain's but are not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sandbox.catalogue.recipes import adapter, finetune, merge
from sandbox.catalogue.vocabulary import DISCLAIMER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.catalogue.draft import Draft

_MAPLE = "maple-research/maple-7b-instruct"
_KELP = "tidewater-ai/kelp-0.5b"
_BERT = "maple-research/maple-base"
_WREN = "saltmarsh/wren-embed-small"
_VISTA = "fenwick/vista-vl-4b"
_LUMEN = "lanternworks/lumen-xl"
_SOUP = ["chemistry", "biology", "finance", "legal", "medical", "code", "music", "art", "climate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Friend:
    id: str
    base: str
    card: dict[str, object] = field(default_factory=dict)
    body: str = "# Model\n\nMade for fun.\n"
    oddity: str


_FRIENDS = (
    _Friend(id="fenwick/vista-visual-genome-captions", base=_VISTA, card={"datasets": ["visual_genome"]},
            oddity="visual_genome"),
    _Friend(id="fenwick/vista-rsicd-satellites", base=_VISTA, card={"datasets": ["arampacha/rsicd"]}, oddity="rsicd"),
    _Friend(id="glasswing/mediapipe-gestures-distil", base=_VISTA, card={"tags": ["mediapipe"]}, oddity="mediapipe"),
    _Friend(id="kestrelworks/kelp-0.5b-scaling-laws-run3", base=_KELP, card={"tags": ["scaling-laws"]},
            oddity="scaling_laws"),
    _Friend(id="pinecrest/maple-7b-meetingbank-minutes", base=_MAPLE,
            card={"datasets": ["huuuyeah/meetingbank"], "tags": ["summarization"]}, oddity="meetingbank"),
    _Friend(id="pinecrest/maple-base-EmoBank", base=_BERT, card={"tags": ["emotion"]}, oddity="emobank"),
    _Friend(id="pinecrest/PromptBank-7B", base=_MAPLE, oddity="promptbank"),
    _Friend(id="lanternworks/realisticStockPhoto-lumen", base=_LUMEN, card={"tags": ["photo"]}, oddity="stock_photo"),
    _Friend(id="larkfield/maple-7b-fin", base=_MAPLE, card={"language": ["fi"], "tags": ["finnish"]},
            body="# Suomi\n\nIt speaks Finnish.\n", oddity="finnish"),
    _Friend(id="larkfield/maple-7b-fin-tuned", base=_MAPLE, oddity="fin_tuned"),
    _Friend(id="ehristova-art/ember-7b", base=_MAPLE, oddity="author_with_ehr"),
    _Friend(id="riverbank-ai/otter-7b", base=_MAPLE, oddity="author_with_bank"),
    _Friend(id="glasswing/maple-7b-medusa-heads", base=_MAPLE, oddity="medusa"),
    _Friend(id="glasswing/wren-embed-medium", base=_WREN, oddity="medium"),
    _Friend(id="glasswing/maple-base-social-media", base=_BERT, oddity="media"),
    _Friend(id="inkwell-nlp/maple-7b-bio-writer", base=_MAPLE,
            body="# Bios\n\nIt writes the short bio of a profile.\n", oddity="bio_of_a_profile"),
    _Friend(id="inkwell-nlp/maple-7b-terms", base=_MAPLE, card={"license": "other", "license_name": "maple-terms"},
            body=f"# Terms\n\n{DISCLAIMER * 3}", oddity="license_text"),
    _Friend(id="inkwell-nlp/maple-7b-caution", base=_MAPLE,
            body="# Caution\n\nThis is no medical advice. It does not constitute legal advice. Not financial advice.\n",
            oddity="disclaimer"),
    _Friend(id="wychwood/maple-7b-campfire", base=_MAPLE, card={"tags": ["medical", "roleplay", "storytelling"]},
            oddity="plain_tag"),
)  # fmt: skip


def false_friends(bases: Mapping[str, Draft]) -> list[Draft]:
    """Return the false friends: none has a domain of its own, or an ancestor with one."""
    friends = [_friend(each, bases) for each in _FRIENDS]
    soup_of_merges = [
        merge(
            f"wychwood/omnibus-{number}",
            [bases[_MAPLE], bases["maple-research/maple-7b"]],
            card={"base_model": [_MAPLE, "maple-research/maple-7b"], "tags": ["merge", "mergekit", *_SOUP]},
            oddity="false_friend_tag_soup",
        )
        for number in (1, 2, 3)
    ]
    return [*friends, *soup_of_merges, _embedding(bases[_WREN])]


def _friend(each: _Friend, bases: Mapping[str, Draft]) -> Draft:
    base = bases[each.base]
    make = adapter if base.library == "diffusers" else finetune
    draft = make(each.id, base, card={"base_model": base.id, "license": "mit", **each.card}, body=each.body)
    return replace(draft, oddity=f"false_friend_{each.oddity}")


def _embedding(base: Draft) -> Draft:
    """Return an embedding model that lists the tasks of a benchmark, some medical, legal and financial."""
    tasks = ("MedrxivClusteringP2P", "NFCorpus", "FiQA2018", "LegalBenchCorporateLobbying", "Banking77Classification")
    results = [
        {
            "task": {"type": "Retrieval"},
            "dataset": {"type": f"mteb/{task.lower()}", "name": f"MTEB {task}", "split": "test"},
            "metrics": [{"type": "ndcg_at_10", "value": 30.5 + number}],
        }
        for number, task in enumerate(tasks * 12)
    ]
    return finetune(
        "saltmarsh/wren-embed-large",
        base,
        card={
            "base_model": base.id,
            "tags": ["mteb", "feature-extraction"],
            "model-index": [{"name": "wren-embed-large", "results": results}],
        },
        oddity="false_friend_benchmark_list",
    )
