"""After an incident: what can be made whole again, looked at first, mended when a person says so.

Only `python -m scripts.recover_state` loads this room.
"""
