"""Keeps alerts, and what was told of each by which channel; lets the API read how registers and feeds are."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Makes the tables and grants the rights."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
