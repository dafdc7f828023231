"""viz.page: the page in a real browser: its steps, its numbers, its links; and the drawing without one."""

import importlib
import itertools
import re
import shutil
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import nn, viz
from tinygrad_edu.nn import functional as F
from tinygrad_edu.tour.neuron import neuron
from tinygrad_edu.viz.page import to_html
from tinygrad_edu.viz.page.content import content
from tinygrad_edu.viz.page.layout import layout

smaller = importlib.import_module("tinygrad_edu.viz.page.smaller")
CHROMIUM = shutil.which("chromium")


HOSTILE = [
    '<script>alert("1")</script>',
    "</script><script>document.title='gone'</script>",
    "<!--",
    "<b>bold</b>",
    "&amp; {a|b}",
    "two\nlines",
    "naïve σ 日本",
    "\u2028",
    r"\N ${x} $title",
    "a" * 90,
]

# Programs.


def leaf(value, name=None):
    return tg.tensor(value, requires_grad=True, name=name)


def product():
    x, y, z = leaf(-2.0, "x"), leaf(5.0, "y"), leaf(-4.0, "z")
    q = x + y
    q.name = "q"
    return q * z


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 2, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(2)

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)) + x)


tg.manual_seed(0)
PERCEPTRON = nn.Sequential(nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 3))
RESIDUAL = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), Block(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 3))


def perceptron():
    PERCEPTRON.zero_grad()
    images = tg.tensor(np.random.default_rng(0).normal(size=(4, 12)).astype("f"), name="images")
    return F.cross_entropy(PERCEPTRON(images), tg.tensor([0, 1, 2, 0]))


def residual():
    RESIDUAL.zero_grad()
    return F.cross_entropy(RESIDUAL(tg.tensor(np.random.default_rng(0).normal(size=(2, 1, 4, 4)).astype("f"))), [0, 2])


def small():
    """Numbers, vectors and matrices; a product, a maximum, a broadcast, values used twice."""
    x, w = leaf([[0.5, -1.0], [2.0, 0.25]], "x"), leaf([[1.0, -0.5], [0.75, 2.0]], "w")
    b = leaf([0.125, -0.375], "b")
    h = tg.maximum(x @ w + b, 0.1 * x)
    return (h * h).sum() + tg.exp(b).sum()


def several():
    values, _ = tg.sort(leaf([3.0, 1.0, 2.0], "x"))
    return (values * tg.tensor([1.0, 2.0, 3.0])).sum() + values[0]


def not_finite():
    with np.errstate(all="ignore"):
        return tg.log(leaf([0.0, 1.0], "x")).sum()


def random_program(seed):
    """A dozen random gates on numbers and vectors, everything used."""
    rng = np.random.default_rng(seed)
    known = [leaf(rng.normal(size=shape), f"v{i}") for i, shape in enumerate([(), (3,), (3,), (2, 3)])]
    gates = [np.multiply, np.add, np.subtract, lambda a, b: tg.tanh(a), lambda a, b: tg.relu(b)]
    for _ in range(8):
        a, b = (known[i] for i in rng.integers(len(known), size=2))
        known.append(gates[rng.integers(5)](a, b))
    return sum((value.sum() for value in known[1:]), known[0])


PROGRAMS = {f.__name__: f for f in (neuron, product, perceptron, residual, small, several, not_finite)}


# A browser.


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=CHROMIUM)
        yield started
        started.close()


@pytest.fixture(scope="module")
def opened(browser):
    """A window for each set of options, and what went wrong in any of them."""
    wrong, windows = [], {}

    def window(**options):
        key = str(sorted(options.items()))
        if key not in windows:
            page = windows[key] = browser.new_page(**options)
            page.on("console", lambda message: wrong.append(message.text))
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("request", lambda asked: asked.url.startswith(("file:", "data:")) or wrong.append(asked.url))
            page.set_default_timeout(5000)
        return windows[key]

    return window, wrong


@pytest.fixture
def show(opened, tmp_path):
    """Opens a page; at the end there was no complaint, and nothing was asked of the network."""
    window, wrong = opened
    files = itertools.count()

    def shown(output, hash="", title=None, depth=None, **options):
        file = tmp_path / f"page{next(files)}.html"
        file.write_text(to_html(output, title=title, depth=depth), encoding="utf-8")
        page = window(**{"viewport": {"width": 1280, "height": 760}, "reduced_motion": "reduce"} | options)
        page.goto(file.as_uri() + hash)
        return page

    yield shown
    assert wrong == []
    wrong.clear()


def at(page):
    """The step at hand, and the last."""
    return tuple(map(int, page.locator("#count").inner_text().split(" / ")))


def heading(page):
    return page.locator("#panel h2").inner_text()


def read(text):
    return float(text.replace("−", "-").replace("●", "1").replace("·", "0"))


# Of every step: its heading, and of each figure in each term the caption and the numbers.
WALK = """() => {
  const last = Number(document.getElementById("scrubber").max);
  const steps = [];
  for (let step = 1; step <= last; step++) {
    const figure = (f) => ({
      caption: f.querySelector("figcaption")?.textContent ?? "",
      cells: [...f.querySelectorAll(".scalar, .matrix span")].map((cell) => cell.textContent),
    });
    const figures = (box) => [...box.querySelectorAll(":scope > .equation figure")].map(figure);
    const terms = [...document.querySelectorAll("#panel .term[data-edge]")];
    const leaves = [...document.querySelectorAll("#panel .term:not([data-edge])")];
    steps.push({
      pass: document.querySelector("#panel .pass").textContent,
      heading: document.querySelector("#panel h2").textContent,
      terms: terms.map(figures),
      leaves: leaves.map((box) => ({
        name: box.querySelector("h3")?.textContent,
        last: figure([...box.querySelectorAll("figure")].at(-1) ?? box),
      })),
    });
    document.getElementById("next").click();
  }
  return steps;
}"""


# The numbers.


@pytest.mark.parametrize("program", [*PROGRAMS.values(), *(lambda i=i: random_program(i) for i in range(5))])
def test_the_numbers_are_those_of_the_engine(show, program):
    output = program()
    seen = viz.record(output)
    steps = show(output).evaluate(WALK)
    gates = [node for node in seen.nodes if node.gate]
    assert len([step for step in steps if step["pass"].startswith("▸")]) == len(gates) + 1
    backward = [step for step in steps if step["terms"]]
    sends = [node for node in reversed(gates) if any(e.contribution for e in seen.into[node.id])]
    assert len(backward) == len(sends)
    for step, node in zip(backward, sends, strict=True):
        drawn = [e for e in seen.into[node.id] if e.contribution]
        for term, edge in zip(step["terms"], drawn, strict=True):
            expected = edge.contribution
            if expected.full is not None:
                np.testing.assert_allclose([*map(read, term[-1]["cells"])], np.ravel(expected.full), rtol=6e-4)
    output.backward()
    found = {leaf["name"]: leaf["last"]["cells"] for leaf in steps[-1]["leaves"]}
    for node in seen.nodes:
        if node.role == "leaf" and node.gradient and node.gradient.full is not None and node.name in found:
            np.testing.assert_allclose([*map(read, found[node.name])], np.ravel(node.gradient.full), rtol=6e-4)


def test_upstream_times_local_is_the_contribution(show):
    for step in show(small()).evaluate(WALK):
        for upstream, local, contribution in (t for t in step["terms"] if len(t) == 3 and t[1]["cells"]):
            factors = [np.array([*map(read, figure["cells"])]) for figure in (upstream, local, contribution)]
            if "ᵀ" in local["caption"] or "ᵀ" in upstream["caption"]:
                a, b, c = (f.reshape(2, 2) for f in factors)
                np.testing.assert_allclose(a @ b, c, rtol=2e-3)
            elif len(factors[0]) == len(factors[2]):
                np.testing.assert_allclose(factors[0] * factors[1], factors[2], rtol=2e-3)


def test_the_leaves_show_what_backward_leaves_in_grad(show):
    x, w = leaf([1.0, -2.0], "x"), leaf([0.5, 3.0], "w")
    output = (x * w + x * x).sum()
    page = show(output)
    page.keyboard.press("End")
    shown = [
        read(cell)
        for cell in page.locator("#panel .term", has_text="x")
        .first.locator("figure")
        .last.locator(".matrix span")
        .all_inner_texts()
    ]
    output.backward()
    assert shown == pytest.approx(x.grad.tolist(), rel=1e-3)


def test_where_branches_meet_the_terms_come_one_after_the_other(show):
    a = leaf(3.0, "a")
    b = a * 2
    b.name = "b"
    page = show(b * tg.exp(b) + b)
    page.get_by_label("Last step").click()
    label = page.locator(".node", has_text="b").locator(".gradient")
    told = []
    for _ in range(at(page)[1]):
        if (text := label.first.text_content()) and text not in told:
            told.append(text)
        page.keyboard.press("ArrowLeft")
    assert told[-1] == "1.00 + …", told
    assert "…" not in told[0]


def test_several_outputs_do_not_add_up(show):
    first, second = leaf([1.0, 2.0, 3.0, 4.0], "x").chunk(2)
    page = show((first * second).sum())
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    told = page.locator("#panel").inner_text()
    assert heading(page).startswith("t1 = split(") and "Of its 2 outputs each has its own upstream." in told
    assert "add" not in told and "+" not in told
    page.keyboard.press("ArrowLeft")
    assert "all 2 outputs of t1 have come back." in page.locator("#panel").inner_text()
    page.keyboard.press("ArrowLeft")
    assert "1 of 2 outputs of t1 have come back." in page.locator("#panel").inner_text()


def test_a_matrix_product_lines_its_shapes_up_and_a_router_shows_its_mask(show):
    page = show(perceptron())
    page.keyboard.press("End")
    page.locator("#query").fill("@")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert re.sub(r"\s+", " ", page.locator(".shapes").first.inner_text()) in ("4×8 @ 8×12 = 4×12", "8×4 @ 4×12 = 8×12")
    page = show(tg.relu(leaf([1.0, -2.0, 3.0], "x")).sum())
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert page.locator("figure.mask .matrix span").all_inner_texts() == ["●", "·", "●"]


def test_a_formula_that_holds_the_upstream_is_not_multiplied_by_it(show):
    A = leaf([[2.0, 1.0], [0.0, 3.0]], "A")
    f = tg.linalg.inv(A).sum()
    assert "to A: -A⁻ᵀ g A⁻ᵀ = " in viz.text(f)
    page = show(f)
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    words = page.locator(".equation").inner_text().split()
    assert words[:2] == ["upstream", "g"] and "in" in words and "×" not in words


def test_save_writes_the_same_page(tmp_path):
    file = viz.save(product(), tmp_path / "new" / "page.html")
    assert file.read_text(encoding="utf-8") == to_html(product())


def test_a_broadcast_says_that_its_gradient_is_summed_back(show):
    page = show((leaf([[1.0, 2.0], [3.0, 4.0]], "x") + leaf([1.0, 2.0], "b")).sum())
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert [text for text in page.locator(".term .quiet").all_inner_texts() if "broadcast" in text] == [
        "It was broadcast: the product is summed back from 2×2 to 2."
    ]
    page.keyboard.press("ArrowLeft")
    assert "broadcast" not in page.locator("#panel").inner_text(), "a sum is not a broadcast"


# Steps, keys, links.


def test_buttons_scrubber_and_keys(show):
    page = show(product())
    assert at(page) == (1, 7)
    for press, expected in [
        ("ArrowRight", 2),
        ("ArrowRight", 3),
        ("ArrowLeft", 2),
        ("End", 7),
        ("ArrowRight", 7),
        ("Home", 1),
        ("ArrowLeft", 1),
    ]:
        page.keyboard.press(press)
        assert at(page) == (expected, 7)
    for name, expected in [("Next step", 2), ("Last step", 7), ("Step back", 6), ("First step", 1)]:
        page.get_by_label(name, exact=True).click()
        assert at(page) == (expected, 7)
    page.locator("#scrubber").fill("5")
    assert at(page) == (5, 7)
    assert heading(page) == "t1 = q × z"


def test_play_and_pause(show):
    page = show(product())
    page.clock.install(time=0)
    page.clock.pause_at(1000)  # from here on time goes by only as the test says
    page.locator("#speed").select_option("150")
    page.locator("#panel").focus()
    page.keyboard.press("Space")
    assert page.locator("#play").inner_text() == "Pause"
    page.clock.run_for(320)
    assert at(page) == (3, 7)
    page.keyboard.press("Space")
    page.clock.run_for(1000)
    assert at(page) == (3, 7)
    page.locator("#play").click()
    page.clock.run_for(5000)
    assert at(page) == (7, 7)
    assert page.locator("#play").inner_text() == "Play"


def test_links_and_the_back_button(show):
    page = show(product(), hash="#step=6")
    assert at(page) == (6, 7)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert page.url.endswith("#step=2")
    page.go_back()
    assert at(page) == (6, 7)
    page.evaluate("location.hash = '#step=3'")
    page.wait_for_function("document.getElementById('count').textContent === '3 / 7'")
    page.evaluate("location.hash = '#step=999'")
    page.wait_for_function("document.getElementById('count').textContent === '7 / 7'")


def test_a_click_on_a_gate_an_edge_or_a_leaf_goes_there(show):
    page = show(product())
    gate = page.locator(".node", has_text="×")
    gate.click()
    assert heading(page) == "t1 = q × z"
    assert page.locator(".pass").inner_text().startswith("▸ forward")
    page.keyboard.press("End")
    gate.click()
    assert page.locator(".pass").inner_text().startswith("◂ backward")
    page.locator(".wire").last.locator(".grip").dispatch_event("click")
    assert page.locator(".term.chosen h3").inner_text() == "to z"
    page.locator(".node", has_text="x").first.click()
    assert page.locator(".term.chosen h3").inner_text() == "x"
    assert at(page) == (7, 7)


def test_drag_moves_the_picture_and_is_no_click(show):
    page = show(product())
    box = page.locator(".node", has_text="×").bounding_box()
    x, y = box["x"] + 10, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 80, y + 30, steps=4)
    page.mouse.up()
    moved = page.locator(".node", has_text="×").bounding_box()
    assert (moved["x"] - box["x"], moved["y"] - box["y"]) == pytest.approx((80, 30), abs=1)
    assert at(page) == (1, 7)
    page.get_by_label("Zoom in").click()
    assert page.locator(".node", has_text="×").bounding_box()["width"] > 1.2 * box["width"]
    page.get_by_label("Show everything").click()
    assert page.locator(".node", has_text="×").bounding_box() == pytest.approx(box)


def test_search(show):
    page = show(perceptron())
    page.keyboard.press("/")
    page.keyboard.type("weight")
    assert page.locator("#matches").inner_text() == "4"
    page.keyboard.press("Enter")
    assert page.locator("#matches").inner_text() == "1 of 4"
    assert page.locator(".term.chosen h3").inner_text() == "0.weight"
    page.keyboard.press("Enter")
    assert heading(page).startswith("t1 = images @ 0.weightᵀ")
    page.locator("#query").fill("nothing like it")
    assert page.locator("#matches").inner_text() == "none"
    assert page.locator(".node.match").count() == 0


# What it must withstand.


def test_hostile_names_are_text(show):
    leaves = [leaf(float(i), name) for i, name in enumerate(HOSTILE)]
    output = sum(leaves[1:], leaves[0] * 1)
    output.name = "<img src=x onerror=alert(1)>"
    page = show(output, title="<b>&amp;</b></title><script>1</script>")
    assert page.title() == "<b>&amp;</b></title><script>1</script>"
    assert page.locator("script").count() == 2
    assert page.locator("img, b img, #panel b").count() == 0
    told = page.locator("#panel h3").all_text_contents()
    assert [name for name in HOSTILE if len(name) < 40 and name.isprintable() and name not in told] == []
    page.keyboard.press("End")
    assert page.locator("h1").inner_text() == "<b>&amp;</b></title><script>1</script>"


def test_nothing_can_leave_the_page(browser, tmp_path):
    (tmp_path / "page.html").write_text(to_html(product()), encoding="utf-8")
    context = browser.new_context()
    page = context.new_page()
    asked = []
    context.route(re.compile("^http"), lambda route: (asked.append(route.request.url), route.abort()))
    page.goto((tmp_path / "page.html").as_uri())
    blocked = page.evaluate(
        """async () => {
          const picture = new Image();
          const image = new Promise((done) => { picture.onerror = () => done(true); });
          picture.src = "http://example.com/a.png";
          const script = document.createElement("script");
          script.textContent = "window.ran = true";
          document.body.append(script);
          return [await fetch("http://example.com").catch(() => true), await image, window.ran === undefined];
        }"""
    )
    context.close()
    assert blocked == [True, True, True]
    assert asked == []


def test_without_a_backward_pass_and_with_a_lone_leaf(show):
    page = show(leaf([1.0, 2.0], "x") * 2)
    assert at(page) == (1, 2)
    page.keyboard.press("End")
    assert heading(page) == "t1 = x × 2"
    assert page.locator("#passes span").last.is_hidden()
    page = show(leaf(2.0, "alone"))
    page.keyboard.press("End")
    assert page.locator("#panel h3").inner_text() == "alone"


def test_where_a_program_stands_is_shown(show):
    with tg.inspect():
        x = leaf(3.0, "x")
        y = x * x
    page = show(y, hash="#step=2")
    assert "test_page.py:" in page.locator(".source").inner_text()
    assert "y = x * x" in page.locator(".source").inner_text()


# For everybody.


# Of every step: how much wider than the frame the page is, and the panel.
WIDER = """() => {
  const wider = new Set();
  for (let step = 0; step < Number(document.getElementById("scrubber").max); step++) {
    for (const e of [document.documentElement, document.getElementById("panel")]) {
      wider.add(e.scrollWidth - e.clientWidth);
    }
    document.getElementById("next").click();
  }
  return [...wider];
}"""


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_a_phone_shows_everything_without_scrolling_sideways(show, program):
    page = show(program(), viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    assert page.evaluate(WIDER) == [0]
    assert page.locator("#panel").bounding_box()["height"] > 200
    assert page.locator("#picture").bounding_box()["height"] > 180


# The least contrast of any text with what is behind it, with that text.
CONTRAST = """() => {
  const parse = (css) => { const n = css.match(/[\\d.]+/g).map(Number); return [...n.slice(0, 3), n[3] ?? 1]; };
  const over = (a, b) => a.slice(0, 3).map((c, i) => c * a[3] + b[i] * (1 - a[3]));
  const light = (rgb) => {
    const [r, g, b] = rgb.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    if (!element) return [255, 255, 255];
    const style = getComputedStyle(element);
    return over(parse(style.backgroundColor), ground(element.parentElement));
  };
  const behind = (element) => {
    const shape = element.matches(".sign") ? element.parentElement.querySelector(".shape") : null;
    const module = element.closest(".module") ? element.closest(".module").querySelector("path") : null;
    const below = ground(element.closest("svg, button, *"));
    const fill = shape ?? module;
    if (!fill) return below;
    const style = getComputedStyle(fill);
    const [r, g, b, a] = parse(style.fill);
    return over([r, g, b, a * Number(style.fillOpacity)], below);
  };
  const worst = { ratio: 99, text: "" };
  for (const element of document.querySelectorAll("body *:not(script):not(style):not(noscript)")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !element.checkVisibility() || element.matches("title, option, .unseen")) continue;
    const style = getComputedStyle(element);
    const a = light(parse(element.closest("svg") ? style.fill : style.color).slice(0, 3));
    const b = light(behind(element));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst.ratio) Object.assign(worst, { ratio, text: `${element.outerHTML}` });
  }
  return worst;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast_in_dark_and_light(show, scheme):
    page = show(residual(), color_scheme=scheme)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
    page.locator("#legend").evaluate("(legend) => { legend.open = true; }")
    last = at(page)[1]
    for step in (1, 4, last // 2, last // 2 + 3, last - 1, last):
        page.locator("#scrubber").fill(str(step))
        worst = page.evaluate(CONTRAST)
        assert worst["ratio"] >= 4.5, worst
    page.get_by_label("Dark or light").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != paper
    assert page.evaluate(CONTRAST)["ratio"] >= 4.5


def test_by_keyboard_alone(show):
    page = show(product())
    reached = []
    for _ in range(20):
        page.keyboard.press("Tab")
        focus = page.evaluate(
            """() => {
              const e = document.activeElement;
              if (e === document.body) return null;
              const style = getComputedStyle(e.querySelector(".ring") ?? e);
              const name = e.getAttribute("aria-label") || e.labels?.[0]?.textContent || e.textContent;
              return [e.id || e.getAttribute("data-node") || e.dataset.zoom || e.tagName, name.trim(),
                      style.outlineStyle !== "none" || style.stroke !== "none"];
            }"""
        )
        if focus is None:
            break
        reached.append(focus)
    assert all(name and visible for _, name, visible in reached), reached
    assert {"query", "theme", "panel", "play", "next", "scrubber", "speed", "0"} <= {where for where, _, _ in reached}
    assert page.locator("#said").get_attribute("aria-live") == "polite"
    page.locator("#panel").focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.locator("#said").inner_text() == "Step 5, backward: t1 = q × z; to q: -4.00; to z: 3.00"
    page.locator(".node[tabindex='0']").focus()
    page.keyboard.press("Enter")
    assert heading(page) == "t1 = q × z"


def test_kinds_and_states_are_told_without_colour(show):
    page = show(small(), hash="#step=2")
    shapes = page.evaluate(
        """() => {
          const form = (s) => s.tagName + (s.getAttribute("points") ?? "").split(" ").length;
          const gates = [...document.querySelectorAll(".node.gate")];
          return Object.fromEntries(gates.map((g) => [g.classList[2], [...g.querySelectorAll(".shape")].map(form)]));
        }"""
    )
    assert len({str(shape) for shape in shapes.values()}) == len(shapes) >= 4
    future = page.locator(".node.future .shape").first
    assert future.evaluate("(e) => getComputedStyle(e).strokeDasharray") != "none"
    assert page.locator(".node.current .arrow").text_content() == "▸"
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert page.locator(".node.current .arrow").text_content() == "◂"


def test_nothing_moves_for_those_who_asked_for_that(show):
    moving = "() => getComputedStyle(document.querySelector('.wire.lit .line')).animationName"
    assert show(product(), hash="#step=2").evaluate(moving) == "none"
    assert show(product(), hash="#step=2", reduced_motion="no-preference").evaluate(moving) == "flow"


# Large graphs.


DEEP = nn.Sequential(*(nn.Sequential(nn.Linear(32, 32), nn.LayerNorm(32), nn.GELU()) for _ in range(40)))


def test_two_hundred_gates_of_large_arrays_make_a_small_page(show):
    output = DEEP(tg.randn(64, 32)).sum()
    assert sum(node.gate is not None for node in viz.record(output).nodes) >= 200
    assert len(to_html(output).encode()) < 500_000
    page = show(output)
    page.keyboard.press("End")
    assert page.locator("#panel .term").count() == 160


def test_a_heat_map_is_of_the_finite_values_and_marks_the_others():
    values = np.linspace(-3, 2, 100).reshape(10, 10)
    values[0, 1], values[9, 9] = np.inf, np.nan
    told = content(viz.record((leaf(values) * 2).sum(), maps=True), [])["arrays"][0]
    assert (told["map"][0][:2], told["map"][9][9], told["most"]) == ("A!", "!", 3.0)


def test_a_module_drawn_as_one_gate_keeps_what_came_and_went(show):
    output = perceptron()
    whole, drawn = viz.record(output), smaller.collapsed(viz.record(output), 1)
    assert [node.gate for node in drawn.nodes] == [None, "Linear", "ReLU", "Linear", None, "cross_entropy"]
    made = [whole.nodes[max(call.nodes)] for call in whole.modules if call.path]
    assert [(node.value, node.gradient) for node in drawn.nodes[1:4]] == [(node.value, node.gradient) for node in made]
    page = show(output, depth=1, hash="#step=3")
    assert "ReLU" in heading(page)
    assert page.locator("#notes").inner_text().startswith("6 gates are drawn as 4")


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_a_depth_shows_the_same_boxes_in_the_page_and_in_the_picture(show, depth):
    x = tg.tensor(np.random.default_rng(0).normal(size=(2, 1, 4, 4)).astype("f"), name="x")
    loss_of = nn.CrossEntropyLoss()  # within no other module, as the network
    output = loss_of(RESIDUAL(x), tg.tensor([0, 2]))
    page = show(output, depth=depth)
    svg = "{http://www.w3.org/2000/svg}"
    drawn = [
        (kind, group.find(f".//{svg}text").text.rpartition(": ")[2])
        for group in ElementTree.fromstring(viz.to_svg(output, depth=depth)).iter(f"{svg}g")
        for node, kind, *_ in [[*group.get("class", "").split(), "", ""]]
        if node == "node" and kind in ("gate", "module", "leaf")
    ]
    boxes = sorted(sign for kind, sign in drawn if kind != "leaf")
    assert sorted(page.locator(".node.gate .sign").all_text_contents()) == boxes
    assert page.locator(".node:not(.gate) .sign").count() == len(drawn) - len(boxes)
    if depth == 0:
        assert boxes == ["CrossEntropyLoss", "Sequential"]
    assert ("Block" in boxes, "BatchNorm2d" in boxes) == (depth == 1, depth == 2)


def test_what_comes_into_a_closed_module_is_drawn_though_it_is_trained():
    x = leaf(np.ones((4, 12), "f"), "x")
    drawn = smaller.collapsed(viz.record(PERCEPTRON(x).sum()), 1)
    assert [node.name for node in drawn.nodes if node.role == "leaf"] == ["x"]


def test_what_is_not_drawn_is_said(show, monkeypatch):
    monkeypatch.setattr(smaller, "MOST", 50)
    page = show(DEEP(tg.randn(64, 32)).sum())
    assert "are drawn as" in page.locator("#notes").inner_text()
    x = leaf(0.5, "x")
    y = x
    for _ in range(80):
        y = tg.tanh(y)
    page = show(y)
    assert (
        page.locator("#notes").inner_text()
        == "Of 80 gates the last 50 are drawn; what was made before stands as given."
    )
    assert page.locator(".node.gate").count() == 50


# The drawing.


@st.composite
def graphs(draw):
    """Some nodes, each used by later ones, all behind the last; some in groups of consecutive nodes."""
    count = draw(st.integers(1, 14))
    edges = []
    for source in range(count - 1):
        uses = draw(st.lists(st.integers(source + 1, count - 1), min_size=1, max_size=3))
        edges += [(source, target) for target in uses]
    start, end = sorted(draw(st.tuples(st.integers(0, count), st.integers(0, count))))
    groups = [(0,) if start <= n < end else () for n in range(count)]
    return SimpleNamespace(sizes=[(40.0, 30.0, 42.0)] * count, edges=edges, groups=groups)


@given(graphs())
def test_the_layout(graph):
    drawn = layout(graph.sizes, graph.edges, graph.groups)
    boxes = [(x, y - 21, x + 70, y + 21) for x, y in drawn.nodes]
    for i, (left, top, right, low) in enumerate(boxes):
        assert left >= 0 and right <= drawn.width and top >= 0 and low <= drawn.height
        for other_left, other_top, other_right, other_low in boxes[:i]:
            assert right <= other_left or other_right <= left or low <= other_top or other_low <= top, "no overlap"
    for (source, target), wire in zip(graph.edges, drawn.wires, strict=True):
        assert boxes[source][2] <= boxes[target][0], "from left to right"
        x, y = (
            map(float, re.findall(r"-?[\d.]+", wire)[-2:])
            if "C" in wire[-60:] and not re.search(r"H[\d.]+$", wire)
            else (float(re.findall(r"[\d.]+", wire)[-1]), drawn.nodes[target][1])
        )
        assert x == pytest.approx(boxes[target][0], abs=0.1) and abs(y - drawn.nodes[target][1]) <= 21


def test_the_main_chain_is_straight():
    seen = viz.record(neuron())
    drawn = layout(
        [(40.0, 30.0, 42.0)] * len(seen.nodes), [(e.source, e.target) for e in seen.edges], [()] * len(seen.nodes)
    )
    heights = [drawn.nodes[node.id][1] for node in seen.nodes if node.gate]
    assert sum(abs(h - heights[-1]) < 0.5 for h in heights) >= len(heights) - 1
