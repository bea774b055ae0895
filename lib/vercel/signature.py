"""Whether a webhook was signed by the platform. Pure: no I/O and no clock."""

import hashlib
import hmac


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """`signature`: hex HMAC-SHA1 of the raw body, as header `x-vercel-signature` carries it.

    Compared in constant time; an empty secret signs nothing.
    """
    if not secret or not signature.isascii():
        return False
    # SHA-1 is what the platform signs with; HMAC does not rest on its collision resistance.
    expected = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    return hmac.compare_digest(expected, signature)
