"""Every error that `lineage` raises on purpose.

    LineageError
    ├── crawler.errors.HubError ...      the Hub could not be reached, or gave an unexpected answer
    ├── store.errors.StoreError ...      the database could not be opened, read or written
    ├── lineage.domains.lexicon_file.LexiconError     a lexicon file has a fault
    ├── lineage.parents.curated.CuratedFault          a file of vendor facts has a fault
    ├── lineage.scores.instrument_file.InstrumentFault  a file that declares instruments has a fault
    ├── lineage.policy.policy.PolicyFault  a policy file has faults
    ├── lineage.scheduling.hardware.HardwareFault  a file that describes hardware has a fault
    ├── lineage.exports.errors           an export cannot be written there, or is too large for its format
    ├── MissingExtra                     a part of lineage that is not installed is needed
    ├── MissingPackage                   a package that no extra of lineage installs is needed
    ├── lineage.output.settings_file.SettingsFault   a settings file has a fault
    └── lineage.selectors.records.SelectorError  a selector could not be read

An error carries data and builds its own message; `hint` says what to do. Neither contains a token, header or query.
"""


class LineageError(Exception):
    """Something that `lineage` could not do."""

    hint: str = ""
    exit_code: int = 3

    def __str__(self) -> str:
        """Return the message, by default the first line of the class's docstring."""
        return super().__str__() or (self.__doc__ or "").partition("\n")[0]

    @property
    def __notes__(self) -> list[str]:  # type: ignore[override] # Python only reads it, to print it below a traceback
        """The hint, which notebooks and scripts show below an error that nothing catches."""
        return [self.hint] if self.hint else []


class UsageError(LineageError):
    """The command line asks for something that does not exist."""

    exit_code = 2


class MissingExtra(LineageError):
    """A part of lineage that is not installed is needed."""

    exit_code = 2

    def __init__(self, extra: str, purpose: str) -> None:
        """Store the extra and what it is needed for."""
        super().__init__(f"{purpose} needs the extra {extra!r}")
        self.extra = extra
        self.hint = f"install it with: pip install 'hub-lineage[{extra}]'"


class MissingPackage(LineageError):
    """Another package is needed that is not installed."""

    exit_code = 2

    def __init__(self, packages: str, purpose: str) -> None:
        """Store the packages, separated by spaces, and what they are needed for."""
        super().__init__(f"{purpose} needs {' and '.join(packages.split())}")
        self.hint = f"install with: pip install {packages}"
