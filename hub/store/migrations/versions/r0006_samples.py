"""Makes the samples of ANALYZE small."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Sets how much ANALYZE looks at."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
