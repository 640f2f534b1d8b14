"""All scenarios, by their names."""

from . import requests, responses

GROUPS = (requests, responses)

SCENARIOS = {scenario.name: scenario for group in GROUPS for scenario in group.scenarios.all}

# Two of one name would be one.
assert len(SCENARIOS) == sum(len(group.scenarios.all) for group in GROUPS)
