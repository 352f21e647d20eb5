"""A page under `report --watch` follows its experiment. Usage: watch_checks.py PAGE.html EXPERIMENT"""

import os, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from browser import Browser


def wait(what, true, seconds=120):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if true():
                return
        except RuntimeError:
            pass  # between two pages
        time.sleep(0.3)
    sys.exit(f"watch: {what}: not within {seconds} s")


def main(page, experiment):
    wait("a page", lambda: os.path.exists(page))
    count = "JSON.parse(document.getElementById('data').textContent).designs.name.length"
    with Browser() as browser:
        browser.open("file://" + os.path.abspath(page) + "#gate")
        before = browser.run(count)
        made = os.path.join(experiment, "designs", "g001", "g001-001")
        os.makedirs(made)
        with open(os.path.join(made, "origin.yaml"), "w") as file:
            file.write("format: 1\nparents: [g001-000]\noperation: graft\n")
        wait("the new design", lambda: browser.run(count) == before + 1)
        wait("the same place", lambda: browser.run("location.hash") == "#gate" and browser.run("scrollY") > 0)
        if browser.complaints():
            sys.exit(f"watch: console {browser.complaints()[:3]}")


main(*sys.argv[1:])
