"""Report files: HTML or PDF alone, or Markdown with the figures in a folder beside it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lineage.errors import UsageError
from lineage.reports.blocks import Picture
from lineage.reports.html import as_html
from lineage.reports.markdown import as_markdown, figure_name
from lineage.reports.pdf import as_pdf
from lineage.vocabulary import Paper
from store.outputs.atomic_write import OutputTarget, commit, place_in, put_text, staging

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lineage.reports.blocks import Block


class ReportFormat(StrEnum):
    """The format of a report."""

    HTML = "html"
    PDF = "pdf"
    MARKDOWN = "markdown"


ENDINGS: Final = {
    ".html": ReportFormat.HTML,
    ".htm": ReportFormat.HTML,
    ".pdf": ReportFormat.PDF,
    ".md": ReportFormat.MARKDOWN,
    ".markdown": ReportFormat.MARKDOWN,
}
STDOUT: Final = Path("-")


def form_of(output: Path) -> ReportFormat:
    """Return the format for a file's ending, Markdown for stdout; raises UsageError for another ending."""
    if output == STDOUT:
        return ReportFormat.MARKDOWN
    found = ENDINGS.get(output.suffix.lower())
    if found is None:
        raise UsageError(f"{output}: a report ends in {', '.join(ENDINGS)}")
    return found


def write_files(
    blocks: Sequence[Block], path: Path | None, form: ReportFormat, paper: Paper = Paper.A4, *, overwrites: bool
) -> Iterator[Path]:
    """Write a report to a file, or to stdout for None, and yield each file or folder written; `paper` is the PDF's.

    Raises TargetRefused if something exists there and may not be replaced, or if the place cannot be written, and
    MissingExtra for a PDF without the extra `reports`.
    """
    if form is ReportFormat.PDF and path is not None:
        target = OutputTarget(path=path, overwrites=overwrites)
        with staging(target) as private:
            place = place_in(private, target)
            place.write_bytes(as_pdf(blocks, paper))
            commit(place, target)
        yield path
        return
    if form is ReportFormat.HTML or path is None:
        yield from _write(as_html(blocks) if form is ReportFormat.HTML else as_markdown(blocks, None), path, overwrites)
        return
    folder = path.with_name(f"{path.stem}-figures")
    figures = [block.figure for block in blocks if isinstance(block, Picture)]
    target = OutputTarget(path=folder, is_folder=True, overwrites=overwrites)
    with staging(target) as private:
        place = place_in(private, target)
        for number, figure in enumerate(figures, start=1):
            (place / figure_name(number)).write_text(figure.svg, encoding="utf-8")
        yield from _write(as_markdown(blocks, folder.name), path, overwrites)
        commit(place, target)
    yield folder


def _write(parts: Iterable[str], path: Path | None, overwrites: bool) -> Iterator[Path]:  # noqa: FBT001 - passed on
    put_text(parts, OutputTarget(path=path, overwrites=overwrites))
    if path is not None:
        yield path
