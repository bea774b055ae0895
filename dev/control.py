"""The words to speak to a running platform simulator: its `/_dev/` routes."""

from typing import Any

import httpx

PATIENCE_SECONDS = 60
HTTP_ERROR = 400


class Refused(Exception):
    """The platform did not do what it was asked to; the message is its own."""


class Control:
    """The platform's `/_dev/` routes."""

    def __init__(self, address: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=f"{address}/_dev/",
            headers={"authorization": f"Bearer {token}"},
            timeout=PATIENCE_SECONDS,
            trust_env=False,
        )

    def answers(self) -> bool:
        try:
            self.ask("GET", "state")
        except httpx.TransportError:
            return False
        return True

    def ask(self, method: str, what: str, **body: object) -> Any:
        """Raises Refused."""
        answer = self._client.request(method, what, json=body or None)
        if answer.status_code >= HTTP_ERROR:
            raise Refused(_message(answer))
        return answer.json()


def _message(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code} {answer.text[:200]}"
