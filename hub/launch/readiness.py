"""Questions that tell whether a server works, asked without a library so that they cost nothing to ask often."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

_AIRFLOW_PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")


def get_json(url: str, seconds: float = 2.0) -> Any:
    """Returns the JSON at a loopback address, or None when there is no good answer (yet)."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=seconds)
    try:
        connection.request("GET", parts.path or "/", headers={"Accept": "application/json"})
        answer = connection.getresponse()
        return json.loads(answer.read()) if answer.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def answers(url: str) -> bool:
    """Tells whether a server answers with JSON and status 200."""
    return get_json(url) is not None


def airflow_part(base_url: str, part: str) -> bool:
    """Tells whether one part of Airflow (`scheduler`, `triggerer`, …) has reported itself as healthy."""
    health = get_json(f"{base_url}/api/v2/monitor/health")
    return isinstance(health, dict) and (health.get(part) or {}).get("status") == "healthy"


def ill_parts(base_url: str) -> list[str]:
    """Returns the parts of Airflow that are not healthy; all of them when its API does not answer."""
    health = get_json(f"{base_url}/api/v2/monitor/health") or {}
    return [part for part in _AIRFLOW_PARTS if (health.get(part) or {}).get("status") != "healthy"]
