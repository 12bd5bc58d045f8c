"""The token: found as huggingface_hub finds it, said by its source, never shown."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import constants

from crawler.errors import TokenRefused
from crawler.http.token import Token, find_token

if TYPE_CHECKING:
    from pathlib import Path

SENTINEL = "hf_sentinelSENTINELsentinel"


@pytest.fixture
def token_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the token file would be, on a machine where nobody is signed in."""
    path = tmp_path / "token"
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(path))
    monkeypatch.setattr(constants, "HF_STORED_TOKENS_PATH", str(tmp_path / "stored_tokens"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_IMPLICIT_TOKEN", False)
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_OIDC_RESOURCE"):
        monkeypatch.delenv(name, raising=False)
    return path


@pytest.mark.usefixtures("token_file")
def test_nobody_is_signed_in() -> None:
    """Without a variable or a file there is no token."""
    assert find_token() is None


@pytest.mark.parametrize("name", ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"])
def test_a_variable_comes_first(name: str, token_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable of the environment wins over the file and is named as the source."""
    token_file.write_text("hf_other")
    monkeypatch.setenv(name, f" {SENTINEL}\n")
    token = find_token()
    assert token is not None
    assert (token.reveal(), token.source) == (SENTINEL, name)


def test_the_file_is_read(token_file: Path) -> None:
    """The file that `hf auth login` writes is found."""
    token_file.write_text(f"{SENTINEL}\n")
    token = find_token()
    assert token is not None
    assert (token.reveal(), token.source) == (SENTINEL, "the token file")


def test_an_implicit_token_can_be_forbidden(token_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HF_HUB_DISABLE_IMPLICIT_TOKEN means that no token is looked for."""
    token_file.write_text(SENTINEL)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_IMPLICIT_TOKEN", True)
    assert find_token() is None


def test_a_token_that_cannot_be_read_is_refused(token_file: Path) -> None:
    """A file that is no text, or a folder in its place, is an error that names the source."""
    token_file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TokenRefused, match="the token file"):
        find_token()
    token_file.unlink()
    token_file.mkdir()
    with pytest.raises(TokenRefused, match="IsADirectoryError"):
        find_token()


@pytest.mark.usefixtures("token_file")
def test_a_failed_exchange_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a CI run cannot exchange its identity, the error names that and no address."""
    monkeypatch.setenv("HF_OIDC_RESOURCE", "maple/leaf")
    for name in ("HF_OIDC_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(TokenRefused, match="HF_OIDC_RESOURCE"):
        find_token()


@pytest.mark.parametrize("value", ["", "two words", "line\nbreak", "tokén", "x" * 9000])
def test_a_malformed_token_is_refused_unseen(value: str) -> None:
    """What cannot be a header's value is refused before any request, without being shown."""
    with pytest.raises(TokenRefused) as info:
        Token(value, source="--token")
    assert info.value.source == "--token"
    assert not value or value not in str(info.value)


def test_a_token_is_never_shown_or_stored() -> None:
    """Neither text, formatting, pickling nor copying gives the value away."""
    token = Token(SENTINEL, source="HF_TOKEN")
    for shown in (repr(token), str(token), f"{token}", f"{[token]}", f"{token!r:>50}"):
        assert SENTINEL not in shown
        assert "HF_TOKEN" in shown
    for store in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            store(token)
