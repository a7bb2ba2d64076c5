#!/usr/bin/env python3
"""Shows log folders to Apache Kafka's own dump tool, which must read every segment and index and find
nothing wrong.

    tests/formats/dump_log.py --program build/debug/tests/store_test   the log that our test writes
    tests/formats/dump_log.py FOLDER...                                partitions of a data folder

Needs Apache Kafka's jars (--jars, by default where tests/interop puts them).
"""
import argparse
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEST = "Log.WritesEveryCodecAndLeavesSoundIndexes"
COMPLAINTS = re.compile("mismatch|non-consecutive|out of order|not found|isvalid: false|exception|"
                        "ignoring unknown|corrupt|bytes are invalid", re.I)


def dump(jars, files, *options):
    command = ["java", "-cp", f"{jars}/*", "kafka.tools.DumpLogSegments", *options,
               "--files", ",".join(map(str, files))]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    said = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("SLF4J")]
    wrong = [line for line in done.stdout.splitlines() if COMPLAINTS.search(line)] + said
    if done.returncode:
        wrong.append(f"ended with {done.returncode}")
    return done.stdout, wrong


def check(jars, folder):
    """What the tool says against the folder, and how many records it saw."""
    logs = sorted(folder.glob("*.log"))
    indexes = sorted([*folder.glob("*.index"), *folder.glob("*.timeindex")])
    if not logs or not indexes:
        return [f"{folder} has no segments"], 0
    told, wrong = dump(jars, logs, "--deep-iteration", "--print-data-log")
    records = len(re.findall(r"^\| offset: ", told, re.M))
    filled = [index for index in indexes if index.stat().st_size > 0]
    if filled:
        wrong += dump(jars, filled)[1]
        wrong += dump(jars, filled, "--index-sanity-check")[1]
    for index in sorted(folder.glob("*.txnindex")):
        wrong += check_aborted(jars, index, told)
    return wrong, records


def check_aborted(jars, index, told):
    """What the tool reads from an index of aborted transactions, against the file and the markers in the log."""
    said, wrong = dump(jars, [index])
    read = [tuple(map(int, entry)) for entry in re.findall(
        r"producerId: (\d+) firstOffset: (\d+) lastOffset: (\d+) lastStableOffset: (\d+)", said)]
    held = [struct.unpack(">hqqqq", index.read_bytes()[at:at + 34])[1:] for at in range(0, index.stat().st_size, 34)]
    if read != held:
        wrong.append(f"{index} holds {held}, and the tool reads {read}")
    for producer, _, last, _ in held:
        if not re.search(rf"^\| offset: {last} .*endTxnMarker: ABORT", told, re.M):
            wrong.append(f"{index} tells of a marker of producer {producer} at {last} that is not there")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=pathlib.Path)
    parser.add_argument("--program", type=pathlib.Path)
    parser.add_argument("--jars", type=pathlib.Path, default=ROOT / "build/interop/java/lib")
    args = parser.parse_args()
    folders = list(args.folders)
    with tempfile.TemporaryDirectory() as scratch:
        if args.program:
            subprocess.run([args.program, f"--gtest_filter={TEST}", "--gtest_brief=1"], check=True,
                           env={**os.environ, "THALWEG_EXPORT": scratch}, stdout=subprocess.DEVNULL)
            folders.append(pathlib.Path(scratch))
        failed = not folders
        for folder in folders:
            wrong, records = check(args.jars, folder)
            failed |= bool(wrong) or records == 0
            print(f"{folder}: {records} records, {'ok' if not wrong else 'WRONG'}")
            for line in wrong[:20]:
                print(f"    {line}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
