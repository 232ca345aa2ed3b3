"""Makes room for the numbers of organisations."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Makes the index that serves every scheme."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
