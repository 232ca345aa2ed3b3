"""The reports' pages: nothing outside of the folder, and an answer for whatever lies in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import HTTPException
from fastapi.testclient import TestClient

from hub.console.reports import create_reports_app, find_reports


def nobody() -> None:
    raise HTTPException(401, "who are you?")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one report, and something beside it that is no report."""
    (tmp_path / "reports" / "b1").mkdir(parents=True)
    (tmp_path / "reports" / "b1" / "index.html").write_text("<h1>Báo cáo</h1>")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.html").write_text("outside")
    (tmp_path / "outside" / "index.html").write_text("outside")
    return tmp_path / "reports"


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    """Somebody who is logged in; an error of the server would be raised."""
    with TestClient(create_reports_app(folder, lambda: None)) as client:
        yield client


def refused(client: TestClient, path: str) -> bool:
    answer = client.get(f"/reports/{path}")
    assert "outside" not in answer.text
    return answer.status_code == 404 and "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_linked_index_does_not_lead_out(client: TestClient, folder: Path) -> None:
    """A folder whose index is a link to elsewhere is not served, nor listed."""
    (folder / "b2").mkdir()
    (folder / "b2" / "index.html").symlink_to(folder.parent / "outside" / "secret.html")
    (folder / "b3").symlink_to(folder.parent / "outside")

    assert refused(client, "b2/")
    assert refused(client, "b2")
    assert refused(client, "b3/")
    assert [each.path for each in find_reports(folder)] == ["b1/index.html"]


def test_links_in_a_ring_or_to_nothing_are_not_found(client: TestClient, folder: Path) -> None:
    """A ring of links, a link to nothing and a name that is too long are 404; the list does without them."""
    (folder / "ring.html").symlink_to(folder / "ring.html")
    (folder / "gone.html").symlink_to(folder / "nowhere.html")

    for path in ("ring.html", "gone.html", "a" * 5000 + ".html", "b1%00.html", "b1/index.html/more.html"):
        assert refused(client, path)
    listed = client.get("/")
    assert listed.status_code == 200
    assert "b1/index.html" in listed.text
    assert "ring" not in listed.text
    assert "gone" not in listed.text


def test_a_file_that_is_closed_to_us_is_not_found(client: TestClient, folder: Path) -> None:
    """What vanishes between the look and the reading is 404 too: a directory takes the place of the file."""
    (folder / "b1" / "index.html").unlink()
    (folder / "b1" / "index.html").mkdir()

    assert refused(client, "b1/index.html")
    assert list(find_reports(folder)) == []


def test_the_login_leads_back_by_path_alone(folder: Path) -> None:
    """The host that the caller names does not become a place to be sent to after the login."""
    with TestClient(create_reports_app(folder, nobody, "/auth/login"), follow_redirects=False) as client:
        answer = client.get("/reports/b1/?x=1", headers={"Accept": "text/html", "Host": "evil.example"})

    assert answer.status_code == 303
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["next"] == ["/reports/b1/?x=1"]
