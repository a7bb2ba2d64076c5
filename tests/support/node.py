"""A Thalweg node as a process, for tests that look at it from outside."""
import os
import pathlib
import re
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from report import expect

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("THALWEG", ROOT / "build/release/thalweg"))
READY = re.compile(r"^ready kafka=(\S+) http=(\S+)$")


class NotReady(Exception):
    """The program ended, or kept silent, before its ready line."""


class Node:
    """Starts `thalweg serve` on free ports of the loopback interface and waits for its ready line.

    `data` is a folder that outlives the process, so that a node can be started again on it.
    """

    def __init__(self, data, *options, kafka="127.0.0.1:0", http="127.0.0.1:0", wrap=(), seconds=30,
                 program=PROGRAM):
        self.data = pathlib.Path(data)
        self.errors = tempfile.TemporaryFile()
        command = [*wrap, str(program), "serve", "--data", str(data), "--kafka", kafka, "--http", http]
        self.process = subprocess.Popen(
            [*command, *options], stdout=subprocess.PIPE, stderr=self.errors, stdin=subprocess.DEVNULL)
        try:
            self.kafka, self.http = self._await_ready(seconds)
        except BaseException:
            self.kill()
            raise

    def _await_ready(self, seconds):
        deadline = time.monotonic() + seconds
        text = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while time.monotonic() < deadline:
                if not selector.select(deadline - time.monotonic()):
                    break
                chunk = os.read(self.process.stdout.fileno(), 65536)
                if not chunk:
                    raise NotReady(f"ended with {self.process.wait(10)}: {self.stderr()[-500:]}")
                text += chunk
                for line in text.decode(errors="replace").splitlines():
                    if ready := READY.match(line):
                        return ready[1], ready[2]
        raise NotReady(f"no ready line within {seconds} s: {text!r} {self.stderr()[-500:]}")

    @property
    def address(self):
        host, port = self.kafka.rsplit(":", 1)
        return host, int(port)

    def stderr(self):
        return os.pread(self.errors.fileno(), 1 << 20, 0).decode(errors="replace")

    def get(self, path):
        """An HTTP GET; gives (status, text)."""
        try:
            with urllib.request.urlopen(f"http://{self.http}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metric(self, name):
        """The sum of a metric's samples over all their labels."""
        lines = self.get("/metrics")[1].splitlines()
        samples = [line for line in lines if re.match(rf"{re.escape(name)}(\{{|\s)", line)]
        return sum(float(line.rsplit(" ", 1)[1]) for line in samples)

    def stop(self, seconds=30):
        """SIGTERM; gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the node did not stop within {seconds} s of SIGTERM")
        finally:
            self.process.stdout.close()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()


def refuses_to_start(data, *options, kafka="127.0.0.1:0", says=()):
    """Starting fails at once, with a short message that names what it is about."""
    done = subprocess.run([PROGRAM, "serve", "--data", data, "--kafka", kafka, "--http", "127.0.0.1:0", *options],
                          capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
    expect(done.returncode > 0, f"ended with {done.returncode}: {done.stderr[-500:]}")
    expect("ready" not in done.stdout, f"it said it was ready: {done.stdout}")
    for text in says:
        expect(re.search(text, done.stderr, re.I), f"the message does not speak of {text!r}: {done.stderr!r}")
    expect(0 < len(done.stderr.strip().splitlines()) <= 5, f"not a short message: {done.stderr!r}")


class Scratch:
    """A folder of its own for one test, removed afterwards."""

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="thalweg-test-"))
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)
