"""Translates huggingface_hub's errors into ours.

They are built on httpx2, so that no `except httpx.HTTPError` catches them; only this module knows their names.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

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
from lineage.vocabulary import DEFAULT_ENDPOINT

if TYPE_CHECKING:
    from collections.abc import Iterator


Meaning = Literal["token", "network", "overload", "access", "request", "body", "status"]

MEANINGS: dict[str, Meaning] = {
    "LocalTokenNotFoundError": "token",
    "OIDCError": "token",
    "DeviceCodeError": "token",
    "OfflineModeIsEnabled": "network",
    "XetDownloadError": "network",
    "OverloadedError": "overload",
    "InferenceTimeoutError": "overload",
    "GatedRepoError": "access",
    "DisabledRepoError": "access",
    "RepositoryNotFoundError": "access",
    "RevisionNotFoundError": "request",
    "RevisionResolutionError": "request",
    "EntryNotFoundError": "request",
    "RemoteEntryNotFoundError": "request",
    "BadRequestError": "request",
    "HFValidationError": "request",
    "HfUriError": "request",
    "FileMetadataError": "body",
    "SafetensorsParsingError": "body",
    "NotASafetensorsRepoError": "body",
    "HfHubHTTPError": "status",
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
def translated(*, what: str, endpoint: str = DEFAULT_ENDPOINT) -> Iterator[None]:
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
    listed = next((name for name in names if name in MEANINGS or name in UNMET), "")
    reason, status = type(exc).__name__, getattr(getattr(exc, "response", None), "status_code", None)
    error: HubError = LibraryFailed(reason)
    match MEANINGS.get(listed):
        case "token":
            error = TokenRefused(what, reason=reason)
        case "network":
            error = Unreachable(endpoint, reason=reason)
        case "overload":
            error = Overloaded(endpoint, status=status, attempts=1)
        case "access":
            error = AccessDenied(what, status=status or 403, reason=reason)
        case "request":
            error = BadRequest(what, status=status or 400, reason=reason)
        case "body":
            error = BrokenBody(what, reason=reason)
        case "status" if status is not None:
            error = GaveUp(what, status=status, attempts=1, reason=reason)
    return error
