"""The formats of `lineage export`: what each is for, what it loses, and which code writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lineage.errors import UsageError
from lineage.exports import dot, gexf, graphml, mermaid, newick
from lineage.exports.json_graphs import render_cytoscape, render_lines, render_node_link
from lineage.output.result import Result
from lineage.text.suggest import perhaps
from lineage.vocabulary import TableName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lineage.exports.graph_rows import GraphRows

TABLES: Final = tuple(one.value for one in TableName)
"""The tables of an export, each for the selected models; both ends of an edge are selected."""


MOST_PROFILES: Final = 20_000
"""How many models a format takes if it holds everything about them in memory."""

MOST_IN_A_BILL: Final = 200
"""How many models one bill of materials describes: validators need minutes for thousands."""
MOST_IN_A_GRAPH: Final = 5_000
"""How many models SPDX and PROV describe: each takes about 2 kB and 2 milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFormat:
    """A format for models and edges.

    `ending` is the file extension, with the dot. `loses` names what is in the database but not in the file.
    `is_folder`: several files in a folder, unless one table is requested. `is_text`: it can go to stdout. `extra` is
    the extra of hub-lineage that it needs, or None; `most_models` and `most_edges` limit its size, or None for no
    limit. `render` yields the text of a graph in pieces, without lone surrogates; None if `store.outputs.writers`
    writes the format.
    """

    name: str
    ending: str
    media_type: str
    purpose: str
    loses: str
    is_folder: bool = False
    is_text: bool = True
    has_tables: bool = False
    extra: str | None = None
    most_models: int | None = None
    most_edges: int | None = None
    render: Callable[[GraphRows], Iterator[str]] | None = None


FORMATS: Final = (
    ExportFormat(
        name="parquet",
        ending=".parquet",
        media_type="application/vnd.apache.parquet",
        purpose="notebooks, DuckDB, Spark: one file each for models, edges, scores and drift",
        loses="nothing of these four tables",
        is_folder=True,
        is_text=False,
        has_tables=True,
    ),
    ExportFormat(
        name="csv",
        ending=".csv",
        media_type="text/csv",
        purpose="spreadsheets, R, Cosmograph: the same four tables",
        loses="types, null against empty text; lists are joined; a cell like a formula gets an apostrophe",
        is_folder=True,
        has_tables=True,
    ),
    ExportFormat(
        name="arrow",
        ending=".arrow",
        media_type="application/vnd.apache.arrow.file",
        purpose="dataframes without parsing (Arrow IPC): the same four tables",
        loses="nothing of these four tables",
        is_folder=True,
        is_text=False,
        has_tables=True,
        extra="arrow",
    ),
    ExportFormat(
        name="jsonl",
        ending=".jsonl",
        media_type="application/jsonl",
        purpose="pipelines: one JSON object per line, first models, then edges",
        loses="scores and drift, except counts per model; null is left out",
        render=render_lines,
    ),
    ExportFormat(
        name="json",
        ending=".json",
        media_type="application/json",
        purpose="web pages and networkx: node-link JSON with the keys nodes and edges",
        loses="scores and drift, except counts per model; null is left out",
        render=render_node_link,
    ),
    ExportFormat(
        name="graphml",
        ending=".graphml",
        media_type="application/graphml+xml",
        purpose="Gephi, yEd, igraph, R, networkx",
        loses="scores and drift, except counts per model; lists are joined; control characters",
        render=graphml.render,
    ),
    ExportFormat(
        name="gexf",
        ending=".gexf",
        media_type="application/gexf+xml",
        purpose="Gephi and Gephi Lite, with colours by verdict and sizes by derivatives (GEXF 1.3)",
        loses="scores and drift, except counts per model; lists are joined; control characters",
        render=gexf.render,
    ),
    ExportFormat(
        name="cyjs",
        ending=".cyjs",
        media_type="application/json",
        purpose="Cytoscape and Cytoscape.js",
        loses="scores and drift, except counts per model; null is left out",
        render=render_cytoscape,
    ),
    ExportFormat(
        name="dot",
        ending=".dot",
        media_type="text/vnd.graphviz",
        purpose="Graphviz",
        loses="everything about a model except name and verdict; control and invisible characters",
        render=dot.render,
    ),
    ExportFormat(
        name="mermaid",
        ending=".mmd",
        media_type="text/vnd.mermaid",
        purpose="a diagram in a README, which GitHub draws",
        loses="everything about a model except name and verdict; control and invisible characters",
        most_edges=500,
        render=mermaid.render,
    ),
    ExportFormat(
        name="newick",
        ending=".nwk",
        media_type="text/x-nh",
        purpose="phylogeny viewers: iTOL, ETE, Taxonium, R's ape",
        loses="all but one parent of a merge, and everything about a model except its name: it is a tree",
        render=newick.render,
    ),
    ExportFormat(
        name="html",
        ending=".html",
        media_type="text/html",
        purpose="a self-contained page to share: tree, drift and evidence (`lineage docs explorer`)",
        loses="items, tags and records; predictions except for the 2,000 most used models without a score",
        most_models=250_000,
    ),
    ExportFormat(
        name="neo4j",
        ending=".csv",
        media_type="text/csv",
        purpose="neo4j-admin database import: models.csv and edges.csv with its headers",
        loses="scores and drift, except counts per model; the difference of null and empty text",
        is_folder=True,
    ),
    ExportFormat(
        name="svg",
        ending=".svg",
        media_type="image/svg+xml",
        purpose="papers and reports: the tree with the drift of each model, on one page",
        loses="models beyond 60 lines and instruments beyond 8, which are counted; scores except those of roots",
        most_models=MOST_PROFILES,
    ),
    ExportFormat(
        name="png",
        ending=".png",
        media_type="image/png",
        purpose="slides: the same figure, twice as large",
        loses="what svg loses, and searchable text",
        is_text=False,
        extra="reports",
        most_models=MOST_PROFILES,
    ),
    ExportFormat(
        name="cyclonedx",
        ending=".cdx.json",
        media_type="application/vnd.cyclonedx+json",
        purpose="regulators and supply chains: a bill of materials for machine learning (CycloneDX 1.6)",
        loses="all evidence except the deciding piece, item scores, control characters",
        extra="reports",
        most_models=MOST_IN_A_BILL,
    ),
    ExportFormat(
        name="spdx3",
        ending=".spdx.json",
        media_type="application/spdx+json",
        purpose="regulators and supply chains: SPDX 3.0.1 with its AI profile, as JSON-LD",
        loses="what cyclonedx loses, errors of scores, and their judges",
        extra="reports",
        most_models=MOST_IN_A_GRAPH,
    ),
    ExportFormat(
        name="prov",
        ending=".prov.json",
        media_type="application/json",
        purpose="archives of provenance: PROV-JSON, models derived from models and scores from models",
        loses="what cyclonedx loses",
        extra="reports",
        most_models=MOST_IN_A_GRAPH,
    ),
)
"""The formats in display order. A new text format is a module with `render` and a record here."""


class UnknownFormat(UsageError):
    """No format has this name; the message lists the known ones."""

    hint = "`lineage export --formats` describes each of them"

    def __init__(self, name: str) -> None:
        """Name the format, and list the known ones with what each loses."""
        lines = "\n".join(f"  {one.name:<9} loses {one.loses}" for one in FORMATS)
        super().__init__(
            f"there is no format {name!r}{perhaps(name, (one.name for one in FORMATS))}; the formats are\n{lines}"
        )
        self.name = name


def find_format(name: str) -> ExportFormat:
    """Return the format with this name; raises UnknownFormat."""
    for one in FORMATS:
        if one.name == name.lower():
            return one
    raise UnknownFormat(name)


def format_of_file(file_name: str) -> ExportFormat | None:
    """Return the format with the longest ending that matches the file, the first of several; None if none matches."""
    fitting = [one for one in FORMATS if file_name.lower().endswith(one.ending)]
    return max(fitting, key=lambda one: len(one.ending), default=None)


def format_names(formats: Iterable[ExportFormat] = FORMATS) -> str:
    """Return the names of all formats in one line."""
    return ", ".join(one.name for one in formats)


def list_formats() -> Result:
    """Return every format: name, file ending, purpose, what it loses, limit and extra."""
    columns = ("format", "ending", "for", "loses", "limit", "needs")
    return Result(columns=columns, rows=tuple(_row(one) for one in FORMATS))


def _row(one: ExportFormat) -> tuple[object, ...]:
    limits = ((one.most_models, "models"), (one.most_edges, "edges"))
    limit = " and ".join(f"{most:,} {what}" for most, what in limits if most is not None)
    needs = None if one.extra is None else f"hub-lineage[{one.extra}]"
    ending = f"folder of *{one.ending}" if one.is_folder else one.ending
    return (one.name, ending, one.purpose, one.loses, limit or None, needs)
