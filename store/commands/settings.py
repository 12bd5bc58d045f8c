"""Where settings are read from: the user's own file, then that of the working folder, or the one that is named."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lineage.output.settings_file import LARGEST_FILE_BYTES, Command, SettingsFault, SettingsFile, merged, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lineage.output.settings_file import Settings

VARIABLE: Final = "LINEAGE_CONFIG"
FILE: Final = "lineage.toml"


def find_files() -> Iterator[tuple[Path, bool]]:
    """Yield the settings files that are there, the one that wins last, and whether each is surely the user's own.

    `LINEAGE_CONFIG` names the only one; set to nothing, none is read.
    """
    named = os.environ.get(VARIABLE)
    if named is not None:
        if named:
            yield Path(named), True
        return
    from platformdirs import user_config_path

    for path, is_trusted in ((user_config_path("lineage") / FILE, True), (Path(FILE), False)):
        if path.is_file():
            yield path, is_trusted


def load_settings(describe: Callable[[], Command]) -> Settings:
    """Return what the settings files say, as click's `default_map`; raises SettingsFault.

    `describe` gives the commands and their options; it takes time, and is only asked where there is a file.
    """
    result: Settings = {}
    for path, is_trusted in find_files():
        source = SettingsFile(name=str(path), is_trusted=is_trusted)
        result = merged(result, read_settings(_text(path), source, describe()))
    return result


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE_BYTES + 1).decode()
    except UnicodeDecodeError as error:
        raise SettingsFault(str(path), None, "it is not UTF-8") from error
    except OSError as error:
        raise SettingsFault(str(path), None, f"it cannot be read: {error.strerror}") from error
