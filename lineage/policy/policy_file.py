"""Policy files: TOML in, a policy out; faults are named by line and key, all of them at once.

title = "Deployed derivatives"

[[rule]]
kind = "measured"
instruments = ["truthfulqa_mc2"]

[[exception]]
model = "org/name"
rules = ["measured"]
reason = "the run is scheduled"
expires = 2027-03-31
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, cast

from lineage.policy.fields import BadValue, Number, OneOf, Texts, keys_of, required_of
from lineage.policy.policy import Exemption, Policy, PolicyFault, PolicyProblem
from lineage.policy.rules import KINDS, Level, Licences
from lineage.statistics.defaults import ALPHA
from lineage.text.suggest import perhaps
from lineage.text.toml import line_of, read_toml
from lineage.vocabulary import MissingFact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lineage.policy.fields import Form
    from lineage.policy.rules import AnyRule

LARGEST_FILE: Final = 1 << 16
MOST_RULES: Final = 200
MOST_EXCEPTIONS: Final = 1_000
LONGEST_TEXT: Final = 500
RULE: Final = "rule"
EXCEPTION: Final = "exception"
TOP: Final = ("title", "alpha", RULE, EXCEPTION)
COMMON: Final = ("kind", "name", "level", "allow_missing")
EXCEPTION_KEYS: Final = ("model", "rules", "reason", "expires")
ALLOWED: Final = "allow_missing"
RESERVED: Final = "selection"
MISSING: Final = Texts(words=tuple(one.value for one in MissingFact))
LEVELS: Final = OneOf(words=tuple(one.value for one in Level))
ALPHAS: Final = Number(low=0.0001, high=0.5)
MODEL: Final = Texts(is_pattern=True)

Table = dict[str, object]


def read_policy(text: str, source: str) -> Policy:
    """Read a policy; `source` is the file's name in messages.

    Raises PolicyFault with every fault that was found: broken TOML, an unknown, missing or malformed key, a name twice.
    """
    if len(text) > LARGEST_FILE:
        raise PolicyFault(
            source, [PolicyProblem(line=None, place=None, problem=f"longer than {LARGEST_FILE:,} characters")]
        )
    try:
        root = read_toml(text)
    except ValueError as error:
        raise PolicyFault(
            source, [PolicyProblem(line=None, place=None, problem=f"not readable as TOML: {error}")]
        ) from error
    reading = _PolicyReader(text=text)
    policy = reading.policy(root, source)
    if reading.faults:
        raise PolicyFault(source, sorted(reading.faults, key=lambda one: one.line or 0))
    return policy


@dataclass(slots=True, kw_only=True)
class _PolicyReader:
    """The reading of one file, with the faults found so far."""

    text: str
    faults: list[PolicyProblem] = field(default_factory=list)

    def policy(self, root: Table, source: str) -> Policy:
        for unknown in (name for name in root if name not in TOP):
            self.fault((unknown,), f"is not a key; known are {', '.join(TOP)}{perhaps(unknown, TOP)}")
        rules = tuple(self._rules(self._tables(root, RULE, MOST_RULES)))
        if not rules and not self.faults:
            self.fault((), f"the policy has no rule; write each rule as a [[{RULE}]] table", place=None)
        names = tuple(one.name for one in rules)
        exemptions = tuple(self._exemptions(self._tables(root, EXCEPTION, MOST_EXCEPTIONS), names))
        title = self._text(root, ("title",)) if "title" in root else source
        alpha = self._value(ALPHAS, root["alpha"], ("alpha",)) if "alpha" in root else ALPHA
        return Policy(
            source=source,
            title=title or source,
            rules=rules,
            exemptions=exemptions,
            alpha=ALPHA if alpha is None else float(cast("float", alpha)),
        )

    def _tables(self, root: Table, name: str, most: int) -> list[Table]:
        tables = root.get(name, [])
        if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
            self.fault((name,), f"must be written [[{name}]] with two brackets, one table per entry")
            return []
        if len(tables) > most:
            self.fault((name,), f"appears {len(tables):,} times, more than {most:,}")
            return []
        return tables

    def _rules(self, tables: list[Table]) -> Iterator[AnyRule]:
        names: set[str] = set()
        for number, table in enumerate(tables):
            rule = self._rule(table, number)
            if rule is None:
                continue
            if rule.name in names or rule.name == RESERVED:
                problem = (
                    "is the name of another rule" if rule.name in names else "is a name that the check itself uses"
                )
                at = "name" if "name" in table else "kind"
                self.fault((RULE, number, at), f"{problem}; give each its own `name`")
            names.add(rule.name)
            yield rule

    def _rule(self, table: Table, number: int) -> AnyRule | None:
        path = (RULE, number)
        kind = table.get("kind")
        record = KINDS.get(kind) if isinstance(kind, str) else None
        if record is None:
            kinds = tuple(KINDS)
            named = repr(kind) if isinstance(kind, str) else "this value"
            told = "is missing" if kind is None else f"{named} is not a kind of rule"
            self.fault(
                (*path, "kind") if kind is not None else path,
                f"{told}; known are {', '.join(kinds)}{perhaps(kind, kinds)}",
                place="kind",
            )
            return None
        known = keys_of(record)
        self._check_keys(table, path, (*COMMON, *known), required_of(record))
        values = {name: self._value(known[name].form, table[name], (*path, name)) for name in known if name in table}
        level = self._value(LEVELS, table["level"], (*path, "level")) if "level" in table else Level.ERROR.value
        name = self._text(table, (*path, "name")) if "name" in table else kind
        allowed = self._value(MISSING, table[ALLOWED], (*path, ALLOWED)) if ALLOWED in table else ()
        found = (level, name, allowed, *values.values())
        if any(one is None for one in found) or not set(required_of(record)) <= set(values):
            return None
        common = {
            "level": Level(cast("str", level)),
            "allow_missing": tuple(map(MissingFact, cast("tuple[str, ...]", allowed))),
        }
        made = cast("Any", record)(name=name, line=self.line(path), **common, **values)
        if isinstance(made, Licences) and not (made.forbid or made.forbid_classes or made.allow or made.looser):
            self.fault(path, "needs one of forbid, forbid_classes, allow and looser", place="licences")
        return cast("AnyRule", made)

    def _exemptions(self, tables: list[Table], names: tuple[str, ...]) -> Iterator[Exemption]:
        for number, table in enumerate(tables):
            path = (EXCEPTION, number)
            self._check_keys(table, path, EXCEPTION_KEYS, EXCEPTION_KEYS)
            model = self._value(MODEL, [table["model"]], (*path, "model")) if "model" in table else None
            rules = self._rule_names(table["rules"], (*path, "rules"), names) if "rules" in table else None
            reason = self._text(table, (*path, "reason")) if "reason" in table else None
            expires = self._day(table["expires"], (*path, "expires")) if "expires" in table else None
            if model and rules and reason and expires:
                (pattern,) = cast("tuple[str, ...]", model)
                yield Exemption(model=pattern, rules=rules, reason=reason, expires=expires, line=self.line(path))

    def _rule_names(self, value: object, path: tuple[str | int, ...], names: tuple[str, ...]) -> tuple[str, ...] | None:
        found = cast("tuple[str, ...] | None", self._value(Texts(), value, path))
        for name in found or ():
            if name not in names:
                known = f"known are {', '.join(names) or 'none'}"
                self.fault(path, f"no rule is named {name!r}; {known}{perhaps(name, names)}")
        return found

    def _day(self, value: object, path: tuple[str | int, ...]) -> date | None:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        self.fault(path, "must be a date such as 2027-03-31, without quotes")
        return None

    def _check_keys(
        self, table: Table, path: tuple[str | int, ...], known: tuple[str, ...], required: tuple[str, ...]
    ) -> None:
        """Note unknown and missing keys."""
        for unknown in (name for name in table if name not in known):
            self.fault((*path, unknown), f"is not a key here; known are {', '.join(known)}{perhaps(unknown, known)}")
        for name in required:
            if name not in table:
                self.fault(path, "is missing", place=name)

    def _value(self, form: Form, value: object, path: tuple[str | int, ...]) -> object | None:
        try:
            return form.read(value)
        except BadValue as error:
            self.fault(path, str(error))
            return None

    def _text(self, table: Mapping[str, object], path: tuple[str | int, ...]) -> str | None:
        value = table[str(path[-1])]
        if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > LONGEST_TEXT:
            self.fault(path, f"must be a text of at most {LONGEST_TEXT} visible characters")
            return None
        return value.strip()

    def line(self, path: tuple[str | int, ...]) -> int | None:
        return line_of(self.text, path)

    def fault(self, path: tuple[str | int, ...], problem: str, place: str | None = "") -> None:
        """Record a fault at a path; `place` is the key to name, by default the last one, or None for none."""
        name = next((str(one) for one in reversed(path) if isinstance(one, str)), "") if place == "" else place
        self.faults.append(PolicyProblem(line=self.line(path), place=name, problem=problem))
