"""Random histories against a model of a few lines: the newest wins in whatever order, and nothing is lost."""

from __future__ import annotations

import random
from typing import Any

import psycopg
import pytest

from hub.store.records import PublishRow
from hub.trust.keys import KeyRing
from tests.store.population import count, one, personal_id, publish, row, stored

Order = tuple[int, int, int]


@pytest.mark.parametrize("seed", range(6))
def test_random_history_ends_as_the_model_says(conn: psycopg.Connection[Any], ring: KeyRing, seed: int) -> None:
    """After random batches every number holds the content of its newest version, and a replay changes nothing."""
    chance = random.Random(seed)
    newest: dict[str, tuple[Order, str]] = {}
    batches: list[tuple[int, list[PublishRow]]] = []
    for _ in range(8):
        mapping = chance.choice((1, 1, 2))
        rows = []
        for position in range(chance.randrange(60)):
            key, version, correction = personal_id(chance.randrange(25)), chance.randrange(6), chance.choice((0, 0, 1))
            # One content for each version and mapping, as a register gives it: no conflicts here.
            rows.append(
                row(key, version, f"{version % 3}{mapping}{correction}", correction=correction, position=position)
            )
            order = (version, correction, mapping)
            if key not in newest or order > newest[key][0]:
                newest[key] = (order, f"{version % 3}{mapping}{correction}")
        batches.append((mapping, rows))

    for mapping, rows in batches:
        result = publish(conn, ring, *rows, mapping_version=mapping)
        assert result.published + result.unchanged + result.superseded == len(rows)
        assert result.conflicts == []

    assert {key: one(conn, ring, key).document for key in newest} == {key: text for key, (_, text) in newest.items()}
    assert {key: one(conn, ring, key).source_version for key in newest} == {
        key: order[0] for key, (order, _) in newest.items()
    }
    assert all(publish(conn, ring, *rows, mapping_version=mapping).published == 0 for mapping, rows in batches)


@pytest.mark.parametrize("seed", range(6))
def test_random_replacements_end_as_one_subject_a_person(
    conn: psycopg.Connection[Any], ring: KeyRing, seed: int
) -> None:
    """People whose numbers are replaced again and again end as one subject each, whatever the order of the records."""
    chance = random.Random(seed)
    people = [[personal_id(person * 10 + turn) for turn in range(chance.randrange(1, 5))] for person in range(12)]
    rows = []
    for numbers in people:
        former = f"100{chance.randrange(4):06d}"
        for turn, number in enumerate(numbers):
            after = numbers[turn + 1] if turn + 1 < len(numbers) else None
            status = "cancelled" if after else "current"
            rows.append(row(number, turn + 1, number, status=status, replaced_by=after, former_id=former))
    chance.shuffle(rows)
    cuts = sorted(chance.sample(range(len(rows)), 4))

    for start, end in zip([0, *cuts], [*cuts, len(rows)], strict=True):
        publish(conn, ring, *rows[start:end])

    subjects = [{one(conn, ring, number).subject_id for number in numbers} for numbers in people]
    assert [len(found) for found in subjects] == [1] * len(people)
    assert len(set.union(*subjects)) == count(conn, "subject_key") == len(people)
    assert all(stored(conn, ring, number)[0].document == number for numbers in people for number in numbers)
