"""An app at work on one table, and the longest that one write of it had to wait."""

from __future__ import annotations

import multiprocessing
import threading
import time
from multiprocessing.connection import Connection
from typing import Self

import psycopg

SPAWN = multiprocessing.get_context("spawn")


class Writers:
    """One that writes and one that reads, in a process of their own as an app's are: in ours, they
    would take turns with what is measured."""

    def __init__(self, url: str) -> None:
        self.longest_ms = 0.0
        self._ours, theirs = SPAWN.Pipe()
        self._process = SPAWN.Process(target=work, args=(url, theirs), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        self._ours.recv()
        return self

    def __exit__(self, *_: object) -> None:
        time.sleep(0.1)
        self._ours.send("over")
        self.longest_ms = self._ours.recv()
        self._process.join()


def work(url: str, parent: Connection) -> None:
    """Says when it is under way, and at the end how long the longest write took since."""
    over = threading.Event()
    reader = threading.Thread(target=read, args=(url, over))
    reader.start()
    number, longest_ms, began = 0, 0.0, time.perf_counter()
    is_measured = False
    with psycopg.connect(url, autocommit=True) as connection:
        while not parent.poll():
            number = number % 1000 + 1
            started = time.perf_counter()
            connection.execute("UPDATE guests SET seats = 1 WHERE id = %s", [number])
            ended = time.perf_counter()
            if is_measured:
                longest_ms = max(longest_ms, (ended - started) * 1000)
            elif ended - began > 0.3:
                is_measured = True
                parent.send("under way")
    over.set()
    reader.join()
    parent.send(longest_ms)


def read(url: str, over: threading.Event) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        while not over.is_set():
            connection.execute("SELECT name FROM guests WHERE id = 7").fetchone()
            time.sleep(0.002)
