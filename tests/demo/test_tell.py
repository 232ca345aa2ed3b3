"""What the demonstration prints: whatever a register sent is only text."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest

from hub.cli.terminal import PlainConsole
from hub.demo.dossiers import Filled, FilledForm
from hub.demo.play import Account, PublishedBatch
from hub.demo.tell import tell
from hub.launch.configuration import Addresses
from hub.mapping.procedures import load_procedure

HOSTILE = "[/x][red]an\x1b[2J\x9b2J"
SHOWN = "[/x][red]an�[2J"
LEDGER = ("fetched", "published", "unchanged", "superseded", "quarantined", "duplicate", "filtered")


def test_hostile_values_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """Names, sources, labels and reasons that look like markup or terminal commands are printed, not obeyed."""
    batch = cast(Any, SimpleNamespace(batch_id=uuid4(), feed=HOSTILE, until=datetime.now(UTC)))
    label = {"vi": HOSTILE, "en": HOSTILE}
    given = {"status": "ok", "value": HOSTILE, "source": HOSTILE, "updated_at": HOSTILE, "fetched_at": HOSTILE}
    people = given | {"value": [{"name": HOSTILE, "position": HOSTILE}]}
    form = {
        "name": {"label": label, "attribute": "person.name.full"},
        "people": {"label": label, "attribute": "enterprise.representatives"},
        "mail": {"label": label, "ask": "citizen", "why": HOSTILE},
    }
    attributes = {"person.name.full": given, "enterprise.representatives": people}
    answer = {"outcome": HOSTILE, "exchange": "", "attributes": attributes}
    account = Account(
        Addresses(1, 2, 3),
        Path("/var"),
        batches=[PublishedBatch(batch, dict.fromkeys(LEDGER, 0), [Path(HOSTILE)])],
        quarantined={"conflict.number_gender": 1},
        forms=[FilledForm(load_procedure("1.004623"), {"form": form}, [Filled(HOSTILE, answer, 1)])],
    )

    tell(account, PlainConsole(width=250), today=date(2026, 11, 22))

    printed = capsys.readouterr().out
    assert printed.count(SHOWN) >= 10
    assert not set(printed) & {"\x1b", "\x9b"}
    assert "conflict.number_gender" in printed
