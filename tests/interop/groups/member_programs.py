"""What the member programs in Python share: commands on stdin, a line for each thing that happens; see cast.py."""
import os
import sys

BOOTSTRAP, EVENTS = sys.argv[1:3]
COMMIT_EVERY = 0.2
_events = os.open(EVENTS, os.O_WRONLY | os.O_APPEND)


def tell(*lines):
    """Lines reach the file in one write, so that those of several programs do not mix."""
    os.write(_events, "".join(f"{line}\n" for line in lines).encode())


def tell_owned(name, partitions):
    tell(" ".join([name, "owns", *map(str, sorted(partitions))]))


class Command:
    """A line of stdin: `start NAME GROUP TOPIC WORD=VALUE...` or `stop NAME`."""

    def __init__(self, line):
        self.verb, self.name, *rest = line.split()
        self.group, self.topic, *words = rest or (None, None)
        self.words = dict(word.split("=", 1) for word in words)
