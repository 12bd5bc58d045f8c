"""Servers on addresses of this machine, and a resolver of names that leads to them: a network in one process."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LAST = b"last"


class Listener:
    """A server on an address of this machine: what each connection said, and one answer to whoever asks."""

    def __init__(self, address: str, answer: str) -> None:
        self.heard: list[bytes] = []
        self._answer = answer.encode()
        self.socket = socket.create_server((address, 0))
        self.port = self.socket.getsockname()[1]

    def serve(self) -> None:
        """Take connections until one says that it is the last."""
        while True:
            connection = self.socket.accept()[0]
            with connection:
                said = connection.recv(4096)
                if said == LAST:
                    return
                self.heard.append(said)
                if said:
                    connection.sendall(self._answer)

    def close(self) -> None:
        """Take no connections but those that are waiting."""
        with socket.socket() as last:
            last.connect(self.socket.getsockname())
            last.sendall(LAST)


@contextmanager
def listening(
    address: str = "127.0.0.1", answer: str = "HTTP/1.1 204 None\r\nConnection: close\r\n\r\n"
) -> Iterator[Listener]:
    """Yield a server while the block runs; it hangs up and says so, so that nobody asks again on a dying one."""
    listener = Listener(address, answer)
    thread = threading.Thread(target=listener.serve)
    thread.start()
    try:
        yield listener
    finally:
        listener.close()
        thread.join()
        listener.socket.close()


class Names:
    """A resolver of names: each has the answers of a list, one a question, the last for ever."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.asked: list[str] = []
        self._answers = {f"{name}.example.org": known for name, known in answers.items()}

    def __call__(self, host: str, port: object = None, *_: object, **__: object) -> list[tuple[object, ...]]:
        """Answer as `socket.getaddrinfo`."""
        self.asked.append(host)
        known = self._answers.get(host, [[host]])
        found = known.pop(0) if len(known) > 1 else known[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]
