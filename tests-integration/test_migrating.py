"""The page about migrating tells every reason for which something differs from httpcore 1.0.9."""

import ast

from .servers import HERE

ROOT = HERE.parent


def test_the_page_tells_every_reason() -> None:
    source = (ROOT / "packages/httpcore/tests/test_agreement.py").read_text()
    reasons = next(
        ast.literal_eval(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DIFFERENCES"
    )
    page = (ROOT / "docs/guides/migrating.md").read_text().splitlines()
    assert reasons
    assert [reason for reason in reasons if f"- {reason}" not in page] == []
