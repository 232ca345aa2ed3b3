"""Creates the tables."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Creates the tables of the first release."""
    for name in ("r0001_tables.sql", "r0001_comments.sql"):
        op.execute(Path(__file__).with_name(name).read_text(encoding="utf-8"))
