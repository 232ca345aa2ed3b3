"""One message: everything that a channel must be told in one round, as text, as HTML-free mail and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

from connectors.courtesy import ZONE
from hub.alerts.conditions import CONDITIONS, Wording, fill
from hub.store.alerts import Alert, Due

_HEADS = {
    "began": ("MỚI", "NEW"),
    "ongoing": ("CÒN TIẾP DIỄN", "GOES ON"),
    "ended": ("ĐÃ HẾT", "ENDED"),
}
_SEVERITIES = {"critical": ("nghiêm trọng", "critical"), "warning": ("cảnh báo", "warning")}
_LANGUAGES: tuple[Literal["vi", "en"], ...] = ("vi", "en")


@dataclass(frozen=True, slots=True)
class Message:
    """What is due to one channel at one moment; `hub` says which hub speaks."""

    channel: str
    at: datetime
    hub: str
    due: tuple[Due, ...]

    @property
    def id(self) -> str:
        """The same for the same content until it is noted as told: a receiver knows a repetition by it."""
        parts = sorted(f"{each.alert.alert_id} {each.what} {each.told_at.timestamp()}" for each in self.due)
        return f"msg_{uuid5(NAMESPACE_URL, '|'.join((self.channel, *parts))).hex}"

    def of(self, what: str) -> list[Due]:
        """Returns what began, goes on (`ongoing`) or has `ended`."""
        return [each for each in self.due if each.what == what]

    def subject(self) -> str:
        """Returns one line for both languages."""
        counts = {what: len(self.of(what)) for what in _HEADS}
        parts = (
            ", ".join(f"{count} {_HEADS[what][number].lower()}" for what, count in counts.items() if count)
            for number in (0, 1)
        )
        return f"[Lienthong {self.hub}] {' · '.join(parts)}"

    def text(self) -> str:
        """Returns the message to read: Vietnamese first, then English."""
        return "\n".join(line for number in (0, 1) for line in self._lines(number)).rstrip() + "\n"

    def document(self) -> dict[str, Any]:
        """Returns the message for programs."""
        return {
            "type": "alerts",
            "timestamp": self.at.isoformat(),
            "data": {"hub": self.hub, "text": self.text()}
            | {what: [_document(each.alert) for each in self.of(what)] for what in _HEADS},
        }

    def _lines(self, number: int) -> list[str]:
        lines = ["Tiếng Việt" if number == 0 else "English", ""]
        for what, heads in _HEADS.items():
            if not (due := self.of(what)):
                continue
            lines += [heads[number], ""]
            for each in due:
                words = _words(each.alert, _LANGUAGES[number])
                lines.append(f"- [{_SEVERITIES[each.alert.severity][number]}] {words.what}")
                lines.append(f"  {_times(each.alert, number)}")
                if what != "ended":
                    lines.append(f"  → {words.do}")
            lines.append("")
        return lines


def _words(alert: Alert, language: Literal["vi", "en"]) -> Wording:
    condition = CONDITIONS.get(alert.condition)
    if condition is None:  # an older or newer version of the hub wrote it
        return Wording(f"{alert.condition}: {alert.about}", "`hub doctor`")
    return fill(condition, language, alert.about, alert.facts)


def _times(alert: Alert, number: int) -> str:
    began = f"{alert.began_at.astimezone(ZONE):%Y-%m-%d %H:%M}"
    if alert.ended_at is None:
        return (f"từ {began}", f"since {began} (Viet Nam)")[number]
    ended = f"{alert.ended_at.astimezone(ZONE):%Y-%m-%d %H:%M}"
    return (f"từ {began} đến {ended}", f"from {began} to {ended} (Viet Nam)")[number]


def _document(alert: Alert) -> dict[str, Any]:
    return {
        "id": str(alert.alert_id),
        "condition": alert.condition,
        "severity": alert.severity,
        "about": alert.about,
        "facts": alert.facts,
        "began_at": alert.began_at.isoformat(),
        "ended_at": None if alert.ended_at is None else alert.ended_at.isoformat(),
    } | {name: {"what": (words := _words(alert, name)).what, "do": words.do} for name in _LANGUAGES}
