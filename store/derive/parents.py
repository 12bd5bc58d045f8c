"""From what records and files say of parents to edges: every declaration kept, read by the core, resolved in SQL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import numpy as np

from lineage.crawl_records import GGUF_FACTS
from lineage.parents.card_files import read_adapter_config, read_card_parents, read_mergekit_config
from lineage.parents.copied_cards import RULE as COPIED_CARD
from lineage.parents.declared_ids import TEXT_LIMIT, DeclaredParent, read_parents, read_tag
from lineage.parents.evidence import (
    CANONICAL_NAMESPACES,
    DECLARED,
    EVIDENCE_ORDER,
    INFERRED,
    declared_confidence,
    resolutions,
)
from lineage.parents.gguf_header import read_gguf_parents
from lineage.parents.relations import (
    SIGN_LIBRARIES,
    SIGN_PATTERN,
    SIGN_TAGS,
    RelationFacts,
    decide_relation,
    read_relation,
)
from lineage.vocabulary import RELATED, RELATIONS, Relation
from store.lent_columns import as_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from store.database import Database

Reading = tuple[str, str, str, str | None, str | None, str, str | None]


def write_declarations(database: Database) -> None:
    """Write `hub.declarations` from the records and the fetched files."""
    database.run("parents/collect_declarations")
    with database.columns(
        "lent_written", **as_columns(("child", "evidence", "text", "seen_at"), _written_in_files(database))
    ):
        database.run("parents/add_written")
    texts = database.run("parents/list_texts").rows
    readings = (reading for evidence, text in texts for reading in read_text(str(evidence), str(text)))
    names = ("evidence", "text", "declared_as", "relation", "named", "form", "reason")
    with database.columns("lent_readings", **as_columns(names, readings)):
        database.run("parents/collect_readings")
    database.run("parents/clear_declarations")
    database.run("parents/insert_declarations")
    for drop in ("drop_written", "drop_declared"):
        database.run(f"parents/{drop}")


def write_resolutions(database: Database) -> None:
    """Write `hub.resolutions`: where the names lead that declarations and vendor facts give."""
    database.run("parents/clear_resolutions")
    database.run("parents/insert_resolutions", namespaces=list(CANONICAL_NAMESPACES))


def write_evidence(database: Database) -> None:
    """Write `hub.evidence`: every declaration that leads to another model, and what people added by hand."""
    weights = [
        (evidence, resolution, declared_confidence(evidence, resolution))
        for evidence in DECLARED
        for resolution in resolutions()
    ]
    database.run("parents/clear_evidence")
    with database.columns("lent_weights", **as_columns(("evidence", "resolution", "confidence"), weights)):
        database.run("parents/insert_declared_evidence")
    database.run("parents/insert_human_evidence")


def write_edges(database: Database, threshold: float) -> None:
    """Write `hub.edges`: one edge per child and parent, decided by the first kind of evidence.

    What was inferred makes an edge from a confidence of `threshold` on; what a person rejected makes none, and neither
    does what a copied card declares. What weights contradict is kept apart, in `hub.contradicted_edges`. Beside each
    edge to a mere copy stands what that is a copy of. Models without an edge get the likeliest parent of which not
    enough is known in `hub.likely_parents`.
    """
    ranks = [(kind, position, threshold if kind in INFERRED else 0.0) for position, kind in enumerate(EVIDENCE_ORDER)]
    database.run("parents/collect_weighed", related=sorted(RELATED))
    with database.columns("lent_ranks", **as_columns(("kind", "rank", "at_least"), ranks)):
        database.run("parents/collect_edges", relations=list(RELATIONS), copied=COPIED_CARD)
    words = (text for (text,) in database.run("parents/list_relations").rows if text is not None)
    relations = [(word, relation) for word in words if (relation := read_relation(word)) is not None]
    database.run("parents/clear_edges")
    with database.columns("lent_relations", **as_columns(("written", "relation"), relations)):
        database.run("parents/collect_silent")
        with database.columns("lent_inferred", **_infer_silent(database)):
            database.run("parents/insert_edges", relation=Relation.FINETUNE.value)
    for drop in ("drop_gathered", "drop_silent"):
        database.run(f"parents/{drop}")
    for name in ("clear_contradicted", "insert_contradicted", "drop_contradicted"):
        database.run(f"parents/{name}")
    for name in ("collect_originals", "mark_copies", "unmark_copies", "drop_originals"):
        database.run(f"parents/{name}")
    database.run("origins/clear_likely_parents")
    database.run("origins/insert_likely_parents")
    database.run("parents/drop_weighed")


def read_text(evidence: str, text: str) -> Iterator[Reading]:
    """Yield what one text declares: evidence, text, declared_as, relation, id or None, form, reason or None.

    `text` is a whole tag, the JSON of a card's value, or plain text, as the kind of evidence has it.
    """
    relation, written, value = None, text, cast("object", text)
    if evidence == "tag":
        tag = read_tag(text)
        relation, value = (tag.relation, tag.text) if tag else (None, text)
    elif evidence == "card":
        value = _decoded(text)
        written = value if isinstance(value, str) else text
    written = written[:TEXT_LIMIT]
    for parent in read_parents(value):
        if isinstance(parent, DeclaredParent):
            yield evidence, text, written, relation, parent.id, parent.form, None
        else:
            yield evidence, text, written, relation, None, "unread", parent.reason


def _decoded(text: str) -> object:
    """Return a JSON value; 0 stands for one that Python cannot hold: nested too deeply, or of too many digits."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return 0
    return value


def _written_in_files(database: Database) -> Iterator[tuple[object, ...]]:
    for model, path, content, fetched_at in database.run("parents/list_files").rows:
        for evidence, text in read_file(str(path), str(content)):
            yield model, evidence, text, fetched_at


def read_file(path: str, content: str) -> Iterator[tuple[str, str]]:
    """Yield the kind of evidence and the text of every parent that a fetched file names."""
    match path:
        case "adapter_config.json":
            yield from (("adapter_config", name) for name in read_adapter_config(content))
        case "mergekit_config.yml":
            yield from (("mergekit", name) for name in read_mergekit_config(content))
        case "README.md":
            yield from (("card", value) for value in read_card_parents(content))
        case _ if path == GGUF_FACTS or path.lower().endswith(".gguf"):
            yield from (("gguf", name) for name in read_gguf_parents(content))
        case _:
            return


def _infer_silent(database: Database) -> dict[str, object]:
    """Return the relations that signs give for silent children, in columns: their number, relation and reason.

    Children that show no sign are left out; the default is theirs.
    """
    numbers: list[int] = []
    relations: list[str] = []
    reasons: list[str] = []
    rows = database.read_along(
        "parents/list_silent", tags=sorted(SIGN_TAGS), libraries=sorted(SIGN_LIBRARIES), pattern=SIGN_PATTERN
    )
    for number, *facts in rows:
        relation, reason = _infer(facts)
        numbers.append(cast("int", number))
        relations.append(relation)
        reasons.append(reason)
    return {
        "number": np.array(numbers, dtype=np.int64),
        "relation": np.array(relations, dtype=object),
        "reason": np.array(reasons, dtype=object),
    }


def _infer(facts: Sequence[object]) -> tuple[str, str]:
    child, parents, parent, tags, library, is_adapter, is_quantized = facts
    return decide_relation(
        None,
        None,
        (),
        RelationFacts(
            name=str(child),
            parents=cast("int", parents),
            parent=str(parent) if parents == 1 else "",
            tags=[tag for tag in cast("list[str | None]", tags) if tag is not None],
            library=cast("str | None", library),
            peft_config=bool(is_adapter),
            quantization_config=bool(is_quantized),
        ),
    )
