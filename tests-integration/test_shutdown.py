"""What a program leaves behind that ends with its pools open: nothing."""

import subprocess
import sys
import textwrap

PROGRAM = """
    import asyncio, socket, sys, threading
    from httpcore_pool import AsyncConnectionPool, ConnectionPool

    server = socket.create_server(("127.0.0.1", 0))
    url = "http://127.0.0.1:%d/" % server.getsockname()[1]

    def serve(sock):
        with sock:
            while sock.recv(1000):
                sock.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nhello")

    def accept():
        with server:
            for _ in range(2):
                threading.Thread(target=serve, args=[server.accept()[0]], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    pool = ConnectionPool()
    assert pool.request("GET", url).content == b"hello"
    async_pool = AsyncConnectionPool()

    async def main():
        assert (await async_pool.request("GET", url)).content == b"hello"

    asyncio.run(main())
    print("done")
"""


def test_interpreter_ends_without_a_word_about_pools_that_are_open() -> None:
    program = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "always", "-c", textwrap.dedent(PROGRAM)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (program.returncode, program.stdout, program.stderr) == (0, "done\n", "")
