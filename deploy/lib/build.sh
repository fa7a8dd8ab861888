# shellcheck shell=bash
# Builds with the CMake presets. Sourced; needs ui.sh and $root.

build_jobs=${JOBS:-$(nproc)}
# What one clone has compiled another one need not compile again.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1

# $1: preset; further arguments: targets (none: everything). The binaries are in $root/build or build-<preset>.
build_preset() {
  local preset=$1 log started=$SECONDS
  shift
  log=$(mktemp)
  if ! (cd "$root" && cmake --preset "$preset" && cmake --build --preset "$preset" -j "$build_jobs" \
      ${1+--target "$@"}) 2>&1 | build_progress "$log"; then
    printf '\n'
    grep -E -A 6 'error|Error|FAILED' "$log" | head -n 60 | ui_quote
    ui_note "whole output: $log"
    return 1
  fi
  rm -f "$log"
  ui_status "built in $((SECONDS - started)) s" last
}

# Keeps the output and shows ninja's [n/m] as a status line.
build_progress() {
  local line
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$1"
    [[ $line != \[* ]] || ui_status "$line"
  done
}
