"""Serves the validation reports below `var/reports`, to whoever the surrounding application lets in.

The reports hold counts and rules, no values; even so they are for people who are logged in.
"""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

# No script at all and nothing from another host; the page may stand in a frame of the same origin (Airflow's).
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_KINDS = {".html": "text/html", ".css": "text/css", ".json": "application/json", ".svg": "image/svg+xml"}
_PAGE = """<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><title>Báo cáo chất lượng · Quality reports</title>
<meta name="viewport" content="width=device-width">
<style>body{{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}}
table{{border-collapse:collapse;width:100%}}
td,th{{text-align:left;padding:.4rem .8rem;border-bottom:1px solid #bbb}}</style>
</head><body><main><h1>Báo cáo chất lượng <span lang="en">· Quality reports</span></h1>{body}</main></body></html>"""


@dataclass(frozen=True, slots=True)
class ReportFile:
    """One page that lies in the folder."""

    path: str
    written: datetime


def create_reports_app(folder: Path, user: Callable[..., Any], login_url: str | None = None) -> FastAPI:
    """Makes an application that shows the reports in a folder.

    Args:
        folder: where the reports lie; nothing outside it is ever served.
        user: dependency that finds who asks, and refuses with 401 who is nobody.
        login_url: where a browser is sent instead of that 401.
    """
    # The framework's own documents would bypass the dependency, so there are none.
    app = FastAPI(title="Reports", dependencies=[Depends(user)], docs_url=None, redoc_url=None, openapi_url=None)

    @app.middleware("http")
    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        response.headers.update(HEADERS)
        return response

    @app.exception_handler(HTTPException)
    async def refuse(request: Request, error: HTTPException) -> Response:
        wants_page = "text/html" in request.headers.get("Accept", "")
        if error.status_code == 401 and login_url and wants_page:
            # Path and query alone: the host is the caller's word, and must not decide where the login leads.
            wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"{login_url}?{urlencode({'next': wanted})}", 303)
        return JSONResponse({"detail": error.detail}, error.status_code)

    @app.get("/")
    @app.get("/reports/")
    def index() -> HTMLResponse:
        """Lists the reports, newest first."""
        return HTMLResponse(_PAGE.format(body=_listing(list(find_reports(folder)))))

    @app.get("/reports/{path:path}")
    def report(path: str) -> Response:
        """Serves one file of a report."""
        found, headers = locate(folder, path)
        try:
            return Response(found.read_bytes(), headers=headers)
        except OSError:  # it went away, or is not ours to read
            raise HTTPException(404, "no such report") from None

    return app


def locate(folder: Path, path: str) -> tuple[Path, dict[str, str]]:
    """Returns a file below the folder, links resolved.

    Raises:
        HTTPException: 404, as much for what lies elsewhere as for what does not exist.
    """
    try:
        root = folder.resolve()
        found = (root / path).resolve()
        if found.is_dir():
            found = (found / "index.html").resolve()  # the index may be a link too
        served = found.is_relative_to(root) and found.is_file() and found.suffix in _KINDS
    except (OSError, RuntimeError, ValueError):  # a name that is too long, a ring of links, a zero byte
        served = False
    if not served:
        raise HTTPException(404, "no such report")
    return found, {"Content-Type": f"{_KINDS[found.suffix]}; charset=utf-8"}


def find_reports(folder: Path) -> Iterator[ReportFile]:
    """Finds the reports' first pages: every HTML file, and of a folder with an index only that."""
    root = folder.resolve()
    if not root.is_dir():
        return
    for path in root.rglob("*.html"):
        inside = path.relative_to(root)
        indexed = any((root / above / "index.html").exists() for above in inside.parents if str(above) != ".")
        if path.name != "index.html" and indexed:
            continue
        # What could not be opened is not listed: a link that leads out or nowhere, a file that has just gone.
        with suppress(HTTPException, OSError):
            found, _ = locate(folder, inside.as_posix())
            yield ReportFile(inside.as_posix(), datetime.fromtimestamp(found.stat().st_mtime, UTC))


def _listing(found: list[ReportFile]) -> str:
    if not found:
        return "<p>Chưa có báo cáo nào. <span lang='en'>No report yet.</span></p>"
    rows = "".join(
        f'<tr><td><a href="/hub/reports/{quote(each.path)}">{html.escape(each.path)}</a></td>'
        f"<td>{each.written:%Y-%m-%d %H:%M} UTC</td></tr>"
        for each in sorted(found, key=lambda each: each.written, reverse=True)
    )
    return f"<table><tr><th>Báo cáo · Report</th><th>Lúc · At</th></tr>{rows}</table>"
