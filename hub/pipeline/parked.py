"""A parked batch before the human who decides: what to show, and what follows from the answer."""

from __future__ import annotations

from uuid import UUID

from hub.pipeline.context import Context
from hub.pipeline.decisions import decide
from hub.pipeline.errors import NotParked
from hub.store.batches import load_batch, mark_asked, rule_results


def describe(batch_id: str, context: Context) -> dict[str, str] | None:
    """Returns what a human needs to decide about a batch (counts and rules, no value); None when it does not wait.

    Raises:
        UnknownBatch: there is no such batch.
    """
    with context.connect() as conn:
        batch = load_batch(conn, UUID(batch_id))
        if batch.state != "parked":
            return None
        mark_asked(conn, batch.batch_id)
        rules = rule_results(conn, batch.batch_id)
    counts = {name: count for name, count in batch.counts.items() if isinstance(count, int)}
    lines = [
        f"**{batch.feed}**, {batch.since:%Y-%m-%d %H:%M} – {batch.until:%Y-%m-%d %H:%M} UTC",
        f"Dừng bởi quy tắc / stopped by rule: `{batch.parked_rule}`",
        ", ".join(f"{name}: {count}" for name, count in counts.items()),
        "",
        "| rule | field | severity | records |",
        "| --- | --- | --- | --- |",
        *(f"| `{rule}` | {field} | {severity} | {records} |" for rule, field, severity, _, records in rules),
        "",
        "**release**: công bố / publish it as it is.",
        "**discard**: bỏ, lần sau lấy lại / drop it; the next run fetches it again.",
    ]
    return {
        "batch": batch_id,
        "feed": batch.feed,
        "subject": f"{batch.feed}: batch {batch_id} waits for a decision ({batch.parked_rule})",
        "body": "\n".join(lines),
    }


def answer(batch_id: str, decision: str, by: str, reason: str | None, context: Context) -> str | None:
    """Carries out a human's answer; returns the task that must follow: `publish`, `ask_again` (no reason) or none."""
    try:
        decide(UUID(batch_id), decision, by, reason or "", context)
    except ValueError:
        return "ask_again"
    except NotParked:
        return None
    return "publish" if decision == "release" else None
