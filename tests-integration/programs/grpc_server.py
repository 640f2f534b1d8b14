"""A gRPC server whose messages are plain bytes: one method of each kind. Arguments: port, port for TLS, key, certificate."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]  # it has no types


def upper(message: bytes, context: Any) -> bytes:
    """One message for one."""
    context.set_trailing_metadata((("x-length", str(len(message))),))
    return message.upper()


def refuse(message: bytes, context: Any) -> bytes:
    """An error, which gRPC tells in trailers."""
    context.abort(grpc.StatusCode.NOT_FOUND, "there is no such thing")
    raise AssertionError("abort raises")


def count(message: bytes, context: Any) -> Iterator[bytes]:
    """As many messages as the one that came asks for."""
    for number in range(int(message)):
        yield b"%d" % number


def gather(messages: Iterator[bytes], context: Any) -> bytes:
    """One message for many."""
    return b",".join(messages)


def echo(messages: Iterator[bytes], context: Any) -> Iterator[bytes]:
    """Each message, as soon as it comes."""
    for message in messages:
        yield b"echo " + message


def main() -> None:
    """Serve for ever."""
    port, secure_port, key, certificate = sys.argv[1:]
    server = grpc.server(ThreadPoolExecutor(16))
    handlers = {
        "Upper": grpc.unary_unary_rpc_method_handler(upper),
        "Refuse": grpc.unary_unary_rpc_method_handler(refuse),
        "Count": grpc.unary_stream_rpc_method_handler(count),
        "Gather": grpc.stream_unary_rpc_method_handler(gather),
        "Echo": grpc.stream_stream_rpc_method_handler(echo),
    }
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("test.Bytes", handlers)])
    credentials = grpc.ssl_server_credentials(
        [(Path(key).read_bytes(), Path(certificate).read_bytes())]
    )
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.add_secure_port(f"127.0.0.1:{secure_port}", credentials)
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
