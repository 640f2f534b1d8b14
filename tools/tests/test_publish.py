"""Publishing refuses what does not agree."""

import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from .loading import load_tool

DIST = "httpcore-http11"


@pytest.fixture
def publish(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    for name in ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"):
        monkeypatch.setenv(name, "somebody")
    for name in ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"):
        monkeypatch.setenv(name, "somebody@httpcore.example")
    return load_tool("publish")


def git(tree: Path, *arguments: str) -> None:
    subprocess.run(["git", "-c", "commit.gpgsign=false", *arguments], cwd=tree, check=True)


@pytest.fixture
def tree(tmp_path: Path, publish: ModuleType) -> Path:
    package = tmp_path / "packages" / DIST
    (package / "src/httpcore_http11").mkdir(parents=True)
    (package / "src/httpcore_http11/__about__.py").write_text('__version__ = "1.2.0"\n')
    (package / "CHANGELOG.md").write_text(
        "# Changelog\n\n## [1.2.0] - 2026-02-03\n\n## [1.1.0] - 2026-01-02\n"
    )
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    git(tmp_path, "tag", f"{DIST}-v1.2.0")
    return tmp_path


def commit(tree: Path) -> None:
    git(tree, "add", ".")
    git(tree, "commit", "-q", "--allow-empty", "-m", "a commit")


def check(publish: ModuleType, tree: Path) -> int:
    status = publish.main([DIST, "--check", "--root", str(tree)])
    assert isinstance(status, int)
    return status


def test_what_agrees_may_be_published(publish: ModuleType, tree: Path) -> None:
    assert check(publish, tree) == 0


def set_version(tree: Path) -> None:
    about = tree / "packages" / DIST / "src/httpcore_http11/__about__.py"
    about.write_text('__version__ = "1.3.0"\n')
    commit(tree)
    git(tree, "tag", f"{DIST}-v1.2.1")


def remove_version(tree: Path) -> None:
    (tree / "packages" / DIST / "src/httpcore_http11/__about__.py").write_text("")


def commit_more(tree: Path) -> None:
    commit(tree)


def tag_another_package(tree: Path) -> None:
    git(tree, "tag", "-d", f"{DIST}-v1.2.0")
    git(tree, "tag", "httpcore-v1.2.0")


def leave_unreleased_changes(tree: Path) -> None:
    changelog = tree / "packages" / DIST / "CHANGELOG.md"
    changelog.write_text(
        changelog.read_text().replace("## [1.2.0]", "## [Unreleased]\n\n## [1.2.0]")
    )


def forget_the_date(tree: Path) -> None:
    changelog = tree / "packages" / DIST / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace(" - 2026-02-03", ""))


def empty_the_changelog(tree: Path) -> None:
    (tree / "packages" / DIST / "CHANGELOG.md").write_text("# Changelog\n")


def leave_a_file(tree: Path) -> None:
    (tree / "packages" / DIST / "src/httpcore_http11/new.py").write_text("")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            set_version,
            "the tag httpcore-http11-v1.3.0 is not on this commit (its tags here: httpcore-http11-v1.2.1)",
        ),
        (
            set_version,
            "the changelog begins with '## [1.2.0] - 2026-02-03', not with '## [1.3.0] - YYYY-MM-DD'",
        ),
        (remove_version, 'httpcore-http11: no line __version__ = "X.Y.Z" in __about__.py'),
        (commit_more, "the tag httpcore-http11-v1.2.0 is not on this commit (its tags here: none)"),
        (
            tag_another_package,
            "the tag httpcore-http11-v1.2.0 is not on this commit (its tags here: none)",
        ),
        (leave_unreleased_changes, "the changelog begins with '## [Unreleased]'"),
        (forget_the_date, "the changelog begins with '## [1.2.0]'"),
        (empty_the_changelog, "the changelog begins with 'nothing'"),
        (
            leave_a_file,
            "has changes that are not committed: packages/httpcore-http11/src/httpcore_http11/new.py",
        ),
    ],
)
def test_a_seeded_fault_keeps_it_from_being_published(
    publish: ModuleType,
    tree: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    fault: object,
    message: str,
) -> None:
    assert callable(fault)
    fault(tree)
    assert check(publish, tree) == 1
    assert message in capsys.readouterr().out
    monkeypatch.setattr(publish, "publish", lambda root, dist: pytest.fail("it was published"))
    assert publish.main([DIST, "--root", str(tree)]) == 1


def test_a_tree_without_git_is_no_release(
    publish: ModuleType, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / ".git").rename(tree / ".not-git")
    assert check(publish, tree) == 1
    assert "git tag --points-at HEAD: " in capsys.readouterr().out


def test_publishing_builds_one_package_and_uploads_what_was_built(
    publish: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    did: list[list[str]] = []

    def record(command: list[object], *rest: object, cwd: Path) -> int:
        assert cwd == tree / "packages" / DIST
        did.append([str(part) for part in command[2:]])
        (tree / "build/publish" / DIST).mkdir(parents=True, exist_ok=True)
        return 0

    monkeypatch.setattr(publish, "must", record)
    monkeypatch.setattr(publish, "run", record)
    assert publish.main([DIST, "--root", str(tree)]) == 0
    target = str(tree / "build/publish" / DIST)
    assert did == [["hatch", "build", "--clean", target], ["hatch", "publish", target]]
