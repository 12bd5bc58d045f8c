"""Parents that nobody declares, out of the database: what the rules see, in shares of authors that fit into memory."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Final, TypeAlias, cast

import numpy as np

from lineage.parents.card_prose import read_sentences
from lineage.parents.declared_ids import DeclaredParent, Unread, read_parents
from lineage.parents.habits import BASE_AUTHORS, NAME_WORDS, Guess, Habits, write_key
from lineage.parents.hub_tags import MARKS, TYPES
from lineage.parents.inference import BASE_CHILDREN, POPULAR, SERIES_WORDS, Author, list_asked
from lineage.parents.reliability import LIKELY
from lineage.parents.repo_names import (
    COPY_WORDS,
    PLAIN_WORDS,
    contradicts,
    is_telling,
    read_shape,
    split_name,
    strip_copy,
)
from lineage.parents.subject import FAMOUS_AUTHORS, Subject, base_names
from store.derive.touched import AUTHOR_WORDS
from store.lent_columns import as_columns

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from lineage.parents.reliability import Reliability
    from lineage.parents.repo_names import Words
    from store.database import Database

MODELS_A_BUCKET: Final = 200_000
COPY_PATTERN: Final = f"(^|[^a-z])({'|'.join(sorted(COPY_WORDS))})([^a-z]|$)"
_LONGEST_NAME: Final = 16
_ROWS_AT_ONCE: Final = 20_000
_REMEMBERED: Final = 1 << 14
_COSTLY: Final = 1_000_000_000
"""With fewer weights, many authors train the same architecture from nothing under the same name, as courses teach."""
_BITS: Final = 62
_MARKS_PLACE: Final = 3
_TYPE_BITS: Final = {tag: (place // _BITS, 1 << place % _BITS) for place, tag in enumerate(TYPES)}
"""In which of three numbers a type has its bit, and that bit."""
_MARK_BITS: Final = {tag: 1 << place for place, tag in enumerate(sorted(MARKS))}
_Row = tuple[object, ...]
Learned: TypeAlias = "tuple[Habits, dict[object, Subject]]"
"""The habits of authors, and the known bases by their number among the subjects."""


def write_inferences(database: Database, reliability: Reliability, *, learns: bool) -> None:
    """Add to `hub.evidence` what suggests parents that nobody declares; weak suggestions too, below 0.5 none.

    Names are read for models without a declared parent; plain tags, sentences, configurations and weights for all. What
    authors usually do is learned from all models, and kept, or as it was kept (`store.derive.touched`).
    """
    collect_subjects(database, among="models/count_models" if learns else "touched/count_seen")
    if learns:
        learned = learn(database)
        _keep(database, learned)
        all_guesses = guess_parents(database, learned)
    else:
        all_guesses = _guess_as_learned(database)
    rows = (
        (child, found.parent, " + ".join(found.rules), found.relation, found.text, found.confidence)
        for child, guesses in all_guesses
        if (found := reliability.conclude(guesses)) is not None and found.confidence >= LIKELY
    )
    names = ("child", "parent", "rule", "relation", "declared_as", "confidence")
    for some in _batched(rows):
        with database.columns("lent_conclusions", **as_columns(names, some)):
            database.run("inferred_parents/insert_conclusions")
    with database.columns("lent_conclusions", **as_columns(names, _uploads(database, reliability))):
        database.run("inferred_parents/insert_conclusions")
    database.run(
        "inferred_parents/insert_plain_tags",
        merge=reliability.of("plain tag", "merge"),
        other=reliability.of("plain tag", "other"),
    )
    database.run("inferred_parents/insert_weights", confidence=reliability.judged["weights"])
    named = ("kind", "child", "named", "relation", "text")
    with database.columns("lent_named", **as_columns(named, chain(_sentences(database), _loaded_from(database)))):
        database.run("inferred_parents/collect_named_in_files")
    database.run("inferred_parents/clear_file_names")
    database.run("inferred_parents/insert_file_names")
    database.run("inferred_parents/insert_sentences", confidence=reliability.judged["readme"])
    database.run(
        "inferred_parents/insert_names_or_paths",
        confidence=reliability.judged["name or path"],
    )
    with database.columns("lent_hints", **as_columns(("child", "hint", "text"), _hints(database))):
        database.run("inferred_parents/insert_hints", confidence=reliability.judged["local path"])


def _batched(rows: Iterator[tuple[object, ...]]) -> Iterator[list[tuple[object, ...]]]:
    while some := list(islice(rows, _ROWS_AT_ONCE)):
        yield some


def list_uploads(database: Database) -> Iterator[tuple[str, str, str, str, bool]]:
    """Yield the models named as a famous one of another author: child, parent, case, words, whether it declares one.

    A name such as `base` or `7b-chat` tells nothing. The same number of weights counts from a billion on.
    `collect_subjects` goes before.
    """
    found = database.run(
        "inferred_parents/list_uploads",
        children=BASE_CHILDREN,
        characters=NAME_WORDS,
        costly=_COSTLY,
        upload_mark=_MARK_BITS["unsloth"],
    )
    for child, parent, case, words, is_declared in found.rows:
        if is_telling(tuple(str(words).split())):
            yield str(child), str(parent), str(case), str(words), bool(is_declared)


def _uploads(database: Database, reliability: Reliability) -> Iterator[tuple[str, str, str, None, str, float]]:
    for child, parent, case, words, is_declared in list_uploads(database):
        is_confirmed = case == "same number of weights"
        confidence = reliability.judged["same weights"] if is_confirmed else reliability.of("re-upload", case)
        if confidence >= LIKELY and not is_declared:
            yield child, parent, "re-upload", None, words, confidence


def _sentences(database: Database) -> Iterator[tuple[str, str, str, str | None, str]]:
    """Yield the models that the prose of cards names: kind of evidence, child, id, relation, text."""
    for model, content in database.run("parents/list_readmes").rows:
        for sentence in read_sentences(str(content)):
            yield "readme", str(model), sentence.named, sentence.relation, sentence.text


def _loaded_from(database: Database) -> Iterator[tuple[str, str, str, None, str]]:
    """Yield the Hub ids among what configurations say that their model was loaded from, as `_sentences` does."""
    for child, text in database.run("inferred_parents/list_names_or_paths").rows:
        (parent, *others) = read_parents(text)
        if (
            not others
            and isinstance(parent, DeclaredParent)
            and not contradicts(read_shape(str(child)), read_shape(parent.id))
        ):
            yield "name_or_path", str(child), parent.id, None, parent.text


def _hints(database: Database) -> Iterator[tuple[str, str, str]]:
    for child, text in database.run("inferred_parents/list_local_paths").rows:
        for parent in read_parents(text):
            if isinstance(parent, Unread) and parent.hint is not None:
                yield str(child), parent.hint, parent.text


def collect_subjects(database: Database, hidden: Collection[str] = (), *, among: str = "models/count_models") -> None:
    """Gather what the rules see of every model; what the children in `hidden` declare is kept from them.

    `among` names the statement that counts the models that the rules see.
    """
    _collect_signs(database)
    with database.columns("lent_hidden", **as_columns(("child",), ((child,) for child in sorted(hidden) or [""]))):
        database.run(
            "inferred_parents/collect_subjects",
            pattern=COPY_PATTERN,
            popular=POPULAR,
            buckets=1 + cast("int", database.value(among)) // MODELS_A_BUCKET,
        )
    database.run("inferred_parents/drop_signs")


def _collect_signs(database: Database) -> None:
    signs = [(tag, place, bit) for tag, (place, bit) in _TYPE_BITS.items()]
    signs += [(tag, _MARKS_PLACE, bit) for tag, bit in _MARK_BITS.items()]
    with database.columns("lent_signs", **as_columns(("tag", "place", "bit"), signs)):
        database.run("inferred_parents/collect_signs")


def _add_signs(database: Database) -> None:
    """Let the rules see the tags of the models too that they look at beside those that are derived again."""
    database.run("touched/sign_asked")
    _collect_signs(database)
    for name in ("add_signs", "drop_signs"):
        database.run(f"inferred_parents/{name}")


def guess_parents(database: Database, learned: Learned) -> Iterator[tuple[str, tuple[Guess, ...]]]:
    """Yield every model without a declared parent for which a rule has a guess, with the guesses.

    `collect_subjects`, `collect_forms` and `learn` go before. An author's models are looked at together, and some
    200,000 models at a time.
    """
    habits, known = learned
    _collect_asked(database, np.array(sorted(habits.weights), dtype=np.int64))
    for bucket in range(_count_buckets(database)):
        others = _list_others(database, bucket, known)
        rows = database.read_along("inferred_parents/list_bucket", bucket=bucket)
        yield from list(_guess_bucket(rows, habits, others))  # nothing else may run while it reads along
    _drop_asked(database)


def _guess_as_learned(database: Database) -> Iterator[tuple[str, tuple[Guess, ...]]]:
    """Yield what `guess_parents` does, with what was learned last; of that, only what the rules ask for is read.

    The tags of the models that the rules look at beside those that are derived again are collected only now.
    """
    for name in ("use_bases", "recall_base_names"):
        database.run(f"inferred_parents/{name}")
    known = _read_parents(database)
    known.update((row[0], read_subject(row)) for row in database.read_along("inferred_parents/list_popular"))
    _collect_asked(database, database.arrays("inferred_parents/list_weights")["parameters"])
    _add_signs(database)
    names = database.run("inferred_parents/list_names", characters=NAME_WORDS).rows
    habits = Habits(())
    habits.recall_names(_split(words) for (words,) in names)
    for bucket in range(_count_buckets(database)):
        others = _list_others(database, bucket, known)
        rows = database.run("inferred_parents/list_bucket", bucket=bucket).rows
        _recall(database, habits, rows, others)
        yield from _guess_bucket(rows, habits, others)
    _drop_asked(database)


def _recall(
    database: Database, habits: Habits, rows: Sequence[_Row], others: Mapping[object, Sequence[Subject]]
) -> None:
    """Let habits hold what was learned of that which the rules ask about the models of some rows."""
    asked = (read_subject(row) for row in rows if row[-1])
    keys = {
        write_key(key)
        for child, row in zip(asked, (row for row in rows if row[-1]), strict=True)
        for key in list_asked(child, others.get(row[0], ()), habits)
    }
    with database.columns("lent_keys", **as_columns(("key",), ((key,) for key in sorted(keys)))):
        found = cast("tuple[tuple[str, str, int], ...]", database.run("inferred_parents/list_habits").rows)
    wanted = {parent for _, parent, _ in found} | {str(row[-2]) for row in rows if row[-2] is not None}
    with database.columns("lent_candidates", **as_columns(("id",), ((one,) for one in sorted(wanted)))):
        parents = [read_subject(row) for row in database.run("inferred_parents/list_known", famous=FAMOUS_AUTHORS).rows]
    above = {str(child): str(parent) for child, parent in database.run("inferred_parents/list_lines").rows}
    habits.recall(parents, found, above)


def _collect_asked(database: Database, weights: NDArray[np.int64]) -> None:
    """Collect whose names match, and which models rules may have something to say about."""
    for name in ("collect_matches", "collect_own_originals"):
        database.run(f"inferred_parents/{name}")
    database.run("inferred_parents/collect_named_bases", longest=_LONGEST_NAME)
    with database.columns("lent_weights_of_habits", parameters=weights):
        database.run(
            "inferred_parents/collect_asked",
            series_words=SERIES_WORDS,
            children=BASE_CHILDREN,
            authors=BASE_AUTHORS,
            plain_words=sorted(PLAIN_WORDS),
        )


def _drop_asked(database: Database) -> None:
    for drop in ("drop_asked", "drop_base_names", "drop_matches", "drop_named_bases", "drop_own_originals"):
        database.run(f"inferred_parents/{drop}")


def _count_buckets(database: Database) -> int:
    return cast("int", database.value("inferred_parents/count_buckets"))


def _list_others(database: Database, bucket: int, known: Mapping[object, Subject]) -> dict[object, list[Subject]]:
    """Return, by the number of a model, the models of other authors that its name may mean."""
    matched = {
        row[0]: known.get(row[0]) or read_subject(row)
        for row in database.run("inferred_parents/list_matched", bucket=bucket).rows
    }
    others: dict[object, list[Subject]] = defaultdict(list)
    for child, other in database.run("inferred_parents/list_matches", bucket=bucket).rows:
        others[child].append(matched[other])
    for child, base in database.run("inferred_parents/list_named_bases", bucket=bucket).rows:
        others[child].append(known[base])
    return others


def _guess_bucket(
    rows: Iterable[_Row], habits: Habits, others: Mapping[object, Sequence[Subject]]
) -> Iterator[tuple[str, tuple[Guess, ...]]]:
    for _, group in groupby(rows, key=itemgetter(2)):
        yield from _guess_author(list(group), habits, others)


def _guess_author(
    rows: Sequence[_Row], habits: Habits, others: Mapping[object, Sequence[Subject]]
) -> Iterator[tuple[str, tuple[Guess, ...]]]:
    models = [read_subject(row) for row in rows]
    declared = {model.id: str(row[-2]) for model, row in zip(models, rows, strict=True) if row[-2] is not None}
    author = Author(models, declared, habits)
    for model, row in zip(models, rows, strict=True):
        if row[-1] and (guesses := author.guess(model, others.get(row[0], ()))):
            yield model.id, guesses


def learn(database: Database) -> Learned:
    """Return the habits of all authors, and the known bases by number; `collect_subjects` goes before.

    Known are the declared parents, and others that many download, if they look like bases. The names by which they are
    meant are collected.
    """
    parents = _read_parents(database)
    habits = Habits(parents.values())
    for row in database.read_along("inferred_parents/list_children"):
        habits.learn(parents.get(row[0]) or read_subject(row), str(row[-1]))
    habits.forget_rare()
    known = dict(parents)
    for row in database.read_along("inferred_parents/list_popular"):
        popular = read_subject(row)
        if not (popular.is_copy or popular.is_trained):
            known[row[0]] = popular
    names = ((" ".join(words), one.id) for one in known.values() if not one.is_copy for words in base_names(one))
    with database.columns("lent_base_names", **as_columns(("words", "id"), names)):
        database.run("inferred_parents/collect_base_names")
    return habits, known


def _read_parents(database: Database) -> dict[object, Subject]:
    return {row[0]: read_subject(row) for row in database.read_along("inferred_parents/list_parents")}


def _keep(database: Database, learned: Learned) -> None:
    """Keep what was learned for derivations to come."""
    for name in ("forget_bases", "forget_habits", "keep_bases"):
        database.run(f"inferred_parents/{name}")
    with database.columns("lent_habits", **as_columns(("key", "parent", "authors"), learned[0].rows())):
        database.run("inferred_parents/keep_habits")


def write_copy_names(database: Database) -> None:
    """Write the names that copies may have their own from into `hub.copy_names`; `collect_forms` reads them."""
    copies = (str(child) for (child,) in database.run("inferred_parents/list_copies", pattern=COPY_PATTERN).rows)
    names = ((child, " ".join(form.words)) for child in copies for form in strip_copy(split_name(child)))
    database.run("inferred_parents/clear_copy_names")
    for some in _batched(names):
        with database.columns("lent_copies", **as_columns(("child", "words"), some)):
            database.run("inferred_parents/add_copy_names")


def collect_forms(database: Database) -> None:
    """Collect the names that the copies that are derived again may have their own from, out of `hub.copy_names`."""
    database.run("inferred_parents/collect_forms", author_words=AUTHOR_WORDS)


def read_subject(row: _Row) -> Subject:
    """Return what the rules see of a model, from the first columns of its row of the temporary table `subjects`."""
    _, identity, author, words, created, types_0, types_1, types_2, model_type, marks, license_name, task = row[:12]
    children, authors, downloads, parameters, width, layers = cast("tuple[int, ...]", row[12:18])
    return Subject(
        id=cast("str", identity),
        author=cast("str", author),
        words=_split(words),
        created=cast("int", created),
        types=_read_types(cast("int", types_0), cast("int", types_1), cast("int", types_2), cast("str", model_type)),
        marks=_read_marks(cast("int", marks)),
        license=cast("str", license_name),
        task=cast("str", task),
        children=children,
        authors=authors,
        downloads=downloads,
        parameters=parameters,
        width=width,
        layers=layers,
    )


def _split(words: object) -> Words:
    return tuple(cast("str", words).split(" ")) if words else ()


@lru_cache(maxsize=_REMEMBERED)
def _read_types(types_0: int, types_1: int, types_2: int, model_type: str) -> frozenset[str]:
    bits = (types_0, types_1, types_2)
    known = (tag for tag, (place, bit) in _TYPE_BITS.items() if bits[place] & bit)
    return frozenset((*known, model_type) if model_type else known)


@lru_cache(maxsize=_REMEMBERED)
def _read_marks(marks: int) -> str:
    return " ".join(tag for tag, bit in _MARK_BITS.items() if marks & bit)
