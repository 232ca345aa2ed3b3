"""What the wire models of all registers share."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

Text = str | None
Blank = Literal[""]


class Wire(BaseModel):
    """A wire model: no unknown field, no value in an error."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    text_part: ClassVar[str | None] = None
    """The field that a plain string stands for, where the source sends either a string or this element."""
