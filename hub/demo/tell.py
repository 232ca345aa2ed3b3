"""Tells what happened, in Vietnamese and English, for somebody who sees the hub for the first time."""

from __future__ import annotations

from datetime import date
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hub.demo import truth
from hub.demo.dossiers import Filled, FilledForm
from hub.demo.play import Account
from hub.quality.rules import RULES


def tell(account: Account, out: Console, *, today: date) -> None:
    """Prints the account to a console without markup: what is told may hold anything that a register sent."""
    _batches(account, out)
    _quarantine(account, out)
    for number, filled in enumerate(account.forms):
        _form(filled, 3 + 2 * number, out, today)
        _asked(filled, 4 + 2 * number, out)
    _next(account, 3 + 2 * len(account.forms), out)


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


def _form(filled: FilledForm, number: int, out: Console, today: date) -> None:
    shown, names = filled.filled[0], filled.procedure.spec.name
    out.rule(Text(f"{number}. {names.vi} ({filled.procedure.code}) · {names.en}", "bold"))
    out.print(f"Hồ sơ · dossier {shown.dossier}; lookup {shown.answer['outcome']}, exchange {shown.answer['exchange']}")
    table = Table(
        "ô · field", "giá trị · value", "nguồn · source", "cập nhật · updated", "nhận · fetched", "sửa · edit"
    )
    for field in filled.form["form"].values():
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
    out.print(
        Text("✓", "green"),
        f"{filled.checked} giá trị của {len(filled.filled)} hồ sơ khớp với sự thật của hệ thống giả lập · "
        f"{filled.checked} values of {len(filled.filled)} dossier(s), one shown, equal the twins' own truth.",
    )


def _asked(filled: FilledForm, number: int, out: Console) -> None:
    names = filled.procedure.spec.name
    out.rule(Text(f"{number}. Công dân còn phải khai ({names.vi}) · What must still be given", "bold"))
    table = Table("ô · field", "ai · who", "vì sao · why")
    given = filled.filled[0].answer["attributes"]
    for field in filled.form["form"].values():
        label = _both(field["label"]["vi"], field["label"]["en"])
        if "ask" in field:
            who = "công dân · citizen" if field["ask"] == "citizen" else "hệ thống hồ sơ · dossier system"
            table.add_row(label, who, field["why"])
        elif "attribute" in field and "value" not in given[field["attribute"]]:
            table.add_row(label, "công dân · citizen", "the register sent nothing for this dossier")
    out.print(table)


def _next(account: Account, number: int, out: Console) -> None:
    out.rule(Text(f"{number}. Xem tiếp · Where to look next", "bold"))
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
    if isinstance(value, list):
        return Text("\n".join(_item(item) for item in value))
    return Text(str(value)) if value is not None else Text(status, "yellow")


def _item(item: dict[str, Any]) -> str:
    """Writes an item of a list with its name first."""
    return ", ".join(str(part) for _, part in sorted(item.items(), key=lambda each: each[0] != "name"))


def _day(text: str | None) -> str:
    return (text or "")[:10]


def _minute(text: str | None) -> str:
    return (text or "")[:16].replace("T", " ")
