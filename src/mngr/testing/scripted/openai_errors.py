"""What OpenAI's protocols say when they fail."""

from __future__ import annotations

from .conversation import Data

KINDS = {401: ("invalid_request_error", "invalid_api_key"), 429: ("requests", "rate_limit_exceeded")}


def error(status: int, text: str) -> Data:
    """Return the body of an HTTP error."""
    usual = ("server_error", "server_error") if status >= 500 else ("invalid_request_error", "invalid_request")
    kind, code = KINDS.get(status, usual)
    return {"error": {"message": text, "type": kind, "param": None, "code": code}}
