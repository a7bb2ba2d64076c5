#!/usr/bin/env python3
"""Runs every test, suite by suite, and closes with one line: N passed, N failed, N skipped.

Usage: test.py [FILTER] [--rewrite]. FILTER chooses suites, unit test programs and test files by a part
of their name: `./do test house`, `./do test log`, `./do test interop/kcat`. What passes is quiet; what
fails is shown. Under CI=true a skipped test is a failure.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import sys
import tempfile
import time

import fuzz
import sim as days

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
import script  # noqa: E402

CI = os.environ.get("CI") == "true"
FIXED_SEEDS, FRESH_SEEDS = 12, 6
FUZZ_SECONDS = 60


class Suite:
    """What became of the tests of one suite, and what is to be shown of those that failed."""

    def __init__(self, name):
        self.name = name
        self.passed = self.failed = self.skipped = 0
        self.shown = []
        self.started = time.monotonic()

    def fail(self, test, output):
        self.failed += 1
        self.shown.append(f"FAIL {self.name}/{test}\n{output.rstrip()}".rstrip())

    def skip(self, test, why):
        if CI:
            self.fail(test, f"skipped, which CI does not allow: {why}")
        else:
            self.skipped += 1
            self.shown.append(f"skip {self.name}/{test} {why}")

    def take(self, verdict, test, why):
        if verdict == "ok":
            self.passed += 1
        elif verdict == "skip":
            self.skip(test, why)
        else:
            self.fail(test, why)

    def close(self):
        for text in self.shown:
            print(text)
        counts = f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"
        print(f"[{self.name}] {counts} ({time.monotonic() - self.started:.0f} s)", flush=True)


def run(command, seconds, **more):
    """(exit code or None if it took too long, output, errors)"""
    ended = script.run(command, seconds, cwd=ROOT, **more)
    return ended.code, ended.out, ended.errors


def run_script(suite, name, command, seconds):
    """A program that prints `ok NAME`, `FAIL NAME why` or `skip NAME why` for each of its tests, and then `done`."""
    ended = script.run(command, seconds, cwd=ROOT)
    prefix = f"{name}/" if name else ""
    for verdict, test, why in ended.verdicts:
        suite.take(verdict, prefix + test, why)
    if trouble := ended.trouble():
        suite.fail(prefix + "whole", f"{trouble}\n{ended.out[-2000:]}\n{ended.errors[-4000:]}")
    elif ended.code:
        suite.shown.append(ended.errors[-6000:])


def build(suite, preset, *targets):
    code, out, errors = run(["./do", "build", preset, *targets], 3600)
    if code != 0:
        suite.fail(f"build-{preset}", (out + errors)[-12000:])
    return code == 0


def house(suite, _):
    run_script(suite, "", [sys.executable, "tools/check.py", "--quick"], 300)


def tools(suite, _):
    for file in sorted(ROOT.glob("tools/**/*_test.py")):
        run_unittest(suite, file)


def run_unittest(suite, file):
    """A Python test file beside the tool it tests: unittest's own counting, one verdict a test."""
    code, out, errors = run([sys.executable, "-m", "unittest", "-v", file.relative_to(ROOT)], 300,
                            env={**os.environ, "PYTHONPATH": f"{ROOT}/tools"})
    passed = len(re.findall(r" \.\.\. ok$", errors, re.M))
    suite.passed += passed
    if code != 0 or passed == 0:
        suite.fail(file.stem, (out + errors)[-6000:])


def unit(suite, chosen):
    if not build(suite, "asan", "unit_tests"):
        return
    names = (ROOT / "build/asan/unit_tests.txt").read_text().split()
    programs = [ROOT / "build/asan/tests" / name for name in names if chosen(f"unit/{name}")]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for program, (code, said, results) in zip(programs, pool.map(run_gtest, programs)):
            count_gtest(suite, program.name, code, said, results)


def run_gtest(program):
    with tempfile.NamedTemporaryFile(suffix=".json") as results:
        code, out, errors = run([program, f"--gtest_output=json:{results.name}", "--gtest_brief=1"], 900)
        text = pathlib.Path(results.name).read_text()
    return code, out + errors, json.loads(text) if text else None


def count_gtest(suite, name, code, said, results):
    tests = [test for group in (results or {}).get("testsuites", []) for test in group["testsuite"]]
    failed = [test for test in tests if test.get("failures")]
    for test in tests:
        if test in failed:
            continue
        if test.get("result") == "SKIPPED":
            suite.skip(f"{name}/{test['classname']}.{test['name']}", "")
        else:
            suite.passed += 1
    for test in failed:
        suite.fail(f"{name}/{test['classname']}.{test['name']}", test["failures"][0]["failure"])
    if code != 0 and not failed:  # It crashed, or a sanitizer spoke.
        suite.fail(name, f"ended with {code}\n{said[-12000:]}")


def fuzz_each(suite, chosen):
    """Hostile bytes into whatever reads some: a minute each, as many side by side as there are processors."""
    targets = [target for target in fuzz.targets() if chosen(f"fuzz/{fuzz.short(target)}")]
    if not build(suite, "asan", *targets):
        return
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for target, (well, said) in zip(targets, pool.map(lambda each: fuzz.fuzz(each, FUZZ_SECONDS), targets)):
            if well:
                suite.passed += 1
            else:
                suite.fail(fuzz.short(target), said)


def process(suite, chosen):
    if not build(suite, "release", "thalweg", "process_tests"):
        return
    if chosen("process/documents"):
        run_script(suite, "documents", [sys.executable, "tools/docs.py", "--check"], 60)
    for file in sorted(ROOT.glob("tests/process/*.py")):
        if chosen(f"process/{file.stem}"):
            run_script(suite, file.stem, [sys.executable, file], 900)


def sim(suite, _):
    """Whole brokers under a seed: a fixed set of seeds, fresh ones that a failure names, and planted faults."""
    if not build(suite, "asan", "thalweg_sim"):
        return
    fresh = int.from_bytes(os.urandom(4), "big")
    for first, runs in (1, FIXED_SEEDS), (fresh, FRESH_SEEDS):
        total = days.run_many(first, runs, 1800, progress=False)
        suite.passed += total.seeds - len(total.failed)
        for seed, verdict in total.failed.items():
            suite.fail(seed, f"{verdict}; again with: ./do sim {seed}")
        for text in total.broken:
            suite.fail("whole", text)
    for row, seeds, why in days.plant_all():
        if seeds and seeds <= row.seeds:
            suite.passed += 1
        else:
            suite.fail(f"planted: {row.fault}", f"it took {seeds or '-'} seeds, stated are {row.seeds}: {why}")


def interop(suite, chosen):
    if not build(suite, "release"):
        return
    clients = [name for name in interop_clients() if chosen(f"interop/{name}")]
    if clients:
        run_script(suite, "", [sys.executable, "tests/interop/run.py", *clients], 1500)


def interop_clients():
    """The names of the clients that tests/interop/clients.py declares."""
    return re.findall(r'^    "([\w-]+)": Client\(', (ROOT / "tests/interop/clients.py").read_text(), re.M)


SUITES = {"house": house, "tools": tools, "unit": unit, "sim": sim, "fuzz": fuzz_each,
          "process": process, "interop": interop}


def main():
    if {"-h", "--help"} & set(sys.argv):
        print(__doc__.strip())
        return 0
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    if "--rewrite" in sys.argv:
        os.environ["THALWEG_REWRITE"] = "1"  # Tests that compare with stored text write it again.
    wanted = words[0] if words else ""

    def chosen(name):
        return wanted in name

    total = Suite("total")
    for name, tests in SUITES.items():
        if wanted and wanted not in name and not any_inside(name, wanted):
            continue
        suite = Suite(name)
        tests(suite, chosen)
        suite.close()
        total.passed += suite.passed
        total.failed += suite.failed
        total.skipped += suite.skipped
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return 1 if total.failed or not total.passed else 0


def any_inside(suite, wanted):
    """Whether a filter that is not a suite's name names something inside that suite."""
    inside = {
        "unit": [f"unit/{path.name}_test" for path in ROOT.glob("src/*/")],
        "fuzz": [f"fuzz/{fuzz.short(target)}" for target in fuzz.targets()],
        "process": ["process/documents"] + [f"process/{path.stem}" for path in ROOT.glob("tests/process/*.py")],
        "interop": [f"interop/{name}" for name in interop_clients()],
    }
    return any(wanted in name for name in inside.get(suite, []))


if __name__ == "__main__":
    sys.exit(main())
