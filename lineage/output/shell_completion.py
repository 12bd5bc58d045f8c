"""What a shell is told while a word is typed: how bash cuts words, and where the word that is completed ends.

A shell runs what it inserts, and zsh what it is told, so that only names of plain characters are ever offered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lineage.selectors.parser import CLOSED
from lineage.selectors.records import EVERYTHING_WORDS, OTHER_SPELLINGS, Mark, Method

if TYPE_CHECKING:
    from collections.abc import Mapping

SHELL: Final = "_LINEAGE_COMPLETE"
HEAD: Final = "_LINEAGE_COMPLETE_HEAD"
"""Where what stands before the last piece of a word is kept: bash cuts words at colons and replaces the last piece."""
SCRIPTS: Final = {
    # The file is read when the first word is completed, and has to answer for that one too. A list of choices knows
    # nothing of the `--option=` before them.
    "zsh": """
#compdef lineage

_lineage_completion() {
  local answer="$(env _TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" _LINEAGE_COMPLETE=complete_zsh lineage)"
  [[ $words[CURRENT] == --*=* ]] && compset -P '--*='
  eval ${answer//$'\\n'/ }
}

if [[ $funcstack[1] == _lineage ]]; then
  _lineage_completion "$@"
else
  compdef _lineage_completion lineage
fi
""",
    # One question a key: to ask first whether there is an answer would take as long again.
    "fish": """
function __lineage_words
    set -l word (commandline -ct)
    set -l line (commandline -cp | string collect)
    set -l asking _LINEAGE_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=get-args
    set -l found (env $asking _TYPER_COMPLETE_ARGS="$line" lineage)
    if test (count $found) -eq 0
        __fish_complete_path $word
        return
    end
    set -l front (string match -r -- '^--[^=]+=' $word)
    string join \\n -- "$front"$found
end

complete --command lineage --no-files --arguments "(__lineage_words)"
""",
}
"""What is installed in a shell, where what comes with typer does not do all that it should."""
_TERM: Final = re.compile(r"(?s)(.*[\s,])?((?:[0-9]*\+)?)([^\s,+\"']*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The last term of a selector that is being typed: what stands before it, its method if it has one, its value."""

    front: str
    method: Method | None
    value: str


def rejoined(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what to change in the environment in which bash asks, so that `domain:medical` is one word again.

    bash cuts words at colons and equals signs. What belongs to the word that is completed but is not replaced is left
    in HEAD.
    """
    if environment.get(SHELL) != "complete_bash":
        return {}
    text = environment.get("COMP_WORDS", "")
    words = text.split("\n" if "\n" in text else " ")
    place = int(environment.get("COMP_CWORD", "0"))
    current = words[place] if place < len(words) else ""
    before, head = words[:place], ""
    if current in {":", "="}:
        before, current = [*before, current], ""
    if before and before[-1] == "=":
        before.pop()
    whole = _pieces_joined(before)
    if before and before[-1] == ":":
        head = whole.pop()
    return {"COMP_WORDS": "\n".join([*whole, current]), "COMP_CWORD": str(len(whole)), HEAD: head}


def _pieces_joined(pieces: list[str]) -> list[str]:
    words: list[str] = []
    for place, piece in enumerate(pieces):
        is_option_value = piece == "=" and words[-1:] and words[-1].startswith("--")
        if is_option_value:
            continue
        if words and (piece == ":" or (place and pieces[place - 1] == ":")):
            words[-1] += piece
        else:
            words.append(piece)
    return words


def begun(text: str) -> Begun | None:
    """Return the last term of a selector that is being typed; None where nothing can be said of it."""
    found = _TERM.fullmatch(text)
    if found is None:
        return None
    name, colon, value = found[3].partition(":")
    front = (found[1] or "") + found[2]
    if not colon:
        return Begun(front=front, method=None, value=name)
    method = OTHER_SPELLINGS.get(name) or (Method(name) if name in frozenset(Method) else None)
    return None if method is None else Begun(front=f"{front}{name}:", method=method, value=value)


def closed_words() -> tuple[str, ...]:
    """Return the terms of selectors that need no database: marks, everything, and methods with all their values."""
    having = (f"{method}:{value}" for method, values in CLOSED.items() for value in values)
    return (*EVERYTHING_WORDS[1:], *Mark, *having)
