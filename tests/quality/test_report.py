"""The validation report and the Data Docs: both languages, every count, and no value."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import html

from hub.quality.datadocs import self_contained, write_data_docs
from hub.quality.report import ReportInput, RuleCount, build_report, local_time, report_json, write_report
from hub.quality.report_words import LANGUAGES, WORDS, percent
from hub.quality.rules import RULES
from hub.quality.suite import run_suite
from tests.quality.people import NOW, good_batch, spoil

CANARIES = ("CANARYNAME", "100099912345")
LEDGER = {
    "fetched": 1000,
    "published": 900,
    "unchanged": 50,
    "superseded": 5,
    "quarantined": 20,
    "duplicate": 5,
    "filtered": 20,
}


@pytest.fixture(scope="module")
def suite():
    patch = {"name.full": CANARIES[0], "personal_id": CANARIES[1], "mother.name": CANARIES[0]}
    return run_suite(spoil(spoil(good_batch(1500), 0.996, patch), 0.8, {"gender": "male"})).as_json()


@pytest.fixture
def report(suite):
    found = [("conflict.number_birth_year", "birth_date", 9), ("text.not_nfc", "name.full", 31), ("batch.empty", "", 1)]
    return ReportInput(
        feed="population.citizens",
        batch_id="b-1",
        state="published",
        since=NOW - timedelta(hours=1),
        until=NOW,
        made_at=NOW,
        scope="all",
        legal_basis="Law 91/2025/QH15 art. 19(c)",
        ledger=LEDGER,
        counts=[RuleCount(rule, field, RULES[rule].severity, RULES[rule].group, n) for rule, field, n in found],
        suite=suite,
        mapping_version=3,
        rules_version="0123456789abcdef",
        links={"data_docs": "data_docs/index.html"},
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_report_speaks_its_language(report, language):
    """The page declares its language and says each rule's finding and next step in it."""
    page = build_report(report, language)

    tree = html.document_fromstring(page)
    assert tree.get("lang") == language
    text = tree.text_content()
    for count in report.counts:
        rule = RULES[count.rule]
        words = rule.vi if language == "vi" else rule.en
        assert words.what in text
        assert words.next in text
    assert WORDS[language]["balanced"] in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_report_can_be_read_by_all(report, language):
    """Tables have captions and scoped headers, headings go in order, and nothing is loaded from elsewhere."""
    page = build_report(report, language)

    tree = html.document_fromstring(page)
    assert all(table.find("caption") is not None for table in tree.iter("table"))
    assert all(cell.get("scope") for cell in tree.iter("th"))
    assert [len(list(tree.iter("h1")))] == [1]
    assert list(tree.iter("script", "link", "img", "iframe")) == []
    assert "default-src 'none'" in page
    assert re.search(r"https?://", page) is None


def test_account_adds_up(report):
    """The ledger shows both sides with equal totals, and says so."""
    totals = html.document_fromstring(build_report(report, "en")).xpath("//tfoot//td[1]/text()")

    assert totals == ["1,000", "1,000"]


def test_unbalanced_account_is_called_so(report):
    """An account that does not balance can't look like one that does."""
    off = replace(report, ledger={**LEDGER, "published": 899})

    assert WORDS["vi"]["unbalanced"] in build_report(off, "vi")
    assert report_json(off)["balanced"] is False


def test_report_before_publishing(report):
    """A parked batch has no account yet: the report names the rule that parked it and what to do."""
    parked = replace(
        report, ledger=None, suite=None, state="parked", parked_rule="batch.shrunken", mapping_version=None
    )

    page = build_report(parked, "en")

    assert WORDS["en"]["no_ledger"] in page
    assert RULES["batch.shrunken"].en.next in page


def test_expectations_that_were_not_evaluated_are_listed(report):
    """An expectation with too few records is shown as such, not as passed."""
    few = replace(report, suite=run_suite(good_batch(40)).as_json())

    page = build_report(few, "vi")

    assert page.count(WORDS["vi"]["not_evaluated"]) == len(few.suite["not_evaluated"]) > 10


def test_report_escapes_what_it_is_given(report):
    """A field name that a broken source made up is shown as text and never run."""
    hostile = "<script>alert(1)</script>"
    count = RuleCount("wire.drift", hostile, "quarantine", "format", 1)

    page = build_report(replace(report, counts=[count], legal_basis=hostile), "vi")

    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 2


def test_rule_that_left_the_catalogue_is_named(report):
    """An old batch may name a rule that is gone: the report says so instead of failing."""
    count = RuleCount("old.rule", "gender", "warn", "format", 1)

    assert WORDS["en"]["unknown_rule"] in build_report(replace(report, counts=[count]), "en")


def test_files_of_a_report(report, tmp_path):
    """Both languages and the JSON twin are written, with the same counts."""
    paths = write_report(report, tmp_path / "b-1")

    twin = json.loads(paths["json"].read_text(encoding="utf-8"))
    assert {"vi", "en", "json"} == set(paths)
    assert twin["ledger"] == LEDGER
    assert [each.records for each in report.counts] == [each["records"] for each in twin["findings"]]


def test_fields_are_called_after_their_kind(report):
    """An enterprise's name is not called a person's, and a field of a list goes by the list."""
    counts = [
        RuleCount("text.not_nfc", "name.full", "warn", "format", 7),
        RuleCount("outlier.representative_minor", "representatives.birth_date", "warn", "outlier", 2),
    ]

    page = build_report(replace(report, counts=counts, kind="organisation"), "en")

    assert "Name of the enterprise" in page
    assert "Legal representatives<br><code>representatives.birth_date" in page
    assert "Full name" not in page
    assert "Full name" in build_report(replace(report, counts=counts), "en")


def test_data_docs_are_those_of_great_expectations(suite, tmp_path):
    """The pages are the library's own, with verdicts and figures, and load nothing from elsewhere."""
    paths = write_data_docs(suite, tmp_path / "docs", batch_id="b-1", checked_at=NOW)

    index, described = (paths[name].read_text(encoding="utf-8") for name in ("index", "suite"))
    assert "Expectation Validation Result" in index
    assert "không đạt · failed" in index
    assert "quantiles must be within" in index
    assert "KL Divergence" in index
    assert "suite.province_count" in html.document_fromstring(index).xpath("string(//p[@class='note'])")
    assert RULES["suite.sex_ratio"].vi.what in described
    for page in (index, described):
        assert re.search(r"https?://|<script|onclick", page) is None
    assert {"index.html", "suite.html"} == {path.name for path in tmp_path.rglob("*") if path.is_file()}


def test_no_page_shows_a_value(report, suite, tmp_path):
    """Marked names, numbers and moments of a failing batch appear in no file, in no spelling."""
    write_report(report, tmp_path)
    write_data_docs(suite, tmp_path / "docs", batch_id="b-1", checked_at=NOW)

    text = "".join(path.read_text(encoding="utf-8").casefold() for path in tmp_path.rglob("*") if path.is_file())
    for canary in CANARIES:
        for spelling in (canary, canary.encode().hex(), f"{int(canary):,}" if canary.isdigit() else canary):
            assert spelling.casefold() not in text


def test_page_without_remote_parts():
    """Scripts, remote assets, handlers and advertisements of the renderer are taken out."""
    page = self_contained(
        '<html><head><script src="https://a.example/x.js"></script><link href="https://a.example/x.css"></head><body>'
        '<a href="https://a.example/" onclick="x()">Home</a><img src="https://a.example/x.png">'
        '<i class="fas fa-times text-danger"></i><footer>Subscribe</footer></body></html>',
        note="few",
    )

    assert "a.example" not in page
    assert "onclick" not in page
    assert "Subscribe" not in page
    assert "✗ không đạt · failed" in page
    assert "few" in page


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(0, 10, "0,0 %"), (1, 100_000, "< 0,1 %"), (99_999, 100_000, "> 99,9 %"), (10, 10, "100,0 %"), (0, 0, "–")],
)
def test_shares_never_round_to_nothing_or_all(part, whole, shown):
    """One record of a hundred thousand is less than 0.1 percent, and not none."""
    assert shown == percent("vi", part, whole)


def test_times_are_those_of_viet_nam():
    """People read the clock of Viet Nam, in the habit of their language."""
    assert local_time(NOW, "vi") == "01/11/2026 07:00"
    assert local_time(NOW, "en") == "2026-11-01 07:00"
