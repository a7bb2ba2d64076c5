#!/usr/bin/env python3
"""Writes the documents that are made of declarations, or with --check says which are not current.

Some are made of schema/, by wiregen. The others the program prints itself: `thalweg docs PAGE`.
"""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests/support"), str(ROOT / "tools")]
from report import Report, expect  # noqa: E402
from wiregen.errors import read_errors  # noqa: E402
from wiregen.pages import errors_page, protocol_page, served_names  # noqa: E402
from wiregen.schema import read_schemas  # noqa: E402

PROGRAM = ROOT / "build/release/thalweg"


def printed(page):
    return subprocess.run([PROGRAM, "docs", page], capture_output=True, check=True).stdout.decode()


def protocol():
    return protocol_page(read_schemas(ROOT / "schema"), served_names((ROOT / "src/broker/apis.cc").read_text()))


def errors():
    return errors_page(read_errors(ROOT / "schema/errors.table"))


PAGES = {
    "cli": lambda: printed("cli"),
    "configuration": lambda: printed("configuration"),
    "errors": errors,
    "metrics": lambda: printed("metrics"),
    "protocol": protocol,
}


def is_current(page):
    file = ROOT / f"docs/{page}.md"
    there = file.read_text() if file.exists() else ""
    expect(there == PAGES[page](), f"docs/{page}.md is not what is declared: run ./do docs")


def main():
    if set(sys.argv[1:]) - {"--check"}:
        sys.exit(__doc__)
    if "--check" in sys.argv:
        report = Report()
        for page in PAGES:
            report.run(page, is_current, page)
        report.exit()
    for page, make in PAGES.items():
        (ROOT / f"docs/{page}.md").write_text(make())


if __name__ == "__main__":
    main()
