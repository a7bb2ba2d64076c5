#!/usr/bin/env python3
"""Writes the documents that are made of declarations, or with --check says which are not current.

The program prints most of them itself: `thalweg docs PAGE`.
"""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
from report import Report, expect  # noqa: E402

PROGRAM = ROOT / "build/release/thalweg"
PAGES = ["cli", "configuration", "metrics"]


def printed(page):
    return subprocess.run([PROGRAM, "docs", page], capture_output=True, check=True).stdout.decode()


def is_current(page):
    file = ROOT / f"docs/{page}.md"
    there = file.read_text() if file.exists() else ""
    expect(there == printed(page), f"docs/{page}.md is not what is declared: run ./do docs")


def main():
    if "--check" in sys.argv:
        report = Report()
        for page in PAGES:
            report.run(page, is_current, page)
        report.exit()
    for page in PAGES:
        (ROOT / f"docs/{page}.md").write_text(printed(page))


if __name__ == "__main__":
    main()
