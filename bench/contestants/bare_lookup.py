"""The contestant of `bench/lookup.py`: the least that FastAPI and asyncpg can do, one row by its key.

Pooled, prepared (asyncpg keeps its statements), uvloop, no access log. It knows no caller, opens no seal, logs nothing.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from fastapi import FastAPI

_ONE_ROW = """
select subject_id, source_version, fetched_at, status
  from hub.record where register = 'population' and kind = 'person' and identifier_id = $1
"""


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["BENCH_DATABASE_URL"], min_size=10, max_size=10) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=_lifespan)


@app.get("/records/{identifier_id}")
async def read_record(identifier_id: int) -> Any:
    """Returns one row."""
    row = await app.state.pool.fetchrow(_ONE_ROW, identifier_id)
    return dict(row)
