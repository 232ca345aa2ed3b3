"""Problem documents: complete, in both languages, documented, and without a value."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hub.api.catalogue import LOG_REASONS, PROBLEMS, REASONS
from hub.api.error_reference import render_errors
from hub.api.languages import preferred
from hub.api.problems import problem_document, problem_headers
from hub.exchange.refusals import InvalidParam, Refused, Unready
from hub.settings import ROOT


def _sources() -> str:
    rooms = (ROOT / "hub" / "api", ROOT / "hub" / "exchange")
    files: list[Path] = [file for room in rooms for file in room.glob("*.py") if file.name != "catalogue.py"]
    return "\n".join(file.read_text() for file in files)


def test_every_code_that_is_raised_is_in_the_catalogue_and_the_other_way_round() -> None:
    """No refusal without its words, and no words without a refusal."""
    raised = set(re.findall(r'"((?:[a-z]+)\.[a-z_]+)"', _sources()))
    rooms = {code.split(".")[0] for code in PROBLEMS}
    codes = {code for code in raised if code.split(".")[0] in rooms and not code.startswith(("exchange.", "policy."))}
    assert codes - set(PROBLEMS) == set()
    assert set(PROBLEMS) - codes == set()


def test_every_reason_is_in_the_catalogue() -> None:
    """Reasons of invalid parameters and the log's own codes are documented."""
    used = set(re.findall(r'InvalidParam\([^,()]+(?:\([^()]*\))?, "([a-z_]+)"', _sources()))
    assert used and used <= set(REASONS)
    logged = r'"((?:claim|enterprise)\.(?:incomplete|no_record|differs|former_id|ambiguous|number_cancelled))"'
    assert set(re.findall(logged, _sources())) == set(LOG_REASONS)


def test_the_page_of_errors_is_up_to_date() -> None:
    """docs/errors.md is what the catalogue says; `python -m hub.api.error_reference docs/errors.md` writes it."""
    assert (ROOT / "docs" / "errors.md").read_text(encoding="utf-8") == render_errors()


@pytest.mark.parametrize("code", list(PROBLEMS))
def test_a_problem_speaks_both_languages(code: str) -> None:
    """Title and advice differ by language; code, status and fixer do not."""
    vi, en = (problem_document(Refused(code), language, None) for language in ("vi", "en"))
    assert vi["title"] != en["title"] and vi["detail"] != en["detail"]
    assert {key: vi[key] for key in ("code", "status", "fixer")} == {
        key: en[key] for key in ("code", "status", "fixer")
    }


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "vi"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("vi,en;q=0.9", "vi"),
        ("vi;q=0.3, en;q=0.7", "en"),
        ("fr", "vi"),
        ("fr, *;q=0.5, vi;q=0.1", "en"),
        ("en;q=0", "vi"),
        ("en;q=nan, vi;q=0.1", "vi"),
        (";;;,,q=", "vi"),
        ("en;q=1" + "," * 10_000, "en"),
    ],
)
def test_the_callers_language_is_chosen_by_weight(header: str, language: str) -> None:
    """The higher weight wins; Vietnamese on a tie and when nothing is understood."""
    assert preferred(header) == language


def test_a_refusal_that_may_be_repeated_says_when() -> None:
    """A 503 carries Retry-After, and a 401 the scheme to use."""
    assert problem_headers(Unready("hub.database_down", 7), "vi")["Retry-After"] == "7"
    assert problem_headers(Refused("token.missing"), "vi")["WWW-Authenticate"] == 'Bearer realm="lienthong"'


def test_invalid_params_are_named_in_the_callers_language() -> None:
    """The path stays, the reason is translated."""
    refused = Refused("body.invalid", (InvalidParam("subject.name", "missing"),))
    assert problem_document(refused, "vi", None)["invalid_params"] == [
        {"name": "subject.name", "code": "missing", "reason": "bắt buộc"}
    ]
