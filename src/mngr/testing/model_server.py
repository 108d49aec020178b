"""A model server for tests: agent programs ask it, on this machine, and it answers as their users' messages say."""

from __future__ import annotations

import json
import signal
import socket
import socketserver
import sys
import time
from argparse import ArgumentParser
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import IO, Any

from mngr.model.value import as_dict, replace
from mngr.testing.scripted.handler import Handler, Seen

LOOPBACK = "127.0.0.1"
KEPT_REQUESTS = 1000
KEPT_BODIES = 20  # a body can be some hundred kilobytes


class ModelServer:
    """A model server on this machine: `with ModelServer() as server:` and then `server.url`, `server.requests`."""

    def __init__(self, port: int = 0, log: Path | None = None) -> None:
        self._stopping = Event()
        self._lock = Lock()
        self._seen: deque[Seen] = deque(maxlen=KEPT_REQUESTS)
        self._log: IO[str] | None = log.open("a") if log else None
        self._server = _Server((LOOPBACK, port), partial(Handler, self._note, self._stopping))
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Return where the server is: `http://127.0.0.1:PORT`."""
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"

    @property
    def requests(self) -> list[Seen]:
        """Return the newest requests, oldest first; the last of them with their bodies."""
        with self._lock:
            return list(self._seen)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End, at once, whatever is being answered."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()
        self._thread.join()
        if self._log:
            self._log.close()

    def __enter__(self) -> ModelServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _note(self, seen: Seen) -> None:
        with self._lock:
            self._seen.append(seen)
            if len(self._seen) > KEPT_BODIES:
                self._seen[-KEPT_BODIES - 1] = replace(self._seen[-KEPT_BODIES - 1], body=None)
            if self._log and not self._log.closed:
                self._log.write(json.dumps({"time": time.time(), **as_dict(replace(seen, body=None, key=""))}) + "\n")
                self._log.flush()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: Callable[..., Handler]) -> None:
        self._connections: set[socket.socket] = set()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection: clients keep theirs open, waiting for nothing."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Break every connection, so that the threads that serve them end."""
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def server_bind(self) -> None:
        """Bind without asking for this machine's name, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that went away; tell of our own faults."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # pyright: ignore


def main(words: list[str] | None = None) -> int:
    """Run the server in the foreground until it is told to end."""
    parser = ArgumentParser(prog="python -m mngr.testing.model_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--port-file", type=Path, help="where to write the port, once it answers")
    parser.add_argument("--log", type=Path, help="where to write each request, as a line of JSON")
    given = parser.parse_args(words)
    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, partial(_end, ended))
    with ModelServer(given.port, given.log) as server:
        if given.port_file:
            new = given.port_file.with_name(f"{given.port_file.name}.new")
            new.write_text(server.url.rpartition(":")[2] + "\n")
            new.replace(given.port_file)
        print(server.url, flush=True)
        ended.wait()
    return 0


def _end(ended: Event, _number: int, _frame: object) -> None:
    ended.set()


if __name__ == "__main__":
    sys.exit(main())
