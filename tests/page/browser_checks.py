"""The report in a real browser: nothing asked of the network, nothing complained of, names for those who cannot see it, enough
contrast, keys, clicks, paper, a phone, and ten thousand designs. Usage: browser_checks.py REPORT.html SOME_MADE_UP.html MANY.html N
"""

import json, os, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from browser import Browser

SECTIONS = ["ladder", "leaderboard", "family", "curves", "transfer", "gate", "agents", "timeline"]
faults = []


def expect(true, what):
    if not true:
        faults.append(what)
        print("FAILED:", what)


# Ratio of the luminances of a text and what lies behind it (WCAG 2.1, 1.4.3); [ratio, needed, text] of those below.
CONTRAST = """(() => {
  const parse = (text) => { const n = (text.match(/[\\d.]+/g) || []).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const light = ([r, g, b]) => { const f = (c) => { c /= 255; return c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; };
    return .2126 * f(r) + .7152 * f(g) + .0722 * f(b); };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)]; return (Math.max(x, y) + .05) / (Math.min(x, y) + .05); };
  const behind = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] === 1) return c; } return [255, 255, 255]; };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
    if (!text || element.closest('script, noscript, style, title, option, [hidden]') || !element.getClientRects().length) continue;
    const style = getComputedStyle(element), svg = element.closest('svg');
    const back = element.classList.contains('on') ? parse(getComputedStyle(element.parentElement.querySelector('path')).fill) : behind(svg ? svg.parentElement : element);
    const size = parseFloat(style.fontSize), needed = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const found = ratio(parse(svg ? style.fill : style.color), back);
    if (found < needed) poor.push([Math.round(found * 100) / 100, needed, element.tagName + '.' + (element.className.baseVal ?? element.className) + ' ' + text.slice(0, 40)]);
  }
  return poor;
})()"""

# Lines and dots need 3:1 against the card (1.4.11).
GRAPHICS = """(() => {
  const probe = document.createElement('i'); document.body.append(probe);
  const of = (name) => { probe.style.color = `var(${name})`; return getComputedStyle(probe).color.match(/[\\d.]+/g).map(Number); };
  const light = ([r, g, b]) => { const f = (c) => { c /= 255; return c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; }; return .2126 * f(r) + .7152 * f(g) + .0722 * f(b); };
  const card = light(of('--card'));
  const names = ['refused', 'open', 0, 1, 2, 3, 4, 5].map((n) => `--r${typeof n === 'number' ? n : '-' + n}`).concat([0, 1, 2, 3, 4, 5].map((n) => `--c${n}`));
  const poor = names.map((n) => [n, (Math.max(light(of(n)), card) + .05) / (Math.min(light(of(n)), card) + .05)]).filter(([, r]) => r < 3);
  probe.remove();
  return poor;
})()"""

NAMED = {
    "button",
    "link",
    "textbox",
    "searchbox",
    "combobox",
    "checkbox",
    "img",
    "image",
    "table",
    "region",
    "application",
    "navigation",
    "heading",
}


def nameless(browser):
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    return [
        n["role"]["value"]
        for n in nodes
        if not n.get("ignored")
        and n.get("role", {}).get("value") in NAMED
        and not n.get("name", {}).get("value", "").strip()
    ]


def look_around(browser, page, designs):
    """Every section and page, light and dark at a desk, and on a phone."""
    for scheme, width, height in (("light", 1280, 900), ("dark", 1280, 900), ("dark", 390, 844)):
        where = f"{scheme}, {width} wide"
        browser.resize(width, height, width < 500), browser.scheme(scheme)
        browser.open(page)
        expect(
            browser.run("document.documentElement.dataset.theme") == scheme, f"{where}: the theme follows the system"
        )
        for word in SECTIONS + designs:
            browser.go(word)
            if word in designs:
                browser.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
                browser.frames()
            poor = browser.run(CONTRAST)
            expect(not poor, f"{where}, {word}: contrast {poor[:5]}")
            expect(
                not browser.run("document.querySelector('main').innerText.includes('could not be drawn')"),
                f"{where}, {word}: drawn",
            )
            wide = browser.run("document.documentElement.scrollWidth")
            expect(wide <= width, f"{where}, {word}: {wide} px wide")
            if width > 500 and scheme == "light":
                expect(not nameless(browser), f"{word}: without a name: {nameless(browser)}")
        expect(not browser.run(GRAPHICS), f"{where}: colours of graphics {browser.run(GRAPHICS)}")
        expect(not browser.complaints(), f"{where}: console {browser.complaints()[:3]}")
        expect(not browser.requests(), f"{where}: asked for {browser.requests()[:3]}")
    browser.resize(1280, 900)


def use(browser, page):
    """Sort, filter, compare, click, keys, theme, paper."""
    browser.open(page)
    browser.go("leaderboard")
    rows = "document.querySelectorAll('#leaderboard tbody tr').length"
    shown = browser.run(rows)
    expect(shown >= 2, "the leaderboard has rows")
    browser.run("document.querySelector('#leaderboard th:nth-child(3) button').click()")
    expect(
        browser.run("document.querySelector('#leaderboard th[aria-sort]').getAttribute('aria-sort')") == "ascending",
        "a click sorts",
    )
    first = browser.run("document.querySelector('#leaderboard tbody th').textContent")
    browser.run("document.querySelector('#leaderboard th:nth-child(3) button').click()")
    expect(
        browser.run("document.querySelector('#leaderboard tbody th').textContent") != first, "and sorts the other way"
    )
    fill = "(text) => { const s = document.querySelector('#leaderboard input[type=search]'); s.value = text; s.dispatchEvent(new Event('input')); }"
    browser.run(f"({fill})('no such design')")
    expect(browser.run(rows) == 0, "a filter filters")
    browser.run(f"({fill})('')")
    browser.run("document.querySelectorAll('#leaderboard tbody input')[0].click()")
    browser.run("document.querySelectorAll('#leaderboard tbody input')[1].click()")
    expect(
        "Compared: 2 designs" in browser.run("document.querySelector('#leaderboard').textContent"),
        "two designs are compared",
    )
    browser.go("family")
    browser.run("document.querySelector('#family canvas').focus()")
    browser.key("ArrowRight")
    browser.frames()
    expect(
        browser.run("document.querySelector('#family [aria-live]').textContent").startswith("g00"),
        "an arrow key chooses a design",
    )
    browser.key("Enter")
    browser.frames(3)
    expect(browser.run("document.querySelector('h1').textContent").startswith("g00"), "Enter opens its page")
    expect(browser.run("document.title").startswith("g00"), "and names it")
    expect(browser.run("document.querySelectorAll('#page svg g[role=button]').length") > 0, "with its tree")
    browser.run("document.querySelector('#page svg g[role=button]').dispatchEvent(new MouseEvent('click'))")
    browser.frames()
    expect(
        browser.run("document.querySelectorAll('#page details[open] .t-k').length") > 3,
        "a click shows a unit's source in colours",
    )
    browser.run("history.back()")
    browser.frames(4)
    expect(browser.run("document.getElementById('family') !== null"), "back leads back")
    for _ in range(3):
        browser.run("document.getElementById('theme').click()")
        browser.frames()
    expect(
        browser.run("document.getElementById('theme').getAttribute('aria-label')").startswith("Theme: auto"),
        "the toggle goes round",
    )
    browser.go("ladder")
    paper = browser.call("Page.printToPDF", printBackground=True)["data"]
    expect(len(paper) > 100_000, f"paper: {len(paper)} bytes")
    expect(
        browser.run("[...document.querySelectorAll('.content')].every((c) => c.children.length)"),
        "all parts are drawn before printing",
    )
    expect(not browser.complaints(), f"use: console {browser.complaints()[:3]}")


def many(browser, page, n):
    """Level of detail: what is in the document does not grow with the designs. Times are told, not asserted."""
    began = time.monotonic()
    browser.open(page)
    for word in SECTIONS:
        browser.go(word)
    drawn = browser.run("window.familyDrawn")
    expect(drawn["nodes"] == n, f"{drawn['nodes']} of {n} designs on the canvas")
    elements = browser.run("document.getElementsByTagName('*').length")
    expect(elements < 12000, f"{elements} elements for {n} designs")
    expect(browser.run("document.querySelectorAll('#leaderboard tbody tr').length") == 50, "fifty rows at a time")
    zoom = """new Promise((done) => { const c = document.querySelector('#family canvas'), times = []; const go = () => {
      const box = c.getBoundingClientRect();
      c.dispatchEvent(new WheelEvent('wheel', {deltaY: -40, clientX: box.left + 300, clientY: box.top + 300, bubbles: true, cancelable: true}));
      requestAnimationFrame(() => { times.push(window.familyDrawn.milliseconds); if (times.length < 12) go(); else done(times); }); }; go(); })"""
    times = sorted(browser.run(zoom))
    expect(browser.run("window.familyDrawn.k") > 1, "the wheel zooms")
    browser.go(
        browser.run("JSON.parse(document.getElementById('data').textContent).designs.name[Math.floor(%d / 2)]" % n)
    )
    expect(browser.run("document.querySelectorAll('#page svg').length") > 0, "a page among many")
    expect(not browser.complaints(), f"many: console {browser.complaints()[:3]}")
    print(
        f"{n} designs: {os.path.getsize(page[7:]) / 1e6:.1f} MB, all parts in {time.monotonic() - began:.1f} s, "
        f"{elements} elements, a frame of the family {times[len(times) // 2]:.0f} ms (median of a zoom)"
    )


def main(report, some, made_up, n):
    with Browser() as browser:
        page = "file://" + os.path.abspath(report)
        browser.open(page)
        names = browser.run("JSON.parse(document.getElementById('data').textContent).designs.name")
        look_around(browser, page, [names[0], names[-1]])
        use(browser, page)
        look_around(browser, "file://" + os.path.abspath(some), [])
        many(browser, "file://" + os.path.abspath(made_up), int(n))
    print(f"report in the browser: {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
