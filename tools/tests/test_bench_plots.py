"""A plot shows what was measured: a bar as long as its cost, a line where the floor is, a point for each number."""

import re
from xml.etree import ElementTree as ET

from bench_parts.figures import Table
from bench_parts.plots import LONGEST, bars, curves

from .records import OLD, OURS, entry, table

SVG = "{http://www.w3.org/2000/svg}"


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)


def test_a_bar_is_as_long_as_its_cost_and_the_floor_is_a_line() -> None:
    small = Table(
        "sync",
        "GET",
        "request",
        [
            entry("floor", "sockets", 20.0),
            entry(OURS, "request", 40.0),
            entry(OLD, "request", 80.0),
        ],
    )
    plot = parsed(bars(small))
    widths = [float(bar.attrib["width"]) for bar in plot.iter(f"{SVG}rect")]
    assert len(widths) == 2
    assert abs(widths[1] - 2 * widths[0]) < 0.2
    (floor,) = plot.iter(f"{SVG}line")
    left = float(next(plot.iter(f"{SVG}rect")).attrib["x"])
    assert abs((float(floor.attrib["x1"]) - left) * 2 - widths[0]) < 0.2
    words = [text.text for text in plot.iter(f"{SVG}text")]
    assert words == ["bare sockets", "20.0", OURS, "40.0", OLD, "80.0"]


def test_a_bar_that_would_leave_the_page_is_broken() -> None:
    plot = parsed(bars(table(ours=10.0)))
    widths = [float(bar.attrib["width"]) for bar in plot.iter(f"{SVG}rect")]
    # Of those, `handle_request()` of 30 is the longest of this tree.
    assert max(widths) / widths[0] < 3 * LONGEST + 0.1
    broken = [line for line in plot.iter(f"{SVG}line") if line.attrib["x1"] != line.attrib["x2"]]
    assert len(broken) == 2 * 2
    assert "400.0" in [text.text for text in plot.iter(f"{SVG}text")]


def test_without_a_floor_there_are_bars_alone() -> None:
    plot = parsed(bars(Table("import", "", "import", [entry(OURS, "request", 5.0)])))
    assert not list(plot.iter(f"{SVG}line"))
    assert len(list(plot.iter(f"{SVG}rect"))) == 1


def test_a_curve_has_a_point_for_each_number() -> None:
    points = {OURS: [(10, 20.0), (100, 22.0)], "a <b>": [(10, 100.0), (100, 1000.0)]}
    plot = parsed(curves("Cost", "connections", "microseconds", points))
    lines = [line.attrib["points"] for line in plot.iter(f"{SVG}polyline")]
    assert [len(line.split()) for line in lines] == [2, 2]
    heights = [[float(point.split(",")[1]) for point in line.split()] for line in lines]
    assert heights[1][0] > heights[1][1]  # up is more
    words = [text.text for text in plot.iter(f"{SVG}text")]
    assert {"10", "100", "connections", "microseconds", OURS, "a <b>"} <= set(words)


def test_labels_of_curves_do_not_cover_each_other() -> None:
    points = {name: [(1, 10.0), (2, 10.0)] for name in ("one", "two", "three")}
    plot = parsed(curves("Cost", "connections", "microseconds", points))
    places = [float(text.attrib["y"]) for text in plot.iter(f"{SVG}text") if text.text in points]
    assert min(abs(a - b) for a in places for b in places if a != b) >= 16
    assert len(set(places)) == 3


def test_a_curve_of_nothing_says_so() -> None:
    assert "not measured" in curves("Cost", "connections", "microseconds", {})
    assert "not measured" in curves("Cost", "", "", {"one": [(10, 5.0)]})


def test_colours_can_be_read_on_light_and_on_dark() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one: float, other: float) -> float:
        return (max(one, other) + 0.05) / (min(one, other) + 0.05)

    points = {f"library {number}": [(1, 10.0), (2, 10.0)] for number in range(7)}
    drawn = bars(table()) + curves("Cost", "connections", "microseconds", points)
    colours = set(re.findall(r'fill="(#[0-9a-f]{6})"', drawn))
    assert len(colours) > 7
    for colour in colours:
        found = luminance(colour)
        assert contrast(found, luminance("#ffffff")) >= 2.5, colour
        assert contrast(found, luminance("#1e2129")) >= 2.5, colour
