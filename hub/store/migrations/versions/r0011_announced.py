"""Keeps when a source announced a change that its contents lack, so that it can be read again."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Adds the column."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
