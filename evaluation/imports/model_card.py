"""Results that a model's own record states: `model-index` of its card, and the Hub's `evalResults`.

Both are written by people, in the forms of the Hub's documentation ("Model Cards", "Evaluation Results"). A model
index is `[{name, results: [{task, dataset: {type, name, config, split, revision, args}, metrics: [{type, value, ...}],
source: {name, url}}]}]`; an entry of `evalResults` is `{filename, verified, pullRequest, data: {dataset: {id, task_id,
revision}, value, date, source, notes}}`, or `{filename, error}` where the Hub refused the file. Nothing here raises for
what an entry says; whatever cannot be read is skipped with the reason.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from evaluation.imports.interface import Skipped
from evaluation.imports.reported import (
    Statement,
    read_arguments,
    read_moment,
    read_number,
    read_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from evaluation.imports.reported import Reports
    from lineage.scores.score import Score

INDEX: Final = "model-index"
LONGEST_ADDRESS: Final = 2_000
_ABOUT: Final = re.compile(
    r"/open_[a-z_]{0,20}llm_leaderboard\?query=([\w.-]{1,96}/[\w.-]{1,96})"
    r"|/open-llm-leaderboard/results/blob/\w{1,40}/([\w.-]{1,96}/[\w.-]{1,96})/",
    re.ASCII,
)
"""Addresses by which the Open LLM Leaderboards and their pull requests point at one model's results."""
_NOTHING: Final[dict[str, object]] = {}


def read_record(
    model: str, record: Mapping[str, object], reports: Reports, names: frozenset[str] = frozenset()
) -> Iterator[Score | Skipped]:
    """Yield a score or a reason for every result that a record states; a repeated result counts once.

    `names` are former names of the model, which a source may use. The model index is read under its own key and in
    `cardData`: the Hub shows the same one in both places.
    """
    origin = f"card of {model}"
    return judge(
        chain(
            read_index(model, record.get(INDEX), origin, names),
            read_index(model, _mapping(record.get("cardData")).get(INDEX), origin, names),
            read_eval_results(model, record.get("evalResults")),
        ),
        reports,
    )


def judge(stated: Iterable[Statement | Skipped], reports: Reports) -> Iterator[Score | Skipped]:
    """Yield what becomes of each statement, equal ones once."""
    seen: set[Statement | Skipped] = set()
    for each in stated:
        key = each if isinstance(each, Skipped) else each.apart_from_place
        if key not in seen:
            seen.add(key)
            yield each if isinstance(each, Skipped) else reports.score(each)


def read_index(
    model: str, index: object, origin: str, names: frozenset[str] = frozenset()
) -> Iterator[Statement | Skipped]:
    """Yield the statements of a model index, or None for none."""
    if index is None:
        return
    own = {name.casefold() for name in (model, *names)}
    for position, entry in _numbered(index if isinstance(index, list) else [index]):
        results = entry.get("results") if isinstance(entry, dict) else None
        if not isinstance(results, list):
            if entry != _NOTHING:  # `model-index: {}` states nothing
                yield Skipped(what=f"{origin}, {INDEX} {position}", reason="it has no list of results")
            continue
        for number, result in _numbered(results):
            about = _subject(result)
            if about is not None and about.casefold() not in own:
                what = f"{origin}, result {number}: {about}"
                yield Skipped(what=what, reason="its source is about another model")
            else:
                yield from _read_result(model, result, origin, f"result {number}")


def _read_result(model: str, result: object, origin: str, place: str) -> Iterator[Statement | Skipped]:
    what = f"{origin}, {place}"
    if not isinstance(result, dict):
        yield Skipped(what=what, reason="the result is no mapping")
        return
    dataset, source = _mapping(result.get("dataset")), _mapping(result.get("source"))
    names = [name for name in (read_words(dataset.get("type")), read_words(dataset.get("name"))) if name]
    metrics = result.get("metrics")
    if not names or not isinstance(metrics, list):
        yield Skipped(what=what, reason="it has no list of metrics" if names else "it names no data set")
        return
    publisher, arguments = read_words(source.get("name")), dataset.get("args")
    for number, metric in _numbered(metrics):
        kind = read_words(metric.get("type") or metric.get("name")) if isinstance(metric, dict) else None
        if not isinstance(metric, dict) or kind is None:
            yield Skipped(what=f"{what}, metric {number}: {names[0]}", reason="it names no metric")
            continue
        yield Statement(
            model=model,
            source="card",
            place=f"{place}, metric {number}",
            origin=_attributed(origin, source, is_verified=metric.get("verified") is True),
            dataset=names[0],
            also_called=_unless(names[-1], names[0]),
            metric=kind,
            metric_called=_unless(metric.get("name"), kind),
            metric_config=_both(metric.get("config"), metric.get("args")),
            config=read_words(dataset.get("config")) or (read_words(arguments) if isinstance(arguments, str) else None),
            split=read_words(dataset.get("split")),
            revision=read_words(dataset.get("revision")),
            arguments=read_arguments(arguments),
            publisher=publisher,
            value=read_number(metric.get("value")),
            measured_at=read_moment(metric.get("date") or result.get("date")),
        )


def read_eval_results(model: str, entries: object) -> Iterator[Statement | Skipped]:
    """Yield the statements of `evalResults`, or None for none."""
    if entries is None:
        return
    origin = f"eval results of {model}"
    if not isinstance(entries, list):
        yield Skipped(what=origin, reason="they are no list")
        return
    for number, entry in _numbered(entries):
        yield _read_entry(model, entry, origin, number)


def _read_entry(model: str, entry: object, origin: str, number: int) -> Statement | Skipped:
    fields = _mapping(entry)
    data = _mapping(fields.get("data", fields))
    file = read_words(fields.get("filename"))
    what = f"{origin}, {file or f'entry {number}'}"
    if "error" in fields:
        said = read_words(fields["error"]) or "no reason given"
        return Skipped(what=what, reason=f"the Hub refuses the file: {said}")
    dataset, source = _mapping(data.get("dataset")), _mapping(data.get("source"))
    name = read_words(dataset.get("id"))
    if name is None:
        return Skipped(what=what, reason="it names no data set" if fields else "the entry is no mapping")
    pull_request = read_words(fields.get("pullRequest"))
    return Statement(
        model=model,
        source="eval-results",
        place=f"entry {number}",
        origin=_attributed(
            f"{origin}, {file}" if file else origin,
            source,
            is_verified=fields.get("verified") is True,
            pull_request=pull_request,
        ),
        dataset=name,
        metric=read_words(dataset.get("task_id")),
        revision=read_words(dataset.get("revision")),
        publisher=read_words(source.get("name")),
        notes=read_words(data.get("notes")),
        value=read_number(data.get("value")),
        measured_at=read_moment(data.get("date")),
        run_name=named_run(file, pull_request),
    )


def named_run(file: str | None, pull_request: str | None) -> str | None:
    """Return the name of a run that is told in a file, of the repository or of a pull request that is open."""
    return file if pull_request is None else f"{file}, pull request {pull_request}"


def attribute(place: str, publisher: str | None, address: str | None, standing: str | None) -> str:
    """Return where a statement stands and on whose word: `card of a/b, from Board (address), verified`."""
    by = " ".join(part for part in (publisher, f"({address})" if address and publisher else address) if part)
    return ", ".join(part for part in (place, f"from {by}" if by else None, standing) if part)


def standing(*, is_verified: bool, pull_request: str | None) -> str | None:
    """Say what the Hub makes of a result: verified, or the community's as long as its pull request is open."""
    if is_verified:
        return "verified"
    return None if pull_request is None else f"community (pull request {pull_request})"


def _attributed(place: str, source: Mapping[str, object], *, is_verified: bool, pull_request: str | None = None) -> str:
    who = next((name for key in ("name", "org", "user") if (name := read_words(source.get(key)))), None)
    address = read_words(source.get("url"))
    return attribute(place, who, address, standing(is_verified=is_verified, pull_request=pull_request))


def _subject(result: object) -> str | None:
    """Return the model that the address of a result's source is about, or None where it does not tell.

    Quantizers copy whole cards, so that it often is another one.
    """
    address = _mapping(_mapping(result).get("source")).get("url")
    found = _ABOUT.search(unquote(address[:LONGEST_ADDRESS])) if isinstance(address, str) else None
    return next(filter(None, found.groups())) if found else None


def _unless(name: object, known: str) -> str | None:
    """Return a name where it says more than the one that is known."""
    words = read_words(name)
    return None if words is None or words.casefold() == known.casefold() else words


def _both(first: object, second: object) -> str | None:
    told = [text for text in (read_arguments(first), read_arguments(second)) if text is not None]
    return "; ".join(told) or None


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else _NOTHING


def _numbered(values: Iterable[object]) -> Iterator[tuple[int, object]]:
    """Yield what a person counts from 1."""
    return enumerate(values, start=1)
