#!/usr/bin/env python3
"""Reads the sources: their format, who includes whom, tidiness, and two compilers' warnings.

Prints a line a check: `ok NAME`, or `FAIL NAME` and why. What compiles looks at the files that changed since main;
--all looks at every file, which takes two cores the better part of an hour, most of it clang-tidy's.
"""
import argparse
import concurrent.futures
import itertools
import json
import os
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILES_READ_AT_ONCE = 8  # By one clang-tidy.

sys.path.insert(0, str(ROOT / "tests/support"))
from report import Report  # noqa: E402


def sources(*patterns, which="-co"):
    """Files of the project that git knows or would add, so that what is built is left out."""
    listed = subprocess.run(["git", "ls-files", which, "--exclude-standard", *patterns], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout.split()
    return [name for name in listed if (ROOT / name).exists()]


def changed(*patterns):
    """Those of sources() that differ from where this branch left main."""
    for main in ("origin/main", "main"):
        base = subprocess.run(["git", "merge-base", "HEAD", main], cwd=ROOT, capture_output=True, text=True)
        if base.returncode == 0:
            break
    since = base.stdout.strip() or "HEAD~1"
    differ = subprocess.run(["git", "diff", "--name-only", since], cwd=ROOT, check=True, capture_output=True,
                            text=True).stdout.split()
    differ += sources(*patterns, which="-o")  # Not yet known to git.
    return [name for name in sources(*patterns) if name in differ]


def need(command, hint=""):
    done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()
        raise AssertionError(f"{hint}\n{said[-8000:]}" if hint else said[-8000:])


def in_parallel(work, items):
    """Runs work over items on all cores; gives the first failures' text together."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        wrong = [text for text in pool.map(work, items) if text]
    if wrong:
        raise AssertionError("\n".join(wrong)[-12000:])


def attempt(command):
    done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True)
    return (done.stdout + done.stderr).strip() if done.returncode else ""


def format_is_kept():
    need(["clang-format-19", "--dry-run", "--Werror", *sources("*.h", "*.cc")], "run ./do fmt")


def layers_hold():
    need([sys.executable, "tools/layers.py"])


def tidiness():
    need([sys.executable, "tools/tidy.py"])


def commands_of(preset):
    """What compiles each file of src/, as CMake wrote it down."""
    need(["cmake", "--preset", preset])
    need(["ninja", "-C", f"build/{preset}", "generated"])
    listed = json.loads((ROOT / f"build/{preset}/compile_commands.json").read_text())
    return {entry["file"]: entry["command"] for entry in listed if entry["file"].startswith(f"{ROOT}/src/")}


def headers_compile_alone(pick):
    """Each header includes what it needs: it compiles as the only line of a file."""
    commands = commands_of("debug")

    def compile_header(header):
        folder = pathlib.Path(header).parts[1]
        for file, command in commands.items():
            if file.startswith(f"{ROOT}/src/{folder}/"):
                break
        words = shlex.split(command)
        flags = [word for word in words[1:] if word[:2] in ("-I", "-D", "-W", "-m", "-s")]
        compiler = next(word for word in words if "clang++" in word)
        return attempt([compiler, *flags, "-fsyntax-only", "-Wno-pragma-once-outside-header", "-x", "c++", header])

    in_parallel(compile_header, pick("src/**/*.h", "src/*/*.h"))


def second_compiler(pick):
    """GCC's warnings, without making anything."""
    commands = commands_of("gcc")

    def compile_file(name):
        command = commands.get(str(ROOT / name))
        if not command:
            return ""
        words = [word for word in shlex.split(command) if word not in ("ccache",) and not word.endswith("/ccache")]
        without_output = words[:words.index("-o")] + words[words.index("-c"):]
        return attempt([*without_output, "-fsyntax-only"])

    in_parallel(compile_file, pick("src/*.cc"))


def from_each_folder(names, most):
    """Groups of names, as long as there are several folders: no group has two names of one folder."""
    folders = {}
    for name in names:
        folders.setdefault(pathlib.Path(name).parent, []).append(name)
    for one_of_each in itertools.zip_longest(*folders.values()):
        names = [name for name in one_of_each if name]
        yield from (names[at:at + most] for at in range(0, len(names), most))


def clang_tidy(pick):
    """Most of the time goes into headers, so files are read several at once. Those of one folder share a
    namespace, in which their local names would collide."""
    commands = commands_of("debug")
    made = ROOT / "build/debug/tidy"
    made.mkdir(exist_ok=True)

    def read(names):
        together = made / (names[0].replace("/", "_"))
        together.write_text("".join(f'#include "{ROOT / name}"\n' for name in names))
        words = [word for name in names for word in shlex.split(commands[str(ROOT / name)])]
        flags = dict.fromkeys(word for word in words if word[:2] in ("-I", "-D", "-m") or word[:4] == "-std")
        said = attempt(["clang-tidy-19", "--quiet", "--checks=-bugprone-suspicious-include", together, "--", *flags])
        if "clang-diagnostic-error" in said and len(names) > 1:  # They do collide.
            said = "\n".join(filter(None, (read([name]) for name in names)))
        return said

    names = [name for name in pick("src/*.cc") if str(ROOT / name) in commands]
    in_parallel(read, list(from_each_folder(names, FILES_READ_AT_ONCE)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out what takes minutes, as ./do test does")
    parser.add_argument("--all", action="store_true",
                        help="what compiles reads everything, not only what changed since main")
    args = parser.parse_args()
    pick = sources if args.all else changed
    report = Report()
    report.run("format", format_is_kept)
    report.run("layers", layers_hold)
    report.run("tidy", tidiness)
    if not args.quick:
        report.run("headers-alone", headers_compile_alone, pick)
        report.run("second-compiler", second_compiler, pick)
        report.run("clang-tidy", clang_tidy, pick)
    report.exit()


if __name__ == "__main__":
    main()
