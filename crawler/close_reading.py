"""Rows of many matrices of several models, by ranges: the headers of a few files, then the same rows of each model.

The budget holds for each model, whatever its files say and a server answers: headers count in it, and what they leave
is planned for rows (`lineage.weights.span_plan`).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from crawler.errors import WeightsNotRead
from crawler.hub.ranges import RangedFile
from crawler.hub.repository import Absent, fetch_tree
from crawler.weight_files import NoWeightFileError, choose_files, list_shards
from crawler.weights import NotReadError, given, read_all, read_file_header
from lineage.output.result import Result
from lineage.weights.kinship_table import tabulate_findings, tabulate_mixture, tabulate_origin
from lineage.weights.span_plan import cut_spans, find_sites, plan_parts, plan_rows, spread
from lineage.weights.span_rows import SpanReading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crawler.http.hub_client import HubClient
    from lineage.crawl_records import WeightFile
    from lineage.weights.span_plan import RowChoice, TensorPlace, TensorSite
    from lineage.weights.span_rows import RowSpan

MOST_BYTES: Final = 1_000_000
MOST_FILES: Final = 4
"""Each file takes a request of the quota; four shards hold layers enough."""


def compare_closely(client: HubClient, models: Sequence[str], *, revision: str, most_bytes: int) -> tuple[Result, bool]:
    """Test the origin of a model with others, and of those of one origin tell what a close reading finds.

    Returns one row per finding, and whether any has an origin in common. Raises what `read_closely` raises.
    """
    ours, others = read_all(client, models, revision=revision)
    rows, related = tabulate_origin(ours, others)
    if not related:
        return rows, False
    first, *rest = read_closely(client, (models[0], *related), revision=revision, most_bytes=most_bytes)
    found = tabulate_findings(first, rest)
    return Result(columns=rows.columns, rows=(*rows.rows, *found.rows)), True


def weigh_parents(
    client: HubClient, models: Sequence[str], *, base: str | None, revision: str, most_bytes: int
) -> tuple[Result, bool]:
    """Fit a model as a mixture of the others; returns the table, and whether it is one. Raises as `read_closely`."""
    wanted = (*models, base) if base else tuple(models)
    child, *others = read_closely(client, wanted, revision=revision, most_bytes=most_bytes)
    return tabulate_mixture(child, others[:-1] if base else others, others[-1] if base else None)


def read_closely(
    client: HubClient, models: Sequence[str], *, revision: str = "main", most_bytes: int = MOST_BYTES
) -> tuple[SpanReading, ...]:
    """Read the same rows of all models, of the first at a revision; at most so many bytes of each.

    Raises WeightsNotRead if one of them is not read, or if they have no rows in common within the budget, and what
    `HubClient.get` raises.
    """
    opened = []
    for number, model in enumerate(models):
        one = _Opened(model=model, revision="main" if number else revision, most_bytes=most_bytes, client=client)
        with _named(model):
            _open(one, _list_files(one))
        opened.append(one)
    choices = plan_rows([one.sites for one in opened], most_bytes=min(one.left_bytes for one in opened))
    if not choices:
        raise WeightsNotRead(
            models[-1], reason=f"within {most_bytes:,} bytes it has no rows in common with {models[0]}"
        )
    read = []
    for one in opened:
        with _named(one.model):
            read.append(_read(one, choices))
    return tuple(read)


def read_alone(client: HubClient, wanted: WeightFile, *, most_bytes: int = MOST_BYTES) -> SpanReading | Absent:
    """Read the rows of one model that its own shapes decide, so that its relatives are read in the same.

    Its files are known, so that no list of them is asked for. Raises what `HubClient.get` raises.
    """
    opened = _Opened(model=wanted.model, revision=wanted.sha or "main", most_bytes=most_bytes, client=client)
    try:
        _open(opened, list_shards(wanted.path))
        choices = plan_rows([opened.sites], most_bytes=opened.left_bytes)
        return _read(opened, choices) if choices else Absent(reason=f"{most_bytes:,} bytes hold no rows to compare")
    except NotReadError as error:
        return error.absent


@contextmanager
def _named(model: str) -> Iterator[None]:
    """Translate why a model is not read into an error that names it."""
    try:
        yield
    except NotReadError as error:
        raise WeightsNotRead(model, reason=error.absent.reason) from error
    except NoWeightFileError as error:
        raise WeightsNotRead(model, reason=str(error)) from error


@dataclass(slots=True, kw_only=True)
class _Opened:
    """A model whose headers were read: its files, listed in `pages` requests, and where its tensors lie."""

    model: str
    revision: str
    most_bytes: int
    client: HubClient
    files: dict[str, RangedFile] = field(default_factory=dict)
    sites: dict[TensorPlace, TensorSite] = field(default_factory=dict)
    pages: int = 0

    @property
    def left_bytes(self) -> int:
        """How many bytes of the model may still be read."""
        return self.most_bytes - sum(file.bytes_read for file in self.files.values())

    def file(self, path: str) -> RangedFile:
        """Return a file that may be read as far as the budget of the model goes."""
        file = self.files.get(path)
        if file is None:
            file = RangedFile(self.client, self.model, self.revision, path, most_bytes=self.left_bytes)
            self.files[path] = file
        file.most_bytes = file.bytes_read + self.left_bytes
        return file


def _list_files(opened: _Opened) -> list[str]:
    """Return the paths of the files that hold a model; raises NotReadError and NoWeightFileError."""
    tree = given(fetch_tree(opened.client, opened.model, opened.revision))
    opened.pages = tree.pages
    return [entry.path for entry in choose_files(tree.entries)]


def _open(opened: _Opened, paths: Sequence[str]) -> None:
    """Read the headers of some of a model's files; raises NotReadError."""
    headers = {}
    for path in spread(paths, MOST_FILES):
        if 2 * opened.left_bytes > opened.most_bytes:  # headers take no more than about half
            headers[path] = read_file_header(opened.file(path))[1]
    opened.sites = find_sites(headers)


def _read(opened: _Opened, choices: Sequence[RowChoice]) -> SpanReading:
    spans: list[RowSpan] = []
    for part in plan_parts(opened.sites, choices):
        content = opened.file(part.file).read(part.start, part.stop)
        if isinstance(content, Absent):
            raise NotReadError(content)
        if len(content) < part.stop - part.start:
            raise NotReadError(Absent(reason="a tensor reaches beyond the end of its file"))
        spans += cut_spans(opened.sites, part, content)
    files = opened.files.values()
    return SpanReading(
        model=opened.model,
        revision=next((file.commit for file in files if file.commit), opened.revision),
        spans=tuple(spans),
        bytes_read=sum(file.bytes_read for file in files),
        requests=opened.pages + sum(file.requests for file in files),
    )
