# shellcheck shell=bash
# What a person sees of the scripts in deploy/ and bench/: numbered steps, short lines, one status line.
# Sourced; keeps no state but the step number.

ui_step_number=0
ui_width=78

if [[ -t 1 ]]; then
  ui_bold=$'\e[1m' ui_dim=$'\e[2m' ui_green=$'\e[32m' ui_red=$'\e[31m' ui_plain=$'\e[0m'
else
  ui_bold='' ui_dim='' ui_green='' ui_red='' ui_plain=''
fi

# A numbered headline.
ui_step() {
  ui_step_number=$((ui_step_number + 1))
  printf '\n%s%d. %s%s\n' "$ui_bold" "$ui_step_number" "$1" "$ui_plain"
}

ui_say() { printf '   %s\n' "$*"; }
ui_note() { printf '   %s%s%s\n' "$ui_dim" "$*" "$ui_plain"; }
ui_ok() { printf '   %sok%s  %s\n' "$ui_green" "$ui_plain" "$*"; }

# One line that is written over on a terminal and printed now and then elsewhere.
# $1: text; $2: 'last' ends the line.
ui_status_last_print=0
ui_status() {
  if [[ -t 1 ]]; then
    printf '\r   %-*s' "$ui_width" "${1:0:ui_width}"
    [[ ${2:-} != last ]] || printf '\n'
  elif [[ ${2:-} == last ]] || ((SECONDS - ui_status_last_print >= 5)); then
    ui_status_last_print=$SECONDS
    printf '   %s\n' "$1"
  fi
}

# 1234567 -> 1,234,567
ui_number() {
  local digits=$1 grouped=''
  while ((${#digits} > 3)); do
    grouped=",${digits: -3}$grouped"
    digits=${digits:0:${#digits}-3}
  done
  printf '%s%s' "$digits" "$grouped"
}

# Shows a command's output, indented, under a line that names the command.
ui_quote() { sed 's/^/     | /'; }

# Ends the script with a sentence of what did not hold.
ui_fail() {
  printf '\n   %sfailed%s  %s\n' "$ui_red" "$ui_plain" "$*" >&2
  exit 1
}
