"""The plugin: reports inside Airflow's pages for who is logged in, and for nobody else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.settings import ROOT


@pytest.fixture(scope="module")
def client(airflow_home: Path) -> Iterator[Any]:
    """Airflow's real API server application, with one report in the folder."""
    from airflow.api_fastapi.app import create_app
    from airflow.utils.db import initdb
    from fastapi.testclient import TestClient

    (airflow_home / "reports" / "b1").mkdir()
    (airflow_home / "reports" / "b1" / "index.html").write_text("<h1>Báo cáo</h1>")
    (airflow_home / "secret.html").write_text("outside")
    initdb()
    with TestClient(create_app(apps="core"), follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="module")
def viewer(client: Any) -> dict[str, str]:
    """The header of somebody with the least role."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="auditor", role="viewer"))
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("path", ["/hub/", "/hub/reports/", "/hub/reports/b1/index.html", "/hub/reports/none.html"])
def test_nobody_gets_nothing(client: Any, path: str) -> None:
    """Without a login every page, existing or not, is refused with the same 401."""
    answer = client.get(path)

    assert (answer.status_code, "Báo cáo" in answer.text) == (401, False)


@pytest.mark.parametrize("path", ["/hub/docs", "/hub/openapi.json", "/hub/redoc"])
def test_the_frameworks_own_pages_are_not_there(client: Any, path: str) -> None:
    """The sub-application has no documents that would bypass the login."""
    assert client.get(path).status_code in (401, 404)


def test_a_browser_is_sent_to_the_login(client: Any) -> None:
    """Who opens a report in a browser without a login lands on the login page and comes back."""
    answer = client.get("/hub/reports/", headers={"Accept": "text/html"})

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/auth/login?next=")


def test_who_is_logged_in_reads_reports(client: Any, viewer: dict[str, str]) -> None:
    """A viewer finds the report in the list and opens it; the page may load nothing from elsewhere."""
    listed = client.get("/hub/reports/", headers=viewer)
    opened = client.get("/hub/reports/b1/index.html", headers=viewer)

    assert 'href="/hub/reports/b1/index.html"' in listed.text
    assert opened.text == "<h1>Báo cáo</h1>"
    assert "default-src 'none'" in opened.headers["Content-Security-Policy"]
    assert opened.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    ["../secret.html", "%2e%2e/secret.html", "b1/../../secret.html", "/etc/passwd", "%2fetc%2fpasswd", "b1%00.html"],
)
def test_nothing_outside_the_folder_is_served(client: Any, viewer: dict[str, str], path: str) -> None:
    """Paths that lead out of the folder are not found."""
    answer = client.get(f"/hub/reports/{path}", headers=viewer)

    assert answer.status_code == 404
    assert "outside" not in answer.text


def test_a_link_out_of_the_folder_is_not_followed(client: Any, viewer: dict[str, str], airflow_home: Path) -> None:
    """A symbolic link in the folder does not serve what lies elsewhere."""
    (airflow_home / "reports" / "link.html").symlink_to(airflow_home / "secret.html")

    assert client.get("/hub/reports/link.html", headers=viewer).status_code == 404


def test_other_processes_build_no_pages(airflow_home: Path) -> None:
    """Outside of the API server the plugin is cheap: it has no application and imports no web framework."""
    script = (
        "import runpy, sys\n"
        f"plugin = runpy.run_path({str(ROOT / 'plugins' / 'lienthong_plugin.py')!r})['LienthongPlugin']\n"
        "print(plugin.fastapi_apps, 'hub.console.reports' in sys.modules)"
    )
    env = {name: value for name, value in os.environ.items() if name != "AIRFLOW_API_APPS"}

    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)

    assert done.stdout.strip().splitlines()[-1] == "[] False"
