"""What the store answers, in our words: what is wrong, and what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import botocore.exceptions
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
    ResponseStreamingError,
)

from lib.archive.models import StoreAway
from lib.commands import Misused, Stopped

#: It was not reached, or stopped in the middle of an answer.
UNREACHED = (
    HTTPClientError,
    botocore.exceptions.ConnectionError,
    IncompleteReadError,
    ResponseStreamingError,
)
SERVER_ERROR = 500
FORBIDDEN = {401, 403}
MISSING = {"NoSuchKey", "404", "NotFound"}
BUSY = {"SlowDown", "RequestTimeout", "Throttling", "ThrottlingException"}
#: Not every store has object lock, versions or a list of unfinished uploads.
LACKS = {
    "NotImplemented",
    "MethodNotAllowed",
    "ObjectLockConfigurationNotFoundError",
    "NoSuchObjectLockConfiguration",
}


class NotThere(Stopped):
    """There is no such object."""


class Lacking(Stopped):
    """The store does not have this."""


@contextmanager
def understood(bucket: str) -> Iterator[None]:
    """What the store said, in our words."""
    try:
        yield
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise Misused(
            "The store has no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        ) from error
    except ClientError as error:
        raise refusal(bucket, error.response) from error
    except UNREACHED as error:
        raise StoreAway(
            f"The store did not answer in time, or not to its end ({type(error).__name__})."
            " The same again goes on."
        ) from error
    except (BotoCoreError, ValueError) as error:
        raise Misused(f"The store cannot be asked: {error}") from error


def refusal(bucket: str, response: dict[str, Any]) -> Stopped:
    code = response.get("Error", {}).get("Code", "")
    said = response.get("Error", {}).get("Message", "")
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in LACKS:
        return Lacking(f"The store does not have this: {code}.")
    if status >= SERVER_ERROR or code in BUSY:
        return StoreAway(f"The store failed ({status} {code}). The same again goes on.")
    if code == "NoSuchBucket":
        return Misused(f"There is no bucket {bucket}: make it, or set ARCHIVE_BUCKET.")
    if code in MISSING or code == "NoSuchUpload":
        return NotThere(f"There is no such object: {said}")
    if status in FORBIDDEN:
        return Misused(
            f"The store refuses these credentials ({code}): set AWS_ACCESS_KEY_ID and"
            f" AWS_SECRET_ACCESS_KEY to a key that may use the bucket {bucket}. It says: {said}"
        )
    return Stopped(f"The store refused it ({status} {code}): {said}")
