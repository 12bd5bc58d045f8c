"""What is written about a published graph: the card of its data set, and its description in Croissant.

Croissant is the vocabulary of MLCommons for data sets (https://docs.mlcommons.org/croissant/docs/croissant-spec.html,
version 1.0), which search engines and loaders read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lineage.reports.markdown import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lineage.publishing.manifest import GraphManifest, PublishedFile

CARD: Final = "README.md"
CROISSANT: Final = "croissant.json"
ABOUT: Final = {
    "models": "every model that was seen, and every parent that is named; one row per model",
    "edges": "which model was made from which, by the best evidence; one row per child and parent",
    "evidence": "why an edge is believed or not; one row per child, parent, kind of evidence and text",
    "domains": "which models belong to which field of use, and why; one row per model, field and basis",
    "scores": "what models scored on safety and capability benchmarks; one row per run",
    "drift": "how far derivatives moved from their ancestors, with verdicts; one row per model, benchmark and ancestor",
}
_USE: Final = """\
An inferred edge is a guess with a confidence (`inferred`, `confidence`). A verdict holds for the benchmark and the
commits that its row names. Neither replaces an evaluation of the model that you deploy.

## Read it

```python
import pandas, polars, duckdb

edges = pandas.read_parquet("hf://datasets/ORG/DATASET/data/edges.parquet")
edges = polars.read_parquet("hf://datasets/ORG/DATASET/data/edges.parquet")
edges = duckdb.sql("from 'hf://datasets/ORG/DATASET/data/edges.parquet'")
```

Or make a database of it, with trees, drift, policies and reports, and keep it current with a crawl of what is newer:

```sh
lineage pull ORG/DATASET
lineage crawl
```

`manifest.json` has the SHA-256 of every file; `tables/` holds what `lineage pull` makes the database from.

## Terms

Records come from the public metadata of models, whose authors keep their rights. READMEs, what models replied, weights,
and files of models behind a gate are not in here."""
_CONFORMS: Final = "http://mlcommons.org/croissant/1.0"
_CONTEXT: Final = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "recordSet": "cr:recordSet",
    "repeated": "cr:repeated",
    "sc": "https://schema.org/",
    "source": "cr:source",
}
_TYPES: Final = (("BOOLEAN", "sc:Boolean"), ("TIMESTAMP", "sc:DateTime"), ("DOUBLE", "sc:Float"), ("FLOAT", "sc:Float"))


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentTerms:
    """The terms of the data set behind an instrument: its licence, None if unknown, and whether it is behind a gate."""

    instrument: str
    licence: str | None
    is_gated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """What a card tells beside its manifest: the columns of each table as DuckDB names their types, and the terms."""

    columns: Mapping[str, tuple[tuple[str, str], ...]]
    terms: tuple[InstrumentTerms, ...]


def dataset_card(dataset: str, manifest: GraphManifest, facts: CardFacts) -> str:
    """Return the card of a published graph as Markdown, with the front matter by which the Hub shows its tables."""
    seen = f" The newest record was seen on {manifest.last_seen_at[:10]}." if manifest.last_seen_at else ""
    lines = (
        *_front(manifest),
        "# Which model was made from which",
        "",
        f"{manifest.models:,} models of the Hugging Face Hub, {manifest.edges:,} edges from derivative to base with",
        f"their evidence, {manifest.scores:,} scores and {manifest.verdicts:,} verdicts on drift. Published with",
        f"lineage {manifest.lineage} (`pip install hub-lineage`) on {manifest.made_at[:10]}.{seen}",
        "",
        "| table | rows | what it holds |",
        "|---|---|---|",
        *(f"| `{_table(file)}` | {file.rows:,} | {ABOUT[_table(file)]} |" for file in manifest.in_folder("data")),
        "",
        _USE.replace("ORG/DATASET", dataset),
        *_terms(facts.terms),
        "",
    )
    return "\n".join(lines)


def croissant_json(dataset: str, endpoint: str, manifest: GraphManifest, facts: CardFacts) -> str:
    """Return the description of a published graph as Croissant 1.0, one record set for each table that people read."""
    files = manifest.in_folder("data")
    told = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": _CONFORMS,
        "name": dataset.rpartition("/")[2],
        "description": "Which models of the Hugging Face Hub were made from which, with evidence, scores and drift.",
        "url": f"{endpoint}/datasets/{dataset}",
        "datePublished": manifest.made_at,
        "version": ".".join(str(int(part)) for part in manifest.made_at[:10].split("-")),
        "distribution": [_distributed(dataset, endpoint, file) for file in files],
        "recordSet": [_record_set(file, facts) for file in files],
    }
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def _front(manifest: GraphManifest) -> Iterator[str]:
    yield from ("---", "pretty_name: Which model was made from which", "tags:", "- lineage", "- provenance", "- safety")
    yield "configs:"
    for file in manifest.in_folder("data"):
        yield from (f"- config_name: {_table(file)}", f"  data_files: {file.path}")
    yield from ("---", "")


def _terms(terms: tuple[InstrumentTerms, ...]) -> Iterator[str]:
    if not terms:
        return
    yield from ("", "Scores were measured with data sets of others. Their questions are not in here.", "")
    yield from ("| instrument | licence of its data set | behind a gate |", "|---|---|---|")
    for one in terms:
        licence = escaped(one.licence) if one.licence else "not known"
        yield f"| {escaped(one.instrument)} | {licence} | {'yes' if one.is_gated else 'no'} |"


def _distributed(dataset: str, endpoint: str, file: PublishedFile) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "contentUrl": f"{endpoint}/datasets/{dataset}/resolve/main/{file.path}",
        "contentSize": f"{file.size_bytes} B",
        "encodingFormat": "application/x-parquet",
        "sha256": file.sha256,
    }


def _record_set(file: PublishedFile, facts: CardFacts) -> dict[str, Any]:
    table = _table(file)
    return {
        "@type": "cr:RecordSet",
        "@id": table,
        "name": table,
        "description": ABOUT[table],
        "field": [_field(file.path, table, name, kind) for name, kind in facts.columns[table]],
    }


def _field(path: str, table: str, name: str, kind: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{table}/{name}",
        "name": name,
        "dataType": _data_type(kind),
        "source": {"fileObject": {"@id": path}, "extract": {"column": name}},
    }
    return told | {"repeated": True} if kind.endswith("[]") else told


def _data_type(kind: str) -> str:
    """Return the type of schema.org for a type of DuckDB's."""
    if "INT" in kind:
        return "sc:Integer"
    return next((told for start, told in _TYPES if kind.startswith(start)), "sc:Text")


def _table(file: PublishedFile) -> str:
    return file.path.rpartition("/")[2].removesuffix(".parquet")
