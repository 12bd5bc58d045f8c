"""Translates huggingface_hub's errors into ours.

They are built on httpx2, so that no `except httpx.HTTPError` catches them; only this module knows their names.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.errors import (
    AccessDenied,
    BadRequest,
    BrokenBody,
    GaveUp,
    HubError,
    LibraryFailed,
    Overloaded,
    TokenRefused,
    Unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class _LibraryError:
    name: str
    what: str
    endpoint: str
    status: int | None


def _token(failure: _LibraryError) -> HubError:
    return TokenRefused(failure.what, reason=failure.name)


def _network(failure: _LibraryError) -> HubError:
    return Unreachable(failure.endpoint, reason=failure.name)


def _overload(failure: _LibraryError) -> HubError:
    return Overloaded(failure.endpoint, status=failure.status, attempts=1)


def _access(failure: _LibraryError) -> HubError:
    return AccessDenied(failure.what, status=failure.status or 403, reason=failure.name)


def _question(failure: _LibraryError) -> HubError:
    return BadRequest(failure.what, status=failure.status or 400, reason=failure.name)


def _body(failure: _LibraryError) -> HubError:
    return BrokenBody(failure.what, reason=failure.name)


def _status(failure: _LibraryError) -> HubError:
    if failure.status is None:
        return LibraryFailed(failure.name)
    return GaveUp(failure.what, status=failure.status, attempts=1, reason=failure.name)


MEANINGS: dict[str, Callable[[_LibraryError], HubError]] = {
    "LocalTokenNotFoundError": _token,
    "OIDCError": _token,
    "DeviceCodeError": _token,
    "OfflineModeIsEnabled": _network,
    "XetDownloadError": _network,
    "OverloadedError": _overload,
    "InferenceTimeoutError": _overload,
    "GatedRepoError": _access,
    "DisabledRepoError": _access,
    "RepositoryNotFoundError": _access,
    "RevisionNotFoundError": _question,
    "RevisionResolutionError": _question,
    "EntryNotFoundError": _question,
    "RemoteEntryNotFoundError": _question,
    "BadRequestError": _question,
    "HFValidationError": _question,
    "HfUriError": _question,
    "FileMetadataError": _body,
    "SafetensorsParsingError": _body,
    "NotASafetensorsRepoError": _body,
    "HfHubHTTPError": _status,
}
"""The errors that we can meet, by name; the most derived class that is listed counts."""

UNMET = frozenset(
    {
        *("CacheNotFound", "CorruptedCacheException", "CachedRepoTreeNotFoundError"),
        *("LocalEntryNotFoundError", "IncompleteSnapshotError", "DryRunError"),
        *("BucketNotFoundError", "BucketBatchError", "JobNotFoundError", "FileDuplicationError"),
        *("InferenceEndpointError", "InferenceEndpointTimeoutError"),
        *("TextGenerationError", "ValidationError", "GenerationError", "IncompleteGenerationError", "UnknownError"),
        *("DDUFError", "DDUFCorruptedFileError", "DDUFExportError", "DDUFInvalidEntryNameError"),
        *("StrictDataclassError", "StrictDataclassDefinitionError"),
        *("StrictDataclassFieldValidationError", "StrictDataclassClassValidationError"),
        *("CLIError", "ConfirmationError", "CLIExtensionInstallError", "SandboxError", "SandboxCommandError"),
    }
)
"""Errors of parts of huggingface_hub that we do not use; should one come all the same, it is a LibraryTrouble."""


@contextmanager
def translated(*, what: str, endpoint: str = "https://huggingface.co") -> Iterator[None]:
    """Raise our own error instead of any error of huggingface_hub.

    `what` names what was asked for: a model id, a path, or for a token where it comes from. The foreign error's text is
    left out, as it may hold a URL with its query; the error itself is the cause.
    """
    from huggingface_hub import errors

    known = tuple(
        one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, Exception) and _is_theirs(one)
    )
    try:
        yield
    except known as exc:
        raise _translate(exc, what=what, endpoint=endpoint) from exc


def _is_theirs(kind: type) -> bool:
    return kind.__module__.startswith("huggingface_hub")


def _translate(exc: Exception, *, what: str, endpoint: str) -> HubError:
    names = [kind.__name__ for kind in type(exc).__mro__ if _is_theirs(kind)]
    known = next((name for name in names if name in MEANINGS or name in UNMET), "")
    if known not in MEANINGS:
        return LibraryFailed(type(exc).__name__)
    status = getattr(getattr(exc, "response", None), "status_code", None)
    return MEANINGS[known](_LibraryError(name=type(exc).__name__, what=what, endpoint=endpoint, status=status))
