"""Headless Chromium by its DevTools protocol over a pipe: pages opened, scripts run, pictures taken, and everything that a
page asks of the network or complains of, kept. Nothing but Python's own library."""

import base64, json, os, select, shutil, subprocess, tempfile, time


def find_browser():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if shutil.which(name):
            return shutil.which(name)
    return None


class Browser:
    def __init__(self, width=1280, height=900):
        self.home = tempfile.mkdtemp(prefix="gradus-browser.")
        read_end, self.to = os.pipe()
        self.answers, write_end = os.pipe()

        def place_pipes():  # Chromium reads 3 and writes 4; first away from those numbers, then there
            source, target = os.dup(read_end), os.dup(write_end)
            source, target = os.dup2(source, 30), os.dup2(target, 31)
            os.dup2(source, 3), os.dup2(target, 4)

        self.process = subprocess.Popen(
            [
                find_browser(),
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--hide-scrollbars",
                "--force-color-profile=srgb",
                "--remote-debugging-pipe",
                f"--user-data-dir={self.home}",
                f"--window-size={width},{height}",
                "about:blank",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=place_pipes,
            close_fds=False,
        )
        os.close(read_end), os.close(write_end)
        self.buffer, self.number, self.session, self.events = b"", 0, None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")
        self.resize(width, height)

    def receive(self, until):
        while b"\0" not in self.buffer:
            if not select.select([self.answers], [], [], max(0.0, until - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            part = os.read(self.answers, 1 << 20)
            if not part:
                raise RuntimeError("the browser has ended")
            self.buffer += part
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, timeout=120, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data) :]
        until = time.monotonic() + timeout
        while True:
            answer = self.receive(until)
            if answer.get("id") != self.number:
                self.events.append(answer)
            elif "error" in answer:
                raise RuntimeError(f"{method}: {answer['error']}")
            else:
                return answer["result"]

    def resize(self, width, height, phone=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def scheme(self, name):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def open(self, address):
        self.call("Page.navigate", url="about:blank")
        self.events = []
        self.call("Page.navigate", url=address)
        for _ in range(600):
            if self.run("document.readyState === 'complete' && location.href !== 'about:blank'"):
                return
            time.sleep(0.1)
        raise TimeoutError(address)

    def run(self, script):
        """The value of an expression; a promise is waited for; an exception is one here."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def frames(self, n=2):
        self.run(
            f"new Promise(done => {{ let n = {n}; const go = () => n-- ? requestAnimationFrame(go) : done(); go(); }})"
        )

    def go(self, word):
        """To a section or a design of the open report."""
        self.run(f"void (location.hash = '#{word}')")
        self.frames(3)

    def key(self, name, code=None):
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=name,
                code=code or name,
                windowsVirtualKeyCode={"Tab": 9, "Enter": 13}.get(name, 0),
                text="\r" if name == "Enter" else "",
            )

    def picture(self, path, whole=False):
        box = {}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            box = {
                "clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1},
                "captureBeyondViewport": True,
            }
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", format="png", **box)["data"]))

    def complaints(self):
        """What the page wrote to its console as an error or warning, and what it threw."""
        self.run("0")
        out = []
        for event in self.events:
            what, detail = event.get("method"), event.get("params", {})
            if what == "Runtime.exceptionThrown":
                out.append(str(detail["exceptionDetails"].get("exception", {}).get("description") or detail))
            elif what == "Runtime.consoleAPICalled" and detail["type"] in ("error", "warning", "assert"):
                out.append(" ".join(str(a.get("description") or a.get("value")) for a in detail["args"]))
            elif what == "Log.entryAdded" and detail["entry"]["level"] in ("error", "warning"):
                out.append(detail["entry"]["text"] + " " + detail["entry"].get("url", ""))
        return out

    def requests(self):
        """Addresses asked for, beside the page itself."""
        self.run("0")
        asked = [e["params"]["request"]["url"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]
        return asked[1:] if asked else asked

    def close(self):
        try:
            self.session = None
            self.call("Browser.close", timeout=10)
        except (TimeoutError, RuntimeError, OSError):
            pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        os.close(self.to), os.close(self.answers)
        shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
