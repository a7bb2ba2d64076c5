#!/usr/bin/env python3
"""Fuzzes one target, or each in turn. Usage: fuzz.py [TARGET [SECONDS]]; `./do fuzz` has configured the build."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    if {"-h", "--help"} & set(sys.argv):
        sys.exit(__doc__)
    targets = sorted(file.stem for file in ROOT.glob("src/*/*_fuzz.cc"))
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    chosen = [target for target in targets if wanted in target]
    if not chosen:
        sys.exit(f"no fuzzer {wanted}; there are {', '.join(targets)}")
    subprocess.run(["ninja", "-C", "build/fuzz", "--quiet", *chosen], cwd=ROOT, check=True)
    failed = []
    for target in chosen:
        corpus = ROOT / "build/fuzz/corpus" / target
        corpus.mkdir(parents=True, exist_ok=True)
        done = subprocess.run([ROOT / "build/fuzz/tests" / target, f"-max_total_time={seconds}", "-print_final_stats=1",
                               "-verbosity=0", f"-artifact_prefix={corpus.parent}/{target}-", corpus],
                              cwd=ROOT, capture_output=True, text=True)
        runs = next((line.split()[-1] for line in done.stderr.splitlines() if "number_of_executed_units" in line), "?")
        print(f"{target}: {'ok' if done.returncode == 0 else 'FAILED'}, {runs} runs", flush=True)
        if done.returncode:
            print(done.stderr[-6000:])
            failed.append(target)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
