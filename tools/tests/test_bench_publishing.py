"""The page shows its record and nothing else, and targets are met by figures alone."""

from dataclasses import replace
from pathlib import Path

import pytest
from _house import ToolError
from bench_parts import publishing, targets
from bench_parts.figures import Entry, Record, Table
from bench_parts.publishing import BEGIN, END, PARTS
from bench_parts.targets import TARGETS, Target
from bench_parts.workloads import WORKLOADS

from .records import OLD, OURS, entry, record


@pytest.fixture
def docs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(publishing, "PAGE", tmp_path / "performance.md")
    monkeypatch.setattr(publishing, "FOLDER", tmp_path / "performance")
    monkeypatch.setattr(publishing, "RECORD", tmp_path / "performance" / "record.json")
    (tmp_path / "performance.md").write_text(f"# Words\n\n{BEGIN}\n{END}\n\nMore words.\n")
    path = tmp_path / "new.json"
    replace(record(), command="tools/bench", missing={"curly": "see\nno | luck"}).write(path)
    return tmp_path


# The page.


def test_what_is_published_passes_its_check(docs: Path) -> None:
    assert publishing.main([str(docs / "new.json")]) == 0
    assert publishing.main(["--check"]) == 0
    page = (docs / "performance.md").read_text()
    assert page.startswith("# Words\n")
    assert page.endswith("\nMore words.\n")
    assert "| httpcore 1.0.9 | 400.0 | ± 232 % | 800.0 | 20.00 | 0.10 | 3 x 100 |" in page
    assert "![GET of 1 KB](performance/sync.svg)" in page
    assert "- processor: one" in page
    assert "$ tools/bench\n" in page
    assert "- curly: no \\| luck" in page
    assert (docs / "performance" / "sync.svg").exists()


@pytest.mark.parametrize("name", ["performance.md", "performance/sync.svg"])
def test_a_number_that_is_written_by_hand_is_seen(
    name: str, docs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publishing.main([str(docs / "new.json")]) == 0
    path = docs / name
    path.write_text(path.read_text().replace("400.0", "4.0"))
    assert publishing.main(["--check"]) == 1
    assert f"{path}: it does not show" in capsys.readouterr().out
    assert "4.0" in path.read_text()
    assert publishing.main([]) == 0
    assert publishing.main(["--check"]) == 0


def test_a_plot_of_what_is_not_measured_any_more_is_seen(docs: Path) -> None:
    assert publishing.main([str(docs / "new.json")]) == 0
    stray = docs / "performance" / "lunch.svg"
    stray.write_text("<svg/>")
    assert publishing.main(["--check"]) == 1
    assert stray.exists()
    assert publishing.main([]) == 0
    assert not stray.exists()


def test_several_records_become_one(docs: Path) -> None:
    other = Table("http2-50", "GET over HTTP/2", "request", [entry(OURS, "request", 7.0)])
    later = Record("later", "def", {}, [other, record(77.0).tables[0]], "tools/bench more")
    later.write(docs / "later.json")
    assert publishing.main([str(docs / "new.json"), str(docs / "later.json")]) == 0
    made = Record.read(publishing.RECORD)
    assert [table.workload for table in made.tables] == ["sync", "http2-50"]
    assert made.command == "tools/bench\ntools/bench more"
    assert made.commit == "abc1234"
    ours = made.tables[0].entry(OURS)
    assert ours is not None
    assert ours.median == 77.0


def test_a_page_without_a_place_for_figures_is_refused(docs: Path) -> None:
    (docs / "performance.md").write_text("# Words\n")
    with pytest.raises(ToolError, match="put the figures between the lines"):
        publishing.main([str(docs / "new.json")])


def test_a_check_takes_no_other_record(docs: Path) -> None:
    with pytest.raises(ToolError, match="give no other one"):
        publishing.main(["--check", str(docs / "new.json")])


def test_curves_go_through_the_numbers_in_the_names_of_workloads() -> None:
    def crowd(name: str, cost: float) -> Table:
        floors = [entry("floor", "protocols", 1.0), entry("floor", "sockets", 2.0)]
        return Table(name, "", "request", [*floors, entry(OURS, "request", cost)])

    made = Record("now", "", {}, [crowd("waiters-100", 9.0), crowd("waiters-10", 8.0)])
    assert publishing.points_of(made, "waiters-") == {
        "bare protocols": [(10, 1.0), (100, 1.0)],
        OURS: [(10, 8.0), (100, 9.0)],
    }
    assert publishing.points_of(made, "origins-") == {}


def test_every_workload_has_a_part_of_the_page() -> None:
    listed = [name for names in PARTS.values() for name in names]
    assert {name.split("-")[0] for name in WORKLOADS} == set(listed)
    assert len(listed) == len(set(listed))


# Targets.


def test_a_target_is_met_by_the_ratio_of_medians() -> None:
    met, missed = Target("sync", OLD, 0.1), Target("sync", "bare sockets", 1.9)
    assert met.measured(record()) == 0.1
    assert met.verdict(record()) == "met"
    assert missed.measured(record()) == 2.0
    assert missed.verdict(record()) == "missed"


def test_what_was_not_measured_is_not_met() -> None:
    for target in (Target("lunch", OLD, 9.0), Target("sync", "lunch", 9.0)):
        assert target.measured(record()) is None
        assert target.verdict(record()) == "not measured"


def test_a_library_is_found_without_its_version_and_not_by_anothers_name() -> None:
    costs = {OURS: 10.0, "curly 1.0": 20.0, "curly 1.0 on curls 2.0": 40.0}
    entries = [Entry(name, name, "request", 1, [cost]) for name, cost in costs.items()]
    made = Record("now", "", {}, [Table("sync", "", "request", entries)])
    assert Target("sync", "curly", 1.0).measured(made) == 0.5
    assert Target("sync", "curl", 1.0).measured(made) is None


def test_a_target_can_be_to_another_workload() -> None:
    tables = [
        Table(name, "", "request", [entry(OURS, "request", cost)])
        for name, cost in (("asyncio-50", 10.0), ("asyncio-500", 13.0))
    ]
    made = Record("now", "", {}, tables)
    target = Target("asyncio-500", OURS, 1.2, of="asyncio-50")
    assert target.words == "asyncio-500: to its own in asyncio-50"
    assert target.verdict(made) == "missed"


def test_every_target_is_about_something_that_is_measured() -> None:
    for target in TARGETS:
        for name, whose in (
            (target.workload, target.ours),
            (target.of or target.workload, target.base),
        ):
            names = [contender.name for contender in WORKLOADS[name].contenders()]
            assert whose in names or any(each.rpartition(" ")[0] == whose for each in names), target


def test_targets_are_counted() -> None:
    said = targets.lines(record(50.0))
    assert len(said) == len(TARGETS) + 3
    assert said[-1] == f"1 met, 1 missed, {len(TARGETS) - 2} not measured"
