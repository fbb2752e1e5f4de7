"""report.html in headless Chromium: the list filters, trees open, nothing fails or overflows."""

from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select

from saps.evaluation.evaluate import make_report
from saps.evaluation.report import Record
from saps.evaluation.report_page import render_page
from tests.evaluation.conftest import make_example, make_result
from tests.evaluation.test_page import CURVE, page
from tests.evaluation.test_report import make


@pytest.fixture
def report(browser: webdriver.Chrome, tmp_path: Path) -> webdriver.Chrome:
    return opened(browser, page("find the mean of a", CURVE), tmp_path)


@pytest.fixture
def sixty(browser: webdriver.Chrome, tmp_path: Path) -> webdriver.Chrome:
    """A page of so many tasks; the last two are of other families than the rest."""
    families = [("sum",)] * 58 + [("shorter_strings", "sum"), ()]
    results = [
        make_result(example=make_example(text=f"array number {i}", nodes=nodes))
        for i, nodes in enumerate(families)
    ]
    report = make_report(make().provenance, make().timing, results)
    text = render_page(report, [Record.of(result) for result in results])
    return opened(browser, text, tmp_path)


def opened(browser: webdriver.Chrome, text: str, folder: Path) -> webdriver.Chrome:
    (folder / "report.html").write_text(text, encoding="utf-8")
    browser.set_window_size(1200, 900)
    browser.get(f"file://{folder / 'report.html'}")
    return browser


def rows(report: webdriver.Chrome) -> list[WebElement]:
    return report.find_elements(By.CSS_SELECTOR, "#list tr.task")


def count(report: webdriver.Chrome) -> str:
    return report.find_element(By.ID, "count").text


def test_every_task_is_listed_and_no_script_fails(report: webdriver.Chrome) -> None:
    assert (len(rows(report)), count(report)) == (6, "6 of 6 tasks")
    log = report.get_log("browser")  # type: ignore[no-untyped-call]  # selenium's own
    assert [entry for entry in log if entry["level"] == "SEVERE"] == []


def test_search_finds_words_and_symbols(report: webdriver.Chrome) -> None:
    search = report.find_element(By.ID, "search")
    search.send_keys("MEAN find")
    assert [row.text.split("\n")[0] for row in rows(report)] == [
        "find the mean of a passed, exact 10/10 -0.50"
    ]
    search.clear()
    search.send_keys("head")
    assert count(report) == "2 of 6 tasks"
    search.clear()
    search.send_keys("no such word")
    assert (len(rows(report)), count(report)) == (0, "0 of 6 tasks")


def test_a_family_is_found_by_its_name_and_chosen_from_a_list(sixty: webdriver.Chrome) -> None:
    search = sixty.find_element(By.ID, "search")
    search.send_keys("array shorter_strings")
    assert count(sixty) == "1 of 60 tasks"
    search.clear()
    search.send_keys(" ")
    family = Select(sixty.find_element(By.ID, "family"))
    assert [option.text for option in family.options] == [
        *("all", "(none named)", "shorter_strings", "sum"),
    ]
    family.select_by_visible_text("shorter_strings")
    assert count(sixty) == "1 of 60 tasks"
    rows(sixty)[0].find_element(By.TAG_NAME, "button").click()
    assert "families: shorter_strings, sum" in sixty.find_element(By.CLASS_NAME, "details").text
    family.select_by_visible_text("(none named)")
    assert count(sixty) == "1 of 60 tasks"


def test_more_tasks_are_shown_and_those_that_are_open_stay_open(sixty: webdriver.Chrome) -> None:
    rows(sixty)[3].find_element(By.TAG_NAME, "button").click()
    trees = sixty.find_element(By.CLASS_NAME, "trees").text
    more = sixty.find_element(By.ID, "more")
    assert (len(rows(sixty)), more.is_displayed()) == (50, True)
    more.click()
    assert (len(rows(sixty)), more.is_displayed()) == (60, False)
    assert sixty.find_element(By.CLASS_NAME, "trees").text == trees
    assert len({row.text for row in rows(sixty)}) == 60
    sixty.find_element(By.ID, "search").send_keys("number")
    assert sixty.find_elements(By.CLASS_NAME, "trees") == []


def test_outcome_and_match_filter(report: webdriver.Chrome) -> None:
    Select(report.find_element(By.ID, "outcome")).select_by_visible_text("passed")
    assert count(report) == "2 of 6 tasks"
    Select(report.find_element(By.ID, "match")).select_by_value("other")
    assert count(report) == "0 of 6 tasks"


def test_trees_open_side_by_side_with_differences_marked(report: webdriver.Chrome) -> None:
    report.find_element(By.ID, "search").send_keys("max")
    row = rows(report)[0]
    row.find_element(By.TAG_NAME, "button").click()
    gold, predicted = report.find_elements(By.CSS_SELECTOR, "#list .trees pre")
    assert [mark.text for mark in gold.find_elements(By.CLASS_NAME, "wanted")] == ["+"]
    assert [mark.text for mark in predicted.find_elements(By.CLASS_NAME, "wrong")] == ["max"]
    told = report.find_element(By.CSS_SELECTOR, "#list .failing").text
    assert all(name in told for name in ("fails test", "input", "expected", "got"))
    assert gold.location["y"] == predicted.location["y"]
    row.find_element(By.TAG_NAME, "button").click()
    assert report.find_elements(By.CSS_SELECTOR, "#list .trees") == []


def test_a_task_without_a_tree_opens_too(report: webdriver.Chrome) -> None:
    Select(report.find_element(By.ID, "outcome")).select_by_visible_text("unparsable")
    rows(report)[0].find_element(By.TAG_NAME, "button").click()
    assert report.find_elements(By.CSS_SELECTOR, "#list .trees pre")[1].text == "no tree"


@pytest.mark.parametrize("width", [500, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_fits_and_can_be_read(report: webdriver.Chrome, width: int, scheme: str) -> None:
    report.set_window_size(width, 900)
    feature = {"name": "prefers-color-scheme", "value": scheme}
    report.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    measure = "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    needed, there = report.execute_script(measure)
    assert needed <= there
    style = "const style = getComputedStyle(document.body); return style."
    ground = report.execute_script(style + "backgroundColor")
    ink = report.execute_script(style + "color")
    assert (brightness(ground) > 200, brightness(ink) < 60) == ((scheme == "light",) * 2)


def brightness(color: str) -> float:
    """Mean of red, green and blue of "rgb(1, 2, 3)", 0 to 255."""
    channels = [float(part) for part in color[color.index("(") + 1 : -1].split(",")[:3]]
    return sum(channels) / 3
