"""The page that `archmlp inspect --html` writes, in a real browser: it draws, says nothing in its console, asks for nothing.

Screenshots stay in the build folder, in screenshots/.
"""

import csv
import random

import pytest
from chromium import browsing, executable
from support import ARCHMLP, INVALID, REPOSITORY, SHARED, run

SCREENSHOTS = ARCHMLP.parents[1] / "screenshots"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    executable()
    with browsing(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


def write_generated(path, rows=3000, seed=5):
    """Stands in for census data: numbers, text, gaps, a label that goes with some of them."""
    random_numbers = random.Random(seed)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "age", "hours", "capital_gain", "education", "joined", "income"])
        for row in range(rows):
            age = random_numbers.randint(17, 90)
            education = random_numbers.choice(["HS-grad", "Bachelors", "Masters", "Doctorate", ""])
            rich = age + 20 * (education in ("Masters", "Doctorate")) + random_numbers.gauss(0, 15) > 75
            writer.writerow([f"c{row:05}", age, round(random_numbers.gauss(40, 9), 1),
                             0 if random_numbers.random() < 0.9 else int(random_numbers.lognormvariate(8, 1)),
                             education, f"2024-{row % 12 + 1:02}-{row % 28 + 1:02}", ">50K" if rich else "<=50K"])


def adult(folder):
    path = SHARED / "data/tables/adult_train.csv"
    if not path.exists():
        path = folder / "adult.csv"
        write_generated(path)
    return path, "income"


def paysim_1m(folder):
    path = SHARED / "data/paysim_1m.csv.zst"
    if not path.exists():
        path = folder / "paysim.csv"
        run("generate", "paysim", "--rows", "100000", "--out", path)
    return path, "isFraud"


def open_page(browser, html, **options):
    page = browser.page(**options)
    page.open(html)
    return page


def has_charts(page):
    """Whether the page can draw: just where the runtime is built. Elsewhere it must say so."""
    drawn = page.evaluate("typeof archmlpCharts !== 'undefined'")
    assert drawn == (REPOSITORY / "web/dist/chart_runtime.js").exists()
    assert drawn != page.evaluate("document.body.textContent.includes('built without the chart library')")
    return drawn


def draw_all(page):
    """Unfolds everything and brings every chart into view."""
    page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    page.evaluate("""(async () => {
        for (const chart of document.querySelectorAll('.chart')) {
            chart.scrollIntoView();
            while (chart.dataset.state !== 'drawn') await new Promise((resolve) => setTimeout(resolve, 20));
        }
        scrollTo(0, 0);
    })()""")
    page.evaluate("for (const folded of document.querySelectorAll('.behind, .plain')) folded.open = folded.matches('.plain')")


def assert_closed(page, html):
    assert page.messages == []
    assert page.requests == [html.as_uri()]


@pytest.mark.parametrize("data", [adult, paysim_1m])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_charts_are_drawn_and_nothing_leaves_the_page(browser, tmp_path, data, theme):
    path, label = data(tmp_path)
    html = tmp_path / "profile.html"
    run("inspect", path, "--label", label, "--html", html)
    page = open_page(browser, html, dark=theme == "dark")
    columns = page.evaluate("document.querySelectorAll('.column').length")
    assert columns == page.evaluate("document.querySelectorAll('#index li').length") > 5
    assert page.evaluate("document.querySelectorAll('.column svg.spark path').length") == columns
    if has_charts(page):
        draw_all(page)
        charts = page.evaluate("document.querySelectorAll('.chart').length")
        assert charts >= columns / 2
        # Marks, not only axes: every chart shows at least one bar or cell that has an area.
        assert page.evaluate("""[...document.querySelectorAll('.chart')].filter((chart) =>
            [...chart.querySelectorAll('.mark-rect path')].some((mark) => mark.getBBox().width * mark.getBBox().height > 1)
        ).length""") == charts
        assert page.evaluate("[...document.querySelectorAll('.drawing')].every((d) => d.getAttribute('aria-label'))")
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(SCREENSHOTS / f"{data.__name__}_{theme}.png", whole=True)
    assert_closed(page, html)


def test_two_hundred_columns(browser, tmp_path):
    random_numbers = random.Random(1)
    wide = tmp_path / "wide.csv"
    with open(wide, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([f"sensor_{column:03}" for column in range(200)])
        for _ in range(300):
            writer.writerow([round(random_numbers.gauss(column, 3), 2) for column in range(200)])
    html = tmp_path / "wide.html"
    run("inspect", wide, "--html", html)
    page = open_page(browser, html)
    shown = "[...document.querySelectorAll('.column')].filter((column) => !column.hidden).length"
    assert page.evaluate(shown) == 200
    page.evaluate("filter.value = 'SENSOR_19'; filter.dispatchEvent(new Event('input'))")
    assert page.evaluate(shown) == 10
    assert page.evaluate("document.getElementById('matches').textContent") == "10 of 200"
    assert not page.evaluate("document.getElementById('column-195').open")
    page.evaluate("document.querySelector('#index a[href=\"#column-195\"]').click()")
    page.wait_for("document.getElementById('column-195').open")
    if has_charts(page):
        page.wait_for("document.querySelector('#column-195 .chart').dataset.state === 'drawn'")
        assert page.evaluate("document.querySelectorAll('.chart[data-state]').length") < 20, "charts out of view are not drawn"
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(SCREENSHOTS / "wide.png")
    assert_closed(page, html)


def test_hostile_names_and_values_do_nothing(browser, tmp_path):
    hostile = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">'\u2028\u202e"
    data = tmp_path / "hostile.csv"
    with open(data, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([hostile, "datum.value", "{{x}}", "__proto__", "a.b[0]"])
        for row in range(60):
            writer.writerow([hostile if row % 2 else "</style><b>", "signal('x')", row % 7, ["'", '"', "\\"][row % 3], row / 3])
    html = tmp_path / "hostile.html"
    run("inspect", data, "--label", hostile, "--html", html)
    page = open_page(browser, html)
    if has_charts(page):
        draw_all(page)
    assert page.evaluate("document.title") == "hostile.csv"
    assert page.evaluate("document.images.length") == 0
    assert page.evaluate("document.querySelectorAll('.column .name')[0].textContent").startswith("</script><script>")
    assert page.evaluate("document.querySelectorAll('.column').length") == 5
    assert_closed(page, html)


def test_scripts_that_are_not_of_the_page_do_not_run(browser, tmp_path):
    """The page's own policy stops a script even if one should get in."""
    data, html = tmp_path / "small.csv", tmp_path / "small.html"
    data.write_text("a,b\n1,2\n3,4\n")
    run("inspect", data, "--html", html)
    html.write_text(html.read_text().replace("<main>", "<main><script>document.title = 'taken'</script>", 1))
    page = open_page(browser, html)
    assert page.evaluate("document.title") == "small.csv"
    assert any("Content Security Policy" in message for message in page.messages)


def test_page_is_the_same_for_any_threads(tmp_path):
    data, label = adult(tmp_path)
    pages = []
    for threads in (1, 4):
        run("inspect", data, "--label", label, "--html", tmp_path / "page.html", "--threads", threads)
        pages.append((tmp_path / "page.html").read_bytes())
    assert pages[0] == pages[1]


def test_page_never_replaces_the_data(tmp_path):
    data = tmp_path / "data.csv"
    data.write_text("a,b\n1,2\n")
    run("inspect", data, "--html", data, expect=INVALID)
    assert data.read_text() == "a,b\n1,2\n"


def test_label_that_is_no_column(tmp_path):
    data = tmp_path / "data.csv"
    data.write_text("income,b\n1,2\n")
    assert '"income"' in run("inspect", data, "--label", "incom", expect=INVALID).stderr
