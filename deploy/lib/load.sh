# shellcheck shell=bash
# Mixed load through the proxy: pgbench with the scripts of deploy/workload, in all three protocol modes at once.
# Sourced; needs ui.sh, cluster.sh and $root. Logs are in $work/load.*.

load_clients=9  # three for each mode
load_pids=()

# $1: transactions at least; $2: port.
load_start() {
  local each=$((($1 + load_clients - 1) / load_clients)) mode script files
  load_pids=()
  for mode in simple extended prepared; do
    files=()
    for script in insert@4 update@4 delete@2 upsert@3 returning@2 transaction@3 savepoint@2 rollback@1; do
      files+=(-f "$root/deploy/workload/${script/@/.sql@}")
    done
    # Several statements in one message exist in the simple protocol only.
    [[ $mode != simple ]] || files+=(-f "$root/deploy/workload/several.sql@2")
    "$postgres_bin/pgbench" -n -M "$mode" -c 3 -t "$each" -P 1 "${files[@]}" \
      -h 127.0.0.1 -p "$2" -U app app >"$work/load.$mode.out" 2>"$work/load.$mode.err" &
    load_pids+=($!)
  done
}

load_running() {
  local pid
  for pid in "${load_pids[@]}"; do
    if kill -0 "$pid" 2>/dev/null; then
      return 0
    fi
  done
  return 1
}

# Transactions done so far: exact once a pgbench has ended, until then from its progress lines.
load_done() {
  local mode
  for mode in simple extended prepared; do
    if ! sed -n 's|^number of transactions actually processed: \([0-9]*\)/.*|\1|p' "$work/load.$mode.out" |
        grep .; then
      awk -F '[ ,]+' '/^progress: / { done += ($2 - before) * $4; before = $2 } END { printf "%d\n", done }' \
        "$work/load.$mode.err"
    fi
  done | awk '{ sum += $1 } END { printf "%d", sum }'
}

# Transactions a second over the last second.
load_rate() {
  local mode
  for mode in simple extended prepared; do
    awk -F '[ ,]+' '/^progress: / { rate = $4 } END { print rate + 0 }' "$work/load.$mode.err"
  done | awk '{ sum += $1 } END { printf "%d", sum }'
}

# $1: done; $2: lag; $3: target. One line for a person.
load_line() {
  printf '%9s transactions  %7s/s   lag %8s   target %s' "$(ui_number "$1")" "$(ui_number "$(load_rate)")" \
    "$(ui_number "${2:-?}")" "$3"
}

# Fails unless every client ended well and did all its transactions.
load_check() {
  local pid mode bad=no
  for pid in "${load_pids[@]}"; do
    wait "$pid" || bad=yes
  done
  load_pids=()
  for mode in simple extended prepared; do
    if [[ $bad == yes ]] || ! grep -q '^number of failed transactions: 0 ' "$work/load.$mode.out"; then
      grep -v '^progress' "$work/load.$mode.err" | head -n 10 | ui_quote
      bad=yes
    fi
  done
  [[ $bad == no ]] || ui_fail "a client saw an error"
}

load_stop() {
  ((${#load_pids[@]} == 0)) || kill "${load_pids[@]}" 2>/dev/null || true
}
