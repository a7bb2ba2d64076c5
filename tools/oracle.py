#!/usr/bin/env python3
"""Holds what we read and write against Apache Kafka's own classes. `./do oracle` has built our half.

Usage: oracle.py [NAME] [--messages N] [--seed N]   messages whose names contain NAME, 200 of each version; or batches,
                                                    or groups
       oracle.py --golden                           write tests/formats/wire/golden.bin.gz again

Kafka's half is in tools/oracle: it makes random messages, and says as bytes and as JSON what they are. Ours
(tests/formats/oracle_main.cc) must find the same fields in the bytes and write the same bytes.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "build/oracle"
OURS = ROOT / "build/debug/tests/thalweg_oracle"
FORMATS = ROOT / "build/debug/tests/formats_test"
GOLDEN = ROOT / "tests/formats/wire/golden.bin.gz"


def java(part, *arguments):
    """The command that runs a part of Kafka's half, compiled and with its class path."""
    for tool in ("java", "mvn"):
        if not shutil.which(tool):
            sys.exit(f"oracle: there is no {tool}; ./do oracle installs what is missing")
    source = ROOT / "tools/oracle" / part
    path = OUT / part / "classpath"
    newest = max(file.stat().st_mtime for file in source.rglob("*") if file.is_file())
    if not path.exists() or path.stat().st_mtime < newest:
        made = subprocess.run(["mvn", "-q", "-B", "compile", "dependency:build-classpath", f"-Dmdep.outputFile={path}"],
                              cwd=source, capture_output=True, text=True)
        if made.returncode != 0:
            sys.exit(f"oracle: Maven could not build tools/oracle/{part}:\n{made.stdout[-3000:]}")
        os.utime(path)
    return ["java", "-cp", f"{OUT / part / 'classes'}:{path.read_text()}", *map(str, arguments)]


def messages(wanted, number, seed):
    command = java("messages", "thalweg.Messages", "stream", number, seed, wanted)
    kafka = subprocess.Popen(command, stdout=subprocess.PIPE)
    ours = subprocess.run([OURS, wanted, str(number)], stdin=kafka.stdout)
    kafka.stdout.close()
    return kafka.wait() == 0 and ours.returncode == 0


def batches(number, seed):
    """Theirs read here, by the tests of the batches that are kept; and ours read there."""
    theirs, ours = OUT / "kafkas-batches.txt", OUT / "our-batches.txt"
    subprocess.run(java("batches", "Batches", "write", theirs, number, seed), check=True)
    told = subprocess.run([FORMATS, "--gtest_brief=1", "--gtest_filter=Kafka*:-KafkaGroups.*"],
                          env={**os.environ, "THALWEG_BATCHES": str(theirs), "THALWEG_BATCHES_OUT": str(ours)})
    if told.returncode != 0:
        return False
    print(f"{theirs.read_text().count('batch ')} batches of Kafka's are read here as it means them")
    return subprocess.run(java("batches", "Batches", "check", ours)).returncode == 0


def groups(number, seed):
    """What their group coordinator writes, and the hash of a group's topics."""
    theirs = OUT / "kafkas-groups.txt"
    subprocess.run(java("groups", "Groups", theirs, number, seed), check=True)
    told = subprocess.run([FORMATS, "--gtest_brief=1", "--gtest_filter=KafkaGroups.*"],
                          env={**os.environ, "THALWEG_GROUPS": str(theirs)})
    if told.returncode != 0:
        return False
    print(f"{len(theirs.read_text().splitlines()) - 1} records and hashes of Kafka's groups are ours too")
    return True


def golden():
    names = OUT / "names.txt"
    names.write_text(subprocess.run([OURS, "list"], capture_output=True, text=True, check=True).stdout)
    part = GOLDEN.with_suffix(".part")
    subprocess.run(java("messages", "thalweg.Messages", "golden", part, names), check=True)
    part.replace(GOLDEN)
    print(f"{GOLDEN.relative_to(ROOT)}: {GOLDEN.stat().st_size} bytes")


def main():
    parser = argparse.ArgumentParser(prog="./do oracle", description="holds ours against what Apache Kafka makes")
    parser.add_argument("name", nargs="?", default="",
                        help="part of a message's name, or batches, or groups; everything without")
    parser.add_argument("--messages", type=int, default=200, help="of each version of each message (200)")
    parser.add_argument("--seed", type=int, default=1, help="of what is random in them (1)")
    parser.add_argument("--golden", action="store_true", help=f"write {GOLDEN.relative_to(ROOT)} again")
    args = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    if args.golden:
        return golden()
    good = True
    if args.name not in ("batches", "groups"):
        good = messages(args.name, args.messages, args.seed)
    if args.name in ("", "batches"):
        good = batches(args.messages, args.seed) and good
    if args.name in ("", "groups"):
        good = groups(args.messages, args.seed) and good
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
