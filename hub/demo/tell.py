"""Tells what happened, in Vietnamese and English, for somebody who sees the hub for the first time."""

from __future__ import annotations

from datetime import date
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hub.demo import truth
from hub.demo.play import Account, Filled
from hub.quality.rules import RULES


def tell(account: Account, out: Console, *, today: date) -> None:
    """Prints the account to a console without markup: what is told may hold anything that a register sent."""
    _batches(account, out)
    _quarantine(account, out)
    _form(account, out, today)
    _asked(account, out)
    _next(account, out)


def _batches(account: Account, out: Console) -> None:
    out.rule(Text("1. Dữ liệu đã về kho · What reached the store", "bold"))
    table = Table("feed", "batch", "window until (UTC)", "fetched", "=", "published", "unchanged", "superseded")
    for column in ("quarantined", "duplicate", "filtered"):
        table.add_column(column)
    for each in account.batches:
        counts = {name: f"{count:,}" for name, count in each.ledger.items()}
        table.add_row(
            each.batch.feed,
            str(each.batch.batch_id)[:8],
            f"{each.batch.until:%Y-%m-%d %H:%M}",
            counts.pop("fetched"),
            "=",
            *(
                counts[name]
                for name in ("published", "unchanged", "superseded", "quarantined", "duplicate", "filtered")
            ),
        )
    out.print(table)
    found = account.reconciliation
    if found is not None:
        out.print(
            f"Đối soát với CSDLQG về dân cư · compared with the register: {found.source_count:,} numbers there, "
            f"{found.hub_count:,} here, {found.quarantined:,} in quarantine only; missing {found.missing}, "
            f"extra {found.extra}, stale {found.stale}."
        )
    out.print(
        f"{account.enterprises:,} doanh nghiệp, đơn vị, hộ kinh doanh khớp với hệ thống giả lập · enterprises, units "
        "and household businesses equal the twin's truth in kind, status, founding date and capital."
    )


def _quarantine(account: Account, out: Console) -> None:
    out.rule(Text("2. Bản ghi bị giữ lại và vì sao · What was quarantined, and why", "bold"))
    table = Table("records", "rule", "vì sao · why", "việc cần làm · what to do")
    for rule, count in account.quarantined.items():
        told = RULES[rule]
        table.add_row(f"{count}", rule, _both(told.vi.what, told.en.what), _both(told.vi.next, told.en.next))
    out.print(table if account.quarantined else "Không có · none")


def _form(account: Account, out: Console, today: date) -> None:
    assert account.procedure is not None  # noqa: S101 - the story has been played to its end
    shown, names = account.filled[0], account.procedure.spec.name
    out.rule(Text(f"3. {names.vi} ({account.procedure.code}) · {names.en}", "bold"))
    out.print(f"Hồ sơ · dossier {shown.dossier}; lookup {shown.answer['outcome']}, exchange {shown.answer['exchange']}")
    table = Table(
        "ô · field", "giá trị · value", "nguồn · source", "cập nhật · updated", "nhận · fetched", "sửa · edit"
    )
    for field in account.form["form"].values():
        label = _both(field["label"]["vi"], field["label"]["en"])
        if "attribute" in field:
            given = shown.answer["attributes"][field["attribute"]]
            row = [
                _value(given.get("value"), given["status"]),
                given.get("source") or "",
                _day(given.get("updated_at")),
            ]
            table.add_row(label, *row, _minute(given.get("fetched_at")), "yes" if given.get("editable") else "no")
        elif "compute" in field:
            table.add_row(label, _age(shown, today), f"computed from {', '.join(field['needs'])}", "", "", "no")
    out.print(table)
    people = len(account.filled)
    out.print(
        Text("✓", "green"),
        f"{account.checked} giá trị của {people} công dân khớp với sự thật của hệ thống giả lập · "
        f"{account.checked} values of {people} citizens (one shown) equal the twin's own truth.",
    )


def _asked(account: Account, out: Console) -> None:
    out.rule(Text("4. Công dân còn phải khai · What must still be given", "bold"))
    table = Table("ô · field", "ai · who", "vì sao · why")
    given = account.filled[0].answer["attributes"]
    for field in account.form["form"].values():
        label = _both(field["label"]["vi"], field["label"]["en"])
        if "ask" in field:
            who = "công dân · citizen" if field["ask"] == "citizen" else "hệ thống hồ sơ · dossier system"
            table.add_row(label, who, field["why"])
        elif "attribute" in field and "value" not in given[field["attribute"]]:
            table.add_row(label, "công dân · citizen", "the register sent nothing for this citizen")
    out.print(table)


def _next(account: Account, out: Console) -> None:
    out.rule(Text("5. Xem tiếp · Where to look next", "bold"))
    for each in account.batches:
        for report in each.reports:
            out.print(f"  báo cáo · report   {report}")
    for command in (
        "make up                    # the same, and stays: Airflow, API, twin; then, beside it:",
        "hub batch list",
        "hub quarantine list",
        f"hub batch show {account.batches[0].batch.batch_id}",
        "hub mapping preview population/citizen",
        "hub consumer list",
        "hub doctor",
    ):
        out.print(f"  .venv/bin/{command}" if command.startswith("hub") else f"  {command}")
    told = ", ".join(f"{name} {took:.1f} s" for name, took in account.seconds.items())
    out.print(Text(told, "dim"))


def _both(vietnamese: str, english: str) -> Text:
    return Text.assemble(vietnamese, "\n", (english, "dim"))


def _age(shown: Filled, today: date) -> str:
    """What the dossier system computes from the released birth date."""
    return (
        truth.age_of(shown.value_of("person.birth_date"), today)
        or "chưa rõ · open: the register knows only a part of the date"
    )


def _value(value: Any, status: str) -> Text:
    if isinstance(value, dict):
        return Text(truth.place_name(value))
    return Text(str(value)) if value is not None else Text(status, "yellow")


def _day(text: str | None) -> str:
    return (text or "")[:10]


def _minute(text: str | None) -> str:
    return (text or "")[:16].replace("T", " ")
