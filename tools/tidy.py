#!/usr/bin/env python3
"""Small rules that a compiler does not know. Prints each breach with its place and what to do about it."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEXT = {".h", ".cc", ".py", ".js", ".java", ".rs", ".go", ".sh", ".md", ".wire", ".txt", ".cmake", ".json", ".xml",
        ".toml", ".table", ".lock", ".mod", ".sum"}
CODE = {".h", ".cc", ".py", ".js", ".java", ".rs", ".sh", ".wire"}  # But .go, which is indented with tabs.
# The width of C++ is clang-format's to judge: it knows of texts that cannot be broken.
WIDTH = {".py": 120, ".js": 120, ".java": 120, ".rs": 120, ".go": 120, ".sh": 100, ".wire": 140}
# Said in two halves, so that this file does not speak of itself.
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK)\b")
# The project builds where registries have other addresses than the usual ones.
REGISTRY = re.compile(r"(?:registry\.npm" + r"js|py" + r"pi\.org|pythonho" + r"sted|repo1?\.mav" + r"en"
                      r"|crates" + r"\.io|proxy\.gol" + r"ang|deb\.debi" + r"an\.org|security\.debi" + r"an\.org)")
THROW = re.compile(r"\bthrow\b")
SLEEP = re.compile(r"\b(?:sleep_for|sleep_until|usleep)\s*\(")
# The edges where a library that throws or waits is wrapped.
MAY_SLEEP = {"src/posix", "src/app", "src/client"}


def listed():
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True,
                           capture_output=True, text=True).stdout.split("\n")
    return [pathlib.Path(name) for name in names if name and (ROOT / name).is_file()]


def breaches(file, text):
    """Yields (line number, what is wrong) for one file."""
    width = WIDTH.get(file.suffix)
    for number, line in enumerate(text.split("\n"), 1):
        if "\t" in line and file.suffix in CODE:
            yield number, "a tab: indent with spaces, write \\t in a string"
        if line != line.rstrip() and file.suffix != ".md":
            yield number, "blanks at the end of the line"
        if width and len(line) > width and "http" not in line:
            yield number, f"{len(line)} columns: {width} are the most"
        if UNFINISHED.search(line):
            yield number, "unfinished work is not left in the sources: do it, or write it down as an issue"
        # In Cargo's lock files this is the name of its default registry, wherever that may be.
        if REGISTRY.search(line) and not line.startswith('source = "registry+'):
            yield number, "names a package registry: leave the address to the machine's settings"
        if file.suffix in {".h", ".cc"}:
            yield from breaches_of_cpp(file, number, line.split("//")[0])
    if text and not text.endswith("\n"):
        yield text.count("\n") + 1, "no line end at the end of the file"


def breaches_of_cpp(file, number, code):
    name = file.as_posix()
    is_test = file.stem.endswith(("_test", "_fuzz"))
    if not name.startswith("src/"):
        return
    if THROW.search(re.sub(r'"[^"]*"', "", code)):
        yield number, "throws: expected failures are Results, bugs are check()"
    if SLEEP.search(code) and not is_test and not any(name.startswith(edge) for edge in MAY_SLEEP):
        yield number, "sleeps: wait for an event, or for a timer of env/"
    if "using namespace" in code and "literals" not in code and not is_test:
        yield number, "using namespace: name what is used"


def opens_with_comment(file, text):
    """Each header says what the thing is before anything else."""
    first = text.lstrip()
    if first.startswith("#pragma once"):
        first = first.removeprefix("#pragma once").lstrip()
    return first.startswith("//")


def unreferenced(files, texts):
    """Headers that nobody includes, and scripts of tools/ that nothing names."""
    everything = {file: text for file, text in texts.items()}
    for file in files:
        name = file.as_posix()
        if file.suffix == ".h" and name.startswith("src/"):
            included = '"' + name.removeprefix("src/") + '"'
            if not any(included in text for other, text in everything.items() if other != file):
                yield file, "nobody includes this header"
        if name.startswith("tools/") and name.count("/") == 1 and file.suffix in {".py", ".sh", ".txt"}:
            if file.stem.endswith("_test"):
                continue
            if not any(file.name in text or f"{file.stem}" in text
                       for other, text in everything.items() if other != file):
                yield file, "nothing names this file"


def main():
    files = listed()
    texts = {}
    for file in files:
        if file.suffix in TEXT or file.name in {"do", "CMakeLists.txt", "LAYERS"}:
            texts[file] = (ROOT / file).read_text(errors="replace")
    wrong = []
    for file, text in texts.items():
        wrong += [f"{file}:{number}: {what}" for number, what in breaches(file, text)]
        if file.suffix == ".h" and file.as_posix().startswith("src/") and not opens_with_comment(file, text):
            wrong.append(f"{file}:1: a header opens with a comment on what the thing is")
    wrong += [f"{file}: {what}" for file, what in unreferenced(files, texts)]
    print("\n".join(wrong) or f"tidy: {len(texts)} files, all good")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
