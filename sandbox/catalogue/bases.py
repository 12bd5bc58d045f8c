"""The base models that the families grow from, with their instruct versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sandbox.catalogue.draft import Draft

LEGACY_DATE = datetime(2022, 3, 2, 23, 29, 4, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    id: str
    parameters: int
    born: datetime
    architecture: str = "llama"
    pipeline: str = "text-generation"
    library: str = "transformers"
    instruct: str | None = None
    former_ids: tuple[str, ...] = ()
    license: str = "apache-2.0"
    languages: tuple[str, ...] = ("en",)
    gated: bool = False


_BASES = (
    _Base(id="maple-research/maple-base", parameters=110_000_000, born=LEGACY_DATE, architecture="bert",
          pipeline="fill-mask", former_ids=("maple-base",)),
    _Base(id="cedar-lab/cedar-base-uncased", parameters=66_000_000, born=LEGACY_DATE + timedelta(seconds=1),
          architecture="bert", pipeline="fill-mask", former_ids=("cedar-base-uncased",)),
    _Base(id="fenwick/otter-asr-medium", parameters=760_000_000, born=datetime(2022, 10, 4, 9, 12, tzinfo=UTC),
          architecture="whisper", pipeline="automatic-speech-recognition", license="mit"),
    _Base(id="lanternworks/lumen-xl", parameters=2_600_000_000, born=datetime(2023, 2, 14, 10, 5, tzinfo=UTC),
          architecture="unet", pipeline="text-to-image", library="diffusers", license="openrail++"),
    _Base(id="maple-research/maple-1b", parameters=1_100_000_000, born=datetime(2023, 4, 12, 8, 0, tzinfo=UTC),
          instruct="instruct"),
    _Base(id="maple-research/maple-7b", parameters=6_900_000_000, born=datetime(2023, 4, 12, 8, 30, tzinfo=UTC),
          instruct="instruct"),
    _Base(id="maple-research/maple-13b", parameters=13_000_000_000, born=datetime(2023, 4, 12, 9, 0, tzinfo=UTC),
          instruct="instruct"),
    _Base(id="maple-research/maple-70b", parameters=70_000_000_000, born=datetime(2023, 7, 20, 8, 0, tzinfo=UTC),
          instruct="instruct", license="other", gated=True),
    _Base(id="orchard/heron-2b", parameters=2_500_000_000, born=datetime(2024, 2, 21, 13, 0, tzinfo=UTC),
          architecture="gemma2", instruct="it", license="other"),
    _Base(id="orchard/heron-9b", parameters=9_200_000_000, born=datetime(2024, 6, 27, 13, 0, tzinfo=UTC),
          architecture="gemma2", instruct="it", license="other"),
    _Base(id="tidewater-ai/kelp-0.5b", parameters=490_000_000, born=datetime(2024, 9, 18, 4, 0, tzinfo=UTC),
          architecture="qwen2", instruct="chat", languages=("zh", "en")),
    _Base(id="tidewater-ai/kelp-3b", parameters=3_100_000_000, born=datetime(2024, 9, 18, 4, 1, tzinfo=UTC),
          architecture="qwen2", instruct="chat", languages=("zh", "en")),
    _Base(id="tidewater-ai/kelp-14b", parameters=14_700_000_000, born=datetime(2025, 1, 9, 4, 0, tzinfo=UTC),
          architecture="qwen2", instruct="chat", languages=("zh", "en")),
    _Base(id="saltmarsh/wren-embed-small", parameters=33_000_000, born=datetime(2023, 8, 2, 6, 0, tzinfo=UTC),
          architecture="bert", pipeline="sentence-similarity", library="sentence-transformers", license="mit"),
    _Base(id="fenwick/vista-vl-4b", parameters=4_100_000_000, born=datetime(2025, 3, 11, 15, 0, tzinfo=UTC),
          architecture="qwen2", pipeline="image-text-to-text"),
)  # fmt: skip


def base_models() -> list[Draft]:
    """Return all bases, each followed by its instruct version if it has one."""
    return [draft for base in _BASES for draft in _with_instruct(base)]


def _with_instruct(base: _Base) -> list[Draft]:
    draft = Draft(
        id=base.id,
        card={"license": base.license, "language": list(base.languages), "pipeline_tag": base.pipeline},
        body=f"# {base.id}\n\nA pretrained model; see https://arxiv.org/abs/{base.born:%y%m}.04321 for the report.\n",
        pipeline=base.pipeline,
        library=base.library,
        architecture=base.architecture,
        parameters=base.parameters,
        created_at=base.born,
        former_ids=base.former_ids,
        gate="manual" if base.gated else False,
    )
    if base.instruct is None:
        return [draft]
    tuned = Draft(
        id=f"{base.id}-{base.instruct}",
        card={
            "license": base.license,
            "language": list(base.languages),
            "base_model": base.id,
            "tags": ["conversational"],
        },
        body=f"# {base.id}-{base.instruct}\n\nFollows instructions.\n",
        architecture=base.architecture,
        parameters=base.parameters,
        created_at=base.born + timedelta(minutes=20),
        parents=((base.id, "finetune"),),
        evidence="hub",
        gate=draft.gate,
    )
    return [draft, tuned]
