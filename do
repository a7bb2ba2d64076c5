#!/usr/bin/env bash
# The one command of this project. `./do help` says what it can do.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
source tools/install.sh

usage() {
  cat <<'HELP'
./do run [ARGS]              build what is needed and serve on this machine; ARGS go to `thalweg serve`
./do build [PRESET [TARGET]] build with a preset: release (default), debug, asan, tsan, gcc
./do test [FILTER]           every test, or the suites and tests whose name contains FILTER
./do sim SEED                replay one simulated day; --runs N or --minutes N for many, --help for more
./do fuzz [TARGET [SECONDS]] fuzz one target or each in turn, 60 seconds by default
./do oracle [NAME]           hold messages, batches and groups' records against Apache Kafka's own classes
./do bench [NAME]            measure: all of bench/, or one; `compare` runs Apache Kafka beside it
./do check                   what reads the sources: format, layers, tidy, warnings of a second compiler
./do fmt                     format the sources in place
./do docs                    write again the documents that are made from declarations
./do help                    this page
HELP
}

# Configures a preset once; ninja looks after it from then on.
configure() {
  local preset=$1
  [[ -f build/$preset/build.ninja ]] && return
  mkdir -p "build/$preset"
  quietly "build/$preset/configure.log" cmake --preset "$preset"
}

# Runs a command whose output matters only if it fails.
quietly() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 && return
  tail -n 100 "$log" >&2
  return 1
}

# Builds targets of a preset: with ninja's progress on a terminal, else in silence.
build() {
  local preset=$1
  shift
  configure "$preset"
  if [[ -t 1 ]]; then
    ninja -C "build/$preset" "$@"
  else
    quietly "build/$preset/build.log" ninja -C "build/$preset" "$@"
  fi
}

packages() {
  local lists=()
  for list; do lists+=("tools/$list.txt"); done
  install_packages "${lists[@]}"
}

# Whether an option is among the arguments that follow it.
given() {
  local option=$1 argument
  shift
  for argument; do [[ $argument == "$option" || $argument == "$option="* ]] && return; done
  return 1
}

command=${1:-help}
[[ $# -gt 0 ]] && shift
case $command in
  run)
    packages packages
    build release thalweg
    serve=(build/release/thalweg serve)
    given --data "$@" || serve+=(--data ./data)
    given --kafka "$@" || serve+=(--kafka 127.0.0.1:9092)
    given --http "$@" || serve+=(--http 127.0.0.1:8080)
    exec "${serve[@]}" "$@"
    ;;
  build)
    preset=${1:-release}
    [[ $# -gt 0 ]] && shift
    packages packages
    [[ $preset == gcc ]] && packages packages-check
    [[ $preset =~ ^(asan|tsan)$ ]] && packages packages-test
    [[ $preset == release && $# -eq 0 ]] && set -- thalweg
    build "$preset" "$@"
    ;;
  test)
    packages packages packages-test
    exec python3 tools/test.py "$@"
    ;;
  sim)
    packages packages packages-test
    build asan thalweg_sim
    exec python3 tools/sim.py "$@"
    ;;
  fuzz)
    packages packages packages-test
    configure asan
    exec python3 tools/fuzz.py "$@"
    ;;
  oracle)
    packages packages packages-test
    build debug thalweg_oracle formats_test
    exec python3 tools/oracle.py "$@"
    ;;
  bench)
    packages packages packages-bench
    [[ ${1:-} =~ ^(compare|report|flame)$ ]] && packages packages-compare
    configure release
    # Debian's own Python, whatever else is called python3 here: its packages are for that one.
    exec /usr/bin/python3 bench/run.py "$@"
    ;;
  check)
    packages packages packages-test packages-check
    exec python3 tools/check.py "$@"
    ;;
  fmt)
    packages packages-test
    git ls-files -co --exclude-standard '*.h' '*.cc' | xargs clang-format-19 -i
    ;;
  docs)
    packages packages
    build release thalweg
    exec python3 tools/docs.py
    ;;
  help | -h | --help) usage ;;
  *)
    echo "do: no command '$command'" >&2
    usage >&2
    exit 2
    ;;
esac
