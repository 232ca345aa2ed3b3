"""The reference page of the attributes: what each is called, whom it is about, and what its value looks like."""

from __future__ import annotations

from pydantic import BaseModel

from schemas.canonical import ATTRIBUTES, AttributeSpec, fields_of

_HEAD = """# Attributes

What a lookup may release on its own, when the procedure needs it and the consumer is granted it. A value is a text, an
object of texts (a place, a relative, a household), or a list of such objects. A date is written as far as it is known:
`yyyy`, `yyyy-mm` or `yyyy-mm-dd`; `precision` says which.

This page is written by `python -m hub.cli.reference docs/reference`.
"""
_ALERTS = """## Alerts

Told unasked to who claims somebody rightly, because an official must know before going on.

| alert | means |
| --- | --- |
| `deceased` | the person is dead |
| `number_replaced`, `number_cancelled` | the claimed number is not in use any more; no data comes under it |
| `enterprise_code_cancelled` | the claimed code is not in use any more; no data comes under it |
| `enterprise_suspended` | business is suspended |
| `enterprise_not_at_address` | the enterprise is not at its registered address |
| `enterprise_dissolving` | dissolution is under way |
| `enterprise_stopped` | stopped, the tax code is not closed yet |
| `enterprise_closed` | stopped and the tax code closed |
"""


def attributes_page() -> str:
    """Returns every attribute with its class, whom it is about, its register and its value."""
    parts = [_HEAD, "| attribute | Tiếng Việt | English | about | register | class | value |"]
    parts.append("| --- | --- | --- | --- | --- | --- | --- |")
    parts += [
        f"| `{spec.name}` | {spec.vi} | {spec.en} | {spec.subject} | {spec.kind.sources[0]} | {spec.classification} | "
        f"{_value(spec)} |"
        for spec in ATTRIBUTES.values()
    ]
    items = dict.fromkeys(spec.item for spec in ATTRIBUTES.values() if spec.item is not None)
    parts += ["", "## Items of lists", "", "| list of | fields |", "| --- | --- |", *map(_item, items), "", _ALERTS]
    return "\n".join(parts).rstrip() + "\n"


def _value(spec: AttributeSpec) -> str:
    if spec.item is not None:
        return f"list of {spec.item.__name__}"
    if spec.is_role:
        return "`yes` or `no`"
    if spec.keys == (spec.own,):
        return "text"
    return "object: " + ", ".join(f"`{key.removeprefix(f'{spec.own}.')}`" for key in spec.keys)


def _item(model: type[BaseModel]) -> str:
    fields = ", ".join(f"`{name}`{'' if field.required else ' (if known)'}" for name, field in fields_of(model).items())
    return f"| {model.__name__} | {fields} |"
