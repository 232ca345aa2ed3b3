"""Closing a connection without an answer, which ASGI has no word for."""

from __future__ import annotations

from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send


class ConnectionDropped(BaseException):
    """The scripted end of a connection; it never leaves a real server.

    No `Exception`, because Starlette answers 500 to each of those.
    """


class Dropping:
    """Wraps an application so that `ConnectionDropped` closes the connection.

    Behind uvicorn the socket is closed. In process (httpx.ASGITransport) there is no socket; there the caller gets the
    error that httpx raises for a closed one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Runs the application."""
        try:
            await self._app(scope, receive, send)
        except ConnectionDropped:
            # uvicorn's `receive` is a method of the request's cycle, which holds the socket's transport.
            transport: Any = getattr(getattr(receive, "__self__", None), "transport", None)
            if transport is None:
                # Imported here: a running twin needs no HTTP client.
                import httpx

                raise httpx.RemoteProtocolError("Server disconnected without sending a response.") from None
            transport.close()
            # uvicorn would answer 500 if the application ended before the connection did.
            while (await receive())["type"] != "http.disconnect":
                continue
