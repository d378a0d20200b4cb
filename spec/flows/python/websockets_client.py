"""A client of the raw door with Python's websockets: it sends what it is told and tells what it gets."""

import asyncio
import json
import sys

import websockets
from lines import commands, tell


class Client:
    def __init__(self, url):
        self.url = url
        self.socket = None

    async def listen(self):
        """Stays connected until it is refused for good."""
        while True:
            try:
                async with websockets.connect(self.url) as self.socket:
                    async for text in self.socket:
                        tell("message", name=None, args=[json.loads(text)])
            except websockets.InvalidStatusCode as refusal:
                if refusal.status_code < 500:
                    return tell("refused", data=refusal.status_code)
            except (OSError, websockets.InvalidHandshake):
                await asyncio.sleep(0.02)  # the server is not back yet


async def main(url):
    client = Client(url)
    listening = asyncio.create_task(client.listen())
    async for command in commands():
        await client.socket.send(json.dumps(command["message"]))
    listening.cancel()
    await asyncio.wait([listening])


asyncio.run(main(sys.argv[1]))
