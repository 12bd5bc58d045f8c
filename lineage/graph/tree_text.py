"""Draw a family in the terminal as a tree: each model once, with large branches folded."""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from lineage.text.plain import fit, plain, width
from lineage.vocabulary import Relation

Key = TypeVar("Key", bound=Hashable)

_SEE_ABOVE: Final = "↑ see above"
_NAMES: Final = {
    Relation.FINETUNE: ("finetune", "finetunes"),
    Relation.ADAPTER: ("adapter", "adapters"),
    Relation.QUANTIZED: ("quantization", "quantizations"),
    Relation.MERGE: ("merge", "merges"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeNode:
    """The details that one line shows about a model.

    `relation` is how it was made from its parents (None for a root or if unknown), `inferred` whether that was inferred
    rather than declared, `curated` whether only vendor facts say so; `domains` are short texts; `downloads` is None if
    unknown; `status` is shown unless it is `present` (`missing`, `deleted`, `gated`...); `more_parents` counts the
    parents besides the one above it in the tree; `contradicted` are the parents that its weights contradict, `denied`
    counts the models that are said to be made from it and whose weights contradict that, `is_edited` says that one
    direction was edited out of its weights; `origin` says where a model without parents comes from, empty if there is
    nothing to say.
    """

    id: str
    relation: Relation | None = None
    domains: tuple[str, ...] = ()
    downloads: int | None = None
    status: str = "present"
    more_parents: int = 0
    inferred: bool = False
    curated: bool = False
    contradicted: tuple[str, ...] = ()
    denied: int = 0
    is_edited: bool = False
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeStyle:
    """How to draw a tree.

    `depth` is the number of levels shown below the start (None: all); `fold_over` is how many branches of one model are
    shown before the rest is only counted. `lines` and `columns` limit the whole drawing, but ids are never cut.
    `upwards` draws ancestors instead, `ascii_only` uses plain ASCII lines.
    """

    depth: int | None = None
    fold_over: int = 20
    lines: int = 500
    columns: int = 100
    upwards: bool = False
    ascii_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line(Generic[Key]):
    """A line still to be drawn: a model, or a text that stands for folded models."""

    key: Key | None
    text: str
    prefix: str
    last: bool
    level: int
    below: Key | None


def render_tree(
    start: Key,
    nodes: Mapping[Key, TreeNode],
    branches: Mapping[Key, Sequence[Key]],
    style: TreeStyle | None = None,
    *,
    unlisted: Mapping[Key, Mapping[Relation, int]] | None = None,
    doubtful: Mapping[Key, int] | None = None,
) -> str:
    """Draw the tree below a model, or above it if the style says `upwards`; every line ends with a newline.

    `branches` maps every model to its children in drawing order (to its parents when drawing upwards). `unlisted`
    counts, by relation, further children that are not in `branches`, for families too large to pass in full; `doubtful`
    counts all inferred children, so that the folded ones can be reported. A model met again refers to its first place
    and is not drawn again, so cycles end there. Keys of `branches` that are not in `nodes` are ignored.
    """
    drawing = _TreeDrawing(
        nodes=nodes, branches=branches, style=style or TreeStyle(), unlisted=unlisted or {}, doubtful=doubtful or {}
    )
    return "".join(f"{line}\n" for line in drawing.lines(start))


class _TreeDrawing(Generic[Key]):
    """One drawing: its input, and what has been drawn so far."""

    def __init__(
        self,
        *,
        nodes: Mapping[Key, TreeNode],
        branches: Mapping[Key, Sequence[Key]],
        style: TreeStyle,
        unlisted: Mapping[Key, Mapping[Relation, int]],
        doubtful: Mapping[Key, int],
    ) -> None:
        self._nodes = nodes
        self._branches = branches
        self._unlisted = unlisted
        self._doubtful = doubtful
        self._style = style
        self._drawn: set[Key] = set()
        self._inferred = False

    def lines(self, start: Key) -> Iterator[str]:
        waiting: list[_Line[Key]] = [_Line(key=start, text="", prefix="", last=True, level=0, below=None)]
        count = 0
        while waiting:
            line = waiting.pop()
            if count == self._style.lines:
                yield self._finish(fit("… and more: narrow it with a smaller depth", self._style.columns))
                break
            count += 1
            yield self._finish(self._draw(line))
            if line.key is not None and line.key not in self._drawn:
                self._drawn.add(line.key)
                waiting.extend(reversed(self._below(line.key, line)))
        if self._inferred:
            yield self._finish(fit("(? = inferred, not declared)", self._style.columns))

    def _below(self, above: Key, line: _Line[Key]) -> list[_Line[Key]]:
        keys = [key for key in self._branches.get(above, ()) if key in self._nodes]
        counts: Counter[Relation | None] = Counter()
        counts.update(self._unlisted.get(above, {}))
        if self._style.depth is not None and line.level >= self._style.depth:
            counts.update(self._relation_between(key, above) for key in keys)
            keys = []
        elif len(keys) > self._style.fold_over:
            counts.update(self._relation_between(key, above) for key in keys[self._style.fold_over :])
            keys = keys[: self._style.fold_over]
        prefix = line.prefix + ("" if line.level == 0 else "   " if line.last else "│  ")
        entries: list[tuple[Key | None, str]] = [(key, "") for key in keys]
        if counts.total():
            inferred = self._doubtful.get(above, 0) - sum(self._nodes[key].inferred for key in keys)
            doubt = f", {inferred:,} of them inferred" if inferred > 0 and not self._style.upwards else ""
            entries.append((None, f"… {self._count(counts, more=bool(keys))}{doubt}"))
        return [
            _Line(key=key, text=text, prefix=prefix, last=number == len(entries), level=line.level + 1, below=above)
            for number, (key, text) in enumerate(entries, 1)
        ]

    def _relation_between(self, key: Key, below: Key) -> Relation | None:
        return self._nodes[below if self._style.upwards else key].relation

    def _count(self, counts: Mapping[Relation | None, int], *, more: bool) -> str:
        total = sum(counts.values())
        if self._style.upwards:
            return f"{total:,} {'more ' if more else ''}{'parent' if total == 1 else 'parents'}"
        named = [
            f"{count:,} {'more ' if more else ''}{names[count != 1]}"
            for relation, names in _NAMES.items()
            if (count := counts.get(relation, 0))
        ]
        if other := counts.get(None, 0):
            named.append(f"{other:,} {'more ' if more else ''}of unknown relation")
        return ", ".join(named)

    def _draw(self, line: _Line[Key]) -> str:
        connector = "" if line.level == 0 else "└─ " if line.last else "├─ "
        prefix = line.prefix
        if width(prefix) > self._style.columns // 2:
            prefix = "…" + prefix[-(self._style.columns // 2 - 1) :]
        if line.key is None:
            return fit(f"{prefix}{connector}{line.text}", self._style.columns)
        node = self._nodes[line.key]
        made = node if not self._style.upwards or line.below is None else self._nodes[line.below]
        front = f"{prefix}{connector}{self._mark(made) if line.level else ''}{plain(node.id)}"
        room = self._style.columns - width(front)
        tail = self._tail(line.key, node)
        kept = {_SEE_ABOVE, self._told(node)}
        while sum(width(f"  {part}") for part in tail) > room and (spare := [p for p in tail if p not in kept]):
            tail.remove(spare[-1])
        return "".join((front, *(f"  {part}" for part in tail)))

    def _mark(self, made: TreeNode) -> str:
        if made.relation is None:
            return "from " if self._style.upwards else ""
        self._inferred = self._inferred or made.inferred
        doubt = "?" if made.inferred else " (curated)" if made.curated else ""
        if self._style.upwards:
            return f"{_NAMES[made.relation][0]}{doubt} of "
        return f"{made.relation.value}{doubt} "

    def _tail(self, key: Key, node: TreeNode) -> list[str]:
        """Return the texts after an id; on a narrow line the last of them are left out first."""
        parts = []
        if node.domains:
            parts.append(f"[{', '.join(plain(domain, 40) for domain in node.domains)}]")
        if node.contradicted:
            parts.append(f"(weights contradict {plain(' and '.join(node.contradicted))})")
        if node.denied:
            parts.append(f"(weights contradict {node.denied:,} more {'child' if node.denied == 1 else 'children'})")
        if node.is_edited:
            parts.append("(weights: edited direction)")
        if node.status != "present":
            parts.append(f"({plain(node.status, 20)})")
        if key in self._drawn:
            return [*parts, _SEE_ABOVE]
        if node.origin:
            parts.append(self._told(node))
        if node.downloads is not None:
            parts.append(f"{node.downloads:,} downloads")
        if node.more_parents and not self._style.upwards:
            parts.append(f"+{node.more_parents:,} {'parent' if node.more_parents == 1 else 'parents'}")
        return parts

    def _told(self, node: TreeNode) -> str:
        return f"({plain(node.origin)})"

    def _finish(self, line: str) -> str:
        if self._style.ascii_only:
            for drawn, plainer in (("├─ ", "|- "), ("└─ ", "`- "), ("│", "|"), ("↑ ", "^ "), ("…", "~")):
                line = line.replace(drawn, plainer)
            line = line.encode("ascii", "replace").decode("ascii")
        return line
