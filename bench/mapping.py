"""Mappings: what the compiled function costs for a record, beside the same mapping written by hand: `bench/mapping.py`.

Records are those of the sandbox's country with its defects, already read by their wire models (which the feed's bench
counts apart). `population` is mapped by `mappings/population/citizen.yaml` and by `contestants/plain_mapping.py`, and
both must give the same records and refuse the same ones; `business` by `mappings/business/enterprise.yaml`, with the
lists inside it. Times are of the processor, the contestants take turns, and the last line is JSON with the medians;
`best` is the fastest round, the nearest to what a machine does that nobody else uses, and `json_us_per_record` (reading
the same citizens from JSON by orjson) tells machines apart.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import orjson  # noqa: E402
from contestants.plain_mapping import make_citizen  # noqa: E402

from hub.mapping import load_compiled  # noqa: E402
from hub.mapping.transforms import Refused  # noqa: E402
from sandbox_mocks.country import Country  # noqa: E402
from sandbox_mocks.country.enterprises import Enterprises  # noqa: E402
from schemas.business import DoanhNghiep  # noqa: E402
from schemas.drift import validate_known  # noqa: E402
from schemas.population import Citizen  # noqa: E402

DAY = date(2026, 11, 2)
NOW = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp() * 1000)
Work = Callable[[Any], Any]


def citizens(country: Country, count: int) -> list[bytes]:
    """Returns the bodies of citizens as the feed's pages bring them."""
    return [orjson.dumps(country.record(entry)) for entry in country.feed.window(0, NOW, 0, count)]


def enterprises(country: Country, count: int) -> list[DoanhNghiep]:
    """Returns enterprises as the register tells them."""
    register = Enterprises(country)
    found = []
    for dossier in register.dossiers(0, NOW, 0, count, NOW):
        version = register.version(dossier.unit, NOW)
        if version is not None:
            raw = orjson.loads(orjson.dumps(register.detail(dossier.unit, version)))
            found.append(validate_known(raw, DoanhNghiep))
    return found


def seconds(work: Work, records: list[Any]) -> float:
    """Returns the processor seconds that all records take."""
    gc.collect()
    began = time.process_time()
    for record in records:
        work(record)
    return time.process_time() - began


def agree(compiled: Work, plain: Work, records: list[Any]) -> None:
    """Stops the bench unless both give the same records and refuse the same ones."""
    for record in records:
        try:
            expected = plain(record)
        except Refused:
            expected = None
        if compiled(record).record != expected:
            raise SystemExit("the compiled mapping and the one by hand give different records")


def main() -> None:
    """Makes the records, compares, measures and prints one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    country = Country(1, options.people)
    by_hand = make_citizen(DAY)

    def plain(record: Citizen) -> Any:
        try:
            return by_hand(record)
        except Refused:
            return None

    citizen, enterprise = load_compiled("population/citizen").at(DAY), load_compiled("business/enterprise").at(DAY)
    bodies, units = citizens(country, options.people), enterprises(country, options.people)
    people = [validate_known(orjson.loads(body), Citizen) for body in bodies]
    agree(citizen, by_hand, people)
    taken: dict[str, list[float]] = {"population": [], "plain": [], "business": [], "json": []}
    for _ in range(options.rounds):
        taken["population"].append(seconds(citizen, people))
        taken["plain"].append(seconds(plain, people))
        taken["business"].append(seconds(enterprise, units))
        taken["json"].append(seconds(orjson.loads, bodies))
    result: dict[str, Any] = {"bench": "mapping", "rounds": options.rounds}
    for name, work, records in (("population", citizen, people), ("business", enterprise, units)):
        outcomes = [work(record) for record in records]
        filled = sum(_leaves(outcome.record) for outcome in outcomes if outcome.record)
        each = statistics.median(taken[name]) / len(records)
        result[name] = {
            "records": len(records),
            "refused": sum(outcome.record is None for outcome in outcomes),
            "us_per_record": round(1e6 * each, 2),
            "best_us_per_record": round(1e6 * min(taken[name]) / len(records), 2),
            "fields_per_record": round(filled / len(records), 1),
            "ns_per_field": round(1e9 * each * len(records) / filled),
        }
    ratios = [hand / ours for hand, ours in zip(taken["plain"], taken["population"], strict=True)]
    result["population"]["plain_us_per_record"] = round(1e6 * statistics.median(taken["plain"]) / len(people), 2)
    result["population"]["json_us_per_record"] = round(1e6 * statistics.median(taken["json"]) / len(people), 2)
    result["population"]["ratio_to_plain"] = round(statistics.median(ratios), 3)
    print(json.dumps(result))


def _leaves(value: Any) -> int:
    """Counts the values of a record, those of the lists in it too."""
    if isinstance(value, dict):
        return sum(_leaves(inner) for inner in value.values())
    return sum(_leaves(inner) for inner in value) if isinstance(value, list) else 1


if __name__ == "__main__":
    main()
