#!/usr/bin/env python3
"""Fuzzes one target, or each in turn. `./do fuzz` has configured the build.

Usage: fuzz.py [TARGET [SECONDS]]   60 seconds by default; what is found out is kept in build/fuzz
       fuzz.py --keep [TARGET]      make tests/fuzz/TARGET.tar.xz anew: the least that reaches as much as all known

A target is src/*/TARGET_fuzz.cc. It starts from tests/fuzz/TARGET.tar.xz. An input that brings it down is kept in
build/fuzz, and how to try it again is printed. tools/fuzz_seeds.py makes first inputs for a target that is new.
"""
import io
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOUND = ROOT / "build/fuzz"  # Per target a folder of what was found since, and what brought it down.
KEPT = ROOT / "tests/fuzz"
PROGRAMS = ROOT / "build/asan/tests"
LIMITS = ["-rss_limit_mb=2048", "-malloc_limit_mb=256", "-timeout=20"]
LARGEST_KEPT = 8192  # Bytes of one input. Larger ones reach nothing that matters to a test of a minute.


def targets():
    return sorted(file.stem for file in ROOT.glob("src/*/*_fuzz.cc"))


def short(target):
    return target.removesuffix("_fuzz")


def choose(wanted):
    """The targets of that name, which may be a part of one; all of them without."""
    exact = [target for target in targets() if wanted in (target, short(target))]
    chosen = exact or [target for target in targets() if wanted in target]
    if not chosen:
        sys.exit(f"fuzz: there is no target {wanted}; there are {', '.join(map(short, targets()))}")
    return chosen


def archive(target):
    return KEPT / f"{short(target)}.tar.xz"


def unpack(target, folder):
    if archive(target).exists():
        with tarfile.open(archive(target)) as packed:
            packed.extractall(folder)


def pack(target, folder):
    """The files of a folder, named for what is in them and nothing else, so that the same make the same."""
    with tarfile.open(archive(target), "w:xz", preset=9) as packed:
        for file in sorted(pathlib.Path(folder).iterdir()):
            entry = tarfile.TarInfo(file.name[:12])
            entry.size = file.stat().st_size
            packed.addfile(entry, io.BytesIO(file.read_bytes()))


def fuzz(target, seconds):
    """Runs one target: whether all was well, and a line or more to say so."""
    found = FOUND / short(target)
    found.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as start:
        unpack(target, start)
        done = subprocess.run([PROGRAMS / target, f"-max_total_time={seconds}", "-print_final_stats=1", *LIMITS,
                               f"-artifact_prefix={FOUND}/{short(target)}-", found, start],
                              cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True)
    said = done.stderr.decode(errors="replace")
    runs = re.search(r"number_of_executed_units: (\d+)", said)
    if done.returncode == 0:
        return True, f"{short(target)}: {runs[1] if runs else '?'} runs in {seconds} s"
    kept = re.search(r"Test unit written to (\S+)", said)
    again = f"again with: build/asan/tests/{target} {kept[1]}\n" if kept else ""
    return False, f"{short(target)}: FAILED\n{said[-6000:]}\n{again}"


def keep(target):
    """Merges what is kept, the seeds and what was found into as few inputs as reach as much."""
    with tempfile.TemporaryDirectory() as old, tempfile.TemporaryDirectory() as new:
        unpack(target, old)
        found = FOUND / short(target)
        found.mkdir(parents=True, exist_ok=True)
        subprocess.run([PROGRAMS / target, "-merge=1", f"-max_len={LARGEST_KEPT}", *LIMITS, new, old, found],
                       cwd=ROOT, check=True, capture_output=True)
        inputs = len(list(pathlib.Path(new).iterdir()))
        pack(target, new)
    shutil.rmtree(found)
    return f"{short(target)}: {inputs} inputs, {archive(target).stat().st_size} bytes"


def main():
    words = sys.argv[1:]
    if {"-h", "--help"} & set(words):
        print(__doc__.strip())
        return 0
    keeps = "--keep" in words
    words = [word for word in words if word != "--keep"]
    seconds = words[1] if len(words) > 1 else "60"
    if not seconds.isdigit() or seconds == "0" or len(words) > 2:
        sys.exit("usage: ./do fuzz [TARGET [SECONDS]], seconds as a number above 0")
    chosen = choose(words[0] if words else "")
    subprocess.run(["ninja", "-C", "build/asan", "--quiet", *chosen], cwd=ROOT, check=True)
    good = True
    for target in chosen:
        well, said = (True, keep(target)) if keeps else fuzz(target, int(seconds))
        print(said, flush=True)
        good &= well
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
