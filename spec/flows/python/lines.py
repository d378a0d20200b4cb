"""The talk with the spec: one JSON object a line, commands come in and events go out."""

import asyncio
import json
import sys


def tell(event, **facts):
    print(json.dumps({"event": event, **facts}), flush=True)


async def commands():
    """Ends when the spec has no more to say."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async for line in reader:
        yield json.loads(line)
