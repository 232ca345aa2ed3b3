"""Rules of the mapping stage: each counter-example makes the mapping speak, under that rule."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hub.mapping import load_compiled
from hub.mapping.examples import overlay
from hub.quality.examples import GOOD_ENTERPRISE_WIRE, GOOD_VERSION, GOOD_WIRE
from hub.quality.rule import Severity, Stage
from hub.quality.rules import RULES
from schemas.business import DoanhNghiep
from schemas.population import Citizen

MAPPING_RULES = [rule for rule in RULES.values() if rule.stage is Stage.MAPPING]
SAMPLES = {
    "wire": (GOOD_WIRE, Citizen, "population/citizen"),
    "enterprise": (GOOD_ENTERPRISE_WIRE, DoanhNghiep, "business/enterprise"),
}
AS_OF = datetime.fromtimestamp(GOOD_VERSION / 1000, UTC).date()


def _mapped(on, patch):
    sample, model, mapping = SAMPLES[on]
    return load_compiled(mapping)(model.model_validate(overlay(dict(sample), dict(patch))), AS_OF)


@pytest.mark.parametrize("on", SAMPLES)
def test_good_wire_samples_map_without_a_word(on):
    """The samples that counter-examples patch map without refusal or repair."""
    mapped = _mapped(on, {})

    assert (mapped.refusals, mapped.notes) == ([], [])
    assert mapped.record is not None


@pytest.mark.parametrize("rule", MAPPING_RULES, ids=lambda rule: rule.id)
def test_counter_example_trips_its_rule_alone(rule):
    """A rule of the mapping stage refuses or repairs its counter-example, and no other rule speaks."""
    mapped = _mapped(rule.counter_example.on, rule.counter_example.patches[0])

    spoke = mapped.notes if rule.severity is Severity.WARN else mapped.refusals
    assert {found.rule for found in spoke} == {rule.id}
    assert (mapped.record is None) == (rule.severity is not Severity.WARN)
