"""The app's feature switches, read through the real OpenFeature SDK and its OFREP provider.

Asked for beside the requests, every two seconds: a page never waits for a switch. Where the answer
does not come, what was known last holds, and before that the default in the code.
"""

import threading
from collections.abc import Mapping

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider

from dev.sample_app.settings import Settings

RSVP_EMAILS = "rsvp-emails"
#: By key: as the code has it.
DEFAULTS = {RSVP_EMAILS: True}
EVERY_SECONDS = 2.0
PATIENCE_SECONDS = 3.0


class Switches:
    def __init__(self, defaults: Mapping[str, bool] = DEFAULTS) -> None:
        self._known = dict(defaults)
        self._over = threading.Event()

    @property
    def active(self) -> list[str]:
        return sorted(key for key, is_on in self._known.items() if is_on)

    def start(self, settings: Settings) -> None:
        headers = {"authorization": f"Bearer {settings.flags_token}"}
        api.set_provider(
            OFREPProvider(
                settings.flags_url, headers_factory=lambda: headers, timeout=PATIENCE_SECONDS
            )
        )
        threading.Thread(target=self._keep_asking, daemon=True).start()

    def ask(self) -> None:
        """An answer with an error leaves what is known; the SDK raises nothing."""
        client = api.get_client()
        for key, known in list(self._known.items()):
            details = client.get_boolean_details(key, known)
            if details.error_code is None:
                self._known[key] = details.value

    def stop(self) -> None:
        self._over.set()

    def _keep_asking(self) -> None:
        while not self._over.is_set():
            self.ask()
            self._over.wait(EVERY_SECONDS)
