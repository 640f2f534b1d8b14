"""What helps to test transports, and what is built on network streams. It needs no test framework.

Scripted networks stand in for real ones. The checks run what implements an interface against its contract, rule by rule,
under asyncio, Trio or threads. The mocks are those of httpcore 1.x.
"""

from ._async.byte_stream_checks import check_async_byte_stream
from ._async.mocks import AsyncMockBackend, AsyncMockStream
from ._async.network_checks import AsyncPeer, check_async_network_stream
from ._async.scripted import AsyncScriptedBackend, AsyncScriptedStream
from ._async.transport_checks import check_async_transport
from ._conformance import ConformanceError
from ._script import END, STALL, TURN, Connect, Delayed, ScriptError, Step, Steps
from ._sync.byte_stream_checks import check_byte_stream
from ._sync.mocks import MockBackend, MockStream
from ._sync.network_checks import Peer, check_network_stream
from ._sync.scripted import ScriptedBackend, ScriptedStream
from ._sync.transport_checks import check_transport

__all__ = [
    "AsyncMockBackend",
    "AsyncMockStream",
    "AsyncPeer",
    "AsyncScriptedBackend",
    "AsyncScriptedStream",
    "ConformanceError",
    "Connect",
    "Delayed",
    "END",
    "MockBackend",
    "MockStream",
    "Peer",
    "STALL",
    "ScriptError",
    "ScriptedBackend",
    "ScriptedStream",
    "Step",
    "Steps",
    "TURN",
    "check_async_byte_stream",
    "check_async_network_stream",
    "check_async_transport",
    "check_byte_stream",
    "check_network_stream",
    "check_transport",
]
