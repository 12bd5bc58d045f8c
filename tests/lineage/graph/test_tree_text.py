"""Trees in the terminal, as they are printed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.graph.tree_text import TreeNode, TreeStyle, render_tree
from lineage.text.plain import plain, width
from lineage.vocabulary import Relation

FINETUNE, ADAPTER, QUANTIZED, MERGE = Relation

FAMILY = {
    "base": TreeNode(id="maple/base-7b", downloads=1234567),
    "med": TreeNode(id="birch/med-7b", relation=FINETUNE, domains=("medical",), downloads=4321),
    "lora": TreeNode(id="oak/notes-lora", relation=ADAPTER, domains=("medical*",), downloads=0, inferred=True),
    "gguf": TreeNode(id="elm/med-7b-GGUF", relation=QUANTIZED, status="gated"),
    "law": TreeNode(id="ash/law-7b", relation=FINETUNE, status="missing"),
    "mix": TreeNode(id="fir/med-law-slerp", relation=MERGE, downloads=17, more_parents=1),
    "mixq": TreeNode(id="elm/med-law-slerp-GGUF", relation=QUANTIZED),
}
CHILDREN = {
    "base": ["med", "law"],
    "med": ["lora", "gguf", "mix"],
    "law": ["mix"],
    "mix": ["mixq"],
}


def test_a_family_is_drawn_downwards() -> None:
    """Relations, domains, downloads and status stand on each line, and a merge is drawn in full only once."""
    assert render_tree("base", FAMILY, CHILDREN) == (
        "maple/base-7b  1,234,567 downloads\n"
        "├─ finetune birch/med-7b  [medical]  4,321 downloads\n"
        "│  ├─ adapter? oak/notes-lora  [medical*]  0 downloads\n"
        "│  ├─ quantized elm/med-7b-GGUF  (gated)\n"
        "│  └─ merge fir/med-law-slerp  17 downloads  +1 parent\n"
        "│     └─ quantized elm/med-law-slerp-GGUF\n"
        "└─ finetune ash/law-7b  (missing)\n"
        "   └─ merge fir/med-law-slerp  ↑ see above\n"
        "(? = inferred, not declared)\n"
    )


def test_ancestors_are_drawn_upwards() -> None:
    """Upwards, each line says what was done to the model on it, and a common ancestor is drawn once."""
    parents = {"mixq": ["mix"], "mix": ["med", "law"], "med": ["base"], "law": ["base"]}
    assert render_tree("mixq", FAMILY, parents, TreeStyle(upwards=True)) == (
        "elm/med-law-slerp-GGUF\n"
        "└─ quantization of fir/med-law-slerp  17 downloads\n"
        "   ├─ merge of birch/med-7b  [medical]  4,321 downloads\n"
        "   │  └─ finetune of maple/base-7b  1,234,567 downloads\n"
        "   └─ merge of ash/law-7b  (missing)\n"
        "      └─ finetune of maple/base-7b  ↑ see above\n"
    )


def test_ascii_draws_with_plain_characters() -> None:
    """The fall-back has the same shape in ASCII, whatever the ids hold."""
    nodes = {**FAMILY, "law": TreeNode(id="ash/法-7b", relation=FINETUNE)}
    drawn = render_tree("base", nodes, {"base": ["gguf", "law"], "law": ["gguf"]}, TreeStyle(ascii_only=True))
    assert drawn == (
        "maple/base-7b  1,234,567 downloads\n"
        "|- quantized elm/med-7b-GGUF  (gated)\n"
        "`- finetune ash/?-7b\n"
        "   `- quantized elm/med-7b-GGUF  (gated)  ^ see above\n"
    )


def test_large_families_are_folded() -> None:
    """What goes beyond the fold is counted by relation, with those that were never handed over."""
    nodes = {n: TreeNode(id=f"oak/lora-{n}", relation=ADAPTER) for n in range(5)}
    nodes |= {5: TreeNode(id="oak/other"), 9: FAMILY["base"]}
    drawn = render_tree(
        9,
        nodes,
        {9: range(6)},
        TreeStyle(fold_over=2),
        unlisted={9: {ADAPTER: 94_317, QUANTIZED: 1}},
    )
    assert drawn == (
        "maple/base-7b  1,234,567 downloads\n"
        "├─ adapter oak/lora-0\n"
        "├─ adapter oak/lora-1\n"
        "└─ … 94,320 more adapters, 1 more quantization, 1 more of unknown relation\n"
    )


def test_inferred_models_are_told_among_the_folded() -> None:
    """Of all inferred children those that are drawn are marked, and the others counted."""
    nodes = {n: TreeNode(id=f"oak/copy-{n}", relation=QUANTIZED, inferred=n == 0) for n in range(4)}
    nodes |= {9: FAMILY["base"]}
    style = TreeStyle(fold_over=2)
    drawn = render_tree(9, nodes, {9: range(4)}, style, unlisted={9: {QUANTIZED: 5}}, doubtful={9: 3})
    assert drawn.splitlines()[1:] == [
        "├─ quantized? oak/copy-0",
        "├─ quantized oak/copy-1",
        "└─ … 7 more quantizations, 2 of them inferred",
        "(? = inferred, not declared)",
    ]


def test_an_edge_from_vendor_facts_alone_says_so() -> None:
    """In either direction, the mark stands beside the relation of the model that was made."""
    nodes = {**FAMILY, "med": TreeNode(id="birch/med-7b", relation=FINETUNE, curated=True)}
    assert render_tree("base", nodes, {"base": ["med"]}).splitlines()[1:] == ["└─ finetune (curated) birch/med-7b"]
    upwards = render_tree("med", nodes, {"med": ["base"]}, TreeStyle(upwards=True))
    assert upwards.splitlines()[1].startswith("└─ finetune (curated) of maple/base-7b")


def test_depth_counts_what_lies_below() -> None:
    """At the last level the branches are counted instead of drawn."""
    assert render_tree("base", FAMILY, CHILDREN, TreeStyle(depth=1)).splitlines()[1:] == [
        "├─ finetune birch/med-7b  [medical]  4,321 downloads",
        "│  └─ … 1 adapter, 1 quantization, 1 merge",
        "└─ finetune ash/law-7b  (missing)",
        "   └─ … 1 merge",
    ]
    parents = {"mix": ["med", "law"]}
    upwards = render_tree("mix", FAMILY, parents, TreeStyle(depth=0, upwards=True))
    assert upwards.splitlines()[1] == "└─ … 2 parents"


def test_cycles_end() -> None:
    """Models that are made from each other refer to each other once."""
    nodes = {1: TreeNode(id="maple/a", relation=FINETUNE), 2: TreeNode(id="maple/b", relation=FINETUNE)}
    assert render_tree(1, nodes, {1: [2, 1], 2: [1]}) == (
        "maple/a\n├─ finetune maple/b\n│  └─ finetune maple/a  ↑ see above\n└─ finetune maple/a  ↑ see above\n"
    )


def test_unknown_relations_and_unknown_branches() -> None:
    """A parent without a known relation is drawn with none, and keys without a node are left out."""
    nodes = {1: TreeNode(id="maple/a"), 2: TreeNode(id="maple/b")}
    assert render_tree(1, nodes, {1: [2, 3]}) == "maple/a\n└─ maple/b\n"
    assert render_tree(1, nodes, {1: [2]}, TreeStyle(upwards=True)) == "maple/a\n└─ from maple/b\n"


def test_hostile_ids_stay_on_their_line() -> None:
    """Escapes and line ends in an id, domain or status reach no terminal."""
    nodes = {1: TreeNode(id="a\x1b[2J\nb", domains=("x\ny",), status="gone\x9b")}
    assert render_tree(1, nodes, {}) == "a\ufffd b  [x y]  (gone\ufffd)\n"


def test_the_number_of_lines_is_bounded() -> None:
    """After the last line that fits, one says that there is more."""
    nodes = {n: TreeNode(id=f"maple/{n}", relation=FINETUNE) for n in range(10)}
    drawn = render_tree(0, nodes, {n: [n + 1] for n in range(9)}, TreeStyle(lines=3))
    assert drawn.splitlines()[2:] == ["   └─ finetune maple/2", "… and more: narrow it with a smaller depth"]


@pytest.mark.parametrize("ascii_only", [False, True])
@given(columns=st.integers(20, 60), name=st.text(st.characters(exclude_characters="│├└─↑…"), max_size=80))
def test_only_ids_make_a_line_wider_than_asked(columns: int, name: str, *, ascii_only: bool) -> None:
    """A chain of two thousand long names keeps to the width but for whole ids, and does not run out of stack."""
    nodes = {n: TreeNode(id=f"maple/{name}-{n}", relation=QUANTIZED, downloads=n) for n in range(2000)}
    style = TreeStyle(columns=columns, lines=60, ascii_only=ascii_only)
    drawn = render_tree(0, nodes, {n: [n + 1] for n in range(1999)}, style)
    assert len(drawn.splitlines()) == 61
    shown = drawn.splitlines()[:60]
    ids = [
        plain(nodes[n].id).encode("ascii", "replace").decode() if ascii_only else plain(nodes[n].id) for n in range(60)
    ]
    assert all(one in line for one, line in zip(ids, shown, strict=True))
    assert all(width(line) <= columns or line.endswith(one) for one, line in zip(ids, shown, strict=True))


def test_where_a_root_comes_from_is_never_left_out() -> None:
    """On a narrow line downloads go first; what the root was likely made from stays."""
    nodes = {1: TreeNode(id="maple/a", downloads=5, origin="undeclared; likely made from oak/b, 0.81")}
    assert render_tree(1, nodes, {}) == "maple/a  (undeclared; likely made from oak/b, 0.81)  5 downloads\n"
    narrow = TreeStyle(columns=30)
    assert render_tree(1, nodes, {}, narrow) == "maple/a  (undeclared; likely made from oak/b, 0.81)\n"
