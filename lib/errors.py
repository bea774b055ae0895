"""Every error raised on purpose.

* Error
  + BadSettings              this deployment is not set up; says which variables
  + InvalidRequest           the request itself is malformed
  + Unauthenticated          nobody we know
    - BadSignature           a webhook that its sender did not sign
    - RefusedTooOften        refused again and again: no longer told why; the known go on
  + Forbidden                somebody we know, who may not do this
  + NotFound                 no such record
  + Conflict                 the request contradicts what is already true
    - RollbackInProgress
    - NoteRequired           the last rollback failed: the next one must say why it is right
    - MigrationChanged       a migration came with another text than the one that is recorded
  + IdempotencyKeyReused     the same key came with another body
  + CannotTurnOff            a feature switch that has to stay on; says why
  + TooManyRequests          let in, and asks more often than is good for the others
  + Upstream                 another service failed us; `retryable` says if trying again may help
    - VercelRejected         the platform answered 4xx
      . VercelMissing        ... 404 or 410
      . VercelConflict       ... 409: it is so already, or another change is under way
    - VercelUnavailable      time-out, 429 or 5xx from the platform
    - DatabaseUnavailable    our own Postgres did not answer
    - AppDatabaseUnavailable the app's database did not answer
    - IssuerUnavailable      an OIDC issuer's keys are not known, and it did not answer
    - EvidenceUnavailable    Redis did not count a batch of the log drain
  + StaleLease               another invocation took this rollback over; stop quietly

HTTP status codes live in `lib/web/problems.py`, not here.
"""


class Error(Exception):
    """Base class. `facts` are safe to log and to show to the caller."""

    def __init__(self, message: str, **facts: str | float | bool | None) -> None:
        super().__init__(message)
        self.facts = facts


class BadSettings(Error):
    """A variable is missing or cannot be used."""


class InvalidRequest(Error):
    """The request cannot be read. `problems` pairs a JSON Pointer with what is wrong there."""

    def __init__(self, message: str, problems: list[tuple[str, str]] | None = None) -> None:
        super().__init__(message)
        self.problems = problems or []


class Unauthenticated(Error):
    """The request carries no token or session that is valid now."""


class BadSignature(Unauthenticated):
    """The body was not signed with the secret we share with the sender."""


class RefusedTooOften(Unauthenticated):
    """Refused so often that it is not said why; whoever is known goes on meanwhile."""

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after  #: seconds


class Forbidden(Error):
    """The caller is known, and their role does not allow this."""


class NotFound(Error):
    """The record named in the request does not exist."""


class Conflict(Error):
    """The request contradicts the current state."""


class RollbackInProgress(Conflict):
    """The environment already has an unfinished rollback."""


class NoteRequired(Conflict):
    """The environment is locked by a failed rollback; a person goes on with a note."""


class MigrationChanged(Conflict):
    """The text of a migration that is known is not the recorded one."""


class IdempotencyKeyReused(Error):
    """The key belongs to an earlier request with another body."""


class CannotTurnOff(Error):
    """The switch's own definition says why it stays on."""


class TooManyRequests(Error):
    """The caller is let in, and should wait for a moment."""


class Upstream(Error):
    """A service we depend on failed."""

    retryable = False


class VercelRejected(Upstream):
    """The platform answered 4xx: repeating the call would fail the same way."""


class VercelMissing(VercelRejected):
    """The platform does not know what we asked for."""


class VercelConflict(VercelRejected):
    """What we asked for is so already, or the platform is busy with another change."""


class VercelUnavailable(Upstream):
    """The platform timed out, throttled us or answered 5xx."""

    retryable = True

    def __init__(
        self, message: str, *, retry_after: float | None = None, **facts: str | float | bool | None
    ) -> None:
        super().__init__(message, **facts)
        self.retry_after = retry_after  #: seconds, as the platform asked for


class DatabaseUnavailable(Upstream):
    """Our own Postgres did not answer in time."""

    retryable = True


class AppDatabaseUnavailable(Upstream):
    """The app's own database did not answer; asked again, the same goes on where it was."""

    retryable = True


class IssuerUnavailable(Upstream):
    """An issuer did not tell its keys; asked again, it may."""

    retryable = True


class EvidenceUnavailable(Upstream):
    """A batch of the log drain was not counted; sent again it will be, once."""

    retryable = True


class StaleLease(Error):
    """Our lease expired and another invocation continued the rollback."""
