# Sourced by `do`. Installs the Debian packages that a list in tools/ names and this machine lacks.
# When nothing is missing it asks dpkg once and is done in a few hundredths of a second.

# Prints the packages of a list that are neither installed nor stood in for by a command.
missing_packages() {
  local package command wanted=()
  while read -r package command; do
    [[ -z $package || $package == \#* ]] && continue
    [[ -n $command ]] && command -v "$command" >/dev/null && continue
    wanted+=("$package")
  done <"$1"
  [[ ${#wanted[@]} -gt 0 ]] || return 0
  local present
  present=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
    sed -n 's/^installed //p') || true
  printf '%s\n' "${wanted[@]}" | grep -vxF -e "${present:-none}" || true
}

as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  else
    sudo "$@"
  fi
}

# Installs what the lists given name. Says what it does only when there is something to do.
install_packages() {
  local list missing=()
  for list; do
    mapfile -t -O "${#missing[@]}" missing < <(missing_packages "$list")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0

  echo "installing ${missing[*]}" >&2
  if [[ $EUID -ne 0 ]] && ! command -v sudo >/dev/null; then
    echo "do: this needs root. As root, run: apt-get install ${missing[*]}" >&2
    return 1
  fi
  local log=build/install.log
  mkdir -p build
  # A source that does not answer is no reason to stop: the packages may be in another.
  as_root apt-get update -qq >"$log" 2>&1 || true
  if ! as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >>"$log" 2>&1 </dev/null; then
    tail -n 30 "$log" >&2
    echo "do: could not install ${missing[*]} (whole log: $log)" >&2
    return 1
  fi
}
