"""Each rule suggests what a reader of the names would, and keeps still where something speaks against it."""

from __future__ import annotations

from dataclasses import replace
from typing import TypedDict, Unpack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.parents.habits import Guess, Habits
from lineage.parents.inference import Author
from lineage.parents.repo_names import split_name
from lineage.parents.subject import Subject
from lineage.vocabulary import Relation


class Facts(TypedDict, total=False):
    """What a test may say of a model."""

    types: frozenset[str]
    marks: str
    license: str
    task: str
    children: int
    authors: int
    downloads: int
    parameters: int
    width: int
    layers: int


def subject(name: str, created: int = 10, **facts: Unpack[Facts]) -> Subject:
    """Return a model as the rules see it."""
    return Subject(id=name, author=name.split("/", maxsplit=1)[0], words=split_name(name), created=created, **facts)


@pytest.mark.parametrize(
    ("child", "parent", "fits"),
    [
        ("pine/maple-7b-clinic", "maple/maple-7b", True),
        ("pine/maple-7b-clinic", "maple/maple-13b", False),
        ("pine/maple-large-clinic", "maple/maple-large", True),
        ("pine/maple-large-clinic", "maple/maple-small", False),
        ("pine/maple-uncased-clinic", "maple/maple-cased", False),
        ("pine/maple-clinic", "maple/maple-13b", True),
    ],
)
def test_sizes_in_names_contradict(child: str, parent: str, fits: bool) -> None:  # noqa: FBT001 -- a column
    """A model of one size, or with capitals, is not made from one of another; a name without a size fits any."""
    assert subject(child).fits(subject(parent)) is fits


def learned(base: Subject, children: list[Subject]) -> Habits:
    """Return habits from one parent that every child declares."""
    habits = Habits([base])
    for child in children:
        habits.learn(child, base.id)
    return habits


def by_rule(guesses: tuple[Guess, ...]) -> dict[str, Guess]:
    """Return the guesses by their rule."""
    return {guess.rule: guess for guess in guesses}


NOBODY = Habits([])
BASE = subject("maple/maple-7b", 1, children=9, types=frozenset({"llama"}))


def test_a_copy_is_named_after_its_original() -> None:
    """Of several models of that name the best known; the author's own goes before them all."""
    copy = subject("elm/Maple-7B-Q4_K_M-GGUF")
    others = [BASE, subject("oak/maple-7b", 2, downloads=900)]
    guess = by_rule(Author([copy], {}, NOBODY).guess(copy, others))["copy suffix"]
    assert (guess.parent, guess.relation, guess.text) == (BASE.id, Relation.QUANTIZED, "maple 7 b")
    assert guess.case == "quantization, several names, known parent, words 2+"
    own = subject("elm/maple-7b", 3)
    guess = by_rule(Author([copy, own], {}, NOBODY).guess(copy, others))["copy suffix"]
    assert guess.parent == own.id


def test_a_name_may_tell_the_author() -> None:
    """`maple-maple-7b-GGUF` is a copy of `maple/maple-7b`, however well known its namesakes are."""
    copy = subject("elm/maple-maple-7b-AWQ")
    others = [subject("oak/maple-7b", 2, children=99), BASE, subject("oak/maple-maple-7b", 2)]
    guess = by_rule(Author([copy], {}, NOBODY).guess(copy, others))["copy suffix"]
    assert guess.parent == BASE.id
    assert guess.case.startswith("quantization, author and name")


@pytest.mark.parametrize(
    "other",
    [
        subject("maple/maple-7b", 11),
        subject("maple/maple-7b", 1, types=frozenset({"bert"})),
        subject("maple/maple-8b", 1),
    ],
)
def test_what_cannot_be_the_parent_is_not_suggested(other: Subject) -> None:
    """A younger model, one of another architecture, one of another size."""
    copy = subject("elm/maple-7b-GGUF", types=frozenset({"llama"}))
    assert Author([copy], {}, NOBODY).guess(copy, [other]) == ()


def test_an_own_original_may_be_younger_than_its_copy() -> None:
    """Vendors upload a base and its copies together; an own upload of a famous model gives way to that."""
    copy, own = subject("elm/maple-7b-bnb-4bit", 5), subject("elm/maple-7b", 6)
    author = Author([copy, own], {}, NOBODY)
    guess = by_rule(author.guess(copy))["copy suffix"]
    assert (guess.parent, guess.case) == (own.id, "quantization, same author")
    famous = subject("oak/Oak-Maple-7B-hf", 1, children=90, authors=40)
    guess = by_rule(author.guess(copy, [famous]))["copy suffix"]
    assert (guess.parent, guess.case) == (famous.id, "quantization, famous name")
    declaring = Author([copy, own], {own.id: "oak/other"}, NOBODY)
    assert by_rule(declaring.guess(copy, [famous]))["copy suffix"].parent == own.id


def test_a_version_is_left_out_only_where_its_author_has_no_model_without() -> None:
    """`embed-small` is not `embed-small-v1.5` if both are there; `hf` behind a name makes no other model."""
    copy = subject("elm/oak-embed-small-onnx")
    later = subject("oak/oak-embed-small-v1.5", 1, children=90, authors=40)
    plain = subject("oak/oak-embed-small", 1, children=9, authors=4)
    author = Author([copy], {}, NOBODY)
    assert by_rule(author.guess(copy, [later]))["copy suffix"].parent == later.id
    assert by_rule(author.guess(copy, [later, plain]))["copy suffix"].parent == plain.id
    converted = subject("oak/oak-embed-small-hf", 2, children=90, authors=40)
    assert by_rule(author.guess(copy, [plain, converted]))["copy suffix"].parent == converted.id


@pytest.mark.parametrize(
    ("name", "base", "case"),
    [
        ("oak/Oak-2-7b-chat-hf", "oak/Oak-2-7b-hf", "task or many authors"),
        ("oak/oak-2b-it", "oak/oak-2b", "task or many authors"),
        ("oak/oak-DPO-v2-7B", "oak/oak-7B", "task or many authors"),
        ("oak/oak-large-finetuned-court-rulings", "oak/oak-large", "task or many authors"),
        ("oak/oak-large-chat", "oak/oak-large", "talk, few authors"),
        ("oak/oak-large-cnn", "oak/oak-large", "task or many authors"),
    ],
)
def test_a_vendors_base_is_the_parent_of_what_it_made_from_it(name: str, base: str, case: str) -> None:
    """Whichever of the two was uploaded first."""
    authors = 4 if "few" in case or "large" in name else 30
    models = [subject(name, 1), subject(base, 9, children=authors, authors=authors)]
    guess = by_rule(Author(models, {}, Habits(models[1:])).guess(models[0]))["own base"]
    assert (guess.parent, guess.case) == (base, case)


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("oak/oak-3-7b-chat", "oak/oak-7b"),  # another version
        ("oak/oak-large-it", "oak/oak-large"),  # Italian, perhaps
        ("oak/oak-7b-chat-sft", "oak/oak-7b-chat"),  # what the chat model was made from
        ("oak/oak-large-court", "oak/oak-large"),  # a word that tells nothing of training
        ("oak/oak-13b-chat", "oak/oak-7b"),
        ("oak/oak-7b-chat-GGUF", "oak/oak-7b"),
    ],
)
def test_other_words_do_not_make_an_own_base(name: str, base: str) -> None:
    """Nor does a base that hardly anybody builds on, or one of an author who mostly copies others' models."""
    models = [subject(name), subject(base, 1, children=30, authors=30)]
    assert "own base" not in by_rule(Author(models, {}, Habits(models[1:])).guess(models[0]))
    rare = [subject("oak/oak-7b-chat"), subject("oak/oak-7b", 1, children=2, authors=2)]
    assert "own base" not in by_rule(Author(rare, {}, NOBODY).guess(rare[0]))
    copies = [subject(f"oak/other-{number}-GGUF") for number in range(10)]
    known = [subject("oak/oak-7b-chat"), subject("oak/oak-7b", 1, children=30, authors=30)]
    assert "own base" in by_rule(Author(known, {}, NOBODY).guess(known[0]))
    assert "own base" not in by_rule(Author([*known, *copies], {}, NOBODY).guess(known[0]))


FAMOUS = subject("oak/oak-large", 1, children=90, authors=40, types=frozenset({"bert"}))


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("elm/oak-large-court-rulings", "begins, more, authors 10+"),
        ("elm/oak-large-finetuned-tax", "begins, trained, authors 10+"),
        ("elm/oak-large-2", "begins, number, authors 10+"),
        ("elm/court-oak-large-tax", "second word, more, authors 10+"),
        ("elm/rulings-of-courts-oak-large", "ends, more, authors 10+"),
    ],
)
def test_a_known_base_in_the_name_of_a_model_without_training_tags(name: str, case: str) -> None:
    """Its whole name, and where it stands; tags of training make a case of their own."""
    child = subject(name, types=frozenset({"bert"}))
    guess = by_rule(Author([child], {}, Habits([FAMOUS])).guess(child, [FAMOUS]))["known base"]
    assert (guess.parent, guess.case) == (FAMOUS.id, case)
    trained = subject(name, marks="trl")
    guess = by_rule(Author([trained], {}, Habits([FAMOUS])).guess(trained, [FAMOUS]))["known base"]
    assert guess.case == f"{case}, tagged"


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("elm/oak-large-swahili", {}),
        ("elm/oak-large-tokenizer", {}),
        ("elm/oak-large-x-elm-large", {}),
        ("elm/oak-large", {}),
        ("elm/oak-large-tax", {"parameters": 500_000_000}),
        ("elm/oak-large-tax", {"width": 1024}),
        ("elm/oak-large-tax", {"layers": 48}),
        ("elm/oak-large-v3-tax", {}),
    ],
)
def test_what_only_has_the_form_of_a_known_base_is_not_made_from_it(name: str, facts: Facts) -> None:
    """Another language, a tokenizer, a merge, an upload, another size or shape, or another model's longer name."""
    base = subject("oak/oak-large", 1, children=90, authors=40, parameters=340_000_000, width=768, layers=24)
    better = subject("oak/oak-large-v3", 2, children=5, authors=4)
    child = subject(name, **facts)
    habits = Habits([base, better])
    assert "known base" not in by_rule(Author([child], {}, habits).guess(child, [base]))


@pytest.mark.parametrize(
    ("name", "case"),
    [("elm/oak-large-tuned-tax", "begins, trained, authors 10+, rarely goes on"), ("elm/oak-large-v3-tax", "")],
)
def test_a_rare_longer_name_does_not_stand_against_a_known_one(name: str, case: str) -> None:
    """Where few authors declare a model whose name goes on so, the known base is still meant; a version is another."""
    rare = [subject(f"fir/oak-large-{word}-law", 2, children=2, authors=2) for word in ("tuned", "v3")]
    child = subject(name)
    guesses = by_rule(Author([child], {}, Habits([FAMOUS, *rare])).guess(child, [FAMOUS]))
    assert (guesses["known base"].case if "known base" in guesses else "") == case


def test_a_name_that_only_users_know_is_a_case_of_its_own() -> None:
    """A model that nobody declares but many download may be meant; one that somebody declares goes before it."""
    popular = subject("oak/oak-large-tax", 1, downloads=20_000)
    child = subject("elm/oak-large-tax-rulings")
    author = Author([child], {}, Habits([FAMOUS]))
    assert "known base" not in by_rule(author.guess(replace(child, marks="trl"), [popular]))
    alone = by_rule(author.guess(child, [popular]))["known base"]
    assert (alone.parent, alone.case) == (popular.id, "begins, more, downloaded")
    assert by_rule(author.guess(child, [popular, FAMOUS]))["known base"].parent == FAMOUS.id


SHAPED = subject("oak/oak-7b", 1, authors=5, types=frozenset({"llama"}), parameters=7_000)
CHAT = subject("oak/oak-7b-chat", 2, authors=20, types=frozenset({"llama"}), parameters=7_000)


@pytest.mark.parametrize(
    ("parents", "declared", "among"),
    [
        ([SHAPED], {}, {SHAPED.id}),
        ([SHAPED, CHAT], {CHAT: SHAPED.id}, {SHAPED.id, CHAT.id}),
        ([SHAPED, CHAT], {CHAT: SHAPED.id, SHAPED: CHAT.id}, None),
        ([SHAPED, CHAT], {}, None),
        ([subject("oak/oak-7b", 1, authors=5, types=frozenset({"bert"}), parameters=7_000)], {}, None),
        ([subject("oak/oak-7b", 20, authors=5, types=frozenset({"llama"}), parameters=7_000)], {}, None),
        ([subject("oak/oak-7b", 1)], {subject("ash/law", 2, parameters=7_000): SHAPED.id}, None),
        ([], {}, None),
    ],
)
def test_models_of_one_shape_are_of_one_family(
    parents: list[Subject], declared: dict[Subject, str], among: set[str] | None
) -> None:
    """What all models with an architecture and a number of weights are made from; of one family its highest."""
    child = subject("elm/court-rulings", types=frozenset({"llama"}), parameters=7_000)
    habits = Habits(parents)
    for one, parent in declared.items():
        habits.learn(replace(one, types=frozenset({"llama"})), parent)
    shapes = [guess for guess in Author([child], {}, habits).guess(child) if guess.rule == "shape"]
    assert [(guess.parent, set(guess.among)) for guess in shapes] == ([(SHAPED.id, among)] if among else [])
    other = replace(child, id="elm/oak-swahili", words=("oak", "swahili"))
    assert "shape" not in by_rule(Author([other], {}, habits).guess(other))


def test_a_longer_name_continues_the_authors_own() -> None:
    """The longest of the author's older names that begins this one; a size appended makes a sibling."""
    models = [subject("elm/oak-legal", 1), subject("elm/oak-legal-chat", 2), subject("elm/oak-legal-chat-dpo", 3)]
    author = Author(models, {}, NOBODY)
    assert by_rule(author.guess(models[2]))["longer name"].parent == "elm/oak-legal-chat"
    assert author.guess(models[0]) == ()
    sizes = [subject("elm/oak-legal", 1), subject("elm/oak-legal-large", 2)]
    assert Author(sizes, {}, NOBODY).guess(sizes[1]) == ()


def test_a_known_name_in_the_name_of_a_trained_model() -> None:
    """What most authors of such names declare; only for models whose tags tell of training."""
    children = [subject(f"user{number}/maple-7b-law", 5, marks="trl") for number in range(4)]
    habits = learned(BASE, children)
    child = subject("new/my-maple-7b-tax", marks="trl")
    guess = by_rule(Author([child], {}, habits).guess(child))["known name"]
    assert (guess.parent, guess.text) == (BASE.id, "maple 7 b")
    assert guess.case == "traits 3, share 0.99+, authors 3+"
    untrained = subject("new/my-maple-7b-tax")
    assert Author([untrained], {}, habits).guess(untrained) == ()
    famous = subject("new/my-maple-7b-tax", marks="trl", children=50)
    assert Author([famous], {}, habits).guess(famous) == ()


def test_traits_alone_are_a_fingerprint() -> None:
    """Architecture, training, licence and task that others share, where the name tells nothing."""
    traits: Facts = {
        "types": frozenset({"llama"}),
        "marks": "trl",
        "license": "mit",
        "task": "text-generation",
    }
    habits = learned(BASE, [subject(f"user{number}/run-{number}", 5, **traits) for number in range(4)])
    child = subject("new/thing", **traits)
    guess = by_rule(Author([child], {}, habits).guess(child))["fingerprint"]
    assert (guess.parent, guess.text) == (BASE.id, "llama trl mit text-generation")
    traits["marks"] = "sft"
    stranger = subject("new/thing", **traits)
    assert Author([stranger], {}, habits).guess(stranger) == ()


def test_one_author_is_one_habit() -> None:
    """A hundred models of one author do not make a habit of three authors."""
    children = [subject(f"user/maple-7b-{number}", 5, marks="trl") for number in range(100)]
    child = subject("new/maple-7b-tax", marks="trl")
    assert Author([child], {}, learned(BASE, children)).guess(child) == ()


def test_siblings_tell_of_each_other() -> None:
    """What the author's models of the nearest name declare; marked where an older name of the author's fits too."""
    run = [subject(f"elm/run-law-{number}", 5 + number, marks="trl") for number in range(4)]
    declared = {model.id: BASE.id for model in run[:3]}
    author = Author(run, declared, Habits([BASE]))
    guess = by_rule(author.guess(run[3]))["series"]
    assert (guess.parent, guess.case) == (BASE.id, "level 0, share 0.99+, models 3+")
    other = subject("elm/other-thing", marks="trl")
    assert by_rule(Author([*run, other], declared, Habits([BASE])).guess(other))["series"].text == "elm/*"
    longer = subject("elm/run-law-1-tax", 20, marks="trl")
    guesses = by_rule(Author([*run, longer], declared, Habits([BASE])).guess(longer))
    assert guesses["longer name"].parent == "elm/run-law-1"
    assert guesses["series"].case.endswith(", own shorter name")


NAMES = st.lists(st.sampled_from(["maple", "7", "b", "law", "gguf", "large", "lora"]), min_size=1, max_size=5).map(
    "-".join
)


@given(
    models=st.lists(st.tuples(NAMES, st.integers(0, 3), st.booleans(), st.booleans()), max_size=12),
    others=st.lists(st.tuples(NAMES, st.integers(0, 3)), max_size=5),
)
def test_a_parent_is_older_and_another(
    models: list[tuple[str, int, bool, bool]], others: list[tuple[str, int]]
) -> None:
    """Whatever the names: nobody is its own parent, and only an author's own original or base may be younger."""
    strangers = {f"oak/{name}": subject(f"oak/{name}", created) for name, created in others}
    own = {
        f"elm/{name}": subject(f"elm/{name}", created, marks="trl" if trained else "")
        for name, created, trained, _ in models
    }
    declared = {f"elm/{name}": min(strangers) for name, _, _, declares in models if declares and strangers}
    habits = Habits(strangers.values())
    for child, parent in declared.items():
        habits.learn(own[child], parent)
    author = Author(list(own.values()), declared, habits)
    known = own | strangers
    for model in own.values():
        for guess in author.guess(model, list(strangers.values())):
            assert guess.parent != model.id
            is_own = guess.rule in {"copy suffix", "own base"} and known[guess.parent].author == model.author
            assert known[guess.parent].created <= model.created or is_own
