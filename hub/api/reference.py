"""`GET /docs`: the OpenAPI document as one plain page, without a script and without an asset from another host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_TEMPLATES = Path(__file__).parent / "templates"


def render_reference(document: dict[str, Any]) -> str:
    """Writes the page for an OpenAPI document."""
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    environment.filters["pretty"] = lambda value: json.dumps(value, ensure_ascii=False, indent=2)
    operations = [
        {"method": method.upper(), "path": path, **operation}
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return environment.get_template("reference.html.j2").render(info=document["info"], operations=operations)
