"""Data Docs of a batch: the pages of Great Expectations' own renderer, made of results that hold no value.

They are rendered from what `SuiteResult.as_json` kept: verdicts, counts and figures. The renderer's pages load styles
and scripts from seven hosts on the internet; a page about citizens' data behind a ministry's login loads nothing, so
those are taken out and a small style of ours put in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any, Final

from lxml import html

from hub.quality.expectations import Expectation, load_expectations, suite_names, suite_of
from schemas.canonical import kinds

_REMOTE: Final = ("src", "href", "action")
_SUITE_PAGES: Final = tuple(f"expectations/{name}.html" for name in suite_names())
_STATUS: Final = {"text-success": "✓ đạt · passed", "text-danger": "✗ không đạt · failed"}


def write_data_docs(
    suite: Mapping[str, Any], directory: Path, *, batch_id: str, checked_at: datetime, kind: str = "person"
) -> dict[str, Path]:
    """Writes `index.html` (what the suite said about a batch) and `suite.html` (the suite) and returns their paths.

    `kind` is the kind of the batch's records. Expectations with too few records are not on the page of results; a line
    at its head names them.
    """
    from great_expectations.core import ExpectationSuite
    from great_expectations.render.renderer import ExpectationSuitePageRenderer, ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    expectations = load_expectations(kind)
    configs = {each.rule.id: _config(each) for each in expectations}
    results = _results(suite, configs, kind, batch_id, checked_at)
    documented = ExpectationSuite(
        name=suite_of(kinds()[kind].prefix), expectations=[dict(_plain_config(each)) for each in expectations]
    )
    view = DefaultJinjaPageView()
    pages = {
        "index": view.render(ValidationResultsPageRenderer(run_info_at_end=True).render(results)),
        "suite": view.render(ExpectationSuitePageRenderer().render(documented)),
    }
    notes = {"index": _not_evaluated(suite["not_evaluated"]), "suite": ""}
    directory.mkdir(parents=True, exist_ok=True)
    paths = {}
    for name, page in pages.items():
        paths[name] = directory / f"{name}.html"
        paths[name].write_text(self_contained(page, notes[name]), encoding="utf-8")
    return paths


def self_contained(page: str, note: str = "") -> str:
    """Returns a page of the renderer without script, remote asset or advertisement, in our style, a note on top."""
    tree: Any = html.document_fromstring(page)
    for element in list(tree.iter("script", "link", "img", "iframe", "form", "footer", "style", "input", "button")):
        element.drop_tree()
    for element in list(tree.iter()):
        if isinstance(element.tag, str):
            _clean(element)
    for item in list(tree.iter("li")):
        if not item.text_content().strip() and item.find(".//table") is None:
            item.drop_tree()
    head, body = tree.find("head"), tree.find("body")
    style = html.Element("style")
    style.text = resources.files("hub.quality").joinpath("templates", "datadocs.css.j2").read_text(encoding="utf-8")
    policy = html.Element("meta")
    policy.set("http-equiv", "Content-Security-Policy")
    policy.set("content", "default-src 'none'; style-src 'unsafe-inline'")
    head.append(policy)
    head.append(style)
    tree.set("lang", "en")
    if note:
        line = html.Element("p")
        line.set("class", "note")
        line.text = note
        body.insert(0, line)
    return "<!doctype html>\n" + str(html.tostring(tree, encoding="unicode"))


def _clean(element: Any) -> None:
    """Takes remote addresses and handlers off one element, and says in words what an icon font would show."""
    for name in list(element.attrib):
        if name.startswith("on") or name in ("style", "integrity", "crossorigin"):
            del element.attrib[name]
        elif name in _REMOTE and not element.get(name).startswith("#"):
            local = "suite.html" if element.get(name).endswith(_SUITE_PAGES) else "index.html"
            element.set(name, local)
    if element.tag == "i":
        for marker, text in _STATUS.items():
            if marker in (element.get("class") or "").split():
                element.tag, element.text = "span", text
                element.set("class", "status " + marker)
    classes = (element.get("class") or "").split()
    if {"card", "mb-3"} <= set(classes) or "cta-footer" in classes or "footer" in (element.get("id") or ""):
        element.drop_tree()


def _results(
    suite: Mapping[str, Any], configs: Mapping[str, Any], kind: str, batch_id: str, checked_at: datetime
) -> Any:
    """Rebuilds the suite's validation result out of what was kept of it."""
    from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult

    flat = {"raised_exception": False, "exception_message": None, "exception_traceback": None}
    results = [
        ExpectationValidationResult(
            success=each["success"],
            expectation_config=configs[each["rule"]],
            result=_details(each, configs[each["rule"]].kwargs),
            exception_info=flat,
        )
        for each in suite["evaluated"]
        if each["rule"] in configs
    ]
    passed = sum(each.success for each in results)
    return ExpectationSuiteValidationResult(
        success=passed == len(results),
        results=results,
        suite_name=suite_of(kinds()[kind].prefix),
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": passed,
            "unsuccessful_expectations": len(results) - passed,
            "success_percent": 100 * passed / len(results) if results else None,
        },
        meta={"run_id": {"run_name": batch_id, "run_time": checked_at.isoformat()}},
    )


def _details(kept: Mapping[str, Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Makes the result that the renderer wants: figures where there are some, else counts, and no list of values."""
    if kept["unexpected"] is None:
        details: dict[str, Any] = {"observed_value": kept["observed"]} if kept["observed"] is not None else {}
        if details and "partition_object" in kwargs:
            # The renderer shows a divergence only beside two charts. We keep no distribution and show no chart.
            chart = kwargs["partition_object"]
            details["details"] = {"observed_partition": chart, "expected_partition": chart}
        return details
    share = 100 * kept["unexpected"] / kept["rows"] if kept["rows"] else 0.0
    return {
        "element_count": kept["rows"],
        "unexpected_count": kept["unexpected"],
        "unexpected_percent": share,
        "unexpected_percent_total": share,
        "unexpected_percent_nonmissing": share,
        "missing_count": 0,
        "missing_percent": 0.0,
        "partial_unexpected_list": [],
        "partial_unexpected_counts": [],
    }


def _plain_config(expectation: Expectation) -> dict[str, Any]:
    """Returns an expectation as the pages show it: with its rule's words as notes."""
    rule = expectation.rule
    notes = [f"`{rule.id}` ({rule.group}, {rule.severity})", rule.vi.what, rule.en.what, rule.source]
    return {
        "type": expectation.config["type"],
        "kwargs": dict(expectation.config["kwargs"]),
        "severity": expectation.config["severity"],
        "notes": notes,
    }


def _config(expectation: Expectation) -> Any:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    return ExpectationConfiguration(**_plain_config(expectation))


def _not_evaluated(rules: Mapping[str, int] | Sequence[str]) -> str:
    if not rules:
        return ""
    return f"Không đánh giá vì quá ít bản ghi · Not evaluated, too few records: {', '.join(sorted(rules))}"
