"""Opens report pages in headless Chromium and uses them as a reader would.

    scripts/checks/pages.sh [--output FOLDER] [--page PAGE.html …]

Without --page, pages are made of the example results in Tests/Goldens/reports. Each page is opened from file:// with
the network off, at three widths, light and dark; charts, theme, legend, exports, sorting and tokens are used; it is
printed to PDF. The specifications of the charts are compiled by vl-convert. Pictures of everything are kept.
"""

import argparse
import base64
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from draw_charts import draw  # noqa: E402

EXAMPLES = ROOT / "Tests/Goldens/reports"
PLUMB = ROOT / ".build/release/plumb"
WIDTHS = [400, 800, 1600]
BYTE_LIMIT = 3_000_000

faults = []


def check(holds, what):
    if not holds:
        faults.append(what)
        print(f"FAULT  {what}", file=sys.stderr)


def browser(downloads):
    options = webdriver.ChromeOptions()
    for argument in [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage",
        "--host-resolver-rules=MAP * ~NOTFOUND", "--force-prefers-reduced-motion",
    ]:
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))


def wait(driver, script, what, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if driver.execute_script(f"return {script}"):
            return True
        time.sleep(0.05)
    check(False, f"{what}: waited {seconds} s")
    return False


def set_size(driver, width, height=900, dark=False):
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]},
    )


def open_page(driver, page, width, dark=False):
    set_size(driver, width, dark=dark)
    driver.get(page.as_uri())
    driver.execute_script("try { localStorage.clear() } catch {}")
    driver.get(page.as_uri())
    wait(driver, "document.documentElement.dataset.charts === 'drawn'", f"{page.name}: charts")


def open_folds(driver, name):
    driver.execute_script("document.querySelectorAll('main details:not(.data)').forEach(fold => { fold.open = true })")
    drawn = "[...document.querySelectorAll('figure .plot')].every(plot => plot.querySelector('svg')?.clientWidth > 0)"
    wait(driver, drawn, f"{name}: charts in folds")
    wait(driver, "document.documentElement.dataset.charts === 'drawn'", f"{name}: all charts")


def console_errors(driver):
    return [entry["message"] for entry in driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]


def outside_requests(driver):
    found = []
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            url = message["params"]["request"]["url"]
            if not url.startswith(("file:", "data:", "blob:")):
                found.append(url)
    return found


def picture(driver, path):
    size = driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
    shot = driver.execute_cdp_cmd(
        "Page.captureScreenshot",
        {
            "captureBeyondViewport": True,
            "clip": {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 16000), "scale": 1},
        },
    )
    path.write_bytes(base64.b64decode(shot["data"]))


def look(driver, page, output):
    """Every width in both themes: drawn, inside the page, quiet."""
    for dark in [False, True]:
        for width in WIDTHS:
            name = f"{page.stem}-{width}-{'dark' if dark else 'light'}"
            open_page(driver, page, width, dark)
            theme = driver.execute_script("return document.documentElement.dataset.theme")
            check(theme == ("dark" if dark else "light"), f"{name}: theme is {theme}")
            overflow = driver.execute_script(
                "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            check(overflow <= 0, f"{name}: the page is {overflow} px too wide")
            open_folds(driver, name)
            for figure in driver.find_elements(By.CSS_SELECTOR, "figure"):
                box = driver.execute_script(
                    "const s = arguments[0].querySelector('.plot svg'); if (!s) return null;"
                    "const b = s.getBoundingClientRect(), f = arguments[0].getBoundingClientRect();"
                    "return [b.width, b.height, s.querySelectorAll('path').length, b.right - f.right]",
                    figure,
                )
                anchor = figure.get_attribute("id")
                check(box and box[0] > 200 and box[1] > 60 and box[2] > 2, f"{name}: {anchor} is drawn as {box}")
                check(not box or box[3] < 1.5, f"{name}: {anchor} is {box and box[3]} px wider than its figure")
            picture(driver, output / f"{name}.png")
            for message in console_errors(driver):
                check(False, f"{name}: console: {message}")
            for url in outside_requests(driver):
                check(False, f"{name}: asks for {url}")


def use(driver, page, downloads):
    """What a reader can press."""
    open_page(driver, page, 1200)
    name = page.stem
    open_folds(driver, name)

    button = driver.find_element(By.ID, "theme")
    button.click()
    check(driver.execute_script("return document.documentElement.dataset.theme") == "dark", f"{name}: dark by button")
    wait(
        driver,
        "[...document.querySelectorAll('figure')].filter(f => f.querySelector('.plot svg')).every(f => f.querySelector('.print-copy svg'))",
        f"{name}: copies for paper",
    )
    driver.refresh()
    wait(driver, "document.documentElement.dataset.charts === 'drawn'", f"{name}: charts after reload")
    check(driver.execute_script("return document.documentElement.dataset.theme") == "dark", f"{name}: dark is kept")
    driver.find_element(By.ID, "theme").click()
    wait(driver, "document.documentElement.dataset.charts === 'drawn'", f"{name}: charts in light")
    open_folds(driver, name)

    faint = (
        "[...document.querySelectorAll('figure .plot .mark-line path, figure .plot .mark-line')]"
        ".filter(p => Number(p.getAttribute('opacity') ?? 1) < 0.5).length"
    )
    entries = driver.find_elements(By.CSS_SELECTOR, ".plot [role=button]")
    check(len(entries) > 1, f"{name}: legends have {len(entries)} entries")
    if entries:
        before = driver.execute_script(f"return {faint}")
        driver.execute_script("arguments[0].scrollIntoView({block: 'center'}); arguments[0].focus()", entries[0])
        entries[0].send_keys(Keys.ENTER)
        wait(driver, f"{faint} > {before}", f"{name}: a key in the legend highlights", 5)
        webdriver.ActionChains(driver).move_to_element(
            driver.find_elements(By.CSS_SELECTOR, ".plot [role=button]")[0]
        ).click().perform()
        wait(driver, f"{faint} === {before}", f"{name}: a click in the legend takes it back", 5)

    point = driver.find_element(By.CSS_SELECTOR, "figure .plot .mark-symbol.role-mark path:not([opacity='0'])")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", point)
    webdriver.ActionChains(driver).move_to_element(point).perform()
    wait(driver, "document.querySelector('#vg-tooltip-element.visible') !== null", f"{name}: tooltip", 5)

    for form, signature in [("png", b"\x89PNG"), ("svg", b"<svg")]:
        for old in downloads.iterdir():
            old.unlink()
        driver.find_element(By.CSS_SELECTOR, f"[data-export={form}]").send_keys(Keys.ENTER)
        end = time.monotonic() + 10
        files = []
        while time.monotonic() < end and not files:
            files = [file for file in downloads.iterdir() if file.suffix == f".{form}"]
            time.sleep(0.05)
        check(files and files[0].read_bytes().startswith(signature), f"{name}: {form} is saved")
        if files:
            (args.output / f"{name}-export.{form}").write_bytes(files[0].read_bytes())

    table = driver.find_element(By.CSS_SELECTOR, "table[data-sortable]")
    heads = table.find_elements(By.CSS_SELECTOR, "thead button")
    numbers = [i for i, head in enumerate(table.find_elements(By.CSS_SELECTOR, "thead th")) if "number" in head.get_attribute("class")]
    column = next((i for i in numbers if "(95 %)" in heads[i].text), numbers[-1])
    values = lambda: [
        float(text.split(" ")[0])
        for text in driver.execute_script(
            "return [...arguments[0].tBodies[0].rows].map(r => r.cells[arguments[1]].textContent)", table, column
        )
    ]
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", heads[column])
    heads[column].send_keys(Keys.ENTER)
    check(values() == sorted(values(), reverse=True), f"{name}: sorts down")
    heads[column].send_keys(Keys.ENTER)
    check(values() == sorted(values()), f"{name}: sorts up")

    for view in driver.find_elements(By.CSS_SELECTOR, ".tokens"):
        labels, choice = (Select(select) for select in view.find_elements(By.CSS_SELECTOR, "select"))
        first = view.find_element(By.CSS_SELECTOR, ".text").text
        all_count = len(choice.options)
        labels.select_by_index(1)
        check(0 < len(choice.options) < all_count, f"{name}: prompts of one label")
        choice.select_by_index(1)
        check(view.find_element(By.CSS_SELECTOR, ".text").text != first, f"{name}: another prompt")
        token = view.find_element(By.CSS_SELECTOR, ".token")
        driver.execute_script("arguments[0].focus()", token)
        token.send_keys(Keys.ARROW_RIGHT)
        read = view.find_element(By.CSS_SELECTOR, ".reading").text
        check("·" in read, f"{name}: a token is read out: {read!r}")
    for message in console_errors(driver):
        check(False, f"{name}: console: {message}")


def print_page(driver, page, output):
    """On paper, from the dark theme, which is the harder case."""
    open_page(driver, page, 1000, dark=True)
    made = driver.execute_cdp_cmd(
        "Page.printToPDF", {"printBackground": True, "paperWidth": 8.27, "paperHeight": 11.69, "preferCSSPageSize": True}
    )
    path = output / f"{page.stem}.pdf"
    path.write_bytes(base64.b64decode(made["data"]))
    subprocess.run(["pdftoppm", "-r", "60", "-png", path, output / f"{page.stem}-print"], check=True)
    check(list(output.glob(f"{page.stem}-print*.png")), f"{page.stem}: no printed pages")


def compile_charts(folder):
    """Each specification becomes a picture without a browser."""
    files = sorted(folder.glob("*.vl.json"))
    check(len(files) >= 2, f"{len(files)} specifications")
    for file in files:
        svg = draw(file).read_text(encoding="utf-8")
        check(svg.count("<path") > 3, f"{file.name}: an empty picture")


def example_pages(output):
    pages = {
        "decodes": ["decodes"], "shortcut": ["shortcut"], "classes": ["classes"], "numbers": ["numbers"],
        "tuned": ["tuned"], "tuned-modules": ["tuned-modules"], "runs": ["tuned", "tuned-modules"],
        "compared": ["decodes", "shortcut"], "mixed": ["decodes", "shortcut", "classes", "numbers", "tuned"],
    }
    made = []
    for name, folders in pages.items():
        page = output / f"{name}.html"
        subprocess.run(
            [PLUMB, "report", *(EXAMPLES / folder for folder in folders), "--output", page, "--overwrite",
             "--charts", output / f"{name}-charts"],
            check=True, stdout=subprocess.DEVNULL,
        )
        made.append(page)
    return made


def main():
    args.output.mkdir(parents=True, exist_ok=True)
    pages = [page.resolve() for page in args.page] or example_pages(args.output)
    with tempfile.TemporaryDirectory() as downloads:
        driver = browser(Path(downloads))
        try:
            for page in pages:
                size = page.stat().st_size
                check(size < BYTE_LIMIT, f"{page.name} has {size} bytes")
                print(f"{page.name}: {size / 1e6:.2f} MB")
                look(driver, page, args.output)
                use(driver, page, Path(downloads))
                print_page(driver, page, args.output)
        finally:
            driver.quit()
    if not args.page:
        for folder in args.output.glob("*-charts"):
            compile_charts(folder)
    print(f"{len(pages)} pages, {len(faults)} faults; pictures in {args.output}")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=Path, default=ROOT / ".build/pages", help="the folder for pictures")
    parser.add_argument("--page", type=Path, action="append", default=[], help="a page to look at instead of examples")
    args = parser.parse_args()
    args.output = args.output.resolve()
    main()
