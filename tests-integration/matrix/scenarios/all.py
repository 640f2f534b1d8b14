"""All scenarios, by their names."""

from . import connections, extensions, features, proxies, requests, responses, timeouts, tls

GROUPS = (requests, responses, connections, timeouts, tls, proxies, features, extensions)

SCENARIOS = {scenario.name: scenario for group in GROUPS for scenario in group.scenarios.all}

# Two of one name would be one.
assert len(SCENARIOS) == sum(len(group.scenarios.all) for group in GROUPS)
