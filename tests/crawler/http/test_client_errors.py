"""huggingface_hub's errors, translated."""

from __future__ import annotations

import httpx2
import pytest
from huggingface_hub import errors

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
from crawler.http.client_errors import MEANINGS, UNMET, translated


def theirs() -> set[str]:
    """Return the names of the errors that huggingface_hub defines."""
    return {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, Exception) and kind.__module__ == errors.__name__
    }


def test_no_error_of_the_library_is_unknown() -> None:
    """Every error class of huggingface_hub is translated or listed as one that we do not meet, and none twice."""
    assert theirs() == MEANINGS.keys() | UNMET
    assert MEANINGS.keys().isdisjoint(UNMET)


def raised(error: Exception) -> HubError:
    """Return what an error becomes."""
    with pytest.raises(HubError) as info, translated(what="maple/leaf"):
        raise error
    assert info.value.__cause__ is error
    return info.value


def failed(kind: type[errors.HfHubHTTPError], status: int) -> Exception:
    """Return an HTTP error of the library with a query in its address."""
    request = httpx2.Request("GET", "https://h/x?token=secret")
    return kind("secret in the text", response=httpx2.Response(status, request=request))


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (failed(errors.HfHubHTTPError, 500), GaveUp),
        (failed(errors.GatedRepoError, 403), AccessDenied),
        (failed(errors.RepositoryNotFoundError, 401), AccessDenied),
        (failed(errors.RevisionNotFoundError, 404), BadRequest),
        (failed(errors.BadRequestError, 400), BadRequest),
        (failed(errors.JobNotFoundError, 404), LibraryFailed),
        (errors.HFValidationError("x"), BadRequest),
        (errors.OfflineModeIsEnabled("x"), Unreachable),
        (errors.LocalTokenNotFoundError("x"), TokenRefused),
        (errors.OverloadedError("x"), Overloaded),
        (errors.SafetensorsParsingError("x"), BrokenBody),
        (errors.CacheNotFound("x", "/tmp"), LibraryFailed),  # noqa: S108 -- no file is touched
    ],
)
def test_an_error_keeps_its_meaning(error: Exception, meaning: type[HubError]) -> None:
    """The most derived class that is known counts, and the foreign text is left out."""
    ours = raised(error)
    assert type(ours) is meaning
    assert "secret" not in f"{ours}{ours.hint}"


def test_an_http_error_without_a_status_is_trouble() -> None:
    """Where the library's HTTP error lost its response, nothing is made up."""
    error = failed(errors.HfHubHTTPError, 500)
    del error.response  # type: ignore[attr-defined] # only some errors have one
    assert type(raised(error)) is LibraryFailed


def test_other_errors_pass_through() -> None:
    """What is not the library's is not ours to translate."""
    with pytest.raises(KeyError), translated(what="x"):
        raise KeyError
