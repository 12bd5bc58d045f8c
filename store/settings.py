"""Where settings are read from: the user's own file and that of the working folder, or the one in LINEAGE_CONFIG."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lineage.output.settings_file import Settings

VARIABLE: Final = "LINEAGE_CONFIG"
FILE: Final = "lineage.toml"


def find_files() -> Iterator[tuple[Path, bool]]:
    """Yield the settings files that exist, the one that wins last, and whether each is certainly the user's own.

    If `LINEAGE_CONFIG` is set, only the file that it names is read, and none if it is empty.
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


def load_settings(command_tree: Callable[[], object]) -> Settings:
    """Return what the settings files say, as click's `default_map`; raises SettingsFault.

    `command_tree` returns every command; that takes time, so it is called only if there is a file.
    """
    result: Settings = {}
    for path, is_trusted in find_files():
        from lineage.output.settings_file import SettingsFile, described, merged, read_settings

        source = SettingsFile(name=str(path), is_trusted=is_trusted)
        result = merged(result, read_settings(_text(path), source, described(command_tree())))
    return result


def _text(path: Path) -> str:
    from lineage.output.settings_file import LARGEST_FILE_BYTES, SettingsFault

    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE_BYTES + 1).decode()
    except UnicodeDecodeError as error:
        raise SettingsFault(str(path), None, "it is not UTF-8") from error
    except OSError as error:
        raise SettingsFault(str(path), None, f"it cannot be read: {error.strerror}") from error
