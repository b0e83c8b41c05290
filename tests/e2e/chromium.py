"""Headless Chromium, driven through the DevTools protocol over two pipes: no driver program, no ports."""

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import time

import pytest


def executable():
    path = shutil.which("chromium")
    if not path:
        pytest.skip("chromium is not installed: ./dev setup test")
    return path


class Page:
    """A tab. `messages` holds what its console said and what went wrong in it, `requests` every URL that it asked for."""

    def __init__(self, browser, width, height, dark):
        self.browser, self.messages, self.requests, self.loaded = browser, [], [], False
        target = browser.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        self.session = browser.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        browser.pages[self.session] = self
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.width = width
        self.resize(height)
        self.call("Emulation.setEmulatedMedia",
                  {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})

    def call(self, method, parameters=None):
        return self.browser.call(method, parameters, self.session)

    def resize(self, height):
        self.call("Emulation.setDeviceMetricsOverride",
                  {"width": self.width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def on_event(self, method, event):
        if method == "Runtime.consoleAPICalled" and event["type"] in ("error", "warning", "assert"):
            self.messages.append(" ".join(str(part.get("value", part.get("description"))) for part in event["args"]))
        elif method == "Runtime.exceptionThrown":
            details = event["exceptionDetails"]
            self.messages.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Log.entryAdded" and event["entry"]["level"] in ("error", "warning"):
            self.messages.append(event["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(event["request"]["url"])
        elif method == "Page.loadEventFired":
            self.loaded = True

    def open(self, path):
        self.call("Page.navigate", {"url": path.as_uri()})
        self.wait_for("document.readyState == 'complete'")

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", {"expression": expression, "returnByValue": True, "awaitPromise": True})
        assert "exceptionDetails" not in answer, f"{expression}: {answer['exceptionDetails']}"
        return answer["result"].get("value")

    def wait_for(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while not self.evaluate(condition):
            assert time.monotonic() < end, f"waited in vain for {condition}; {self.messages}"
            time.sleep(0.05)

    def screenshot(self, path, whole=False):
        """With `whole`, of the whole page: the window grows to it, as what is out of view is not laid out."""
        if whole:
            height = min(self.evaluate("document.documentElement.scrollHeight"), 14000)
            self.resize(height)
            self.resize(max(self.evaluate("document.body.clientHeight"), 600))
        answer = self.call("Page.captureScreenshot", {"format": "png"})
        path.write_bytes(base64.b64decode(answer["data"]))


class Browser:
    def __init__(self, folder):
        to_browser, self.output = os.pipe()
        self.input, from_browser = os.pipe()
        self.buffer, self.pages, self.number = b"", {}, 0

        # What the browser reads and writes are its descriptors 3 and 4; copied up first, as they may be those now.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (to_browser, from_browser)]

        def place_pipes():
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self.process = subprocess.Popen(
            [executable(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
             "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--disable-default-apps", "--disable-extensions", f"--user-data-dir={folder}", "--remote-debugging-pipe"],
            preexec_fn=place_pipes, close_fds=True, pass_fds=(3, 4), env={**os.environ, "HOME": str(folder)},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for end in (to_browser, from_browser, *ends):
            os.close(end)

    def call(self, method, parameters=None, session=None):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters or {}}
        if session:
            message["sessionId"] = session
        os.write(self.output, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            page = self.pages.get(answer.get("sessionId"))
            if page and "method" in answer:
                page.on_event(answer["method"], answer["params"])

    def receive(self):
        while b"\0" not in self.buffer:
            assert select.select([self.input], [], [], 60)[0], "Chromium does not answer"
            bytes_read = os.read(self.input, 1 << 20)
            assert bytes_read, "Chromium has ended"
            self.buffer += bytes_read
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def page(self, width=1360, height=1000, dark=False):
        return Page(self, width, height, dark)

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.output)
        os.close(self.input)


@contextlib.contextmanager
def browsing(folder):
    browser = Browser(folder)
    try:
        yield browser
    finally:
        browser.close()
