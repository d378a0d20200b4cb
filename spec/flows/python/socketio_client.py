"""A client of the Socket.IO door with python-socketio: it emits what it is told and tells what it gets."""

import asyncio
import json
import sys

import socketio
from lines import commands, tell


def create_client():
    client = socketio.AsyncClient(reconnection_delay=0.02, reconnection_delay_max=0.02)
    client.on("*", lambda name, *args: tell("message", name=name, args=args))
    client.on("connect_error", lambda data: tell("refused", data=data))
    return client


async def emit(client, message, callback):
    name = message.pop("type")
    if callback:
        await client.emit(name, message, callback=lambda *args: tell("answer", args=args))
    else:
        await client.emit(name, message)


async def main(url, auth, transports):
    client = create_client()
    try:
        await client.connect(url, auth=auth, transports=transports)
    except socketio.exceptions.ConnectionError:
        return
    async for command in commands():
        await emit(client, **command)
    await client.disconnect()


asyncio.run(main(sys.argv[1], *map(json.loads, sys.argv[2:])))
