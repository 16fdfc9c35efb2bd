"""One server program, with the options of `tracer serve`.

    python -m scan_bench.serve SERVER APPLICATION PORT CORE

APPLICATION is a factory, `<module>:<function>`. SERVER is uvicorn, granian, or `bare`, which reads
no HTTP at all: whatever comes is answered with the same bytes. That is the most that the load
generator can be given.
"""

import asyncio
import sys

import uvicorn
import uvloop
from scan_bench.apps import BODY
from scan_bench.cores import stay_on

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(BODY), BODY)


class Bare(asyncio.Protocol):
    """Answers each piece of data, which is one request where one is in flight."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember whom to answer."""
        self._write = transport.write  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:  # noqa: ARG002 - it reads nothing
        """Answer."""
        self._write(ANSWER)


async def _serve_bare(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", port)
    await server.serve_forever()


def _serve_granian(application: str, port: int) -> None:
    from granian import Granian  # noqa: PLC0415 - starts threads of its own when imported
    from granian.constants import Interfaces, Loops  # noqa: PLC0415

    Granian(
        application,
        factory=True,
        address="127.0.0.1",
        port=port,
        workers=1,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        websockets=False,
        log_access=False,
        log_level="warning",
    ).serve()


def main() -> None:
    """Serve until told to end."""
    server, application, port, core = sys.argv[1:]
    stay_on(int(core))
    if server == "bare":
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve_bare(int(port)))
    elif server == "granian":
        _serve_granian(application, int(port))
    else:
        uvicorn.run(
            application,
            factory=True,
            port=int(port),
            loop="uvloop",
            http="httptools",
            access_log=False,
            server_header=False,
            log_level="warning",
        )


if __name__ == "__main__":
    main()
