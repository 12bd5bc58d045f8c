"""The data of a study from a database: drift, the items behind it, and facts about the models."""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, cast

import numpy as np

from lineage.drift.contradictions import Contradiction, find_contradictions
from lineage.drift.drift_row import ROUNDING
from lineage.drift.measure import DriftSettings
from lineage.drift.null_model import PairedItems, expect_independent
from lineage.drift.table import ITEMS
from lineage.study.inputs import StudyFacts, StudyInputs
from lineage.study.mixed_columns import MixedColumns
from lineage.study.tables import study_tables, tables_of
from lineage.study.told_columns import ToldColumns
from lineage.study.training_facts import read_hyperparameters
from lineage.vocabulary import Verdict
from store.drift.measure import DatabaseItems, find_told, selected_numbers, stored_verdicts
from store.drift.told import read_told_columns
from store.drift.verdicts import VerdictFacts, read_told
from store.gc_pause import uncollected
from store.queries.known_domains import check_known
from store.scores.current import load_identities

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lineage.study.inputs import StudyTable
    from lineage.vocabulary import Against
    from store.database import Database
    from store.drift.told import ToldVerdicts
    from store.drift.verdicts import SafetyVerdicts

    _Signs = tuple[str, int, list[str] | None, list[str] | None, int, int, int, int, int, int, bool]


def study(
    database: Database,
    selector: str | None,
    against: Against,
    settings: DriftSettings,
    *,
    domain: str | None,
    seed: int,
) -> tuple[StudyTable, ...]:
    """Return the tables of a study of the models that a selector matches, or None for all, of one domain or of all.

    Raises what `store.queries.select.select` raises, and UnknownDomain.
    """
    check_known(database, domain)
    replies = {one.key: one.identity.replies for one in load_identities(database)}
    if settings == DriftSettings():
        read, items = _read_stored(database, selector, against, domain)
        models = read_study_facts(database, read.columns.used_names)
        facts = StudyInputs(models=models, items=items, replies=replies)
        return tables_of(read.columns, facts, seed=seed, withheld=read.withheld)
    found = find_told(database, selector, against, settings, domain=domain)
    names = {name for row in found.rows for name in (row.model, row.reference, row.root) if name is not None}
    models, items = read_study_facts(database, names), paired_items(database, found)
    facts = StudyInputs(models=models, items=items, replies=replies)
    return study_tables(found.rows, facts, against=against, domain=domain, seed=seed, withheld=found.withheld)


def _read_stored(
    database: Database, selector: str | None, against: Against, domain: str | None = None
) -> tuple[ToldVerdicts, dict[str, list[PairedItems]]]:
    """Return the stored conclusions of the models that a selector matches, and the answers behind them."""
    asked = stored_verdicts(database, selected_numbers(database, selector), (against,), None, with_files=False)
    read = read_told_columns(database, asked, domain)
    if not len(read.with_items):
        return read, {}
    return read, paired_items(database, read_told(database, replace(asked, nodes=read.with_items, is_all=False)))


def read_contradictions(
    database: Database,
    selector: str | None,
    against: Against,
    settings: DriftSettings,
    *,
    direct_only: bool = False,
    seed: int = 0,
) -> MixedColumns:
    """Return what the instruments show of each model that a selector matches, or None for all, as arrays.

    `direct_only` keeps the instruments that look at unsafe output itself. Raises what `store.queries.select.select`
    raises.
    """
    if settings == DriftSettings():
        read, items = _read_stored(database, selector, against)
        told = read.columns
    else:
        found = find_told(database, selector, against, settings)
        told, items = ToldColumns.of(found.rows), paired_items(database, found)
    return MixedColumns.of(told.direct if direct_only else told, items, seed)


def find_stored_contradictions(database: Database, selector: str | None, against: Against) -> tuple[Contradiction, ...]:
    """Return the contradictions of the models that a selector matches from their stored verdicts, by name.

    They are counted in the database. Only of models with several verdicts on one instrument, or several instruments
    with items, the verdicts are read. Raises what `store.queries.select.select` raises.
    """
    asked = stored_verdicts(database, selected_numbers(database, selector), (against,), None, with_files=False)
    naming = VerdictFacts.of(database, asked)
    with uncollected(), database.columns("lent_asked", nid=asked.nodes):
        rows = database.run(
            "drift/signs",
            is_all=asked.is_all,
            against=against.value,
            instruments=naming.of_safety,
            rounding=ROUNDING,
            worse=Verdict.WORSE.value,
            better=Verdict.BETTER.value,
            withheld=Verdict.WITHHELD.value,
            items=ITEMS,
        ).rows
        counted = cast("tuple[_Signs, ...]", rows)
        plain = [_counted(naming, one) for one in counted if not one[-1]]
    involved = sorted({one[1] for one in counted if one[-1]})
    if not involved:
        return tuple(sorted(plain, key=attrgetter("model")))
    found = read_told(database, replace(asked, nodes=np.array(involved, dtype=np.int32), is_all=False))
    one_by_one = find_contradictions(found.rows, paired_items(database, found))
    return tuple(sorted([*plain, *one_by_one], key=attrgetter("model")))


def _counted(naming: VerdictFacts, row: _Signs) -> Contradiction:
    model, nid, relations, references, instruments, riskier, safer, worse, better, moved_names, _ = row
    root, domains = naming.family(nid)
    return Contradiction(
        model=model,
        root=root,
        domains=domains,
        relations=tuple(sorted(relations or ())),
        references=tuple(sorted(references or ())),
        instruments=instruments,
        riskier=riskier,
        safer=safer,
        tied=instruments - riskier - safer,
        worse=worse,
        better=better,
        expected=expect_independent(riskier + safer, moved_names),
    )


def paired_items(database: Database, found: SafetyVerdicts) -> dict[str, list[PairedItems]]:
    """Return the answers of each derivative that was compared on items, by its id."""
    items, instruments = DatabaseItems(database), {one.key: one.instrument for one in load_identities(database)}
    pairs: dict[str, list[PairedItems]] = {}
    for row, (mine, theirs) in zip(found.rows, found.scores, strict=True):
        if row.pairing != ITEMS or row.reference is None:
            continue
        common, instrument = items.common(mine, theirs), instruments[row.instrument]
        pair = PairedItems(
            model=row.model,
            reference=row.reference,
            instrument=row.instrument,
            name=row.name,
            judge=row.judge,
            items=tuple(common.item.tolist()),
            values=instrument.risks(common.derivative),
            reference_values=instrument.risks(common.reference),
            clusters=tuple(common.clusters.tolist()),
        )
        pairs.setdefault(row.model, []).append(pair)
    return pairs


def read_study_facts(database: Database, models: Iterable[str]) -> dict[str, StudyFacts]:
    """Return the facts of each of the models that has a record here; bases are included like derivatives.

    Models whose records say the same share one object.
    The card is the fetched `README.md`; if none was fetched, the record's tags, library and base are used. `relation`
    is None if a model's parents are related to it in different ways.
    """
    rows = database.run("study_facts/models", models=sorted(set(models))).rows
    return {model: facts for ids, *row in rows for facts in [_study_facts(row)] for model in cast("list[str]", ids)}


def _study_facts(row: Sequence[object]) -> StudyFacts:
    parameters, library, relation, tags, datasets, card_base, card = row
    return StudyFacts(
        parameters=cast("int | None", parameters),
        library=cast("str | None", library),
        relation=cast("str | None", relation),
        datasets=tuple(cast("list[str]", datasets)),
        training=read_hyperparameters(
            cast("str | None", card) or "",
            cast("list[str]", tags),
            cast("str | None", library),
            base=cast("str | None", card_base),
        ),
    )
