#!/usr/bin/env bash
# Runs one verb of boltseal with an environment of its own: run.sh sign|verify|attest|sign-blob|...
#
# Every action of this repository ends up here, in the caller's workspace, whose files are not
# trusted: Python runs with -I, which keeps it from importing anything out of this folder.
set -euo pipefail

fail() {
  local text="${1//'%'/%25}"
  text="${text//$'\r'/%0D}"
  printf '::error title=boltseal::%s\n' "${text//$'\n'/%0A}" >&2
  exit 2
}

new_enough() {
  "$1" -I -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1 </dev/null
}

# Prints the first Python that is new enough: the one asked for and no other, else what is there.
find_python() {
  local candidate
  if [ -n "${INPUT_PYTHON:-}" ]; then
    new_enough "$INPUT_PYTHON" ||
      fail "the input python is '$INPUT_PYTHON', which does not start or is older than Python 3.10; name a newer one, or leave the input out"
    printf '%s\n' "$INPUT_PYTHON"
    return
  fi
  for candidate in python3 python python3.14 python3.13 python3.12 python3.11 python3.10; do
    if new_enough "$candidate"; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  fail "boltseal needs Python 3.10 or newer, and there is none on PATH; put one there (actions/setup-python does), or name it with the input python"
}

case "${1:-}" in
  sign | verify | attest | sign-blob | verify-blob | setup) verb="$1" ;;
  *) fail "run.sh knows the verbs sign, verify, attest, sign-blob, verify-blob and setup, not '${1:-}'" ;;
esac

here="$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
base="$(find_python)"
python="$("$base" -I "$here/environment.py")"
exec "$python" -I -m "boltseal.actions.${verb//-/_}"
