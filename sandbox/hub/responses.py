"""The Hub's responses: their plain form, and every refusal of the error matrix."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.hub.json_scan import encode

if TYPE_CHECKING:
    from sandbox.hub.callers import Caller
    from sandbox.hub.rate_limit import QuotaState

JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubResponse:
    """A response before the headers that all have. `declared_bytes` overrides the length that HEAD reports."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    declared_bytes: int | None = None


class RefusalError(Exception):
    """The Hub refuses; the response says how."""

    def __init__(self, response: HubResponse) -> None:
        super().__init__(response.status)
        self.response = response


def shown(value: object, **headers: str) -> HubResponse:
    """Return a value as JSON."""
    return HubResponse(body=encode(value), headers=headers)


def page(title: str, text: str, *, status: int) -> HubResponse:
    """Return an HTML page, as the Hub's front end shows when the API does not answer."""
    html = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{status}</h1><p>{text}</p></body></html>"
    return HubResponse(status=status, body=html.encode(), content_type=HTML)


def refuse(status: int, message: str, *, code: str | None = None, is_text: bool = False) -> RefusalError:
    """Refuse with `X-Error-Message`, perhaps `X-Error-Code`, and a body of JSON or text."""
    headers = {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {})
    if is_text:
        return RefusalError(HubResponse(status=status, body=message.encode(), content_type=TEXT, headers=headers))
    return RefusalError(HubResponse(status=status, body=encode({"error": message}), headers=headers))


def bad_token() -> RefusalError:
    """Refuse a bearer token that nobody was given."""
    return refuse(401, "Invalid credentials in Authorization header")


def no_repository(caller: Caller) -> RefusalError:
    """Refuse a repository that does not exist, or not for this caller: the Hub does not say which."""
    if caller.is_signed_in:
        return refuse(404, "Repository not found", code="RepoNotFound")
    return refuse(401, "Invalid username or password.")


def gated(caller: Caller, repo_id: str) -> RefusalError:
    """Refuse a file behind a gate."""
    restricted = f"Access to model {repo_id} is restricted"
    if caller.is_signed_in:
        advice = f"Visit https://huggingface.co/{repo_id} to ask for access."
        message = f"{restricted} and you are not in the authorized list. {advice}"
        return refuse(403, message, code="GatedRepo", is_text=True)
    message = f"{restricted}. You must have access to it and be authenticated to access it. Please log in."
    return refuse(401, message, code="GatedRepo", is_text=True)


def disabled() -> RefusalError:
    """Refuse a repository that the Hub's staff took down."""
    return refuse(403, "Access to this resource is disabled.")


def no_revision(revision: str) -> RefusalError:
    """Refuse a revision that the repository does not have."""
    return refuse(404, f"Invalid rev id: {_one_line(revision)}", code="RevisionNotFound")


def no_entry(path: str, revision: str) -> RefusalError:
    """Refuse a path that the revision does not have."""
    message = f'{_one_line(path)} does not exist on "{_one_line(revision)}"'
    return refuse(404, message, code="EntryNotFound")


def no_page() -> RefusalError:
    """Refuse an unknown address."""
    return refuse(404, "Sorry, we can't find the page you are looking for.")


def bad_request(message: str) -> RefusalError:
    """Refuse a parameter that the Hub does not accept: status 400, `{"error": message}`."""
    return RefusalError(HubResponse(status=400, body=encode({"error": message})))


def moved(location: str) -> RefusalError:
    """Redirect to a relative location on this host, as for a former id."""
    body = f"Temporary Redirect. Redirecting to {location}".encode()
    headers = {"Location": location, "Vary": "Origin, Accept"}
    return RefusalError(HubResponse(status=307, body=body, content_type=TEXT, headers=headers))


def over_quota(reading: QuotaState, *, as_html: bool) -> HubResponse:
    """Return the refusal of a request over the quota, as text or HTML: the Hub does both."""
    if as_html:
        return page("429 Too Many Requests", reading.refusal(), status=429)
    return HubResponse(status=429, body=reading.refusal().encode(), content_type=TEXT)


def _one_line(text: str) -> str:
    """Return text that may stand in a header: printable ASCII."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)
