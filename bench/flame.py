"""Flame graphs: where a broker's CPU time goes under a load.

    ./do bench flame [NAME] [--seconds N]    NAME: produce-synced, produce-relaxed, fetch or keyed; without one, all

Samples with Linux's perf, and draws bench/results/flame-NAME.svg: a box is a function, as wide as its share of
the samples, on top of what called it. Hover over a box for its name and share. Needs the right to use perf: root, or
kernel.perf_event_paranoid at 1 or below.
"""
import argparse
import collections
import html
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zlib

import compare
from node import Node, Scratch
from results import RESULTS, write_whole
from servers import RELAX, build_all

HERTZ = 499
WIDTH, ROW, LEAST = 1200, 16, 1.2  # Pixels; what is narrower than the last is left out.

KEYED = {"clients": 50, "depth": 2, "partitions": 1000, "records": 1, "spread": 10}
PATHS = {
    "produce-synced": ((), "produce", compare.COUPLE),
    "produce-relaxed": (RELAX, "produce", compare.COUPLE),
    "keyed": (RELAX, "produce", KEYED),
    "fetch": (RELAX, "fetch", {"clients": 2, "partitions": 2}),
}


def folded(data):
    """{(outermost, ..., innermost): samples} of a perf.data file."""
    said = subprocess.run(["perf", "script", "-i", data, "-F", "comm,ip,sym", "--no-inline"], capture_output=True,
                          text=True, check=True).stdout
    stacks = collections.Counter()
    for sample in said.split("\n\n"):
        head, *frames = sample.strip("\n").split("\n")
        names = [clean(frame.strip().split(" ", 1)[1]) for frame in frames if " " in frame.strip()]
        if names:
            stacks[(head.strip(), *reversed(names))] += 1
    return stacks


def clean(symbol):
    """A function's name without its arguments, and a coroutine's without how it was cut up."""
    symbol = re.sub(r"\s*\((?:\.resume|\.destroy|\.cleanup)\)$", "", symbol)
    symbol = re.sub(r"\[clone [^]]*\]", "", symbol)
    while (shorter := re.sub(r"<[^<>]*>", "", symbol)) != symbol:
        symbol = shorter
    return symbol.split("(")[0].replace("std::__1::", "").strip() or symbol


class Box:
    def __init__(self):
        self.samples = 0
        self.above = {}

    def add(self, stack, count):
        self.samples += count
        if stack:
            self.above.setdefault(stack[0], Box()).add(stack[1:], count)

    def height(self):
        return 1 + max((box.height() for box in self.above.values()), default=0)


def colour(name):
    """Warm ones for us, grey-blue ones for the kernel and libraries: by what the name looks like."""
    dice = zlib.crc32(name.encode())
    if "::" in name and not name.startswith("std::"):
        return f"rgb({220 + dice % 35},{120 + dice // 64 % 90},{60 + dice // 4096 % 30})"
    return f"rgb({150 + dice % 40},{165 + dice // 64 % 40},{185 + dice // 4096 % 40})"


def draw(root, title):
    height = (root.height() + 2) * ROW
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="monospace" '
           f'font-size="11"><rect width="100%" height="100%" fill="#fff"/>'
           f'<text x="4" y="12">{html.escape(title)}</text>']

    def place(box, name, left, depth):
        width = box.samples / root.samples * WIDTH
        if width < LEAST:
            return
        top = height - (depth + 1) * ROW
        share = box.samples / root.samples * 100
        text = html.escape(name[:max(0, int(width / 6.7))]) if width > 24 else ""
        out.append(f'<g><title>{html.escape(name)}: {share:.2f} %</title><rect x="{left:.1f}" y="{top}" '
                   f'width="{max(width - 0.3, 0.2):.1f}" height="{ROW - 1}" fill="{colour(name)}"/>'
                   + (f'<text x="{left + 2:.1f}" y="{top + 11}">{text}</text>' if text else "") + "</g>")
        for above in sorted(box.above):
            place(box.above[above], above, left, depth + 1)
            left += box.above[above].samples / root.samples * WIDTH

    place(root, "all", 0, 0)
    return "\n".join(out) + "\n</svg>\n"


def sample(name, seconds):
    options, what, shape = PATHS[name]
    with Scratch() as scratch, Node(scratch / "data", *options) as node, tempfile.TemporaryDirectory() as folder:
        filling = {**shape, "clients": shape["clients"], "depth": 8}
        compare.generate(compare.LOAD, "produce", node, "t", **filling, seconds=2)
        data = pathlib.Path(folder) / "perf.data"
        perf = subprocess.Popen(["perf", "record", "-q", "-e", "cpu-clock", "-F", str(HERTZ), "-g", "-o", data, "-p",
                                 str(node.process.pid), "--", "sleep", str(seconds)], stderr=subprocess.PIPE, text=True)
        try:
            compare.generate(compare.LOAD, what, node, "t", **shape, seconds=seconds + 0.5)
            said = perf.communicate(timeout=30)[1]
        finally:
            perf.kill()
            perf.wait()
        node.stop()
        if perf.returncode:
            raise RuntimeError(f"perf may not look: {said.strip().splitlines()[-1:]}; be root, or run "
                               "sysctl kernel.perf_event_paranoid=1")
        return folded(data)


def main(arguments):
    parser = argparse.ArgumentParser(prog="./do bench flame", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", choices=PATHS, metavar="NAME")
    parser.add_argument("--seconds", type=int, default=6)
    args = parser.parse_args(arguments)
    if not shutil.which("perf"):
        sys.exit("bench: there is no perf here; install linux-perf")
    build_all()
    for name in [args.name] if args.name else PATHS:
        root = Box()
        for stack, count in sample(name, args.seconds).items():
            root.add(stack, count)
        path = RESULTS / f"flame-{name}.svg"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, draw(root, f"{name}: {root.samples} samples of the broker's CPU time"))
        print(f"{path}: {root.samples} samples")
