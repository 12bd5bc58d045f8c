"""Parents that nobody declares, out of the database: what the rules see, in shares of authors that fit into memory."""

from __future__ import annotations

from itertools import chain, groupby
from typing import TYPE_CHECKING, Final, cast

from lineage.parents.card_prose import read_sentences
from lineage.parents.declared_ids import DeclaredParent, Unread, read_parents
from lineage.parents.habits import BASE_AUTHORS, NAME_WORDS, Guess, Habits
from lineage.parents.hub_tags import MARKS, TYPES
from lineage.parents.inference import BASE_CHILDREN, POPULAR, Author
from lineage.parents.reliability import LIKELY
from lineage.parents.repo_names import COPY_WORDS, contradicts, read_shape, strip_copy
from lineage.parents.subject import Subject, base_names
from store.derive.parents import as_columns

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from lineage.parents.reliability import Reliability
    from store.database import Database

MODELS_A_BUCKET: Final = 50_000
COPY_PATTERN: Final = f"(^| )({'|'.join(sorted(COPY_WORDS))})( |$)"
_AUTHOR_WORDS: Final = 5
_LONGEST_NAME: Final = 16


def write_inferences(database: Database, reliability: Reliability) -> None:
    """Add to `hub.evidence` what suggests parents that nobody declares; weak suggestions too, below 0.5 none.

    Names are read for models without a declared parent; plain tags, sentences, configurations and weights for all.
    """
    collect_subjects(database)
    rows = (
        (child, found.parent, " + ".join(found.rules), found.relation, found.text, found.confidence)
        for child, guesses in guess_parents(database)
        if (found := reliability.conclude(guesses)) is not None and found.confidence >= LIKELY
    )
    names = ("child", "parent", "rule", "relation", "declared_as", "confidence")
    with database.columns("lent_conclusions", **as_columns(names, chain(rows, _uploads(database, reliability)))):
        database.run("inferred_parents/insert_conclusions")
    database.run(
        "inferred_parents/insert_plain_tags",
        pattern=COPY_PATTERN,
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
        pattern=COPY_PATTERN,
    )
    with database.columns("lent_hints", **as_columns(("child", "hint", "text"), _hints(database))):
        database.run("inferred_parents/insert_hints", confidence=reliability.judged["local path"])


def list_uploads(database: Database) -> Iterator[tuple[str, str, str, str, bool]]:
    """Yield the models named as a famous one of another author: child, parent, case, words, whether it declares one.

    `collect_subjects` goes before.
    """
    found = database.run(
        "inferred_parents/list_uploads", children=BASE_CHILDREN, characters=NAME_WORDS, pattern=COPY_PATTERN
    )
    for child, parent, case, words, is_declared in found.rows:
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


def collect_subjects(database: Database, hidden: Collection[str] = ()) -> None:
    """Gather what the rules see of every model; what the children in `hidden` declare is kept from them."""
    with database.columns("lent_hidden", **as_columns(("child",), ((child,) for child in sorted(hidden) or [""]))):
        database.run("inferred_parents/collect_subjects", types=list(TYPES), marks=list(MARKS))


def guess_parents(database: Database) -> Iterator[tuple[str, tuple[Guess, ...]]]:
    """Yield every model without a declared parent for which a rule has a guess, with the guesses.

    `collect_subjects` goes before. An author's models are looked at together, and some 50,000 models at a time.
    """
    habits = _learn(database)
    names = [
        (" ".join(words), parent.id)
        for parent in habits.parents.values()
        if not parent.is_copy
        for words in base_names(parent)
    ]
    with database.columns("lent_base_names", **as_columns(("words", "id"), names)):
        copies = _find_copies(database)
    names += [
        (" ".join(words), popular.id)
        for popular in map(_subject, database.run("inferred_parents/list_popular", downloads=POPULAR).rows)
        if not (popular.is_copy or popular.is_trained)
        for words in base_names(popular)
    ]
    with database.columns("lent_base_names", **as_columns(("words", "id"), names)):
        database.run("inferred_parents/collect_named_bases", pattern=COPY_PATTERN, longest=_LONGEST_NAME)
    buckets = 1 + cast("int", database.value("models/count_models")) // MODELS_A_BUCKET
    for bucket in range(buckets):
        rows = database.run(
            "inferred_parents/list_bucket", buckets=buckets, bucket=bucket, pattern=COPY_PATTERN, authors=BASE_AUTHORS
        ).rows
        models = [(_subject(row), cast("list[str]", row[14])) for row in rows]
        others = dict(copies)
        for child, *row in database.run("inferred_parents/list_named_bases", buckets=buckets, bucket=bucket).rows:
            others.setdefault(str(child), []).append(_subject(tuple(row)))
        for _, group in groupby(models, key=lambda pair: pair[0].author):
            yield from _guess_author(list(group), habits, others)


def _guess_author(
    models: list[tuple[Subject, list[str]]], habits: Habits, copies: dict[str, list[Subject]]
) -> Iterator[tuple[str, tuple[Guess, ...]]]:
    declared = {subject.id: parents[0] for subject, parents in models if len(parents) == 1}
    author = Author([subject for subject, _ in models], declared, habits)
    for subject, parents in models:
        if not parents and (guesses := author.guess(subject, copies.get(subject.id, ()))):
            yield subject.id, guesses


def _learn(database: Database) -> Habits:
    habits = Habits(_subject(row) for row in database.run("inferred_parents/list_parents").rows)
    for row in database.run("inferred_parents/list_children").rows:
        habits.learn(_subject(row), str(row[14]))
    return habits


def _find_copies(database: Database) -> dict[str, list[Subject]]:
    names = [
        (child, " ".join(words), owner)
        for child, text in database.run("inferred_parents/list_copies", pattern=COPY_PATTERN).rows
        for words, owner in _readings(str(text))
    ]
    found: dict[str, list[Subject]] = {}
    with database.columns("lent_copies", **as_columns(("child", "words", "owner"), names)):
        for child, *row in database.run("inferred_parents/match_names").rows:
            found.setdefault(str(child), []).append(_subject(tuple(row)))
    return found


def _readings(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the names that a copy may have been made from, and the words of an author before them, "" for any."""
    for stripped in strip_copy(tuple(text.split(" "))):
        yield stripped.words, ""
        yield (*stripped.words, "hf"), ""
        for count in range(1, min(_AUTHOR_WORDS, len(stripped.words))):
            yield stripped.words[count:], " ".join(stripped.words[:count])


def _subject(row: tuple[object, ...]) -> Subject:
    identity, author, words, created, types, marks, license_name, task = row[:8]
    children, authors, downloads, parameters, width, layers = cast("tuple[int, ...]", row[8:14])
    return Subject(
        id=str(identity),
        author=str(author),
        words=tuple(str(words).split(" ")) if words else (),
        created=cast("int", created),
        types=frozenset(cast("list[str]", types)),
        marks=str(marks),
        license=str(license_name),
        task=str(task),
        children=children,
        authors=authors,
        downloads=downloads,
        parameters=parameters,
        width=width,
        layers=layers,
    )
