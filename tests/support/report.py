"""How a test program that is not C++ reports: one line a test, and `done` at the end, for script.py to read."""
import sys
import time
import traceback


class Skip(Exception):
    """Raised by a test that cannot run here; its text says what is missing."""


class Report:
    """Prints `ok NAME`, `FAIL NAME why` or `skip NAME why`, and knows at the end whether all went well."""

    def __init__(self):
        self.failures = 0

    def ok(self, name):
        print(f"ok {name}", flush=True)

    def fail(self, name, why):
        self.failures += 1
        print(f"FAIL {name} {' '.join(str(why).split())[:600]}", flush=True)

    def skip(self, name, why):
        print(f"skip {name} {why}", flush=True)

    def run(self, name, test, *args):
        """Runs one test: it passes by returning, fails by raising."""
        try:
            test(*args)
        except Skip as missing:
            self.skip(name, missing)
        except Exception as error:
            traceback.print_exc()
            self.fail(name, f"{type(error).__name__}: {error}")
        else:
            self.ok(name)

    def exit(self):
        # Who reads this knows now that all was tried, and not given up after a failure.
        print("done", flush=True)
        sys.exit(1 if self.failures else 0)


def expect(condition, why):
    """What a test says it needs; unlike assert it cannot be switched off."""
    if not condition:
        raise AssertionError(why)


def eventually(probe, seconds, what):
    """Waits until probe() gives something true and returns that. Bounded, so a test cannot hang."""
    deadline = time.monotonic() + seconds
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {seconds} s")
        time.sleep(0.02)
