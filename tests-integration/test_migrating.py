"""The page about migrating tells every reason for which something differs, and the recipe that the integration tests run."""

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


def test_the_recipe_for_httpx2_is_what_the_ecosystem_runs() -> None:
    page = (ROOT / "docs/guides/migrating.md").read_text()
    recipe = page.partition("```py\n")[2].partition("```")[0].splitlines()
    program = (ROOT / "tests-integration/ecosystem/programs/use_httpx2.py").read_text()
    assert "class AsyncTransport(httpx2.AsyncBaseTransport):" in recipe
    imports = recipe.index("@contextmanager")
    assert "\n".join(recipe[imports:]) in program
    assert [line for line in recipe[:imports] if line not in program.splitlines()] == []
