"""Which switches were on in a request, as the app's own log lines say. Pure: no I/O and no clock.

A line of JSON, perhaps after something else: `{"active_flags": ["rsvp-emails"], "message": "…"}`.
"""

import re

import msgspec

#: As it is in a message, which is text within JSON.
FIELD = b"active_flags"
LISTED = re.compile(r'"active_flags"\s*:\s*\[([^\]]*)\]')
KEY = re.compile(r'"([a-z0-9][a-z0-9._-]{0,99})"')
#: On in one request; more of them explain nothing.
MOST_FLAGS = 50

TEXT = msgspec.json.Decoder(str)


def read_flags(message: bytes) -> list[str]:
    """`message`: the text as its entry has it."""
    try:
        listed = LISTED.search(TEXT.decode(message))
    except msgspec.MsgspecError:
        return []
    return KEY.findall(listed[1])[:MOST_FLAGS] if listed else []
