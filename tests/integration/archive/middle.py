"""Between the command and the store: at a request of choice, something goes wrong."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

#: About the connection between two hosts, and not to be passed on.
HOP = {"connection", "transfer-encoding", "content-length", "content-encoding", "server", "date"}


class Middle:
    """`act` is called before the number-th request is passed on, and `acted` once it was.

    True ends the connection there. `spoil` changes what the store answers to a GET.
    """

    def __init__(self, to: str) -> None:
        self.requests: list[str] = []
        self.act: Callable[[int], bool] = lambda number: False
        self.acted: Callable[[int], bool] = lambda number: False
        self.spoil: Callable[[bytes], bytes] = lambda body: body
        self.status: int | None = None
        self._store = httpx.Client(base_url=to, trust_env=False, timeout=30)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._store.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        middle, store = self, self._store

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                middle.requests.append(f"{self.command} {self.path}")
                number = len(middle.requests)
                if middle.act(number):
                    self.close_connection = True
                    return
                if middle.status:
                    self.send_response(middle.status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP}
                answer = store.request(self.command, self.path, headers=headers, content=body)
                if middle.acted(number):
                    self.close_connection = True
                    return
                content = answer.content
                if self.command == "GET":
                    content = middle.spoil(content)
                self.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    if name.lower() not in HOP:
                        self.send_header(name, value)
                length = answer.headers.get("content-length") if self.command == "HEAD" else None
                self.send_header("Content-Length", length or str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do_HEAD = pass_on  # noqa: N815 - http.server

            def log_message(self, *_: object) -> None:
                """Nothing of it."""

        return Handler


@contextmanager
def between(url: str) -> Iterator[Middle]:
    middle = Middle(url)
    try:
        yield middle
    finally:
        middle.close()
