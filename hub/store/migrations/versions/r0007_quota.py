"""Counts the calls of each register's day and month."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Adds the counts, and what else a caller knows of the limits."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
