"""Runs a program that reports as report.py does, in whatever language, and reads what it says."""
import os
import re
import signal
import subprocess

VERDICT = re.compile(r"^(ok|FAIL|skip) (\S+)\s?(.*)$")


class Ended:
    """What became of a program: its exit code, or None if it took too long, and what it said."""

    def __init__(self, code, out, errors, seconds):
        self.code, self.errors, self.seconds = code, errors, seconds
        self.out = out
        # (verdict, test, why), in their order.
        self.verdicts = [match.groups() for line in out.splitlines() if (match := VERDICT.match(line))]

    def trouble(self):
        """Why not all of its tests can have been tried; None if they were."""
        if self.code is None:
            return f"took over {self.seconds} s"
        failed = any(verdict == "FAIL" for verdict, _, _ in self.verdicts)
        if self.code != failed:
            return f"ended with {self.code}"
        if not self.out.endswith("done\n"):
            return "ended without saying that it was done"
        return None if self.verdicts else "tried nothing"


def run(command, seconds, **more):
    """Runs a program in a process group of its own, so that nothing it starts outlives it."""
    process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, start_new_session=True, **more)
    code = None
    try:
        out, errors = process.communicate(timeout=seconds)
        code = process.returncode
    except subprocess.TimeoutExpired:
        end_group(process)
        out, errors = process.communicate()
    finally:
        end_group(process)
    return Ended(code, out.decode(errors="replace"), errors.decode(errors="replace"), seconds)


def end_group(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
