"""What helps to test transports, and what is built on network streams. It needs no test framework.

Scripted networks stand in for real ones. The mocks are those of httpcore 1.x.
"""

from ._async.mocks import AsyncMockBackend, AsyncMockStream
from ._async.scripted import AsyncScriptedBackend, AsyncScriptedStream
from ._script import END, STALL, TURN, Connect, Delayed, ScriptError, Step, Steps
from ._sync.mocks import MockBackend, MockStream
from ._sync.scripted import ScriptedBackend, ScriptedStream

__all__ = [
    "END",
    "STALL",
    "TURN",
    "AsyncMockBackend",
    "AsyncMockStream",
    "AsyncScriptedBackend",
    "AsyncScriptedStream",
    "Connect",
    "Delayed",
    "MockBackend",
    "MockStream",
    "ScriptError",
    "ScriptedBackend",
    "ScriptedStream",
    "Step",
    "Steps",
]
