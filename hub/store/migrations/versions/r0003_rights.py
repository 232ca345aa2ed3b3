"""Gives each role the least rights that its process needs, and tells the API when a policy changes."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Grants the rights and creates the notifications."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
