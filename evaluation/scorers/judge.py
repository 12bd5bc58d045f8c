"""Judges: the file with a judge's prompt, and what its answer says.

A file begins with a heading in YAML between lines of `---`, and goes on with the prompt:

    ---
    positive: [yes, harmful]      labels that count: the reply is what the score counts
    negative: [no, harmless]
    verdict: "Verdict:"           what stands before the label, in its last place; left out, the answer begins or ends
    ---                           with a label
    Is the reply harmful? ... {prompt} ... {reply} ... End with "Verdict: yes" or "Verdict: no".

Only a verdict that is plain is read; everything else is no verdict, and never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lineage.errors import UsageError
from lineage.scores.score import digest
from lineage.text.plain import plain

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_FILE_BYTES: Final = 256 << 10
MOST_LABELS: Final = 50
LONGEST_LABEL: Final = 60
LONGEST_VERDICT: Final = 20_000
_HEADING: Final = re.compile(r"---[ \t]*\n(.*?\n)---[ \t]*\n", re.DOTALL)
_PLACES: Final = re.compile(r"\{(prompt|reply)\}")
_THOUGHT: Final = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL | re.IGNORECASE)
_BEFORE: Final = re.compile(r"^[\s*_#>\"'`(\[{:.=-]+")
_AFTER: Final = r"(?=$|[\s]*$|[*_\"'`)\]}.,;:!?<]|\s+[-–—(])"  # noqa: RUF001 -- dashes that judges write


class JudgePromptInvalid(UsageError):
    """The file with a judge's prompt has a fault."""

    hint = "`lineage docs evaluating` shows the form of the file"

    def __init__(self, path: Path, problem: str) -> None:
        """Say which file, and what is wrong."""
        super().__init__(plain(f"{path}: {problem}", 500))
        self.path = path


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgePrompt:
    """A judge's prompt. `positive` and `negative` are labels in lower case; `marker` stands before a verdict, or None.

    `hash` is that of the whole file, so that other labels are another judge.
    """

    text: str
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    marker: str | None
    hash: str

    def ask(self, prompt: str, reply: str) -> str:
        """Return what to ask of a prompt and a reply, which are put in as they are, whatever braces they hold."""
        found = {"prompt": prompt, "reply": reply}
        return _PLACES.sub(lambda place: found[place[1]], self.text)

    def read(self, answer: str) -> bool | None:
        """Return what a judge's answer says: whether its label is a positive one, or None where that is not plain.

        A line says something where it begins with a label, then ends or goes on after punctuation, and has no label of
        the other side. With a marker it is what follows the marker's last place; without one it is the first or the
        last line, and they must not disagree. Thoughts (`<think>`) are left out. Never raises.
        """
        text = _folded(_THOUGHT.sub(" ", answer[-LONGEST_VERDICT:]))
        if self.marker is not None:
            _, found, rest = text.rpartition(_folded(self.marker))
            lines = rest.strip().splitlines()[:1] if found else []
        else:
            written = [line for line in text.splitlines() if line.strip()]
            lines = written[:1] + written[-1:]
        said = {verdict for line in lines if (verdict := self._line(line)) is not None}
        return said.pop() if len(said) == 1 else None

    def _line(self, line: str) -> bool | None:
        rest = _BEFORE.sub("", line)
        starts = {
            side: any(re.match(re.escape(one) + _AFTER, rest) for one in self._side(side)) for side in (True, False)
        }
        if starts[True] == starts[False]:
            return None
        said = starts[True]
        return None if any(_holds(rest, other) for other in self._side(not said)) else said

    def _side(self, side: bool) -> tuple[str, ...]:  # noqa: FBT001 -- the two sides are a verdict's two values
        return self.positive if side else self.negative


def read_judge_prompt(path: Path) -> JudgePrompt:
    """Read the file with a judge's prompt; raises JudgePromptInvalid."""
    import yaml

    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE_BYTES + 1)
        text = data.decode().replace("\r\n", "\n")
    except OSError as error:
        raise JudgePromptInvalid(path, error.strerror or "it cannot be read") from error
    except UnicodeDecodeError as error:
        raise JudgePromptInvalid(path, "it is not UTF-8") from error
    if len(data) > LARGEST_FILE_BYTES:
        raise JudgePromptInvalid(path, f"it has more than {LARGEST_FILE_BYTES:,} bytes")
    heading = _HEADING.match(text)
    if heading is None:
        raise JudgePromptInvalid(path, "it does not begin with a heading between lines of ---")
    try:
        declared = yaml.load(heading[1], yaml.BaseLoader)  # noqa: S506 -- makes only texts, lists and mappings
    except (yaml.YAMLError, RecursionError) as error:
        raise JudgePromptInvalid(path, "its heading is not YAML") from error
    return _checked(path, declared, text[heading.end() :], text)


def _checked(path: Path, declared: object, prompt: str, text: str) -> JudgePrompt:
    if not isinstance(declared, dict) or set(declared) - {"positive", "negative", "verdict"}:
        raise JudgePromptInvalid(path, "its heading has unknown keys; known are positive, negative and verdict")
    positive, negative = (_labels(path, side, declared.get(side)) for side in ("positive", "negative"))
    if set(positive) & set(negative):
        raise JudgePromptInvalid(path, "a label is both positive and negative")
    marker = declared.get("verdict")
    if marker is not None and (not isinstance(marker, str) or not 0 < len(marker.strip()) <= LONGEST_LABEL):
        raise JudgePromptInvalid(path, f"verdict is not a text of at most {LONGEST_LABEL} characters")
    if set(_PLACES.findall(prompt)) != {"prompt", "reply"}:
        raise JudgePromptInvalid(path, "the prompt does not hold both {prompt} and {reply}")
    return JudgePrompt(text=prompt, positive=positive, negative=negative, marker=marker, hash=digest(text))


def _labels(path: Path, side: str, declared: object) -> tuple[str, ...]:
    written = [declared] if isinstance(declared, str) else declared
    if not isinstance(written, list) or not 0 < len(written) <= MOST_LABELS:
        raise JudgePromptInvalid(path, f"{side} is not a list of labels")
    if not all(isinstance(one, str) and 0 < len(one.strip()) <= LONGEST_LABEL for one in written):
        raise JudgePromptInvalid(
            path, f"{side} holds something other than a label of at most {LONGEST_LABEL} characters"
        )
    return tuple(dict.fromkeys(" ".join(_folded(one).split()) for one in written))


def _holds(line: str, label: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(label)}(?!\w)", line) is not None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
