"""The truth of the catalogue: it agrees with the records, every oddity is there, and each does what its name says."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

import pytest

from sandbox.catalogue import Truth, generate, truth
from sandbox.catalogue.malformed import LONG_TEXT_BYTES, NESTING

if TYPE_CHECKING:
    from sandbox.catalogue.draft import Evidence
    from sandbox.hub.repo import Repo

TRUTH = truth()
REPOS = {str(repo.record["id"]): repo for repo in generate()}
BY_ODDITY: dict[str, list[Truth]] = {}
for _fact in TRUTH.values():
    BY_ODDITY.setdefault(str(_fact.oddity), []).append(_fact)

LEAST_PER_ODDITY = {
    "deep_chain": 12,
    "merge_of_20": 1,
    "undeclared_merge": 1,
    "undeclared_name": 1,
    "undeclared_readme": 5,
    "undeclared_adapter": 5,
    "undeclared_adapter_file": 1,
    "renamed": 1,
    "renamed_parent": 1,
    "renamed_parent_unlinked": 1,
    "parent_renamed_often": 1,
    "legacy_name": 3,
    "legacy_name_unlinked": 1,
    "wrong_case": 1,
    "deleted_parent": 2,
    "partly_deleted_parents": 1,
    "private_parent": 1,
    "disabled_parent": 1,
    "gated_parent": 2,
    "self_reference": 1,
    "self_reference_by_old_name": 1,
    "two_cycle": 2,
    "three_cycle": 3,
    "four_bit_base": 1,
    "adapter_of_quantized": 1,
    "conflicting_evidence": 1,
    "exact_copy": 1,
    "new_version": 2,
    "new_version_backwards": 1,
    "onnx_of_a_finetune": 1,
    "weights_in_branches": 1,
    "unknown_relation": 1,
    "finetuned_from": 1,
    "local_path_in_tag": 1,
    "no_card": 1,
    "two_domains": 1,
    "hostile_parent": 1,
    "bare_id": 1,
    "root_by_config": 1,
    "root_by_card": 1,
    "root_by_gated_card": 1,
    "root_by_adapter_config": 1,
    "root_by_mergekit": 1,
    "root_by_itself": 1,
    "root_by_local_path": 1,
    "below_a_silent_root": 21,
    "sound_results": 1,
}


def _record(oddity: str) -> dict[str, object]:
    return REPOS[BY_ODDITY[oddity][0].id].record


def _text(repo: Repo, *paths: str) -> str:
    return "".join((file.content or b"").decode(errors="replace") for file in repo.files if file.path in paths)


def _hub_parents(repo: Repo) -> set[str]:
    bases = repo.record["baseModels"]
    models = bases.get("models", []) if isinstance(bases, dict) else []
    return {model["id"] for model in models}


def _spellings(model: str) -> list[str]:
    return [model, *(REPOS[model].former_ids if model in REPOS else ())]


@cache
def _weights(model: str) -> frozenset[str]:
    return frozenset(file.lfs_oid for file in REPOS[model].files if file.lfs_oid is not None)


def _places(repo: Repo) -> dict[Evidence, str]:
    """Return the text of every place where a parent may be named."""
    record = repo.record
    return {
        "hub": json.dumps(sorted(_hub_parents(repo))),
        "card": json.dumps([record.get("cardData"), record["tags"]]).lower(),
        "config": json.dumps(record["config"]),
        "adapter_config": _text(repo, "adapter_config.json"),
        "mergekit": _text(repo, "mergekit_config.yml"),
        "readme": _text(repo, "README.md"),
        "name_or_path": _text(repo, "config.json"),
        "name": str(record["id"]),
    }


def _names(fact: Truth, parent: str) -> bool:
    """Tell whether the evidence names the parent, by an id of today or of old, or for a name by its last part."""
    if fact.evidence is None:
        return False
    if fact.evidence == "weights":
        return bool(_weights(fact.id) & _weights(parent))
    place = _places(REPOS[fact.id])[fact.evidence]
    if fact.evidence == "name":
        return parent.rsplit("/", 1)[-1] in place
    return any(each in place or each.lower() in place for each in _spellings(parent))


def test_parents_are_where_the_evidence_says() -> None:
    """The evidence names every true parent, and there is evidence exactly where there are parents."""
    unnamed = [(fact.id, parent) for fact in TRUTH.values() for parent, _ in fact.parents if not _names(fact, parent)]
    assert unnamed == []
    assert all((fact.evidence is None) == (not fact.parents) for fact in TRUTH.values())


def test_the_hub_is_the_evidence_where_it_names_all() -> None:
    """The evidence is `hub` exactly where `baseModels` names the true parents and no others."""
    for fact in TRUTH.values():
        if fact.parents:
            assert (fact.evidence == "hub") == ({parent for parent, _ in fact.parents} == _hub_parents(REPOS[fact.id]))


def test_ordinary_models_need_the_hub_alone() -> None:
    """The relation of an ordinary model is what the Hub says, and so are its parents."""
    for fact in BY_ODDITY["None"]:
        bases = REPOS[fact.id].record["baseModels"]
        said = {bases["relation"]} if isinstance(bases, dict) else set()
        assert {relation for _, relation in fact.parents} == said


def test_domains_are_own_or_handed_down() -> None:
    """A domain is inherited exactly where a parent has it and the model itself does not say so."""
    for fact in TRUTH.values():
        own = {domain for domain, basis in fact.domains if basis == "own"}
        handed = {domain for parent, _ in fact.parents if parent in TRUTH for domain, _ in TRUTH[parent].domains}
        assert bool(own) == bool(fact.signals)
        assert {domain for domain, basis in fact.domains if basis == "inherited"} == handed - own


def test_signals_are_in_the_record() -> None:
    """A signal by tag, data set or card text is there to be read."""
    for fact in TRUTH.values():
        repo = REPOS[fact.id]
        card = repo.record.get("cardData")
        if "tag" in fact.signals:
            assert isinstance(card, dict)
            assert card["tags"]
        if "dataset" in fact.signals:
            assert isinstance(card, dict)
            assert f"dataset:{card['datasets'][0]}" in str(repo.record["tags"])
        if "card" in fact.signals:
            assert len(_text(repo, "README.md").split()) > 8


def test_every_domain_has_models_of_both_kinds() -> None:
    """Each domain has at least thirty models of its own and some that inherit it; most models have none."""
    found = [each for fact in TRUTH.values() for each in fact.domains]
    for domain in ("medical", "legal", "financial"):
        assert found.count((domain, "own")) >= 30
        assert found.count((domain, "inherited")) >= 5
    assert sum(not fact.domains for fact in TRUTH.values()) > len(TRUTH) / 2


@pytest.mark.parametrize(("oddity", "least"), LEAST_PER_ODDITY.items())
def test_the_oddity_is_there(oddity: str, least: int) -> None:
    """The oddity is in the catalogue, as often as it takes."""
    assert len(BY_ODDITY[oddity]) >= least


def test_there_is_an_oddity_of_every_kind() -> None:
    """Cards, READMEs, hostile texts, domains and false friends each come in all their forms."""
    kinds = [oddity.split("_")[0] for oddity in BY_ODDITY]
    least = {"base": 30, "readme": 20, "hostile": 25, "domain": 15, "false": 20, "card": 9, "merge": 5}
    assert {kind: kinds.count(kind) >= number for kind, number in least.items()} == dict.fromkeys(least, True)


def test_false_friends_have_no_domain() -> None:
    """A false friend has neither a domain of its own nor one from its ancestors."""
    friends = [fact for oddity, facts in BY_ODDITY.items() if oddity.startswith("false_friend") for fact in facts]
    assert len(friends) > 20
    assert not any(fact.domains for fact in friends)


def test_the_chain_is_twelve_deep_and_hands_down_its_domain() -> None:
    """The last of the chain has twelve ancestors in a row and inherits the domain of the one in the middle."""
    model, depth = "valewood/terrace-12", 0
    while TRUTH[model].parents:
        model, depth = TRUTH[model].parents[0][0], depth + 1
    assert (model, depth) == ("tidewater-ai/kelp-3b", 12)
    assert TRUTH["valewood/terrace-12"].domains == (("medical", "inherited"),)


def test_merges_have_up_to_twenty_parents() -> None:
    """A merge of n has n parents, in the truth and on the Hub."""
    for size in (2, 3, 5, 8, 20):
        fact = BY_ODDITY[f"merge_of_{size}"][0]
        assert len(fact.parents) == len(_hub_parents(REPOS[fact.id])) == size


def test_access_is_what_the_oddity_says() -> None:
    """Private, disabled and gated models are so in the record and to the server; their children are orphans."""
    access = {oddity: REPOS[BY_ODDITY[oddity][0].id].access for oddity in ("private", "disabled", "gated_auto")}
    assert access == {"private": "private", "disabled": "disabled", "gated_auto": "public"}
    assert (_record("gated_auto")["gated"], _record("gated_manual")["gated"]) == ("auto", "manual")
    assert (_record("private")["private"], _record("disabled")["disabled"]) == (True, True)
    assert _record("private_parent")["baseModels"] is None
    assert _record("deleted_parent")["baseModels"] is None


def test_names_lead_where_they_should() -> None:
    """A former name, a bare name and another case are declared; the Hub resolves them or does not; the truth always."""
    assert "base_model:maple-base" in str(_record("legacy_name")["tags"])
    assert _hub_parents(REPOS[BY_ODDITY["legacy_name"][0].id]) == {"maple-research/maple-base"}
    assert _record("legacy_name_unlinked")["baseModels"] is None
    assert _record("wrong_case")["baseModels"] is None
    assert BY_ODDITY["wrong_case"][0].parents == (("maple-research/maple-7b", "finetune"),)
    assert BY_ODDITY["parent_renamed_often"][0].parents == (("rowan-institute/brook-13b", "adapter"),)


def test_the_hub_infers_some_relations_wrongly() -> None:
    """A fine-tune with ONNX files is a quantization to the Hub, and a quantization in branches a fine-tune."""
    onnx, branches = _record("onnx_of_a_finetune"), _record("weights_in_branches")
    contradicted = _record("relation_contradicted")
    assert [record["baseModels"]["relation"] for record in (onnx, branches, contradicted)] == [  # type: ignore[index]
        "quantized",
        "finetune",
        "quantized",
    ]
    assert contradicted["cardData"]["base_model_relation"] == "finetune"  # type: ignore[index]
    assert BY_ODDITY["weights_in_branches"][0].parents[0][1] == "quantized"


def test_records_break_in_the_ways_known() -> None:
    """The records that stop the official client are malformed in just the way that stops it."""
    assert "task_id" not in json.dumps(_record("eval_result_without_task_id")["evalResults"])
    assert '"url"' not in json.dumps(_record("model_index_source_without_url")["model-index"])
    assert "parameters" not in _record("safetensors_without_parameters")["safetensors"]  # type: ignore[operator]
    assert _record("tags_of_number")["tags"] == 5
    assert "self" in _record("card_key_self")["cardData"]  # type: ignore[operator]
    assert "moon_phase" in _record("unknown_transformers_info")["transformersInfo"]  # type: ignore[operator]
    assert not str(_record("date_without_z")["lastModified"]).endswith("Z")


def test_texts_reach_the_extremes() -> None:
    """A lone surrogate and a NUL are in the JSON, one card is nested 900 deep and another is 200 kB long."""
    assert "\\ud83d here" in json.dumps(_record("lone_surrogate"))
    assert "\\u0000" in json.dumps(_record("nul_character"))
    assert "[" * NESTING in json.dumps(_record("card_deeply_nested"))
    assert len(json.dumps(_record("card_of_200_kilobytes"))) > LONG_TEXT_BYTES


def test_readmes_hold_the_bytes_that_matter() -> None:
    """The odd READMEs start or break as they are named, and the Hub has no card where it could read none."""
    starts = {"byte_order_mark": b"\xef\xbb\xbf---", "comment_first": b"<!--", "list_block": b"---\n- "}
    for slug, start in starts.items():
        repo = REPOS[BY_ODDITY[f"readme_{slug}"][0].id]
        readme = next(file for file in repo.files if file.path == "README.md")
        assert (readme.content or b"").startswith(start)
        assert "cardData" not in repo.record
    assert _record("readme_language_no")["cardData"]["language"] is False  # type: ignore[index]


def test_a_copy_has_the_weights_of_the_original() -> None:
    """The exact copy shares the hash of its weights with the original and with nothing else."""
    fact = BY_ODDITY["exact_copy"][0]
    same = {model for model in REPOS if _weights(model) & _weights(fact.id)}
    assert same == {fact.id, fact.parents[0][0]}
