"""The page at / in headless Chromium, on a real server whose model answers from a script.

The check of accessibility needs axe-core (`npm install --no-save axe-core` in the checkout) and is
skipped without it.
"""

import json
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select

from saps.english import Reading
from saps.lang import Value, compile_program, parse, to_python, values_equal
from saps.serve.http_app import create_app
from saps.serve.server import ServiceSettings
from saps.synthesis.answer import Candidate, Outcome, Question, Sample, Synthesis, SynthesisError
from saps.synthesis.asking_back import NotKnownError
from saps.synthesis.explanation import ExplainedNode, Explanation
from saps.synthesis.synthesizer import Synthesizer, Task
from tests.serve.conftest import SETTINGS, Client, serving, tiny_synthesizer

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TEXT = "the sum of prices grater than n"
ARGUMENTS = {"prices": "int[]", "n": "int"}
PROGRAMS = (
    parse("(reduce (filter prices (partial1 n >)) 0 +)"),
    parse("(reduce (filter prices (partial1 n <)) 0 +)"),
)
WORDS = ("the", "sum", "of", "prices", "prices", "greater", "than", "n")
HARMFUL = "<img src=x onerror=window.harmed=1><script>window.harmed=1</script>"
PATIENCE_S = 60.0  # a busy machine is slow, not wrong


class Scripted(Synthesizer):
    """Has the same programs for every text, runs them on examples, and can be held."""

    def __init__(self) -> None:
        inner = tiny_synthesizer()
        super().__init__(inner.predictor, inner.decoding)
        self.asked: list[Task] = []
        self.may_go = threading.Event()
        self.may_go.set()

    def synthesize_many(self, texts: Any, **options: Any) -> Iterator[Synthesis | SynthesisError]:
        for task in texts:
            self.asked.append(task)
            assert self.may_go.wait(PATIENCE_S)
            if "unheard" in task.text and not options["best"]:
                yield NotKnownError(_answer(task))
            elif "nonsense" in task.text:
                yield SynthesisError(f"no program for {task.text}", task.text)
            else:
                yield _answer(task)

    def explain(self, synthesis: Synthesis) -> Explanation:
        nodes = list(synthesis.program.preorder())
        looked = [i % len(WORDS) for i in range(len(nodes))]
        return Explanation(
            WORDS,
            tuple(
                ExplainedNode(
                    node.symbol,
                    0,
                    0.9,
                    ((node.symbol, 0.9), ("map", 0.05), ("head", 0.01), ("len", 0.001)),
                    tuple(float(word == at) for word in range(len(WORDS))),
                )
                for node, at in zip(nodes, looked, strict=True)
            ),
        )


def _answer(task: Task) -> Synthesis:
    candidates = tuple(
        Candidate(
            program,
            ARGUMENTS,
            "int",
            log_prob,
            to_python(program, ARGUMENTS, "int"),
            tuple(_outcome(program, example) for example in task.examples),
        )
        for program, log_prob in zip(PROGRAMS, (math.log(0.6), math.log(0.3)), strict=True)
    )
    best = max(candidates, key=lambda candidate: candidate.n_passed)
    inputs: dict[str, Value] = {"prices": [1, 2, 3], "n": 1}
    return Synthesis(
        task.text,
        best.program,
        ARGUMENTS,
        "int",
        best.log_prob,
        best.python,
        (best, *(other for other in candidates if other is not best)),
        0.8,
        True,
        Reading(task.text, {}, (("grater", "greater"),), unknown=(HARMFUL,)),
        samples=(Sample(inputs, 5),),
        open_question=None if task.examples else Question(inputs, (5, 0), PROGRAMS),
    )


def _outcome(program: Any, example: Any) -> Outcome:
    got = compile_program(program, ARGUMENTS)(dict(example.inputs))
    return Outcome(example.inputs, example.output, got, "", values_equal(got, example.output))


@dataclass
class Page:
    """What a person does with the page, and sees."""

    chrome: webdriver.Chrome
    client: Client
    model: Scripted

    def open(self, fragment: str = "") -> None:
        self.chrome.get("about:blank")  # another fragment alone loads nothing
        self.chrome.get(f"{self.client.url}/{fragment}")

    def find(self, selector: str) -> WebElement:
        return self.chrome.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.chrome.find_elements(By.CSS_SELECTOR, selector)

    def script(self, code: str, *arguments: object) -> Any:
        return self.chrome.execute_script(code, *arguments)

    def module(self, name: str, expression: str, *arguments: object) -> Any:
        """Compute with a module `m` of the page; the arguments are `a`."""
        code = (
            f"const done = arguments[arguments.length - 1], a = [...arguments];"
            f"import('/page/{name}').then((m) => {expression})"
            ".then(done, (error) => done({ error: error.message }))"
        )
        return self.chrome.execute_async_script(code, *arguments)

    def wait(self, condition: str, *arguments: object) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not self.script(f"return {condition}", *arguments):
            assert time.monotonic() < deadline, f"{condition} never came true"
            time.sleep(0.02)

    def wait_for_text(self, selector: str, text: str) -> None:
        self.wait(
            "document.querySelector(arguments[0]).textContent.includes(arguments[1])",
            selector,
            text,
        )

    def ask(self, text: str = TEXT) -> None:
        """Type a sentence, and wait for its answer and the value of the inputs to try."""
        self.find("#text").send_keys(text)
        self.wait_for_answer()

    def wait_for_answer(self) -> None:
        self.wait_for_text("#status", "Found")
        self.wait("document.querySelector('#value').textContent !== ''")

    def emulate(self, width: int, scheme: str) -> None:
        self.chrome.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def faults(self) -> list[str]:
        """What the browser complained of; refusals of the service are no fault of the page."""
        log = self.chrome.get_log("browser")  # type: ignore[no-untyped-call]
        return [e["message"] for e in log if e["source"] not in ("network", "console-api")]


@contextmanager
def serving_script(
    chrome: webdriver.Chrome, settings: ServiceSettings = SETTINGS
) -> Iterator[Page]:
    model = Scripted()
    with serving(create_app(model, settings)) as client:
        yield Page(chrome, client, model)


@contextmanager
def opened(page: Page) -> Iterator[Page]:
    """Open the page as one who never saw it."""
    page.emulate(1400, "light")
    page.model.asked.clear()
    page.chrome.get(f"{page.client.url}/health")  # of the same origin, and loads nothing
    page.script("localStorage.clear()")
    page.open()
    try:
        yield page
        assert page.faults() == []
        assert page.script("return window.harmed") is None
    finally:
        page.model.may_go.set()
        page.chrome.get("about:blank")


@pytest.fixture(scope="module")
def served(browser: webdriver.Chrome) -> Iterator[Page]:
    with serving_script(browser) as page:
        yield page


@pytest.fixture
def page(served: Page) -> Iterator[Page]:
    with opened(served) as page:
        yield page


def test_a_sentence_is_answered_when_typing_stops(page: Page) -> None:
    assert page.find("#empty").is_displayed()
    page.ask()
    assert page.find("#algolisp").text == str(PROGRAMS[0])
    assert page.find("#python").text.startswith("def program(prices: list[int], n: int) -> int:")
    assert page.find("#python .k").text == "def"
    assert "Probably right: 80 %" in page.find("#verdict-words").text
    assert page.find("#verdict-bar").get_attribute("value") == "0.8"
    assert "“grater” was read as “greater”" in page.find("#notes").text
    assert "[1, 2, 3] 1 5" in page.find("#samples").text
    assert page.find("#value").text == "5"
    assert not page.find("#empty").is_displayed()


def test_ctrl_enter_asks_without_a_pause(page: Page) -> None:
    page.script("window.setTimeout = () => 0")  # no pause ever ends
    page.find("#text").send_keys(TEXT)
    assert page.model.asked == []
    page.find("#text").send_keys(Keys.CONTROL, Keys.ENTER)
    page.wait_for_answer()


def test_a_newer_request_cancels_the_older(page: Page) -> None:
    page.model.may_go.clear()
    page.find("#text").send_keys("first", Keys.CONTROL, Keys.ENTER)
    _wait(lambda: len(page.model.asked) == 1)
    page.find("#text").send_keys(" second", Keys.CONTROL, Keys.ENTER)
    _wait(lambda: page.client.get("/health").body["queue"]["synthesize"] == 1)
    page.model.may_go.set()
    page.wait_for_answer()
    assert [task.text for task in page.model.asked] == ["first", "first second"]


def test_what_is_slow_has_a_bar_and_can_be_cancelled(page: Page) -> None:
    page.model.may_go.clear()
    page.find("#text").send_keys(TEXT)
    page.wait("!document.querySelector('#progress').hidden")
    assert "at work" in page.find("#status").text
    page.find("#cancel").click()
    assert page.find("#status").text == "Cancelled."
    assert not page.find("#progress").is_displayed()
    _wait(lambda: page.client.get("/health").body["queue"]["synthesize"] == 0)


def test_arguments_are_chips_that_can_be_changed(page: Page) -> None:
    page.ask()
    chips = [chip.text for chip in page.all("#chips .chip.guess")]
    assert chips == ["prices: int[]", "n: int", "gives int"]
    page.all("#chips .chip")[0].click()
    name, kind = page.find(".editor input"), Select(page.find(".editor select"))
    assert page.script("return document.activeElement") == name
    name.clear()
    name.send_keys("costs")
    kind.select_by_visible_text("string[]")
    name.send_keys(Keys.ENTER)
    _wait(lambda: len(page.model.asked) == 2)
    assert page.model.asked[-1].arguments == {"costs": "string[]", "n": "int"}
    page.wait_for_answer()
    page.all("#chips .chip")[0].click()
    page.find(".editor input").send_keys("x", Keys.ESCAPE)
    assert page.all("#chips .chip")[0].text == "costs: string[]"


def test_the_question_becomes_an_example_by_a_click(page: Page) -> None:
    page.ask()
    assert "For prices = [1, 2, 3], n = 1, it should give" in page.find("#question").text
    second = page.all("#question button")[1]
    assert second.text == "0"
    second.click()
    page.wait("document.querySelector('#examples .good')")
    assert page.find("#algolisp").text == str(PROGRAMS[1])
    assert page.find("#verdict-words").text.startswith("Passes the example. Probably right")
    (example,) = page.model.asked[-1].examples
    assert (dict(example.inputs), example.output) == ({"prices": [1, 2, 3], "n": 1}, 0)
    assert not page.find("#question").is_displayed()


def test_examples_are_typed_plainly_and_a_wrong_one_is_told(page: Page) -> None:
    page.ask()
    page.find("#add-example").click()
    prices, n, output = page.all("#examples input")
    assert page.script("return document.activeElement") == prices
    prices.send_keys("4, 5")
    n.send_keys("4")
    output.send_keys("maybe")
    page.wait_for_text("#examples-problem", "Example 1, output: maybe is not of type int")
    assert output.get_attribute("aria-invalid") == "true"
    assert output.value_of_css_property("border-width") == "2px"
    output.clear()
    output.send_keys("7")
    page.wait("document.querySelector('#examples .bad')")
    assert page.find("#examples .bad").text.split() == ["✗", "not", "as", "wanted:", "5"]
    assert "No program passes all examples" in page.find("#verdict-words").text
    page.find("#examples button").click()
    page.wait("document.querySelector('#examples').hidden")


def test_inputs_are_run_as_they_are_typed_and_keep_their_digits(page: Page) -> None:
    page.ask()
    prices = page.find("#input-prices")
    prices.clear()
    prices.send_keys("9007199254740993, 1, 2")
    page.wait_for_text("#value", "9007199254740995")
    prices.send_keys(" x")
    page.wait_for_text("#value", "is not of type int")


def test_a_node_shows_its_words_and_a_word_its_nodes(page: Page) -> None:
    page.ask()
    words = page.all(".word")
    assert [word.text for word in words] == [*WORDS[:4], *WORDS[5:]]  # once each
    page.script("document.querySelector('#tree .node').focus()")
    assert [word.text for word in page.all(".word.lit")] == ["the"]
    assert page.find("#looked").text == "reduce looked at: the 100 %"
    page.script("return document.activeElement").send_keys(Keys.ARROW_DOWN)
    assert page.find("#looked").text == "filter looked at: sum 100 %"
    words[3].click()
    lit = [node.get_attribute("aria-label") for node in page.all("#tree .node.lit")]
    assert lit == ["partial1, 90 %", "n, 90 %"]


def test_how_it_was_written_goes_by_arrow_keys(page: Page) -> None:
    page.ask()
    page.find("#steps summary").click()
    step = page.find("#step")
    step.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert page.find("#step-words").text.startswith("Step 3 of 8. Below filter the model wrote")
    rows = [row.text.split()[0] for row in page.all("#step-labels tr")]
    assert rows == ["prices", "map", "head"]
    assert len(page.all("#step-tree .node:not(.later)")) == 3
    step.send_keys(Keys.ARROW_LEFT)
    page.find("#step-on").send_keys(Keys.ARROW_LEFT)
    assert page.find("#step-words").text.startswith("Step 1 of 8. At the root the model wrote")
    assert not page.find("#step-back").is_enabled()


def test_neither_answer_to_the_question_is_sent_as_rejected(page: Page) -> None:
    page.ask()
    page.all("#question button")[2].click()
    _wait(lambda: len(page.model.asked) == 2)
    assert [wrong.output for wrong in page.model.asked[-1].rejected] == [5, 0]
    page.wait_for_answer()
    rows = page.all("#rejected li")
    assert rows[1].text.startswith("not 0 for prices = [1, 2, 3], n = 1")
    rows[1].find_element(By.TAG_NAME, "button").click()
    _wait(lambda: len(page.model.asked) == 3)
    assert [wrong.output for wrong in page.model.asked[-1].rejected] == [5]


def test_what_the_model_does_not_know_gets_help_and_a_guess_on_request(page: Page) -> None:
    page.find("#text").send_keys("unheard zymurgy")
    page.wait_for_text("#problem", "I do not know")
    told = page.find("#problem").text
    assert "zymurgy" in told
    assert "give an example of input and output" in told
    page.find("#problem button").click()
    page.wait_for_answer()
    assert page.find("#algolisp").text == str(PROGRAMS[0])


def test_other_programs_can_be_looked_at(page: Page) -> None:
    page.ask()
    page.all("#others button")[1].click()
    assert page.find("#algolisp").text == str(PROGRAMS[1])
    assert page.find("#others [aria-pressed=true]").text.startswith(str(PROGRAMS[1]))
    page.wait("document.querySelector('#value').textContent === '0'")


def test_a_link_holds_everything(page: Page) -> None:
    page.ask(f"{TEXT} & more #1 + 100 %")
    page.all("#question button")[0].click()
    page.wait("document.querySelector('#examples .good')")
    link = page.chrome.current_url
    page.open(link.removeprefix(f"{page.client.url}/"))
    page.wait_for_answer()
    assert page.find("#text").get_attribute("value") == f"{TEXT} & more #1 + 100 %"
    cells = [cell.get_attribute("value") for cell in page.all("#examples input")]
    assert cells == ["[1, 2, 3]", "1", "5"]


DAMAGED = [
    ("#text=" + "x" * 100_000, "The link has 100,005 letters"),
    ("#text=a&arguments=[", "its arguments cannot be read"),
    ("#text=a&arguments=[1]", "The link is damaged"),
    ("#text=a&examples={}", "The link is damaged"),
    ('#text=a&examples=[{"input":{"a":{}},"output":"1"}]', "The link is damaged"),
]


def test_a_damaged_link_is_told(page: Page) -> None:
    for fragment, told in DAMAGED:
        page.open(fragment)
        page.wait_for_text("#problem", told)
        assert page.find("#text").get_attribute("value") == ""
    assert page.model.asked == []


def test_markup_is_text_wherever_it_comes_from(page: Page) -> None:
    arguments = json.dumps({HARMFUL: HARMFUL})
    examples = json.dumps([{"input": {HARMFUL: HARMFUL}, "output": HARMFUL}])
    # As one would write it; the browser escapes what it must.
    page.open(f"#text={HARMFUL}&arguments={arguments}&returns={HARMFUL}&examples={examples}")
    page.wait_for_text("#examples-problem", HARMFUL)
    assert HARMFUL in page.find("#chips").text
    page.open(f"#text=a&returns={HARMFUL}")
    page.wait_for_answer()
    assert HARMFUL in page.find("#chips").text
    page.open(f"#text={HARMFUL}")
    page.wait_for_answer()
    assert HARMFUL in page.find("#notes").text
    page.find("#history summary").click()
    assert HARMFUL in page.find("#history-list").text
    page.open(f"#text=nonsense {HARMFUL}")
    page.wait_for_text("#problem", f"no program for nonsense {HARMFUL}")
    assert page.all("img, #answer script") == []


def test_history_outlives_the_page_and_can_be_deleted(page: Page) -> None:
    page.ask("first one")
    page.find("#text").clear()
    page.ask("second")
    page.find("#text").send_keys(" and more", Keys.CONTROL, Keys.ENTER)
    page.wait("localStorage['saps.history'].includes('and more')")
    page.open()
    page.find("#history summary").click()
    kept = [row.text.split("\n")[0] for row in page.all("#history-list .candidate")]
    assert kept == ["second and more", "first one"]
    page.all("#history-list .candidate")[1].click()
    page.wait_for_answer()
    assert page.find("#text").get_attribute("value") == "first one"
    page.all("#history-list .small")[0].click()
    assert len(page.all("#history-list li")) == 1
    page.find("#delete-history").click()
    assert not page.find("#history").is_displayed()
    assert page.script("return localStorage['saps.history']") == "[]"


def test_the_python_file_has_a_test_and_the_sentence_as_a_comment(page: Page) -> None:
    program = {
        "args": {"s": "string", "xs": "int[]", "b": "bool", "c": "int"},
        "return_type": "bool",
        "program": '(f "\\n")',
        "python": "def program(s, xs, b, other):\n    return s == '\"true\\n' and other == 2\n",
        "examples": [
            {"inputs": {"s": '"true\n', "xs": ["Infinity", 1], "b": True, "map": 2}, "expected": b}
            for b in (True,)
        ],
    }
    text = '"""\nimport os\r\x85harm()\u2028harm()'
    # As text, for chromedriver sorts the keys of what it is given.
    write = "m.pythonFile(a[0], JSON.parse(a[1]), a[2])"
    file = page.module("keep.js", write, text, json.dumps(program), {"c": "map"})
    names: dict[str, Any] = {}
    exec(file, names)
    names["test_program"]()
    assert "float" in file
    program["examples"][0]["expected"] = False  # type: ignore[index]
    file = page.module("keep.js", write, text, json.dumps(program), {"c": "map"})
    exec(file, names)
    with pytest.raises(AssertionError):
        names["test_program"]()


def test_the_picture_is_a_file_of_its_own(page: Page) -> None:
    tree = ["f", '"<b>&"', ["g", "x" * 99]]
    file = page.module("tree.js", "m.svgFile(a[0], a[1])", tree, "<f>")
    root = ElementTree.fromstring(file)
    space = {"svg": "http://www.w3.org/2000/svg"}
    texts = [text.text for text in root.iterfind(".//svg:text", space)]
    assert texts == ["f", '"<b>&"', "g", "x" * 23 + "…"]
    assert root.find("svg:style", space) is not None


VALUES = [
    ("3", "int", "3"),
    (" 2.50 ", "int", "2.50"),
    ("12345678901234567890", "int", "12345678901234567890"),
    ("3, 8, 1", "int[]", "[3,8,1]"),
    ("[3.0]", "int[]", "[3.0]"),
    ("", "string[]", "[]"),
    ("[]", "string[]", "[]"),
    ("red, green", "string[]", '["red","green"]'),
    ("red", "string", '"red"'),
    ('"red"', "string", '"red"'),
    ("12", "string", '"12"'),
    ("true", "string", '"true"'),
    ("yes", "bool", "true"),
    ("[[1], []]", "int[][]", "[[1],[]]"),
    ('{"a": 1}', "dict<string,int>", '{"a":1}'),
    ("red", "int", None),
    ("[1", "int[]", None),
    ("maybe", "bool", None),
    ("[1, true]", "int[]", None),
]


def test_values_are_read_as_typed(page: Page) -> None:
    for typed, kind, json_ in VALUES:
        read = page.module("values.js", "JSON.stringify(m.readValue(a[0], a[1]))", typed, kind)
        if json_ is None:
            assert f"is not of type {kind}: enter " in read["error"]
        else:
            assert read == json_


def test_a_service_that_is_gone_is_told(browser: webdriver.Chrome) -> None:
    with serving_script(browser) as served, opened(served) as page:
        page.ask()
        page.client.server.should_exit = True
        page.wait("fetch('/health').then(() => false, () => true)")
        page.find("#text").send_keys(" again", Keys.CONTROL, Keys.ENTER)
        page.wait_for_text("#problem", "The service does not answer")
        assert page.find("#problem button").text == "Try again"


def test_too_many_requests_are_asked_again_after_a_while(browser: webdriver.Chrome) -> None:
    settings = replace(SETTINGS, max_waiting=1)
    with serving_script(browser, settings) as served, opened(served) as page:
        page.model.may_go.clear()
        other = threading.Thread(target=page.client.post, args=("/synthesize", {"text": "other"}))
        other.start()
        _wait(lambda: len(page.model.asked) == 1)
        page.find("#text").send_keys(TEXT)
        page.wait_for_text("#problem", "Asking again in 1 s.")
        page.model.may_go.set()
        other.join()
        page.wait_for_answer()
        assert page.find("#problem").text == ""


def test_what_takes_too_long_is_told(browser: webdriver.Chrome) -> None:
    settings = replace(SETTINGS, timeout_s=0.1)
    with serving_script(browser, settings) as served, opened(served) as page:
        page.model.may_go.clear()
        page.find("#text").send_keys(TEXT)
        page.wait_for_text("#problem", "no result within 0.1 s")
        assert page.find("#problem button").text == "Try again"


def test_a_text_without_a_program_is_told_and_an_empty_one_is_no_error(page: Page) -> None:
    page.find("#text").send_keys("nonsense")
    page.wait_for_text("#problem", "no program for nonsense")
    page.find("#clear").click()
    assert page.find("#problem").text == ""
    assert page.find("#empty").is_displayed()
    page.all("#suggestions button")[0].click()
    page.wait_for_answer()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_and_can_be_read(page: Page, scheme: str) -> None:
    page.emulate(1400, scheme)
    page.ask()
    page.all("#question button")[0].click()
    page.wait("document.querySelector('#examples .good')")
    page.find("#steps summary").click()
    element = "document.documentElement"
    for width in (360, 768, 1400, 2560):
        page.emulate(width, scheme)
        needed, there = page.script(f"return [{element}.scrollWidth, {element}.clientWidth]")
        assert needed <= there
    ground = page.script("return getComputedStyle(document.body).backgroundColor")
    channels = [int(part) for part in ground[ground.index("(") + 1 : -1].split(",")[:3]]
    assert (sum(channels) > 600) == (scheme == "light")


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    page.find("body").send_keys(Keys.TAB)  # the link
    active = page.chrome.switch_to.active_element
    active.send_keys(Keys.TAB)
    page.chrome.switch_to.active_element.send_keys(TEXT)
    page.wait_for_answer()
    seen: list[str] = []
    while len(seen) < 60:
        page.chrome.switch_to.active_element.send_keys(Keys.TAB)
        seen.append(
            page.script(
                "const e = document.activeElement;"
                "return e.id || e.getAttribute('aria-label') || e.textContent"
            )
        )
        if seen[-1].startswith(str(PROGRAMS[1])):
            break
    for name in ("add-example", "copy-link", "copy-python", "input-n", "reduce, 90 %", "the"):
        assert name in seen
    page.chrome.switch_to.active_element.send_keys(Keys.ENTER)
    assert page.find("#algolisp").text == str(PROGRAMS[1])


@pytest.mark.skipif(not AXE.exists(), reason="needs npm install --no-save axe-core")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_checker_of_accessibility_finds_nothing(page: Page, scheme: str) -> None:
    page.emulate(1400, scheme)
    found = {"empty": _violations(page)}
    page.ask()
    for summary in page.all("summary"):
        summary.click()
    found["question"] = _violations(page)
    page.all("#question button")[0].click()
    page.wait("document.querySelector('#examples .good')")
    page.wait("!document.querySelector('#answer').hasAttribute('aria-busy')")
    found["examples"] = _violations(page)
    page.all("#chips .chip")[0].click()
    found["editor"] = _violations(page)
    page.chrome.get(f"{page.client.url}/docs")
    found["docs"] = _violations(page)
    assert not any(found.values()), found


def _violations(page: Page) -> list[str]:
    page.script(AXE.read_text(encoding="utf-8"))
    code = "axe.run(document).then((found) => arguments[0](found.violations))"
    found = page.chrome.execute_async_script(code)
    return [f"{one['id']}: {[node['html'] for node in one['nodes']]}" for one in found]


def _wait(condition: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        time.sleep(0.01)
