"""llama.cpp's own server on a free port, for as long as a block runs."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VARIABLE: Final = "LINEAGE_LLAMA_SERVER"
PROGRAM: Final = "llama-server"


def find_program() -> str | None:
    """Return llama.cpp's server: the one that the variable names, or the one on the path; None where there is none."""
    return os.environ.get(VARIABLE) or shutil.which(PROGRAM)


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def llama_server(
    program: str, gguf: Path, *, threads: int = 1, slots: int = 1, port: int | None = None
) -> Iterator[tuple[str, int]]:
    """Provide the server of a file: its address and its process; it lists the model by the file's name.

    Raises RuntimeError where it ends before it is ready.
    """
    port = port or free_port()
    command = [program, "-m", str(gguf), "--host", "127.0.0.1", "--port", str(port), "--alias", gguf.name]
    command += ["-c", str(2048 * slots), "-np", str(slots), "-t", str(threads)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            while not _is_ready(url):
                if process.poll() is not None:
                    raise RuntimeError(f"{program} ended with exit code {process.returncode}")
                time.sleep(0.1)
            yield url, process.pid
        finally:
            process.kill()


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
