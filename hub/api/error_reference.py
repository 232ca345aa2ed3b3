"""Writes `docs/errors.md` from the catalogue: `python -m hub.api.error_reference docs/errors.md`."""

from __future__ import annotations

import sys
from pathlib import Path

from hub.api.catalogue import LOG_REASONS, PROBLEMS, REASONS

_HEAD = """# Error codes of the lookup API

Every refusal is a problem document (RFC 9457, `application/problem+json`). Programs act on `code`, which never changes
its meaning; `title` and `detail` are for people, in Vietnamese or English as `Accept-Language` says. `instance` is the
exchange id under which the exchange log holds the refusal. `invalid_params` names the wrong parts of the request by
path and code, never by value. `retry_after` (seconds) comes with what may simply be repeated.

4xx is the caller's to put right, 5xx the hub's. `fixer` says who: the `consumer` (the calling system), the
`hub_administrator` (who grants rights) or the `hub_operator` (who runs the hub).

This page is written by `python -m hub.api.error_reference docs/errors.md`.

| code | status | fixer | Tiếng Việt | English |
| --- | --- | --- | --- | --- |
"""


def render_errors() -> str:
    """Returns the page."""
    rows = [
        f"| `{each.code}` | {each.status} | {each.fixer} | {_words(each.vi)} | {_words(each.en)} |"
        for each in PROBLEMS.values()
    ]
    reasons = [f"| `{code}` | {vi} | {en} |" for code, (vi, en) in REASONS.items()]
    logged = [f"| `{code}` | {text} |" for code, text in LOG_REASONS.items()]
    return "\n".join(
        [
            _HEAD + "\n".join(rows),
            "",
            "## Reasons in `invalid_params`",
            "",
            "| code | Tiếng Việt | English |",
            "| --- | --- | --- |",
            *reasons,
            "",
            "## Codes that only the exchange log holds",
            "",
            "Towards the caller these are one and the same answer: `no_match`, or `incomplete_claim` if a part lacked.",
            "When both a person and an enterprise were claimed, the entry may hold two of them, separated by a space.",
            "",
            "| code | meaning |",
            "| --- | --- |",
            *logged,
            "",
        ]
    )


def _words(words: tuple[str, str]) -> str:
    return f"**{words[0]}.** {words[1]}"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render_errors(), encoding="utf-8")
