#!/usr/bin/env python3
"""Disks that are full or cannot be written: the node says so, and keeps what it acknowledged."""
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from node import Node, Scratch, refuses_to_start  # noqa: E402
from report import Report, Skip, expect  # noqa: E402
from wire import Connection, batch  # noqa: E402

STORAGE_ERROR = 56
# The broker may answer that the disk failed, or that the partition has no leader any more.
NO_SPACE = {STORAGE_ERROR, 6, 5, 3}


class Mount:
    """A file system of its own in a folder, for who may mount."""

    def __init__(self, folder, *options):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["mount", *options, str(self.folder)], capture_output=True, text=True)
        if done.returncode:
            raise Skip(f"cannot mount: {done.stderr.strip()}")

    def __enter__(self):
        return self.folder

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", str(self.folder)], check=True)


def fill(connection):
    """Writes until it is refused; gives how many records of 50 kB were acknowledged, and the error."""
    for count in range(2000):
        error, _ = connection.produce("t", 0, batch([b"%08d" % count + b"x" * 50_000]))
        if error:
            return count, error
    raise AssertionError("100 MB went into a smaller disk")


def full_disk(scratch):
    with Mount(scratch / "disk", "-t", "tmpfs", "-o", "size=40m", "tmpfs") as disk:
        with Node(disk / "data", "--set", "log.segment.bytes=4194304") as node:
            with Connection(node.address) as connection:
                expect(connection.create_topic("t") == 0, "the topic was not created")
                count, error = fill(connection)
                expect(error in NO_SPACE, f"a full disk gave error {error}")
            expect(count > 300, f"only {count} records went in")
            with Connection(node.address) as other:
                expect(other.api_versions()[0] == 0, "the node does not answer any more")
            said = node.stderr()
            expect("No space left" in said and "make room" in said, f"the log does not say what to do: {said[-400:]}")
            subprocess.run(["mount", "-o", "remount,size=80m", str(disk)], check=True)
            with Connection(node.address) as connection:
                error, offset = connection.produce("t", 0, batch([b"after"]))
                expect(error == 0 and offset == count, f"with room again the next of {count} is at {offset} ({error})")
            expect("records are written again" in node.stderr(), "the log does not say that writing goes on")
            node.kill()
        with Node(disk / "data") as node, Connection(node.address) as connection:
            error, offset = connection.produce("t", 0, batch([b"after the restart"]))
            expect(error == 0 and offset == count + 1, f"after {count + 1} the next is at {offset} ({error})")
            node.stop()


def full_before_the_start(scratch):
    with Mount(scratch / "disk", "-t", "tmpfs", "-o", "size=64k", "tmpfs") as disk:
        (disk / "ballast").write_bytes(b"x" * 65536)
        refuses_to_start(disk / "data", says=["space"])


def read_only_disk(scratch):
    (scratch / "disk").mkdir()
    with Node(scratch / "disk/data") as node:
        node.stop()
    with Mount(scratch / "disk", "--bind", str(scratch / "disk")) as disk:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(disk)], check=True)
        refuses_to_start(disk / "data", says=["read-only|permission"])


def main():
    report = Report()
    for name, test in {"full-disk": full_disk, "full-before-the-start": full_before_the_start,
                       "read-only-disk": read_only_disk}.items():
        with Scratch() as scratch:
            report.run(name, test, scratch)
    report.exit()


if __name__ == "__main__":
    main()
