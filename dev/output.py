"""What the stack tells the person in front of it: one plain line per event that matters."""

import contextlib
import threading
import time

_turn = threading.Lock()


def say(line: str) -> None:
    """Print one event with its time. A terminal that has gone away stops nothing."""
    show(f"{time.strftime('%H:%M:%S')}  {line}")


def show(text: str) -> None:
    with _turn, contextlib.suppress(BrokenPipeError):
        print(text, flush=True)
