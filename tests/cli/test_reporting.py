"""`lineage report` as its user runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pypdf import PdfReader

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Runs


def test_a_file_of_either_form(lineage: Runs, crawled: Path, tmp_path: Path) -> None:
    """The ending says the form; a file that is there is kept unless forced."""
    for name, start in (("r.html", "<!doctype html>"), ("r.md", "# Lineage and safety drift of domain:medical")):
        place = tmp_path / name
        ran = lineage("report", "domain:medical", "-o", str(place), "--db", str(crawled))
        assert (ran.code, ran.out) == (0, "")
        assert place.read_text().replace("\\", "").startswith(start)
        again = lineage("report", "domain:medical", "-o", str(place), "--db", str(crawled))
        assert again.code != 0
        assert "--force" in again.err
        assert lineage("report", "domain:medical", "-o", str(place), "--force", "--db", str(crawled)).code == 0
    figures = [entry.name for entry in (tmp_path / "r-figures").iterdir()]
    assert figures
    assert all(f"r-figures/{name}" in (tmp_path / "r.md").read_text() for name in figures)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["r-figures", "r.html", "r.md"]


def test_a_dossier_as_pdf(lineage: Runs, crawled: Path, tmp_path: Path) -> None:
    """`--dossier` writes the file of one model; a selector beside it, or several models, are refused."""
    place = tmp_path / "d.pdf"
    model = lineage("models", "domain:medical", "--limit", "1", "--format", "csv", "--db", str(crawled)).out
    name = model.splitlines()[1].partition(",")[0]
    asked = ("--paper", "letter", "-o", str(place), "--db", str(crawled))
    assert lineage("report", "--dossier", name, *asked).code == 0
    reader = PdfReader(place)
    assert reader.metadata is not None
    assert reader.metadata.title == f"Dossier of {name}"
    assert lineage("report", "*", "--dossier", name, *asked).code == 2
    assert "one model" in lineage("report", "--dossier", "domain:medical", *asked).err


def test_stdout(lineage: Runs, crawled: Path) -> None:
    """`-o -` writes Markdown to stdout and nothing else."""
    ran = lineage("report", "domain:legal", "-o", "-", "--db", str(crawled))
    assert ran.code == 0
    assert ran.out.startswith("# ")


def test_what_cannot_be(lineage: Runs, crawled: Path, tmp_path: Path) -> None:
    """Without a place, with an ending that is no form, and for nobody there is a clear end."""
    assert "-o report.html" in lineage("report", "domain:medical", "--db", str(crawled)).err
    ran = lineage("report", "domain:medical", "-o", str(tmp_path / "r.docx"), "--db", str(crawled))
    assert ran.code == 2
    assert ".html" in ran.err
    nobody = lineage("report", "org:nobody-there", "-o", str(tmp_path / "r.md"), "--db", str(crawled))
    assert nobody.code == 1
    assert "no model matches" in nobody.err
