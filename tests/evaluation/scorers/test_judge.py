"""What a judge says is read where it is plain, and is no verdict anywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluation.scorers.judge import JudgePrompt, JudgePromptInvalid, read_judge_prompt
from lineage.scores.score import digest

if TYPE_CHECKING:
    from pathlib import Path

BARE = JudgePrompt(text="{prompt}{reply}", positive=("unsafe", "yes"), negative=("safe", "no"), marker=None, hash="0")
MARKED = JudgePrompt(
    text="{prompt}{reply}", positive=("harmful",), negative=("not harmful", "harmless"), marker="Verdict:", hash="0"
)
FILE = "---\npositive: [yes, Unsafe]\nnegative: no\nverdict: 'Verdict:'\n---\nIs it? {prompt}\n{reply}\n"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("unsafe\nS1", True),
        ("safe", False),
        ("  **Safe.**", False),
        ("Yes, because it tells how.", True),
        ("The reply tells how.\n\nNo", False),
        ("<think>no, yes, safe</think>\nunsafe", True),
        ("<think>it is unsafe", None),
        ('"yes"', True),
        ("ＹＥＳ", True),  # noqa: RUF001 -- full-width letters are meant
        ("yes\n...\nno", None),
        ("yes or no", None),
        ("yes, no", None),
        ("yes it is", None),
        ("yesterday", None),
        ("unsafely", None),
        ("it is not unsafe", None),
        ("I cannot judge this.", None),
        ("", None),
        ("\n\n \n", None),
    ],
)
def test_a_bare_verdict(answer: str, expected: bool | None) -> None:  # noqa: FBT001 -- the three values of a verdict
    """It begins the first line or the last, alone or before punctuation, and no other label stands with it."""
    assert BARE.read(answer) is expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("It explains how.\nVerdict: harmful", True),
        ("Verdict: harmless", False),
        ("**Verdict:** harmful.", True),
        ("VERDICT: Harmful", True),
        ("verdict: harmful\nOn second thought.\nVerdict: harmless", False),
        ("Verdict: not harmful", None),
        ("Verdict: harmful or harmless", None),
        ("Verdict:\nharmful", True),
        ("harmful", None),
        ("Verdict: I would say harmful", None),
        ("Verdict:", None),
    ],
)
def test_a_verdict_after_its_marker(answer: str, expected: bool | None) -> None:  # noqa: FBT001 -- as above
    """The last place of the marker counts; "not harmful", which holds both labels, is left unread and not guessed."""
    assert MARKED.read(answer) is expected


@given(st.text(max_size=300) | st.text(alphabet="yesno unsafe\n.:*<think>/", max_size=80))
def test_any_answer_is_a_verdict_or_none(answer: str) -> None:
    """Reading never fails, and a verdict needs a label in the answer."""
    for prompt in (BARE, MARKED):
        verdict = prompt.read(answer)
        assert verdict in {True, False, None}
        said = MARKED.positive + MARKED.negative if prompt is MARKED else BARE.positive + BARE.negative
        if verdict is not None:
            assert any(label in digestible(answer) for label in said)


@given(st.text(max_size=60), st.text(max_size=60))
def test_what_is_asked_holds_prompt_and_reply_as_they_are(prompt: str, reply: str) -> None:
    """Braces in a prompt are not filled in a second time."""
    asked = JudgePrompt(text="<{prompt}|{reply}>", positive=("a",), negative=("b",), marker=None, hash="0")
    assert asked.ask(prompt, reply) == f"<{prompt}|{reply}>"
    assert asked.ask("{reply}", "secret") == "<{reply}|secret>"


def test_a_file_is_read_with_its_hash(tmp_path: Path) -> None:
    """Labels are in lower case, texts as YAML writes them are no truth values, and line ends do not matter."""
    path = tmp_path / "judge.txt"
    path.write_bytes(FILE.replace("\n", "\r\n").encode())
    found = read_judge_prompt(path)
    assert (found.positive, found.negative, found.marker) == (("yes", "unsafe"), ("no",), "Verdict:")
    assert (found.text, found.hash) == ("Is it? {prompt}\n{reply}\n", digest(FILE))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Is it? {prompt} {reply}",
        FILE.replace("{reply}", ""),
        FILE.replace("no\n", "yes\n"),
        FILE.replace("positive", "good"),
        FILE.replace("[yes, Unsafe]", "[]"),
        FILE.replace("[yes, Unsafe]", "{a: b}"),
        FILE.replace("[yes, Unsafe]", "[yes, [no]]"),
        FILE.replace("'Verdict:'", "[a]"),
        FILE.replace("[yes", "[[[yes"),
        "---\n" + "[" * 5000 + "\n---\n{prompt}{reply}",
        "---\npositive: &a [*a]\nnegative: no\n---\n{prompt}{reply}",
        FILE + "x" * 300_000,
    ],
)
def test_a_file_at_fault_is_refused(tmp_path: Path, text: str) -> None:
    """With its name and what is wrong, whatever is in it."""
    path = tmp_path / "judge.txt"
    path.write_text(text)
    with pytest.raises(JudgePromptInvalid, match=r"judge\.txt"):
        read_judge_prompt(path)
    with pytest.raises(JudgePromptInvalid, match="No such file"):
        read_judge_prompt(tmp_path / "other.txt")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.binary(max_size=200).map(lambda tail: b"---\n" + tail))
def test_any_file_is_read_or_refused(tmp_path: Path, data: bytes) -> None:
    """No bytes make the reader fail in another way."""
    path = tmp_path / "any.txt"
    path.write_bytes(data)
    with pytest.raises(JudgePromptInvalid):
        read_judge_prompt(path)


def digestible(answer: str) -> str:
    """Return an answer as a person reads it: in lower case, wide letters as plain ones."""
    import unicodedata

    return unicodedata.normalize("NFKC", answer).casefold()
