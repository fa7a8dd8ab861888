# shellcheck shell=bash
# A throwaway pgtandem in $work, in front of the clusters `legacy` and `target`. Sourced; needs ui.sh,
# cluster.sh and $root.

pgtandem_binary=${PGTANDEM:-$root/build/pgtandem}
pgtandem_config=''
pgtandem_port=''
pgtandem_pid=''

# The role that pgtandem uses itself, with no more rights than the documentation asks for, and the role `app`
# of the application. $1: database, which must exist on both clusters with its tables.
pgtandem_grant() {
  local database=$1
  cluster_psql legacy "$database" <<'SQL'
CREATE ROLE pgtandem LOGIN;
GRANT pg_signal_backend, pg_monitor TO pgtandem;
GRANT USAGE ON SCHEMA public TO pgtandem;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO pgtandem;
SQL
  cluster_psql target "$database" <<SQL
CREATE ROLE pgtandem LOGIN;
GRANT CREATE ON DATABASE "$database" TO pgtandem;
GRANT USAGE ON SCHEMA public TO pgtandem;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO pgtandem;
GRANT SET ON PARAMETER session_replication_role TO pgtandem;
SQL
}

# $1: database; further arguments: lines for its entry in the configuration.
pgtandem_configure() {
  local database=$1 line
  shift
  pgtandem_port=$(free_port)
  pgtandem_config="$work/pgtandem.yaml"
  {
    printf 'listen: 127.0.0.1:%d\n' "$pgtandem_port"
    printf 'admin: { listen: 127.0.0.1:%d }\n' "$(free_port)"
    printf 'databases:\n  %s:\n' "$database"
    printf '    legacy: "host=127.0.0.1 port=%d dbname=%s user=pgtandem"\n' "$(cluster_port legacy)" "$database"
    printf '    target: "host=127.0.0.1 port=%d dbname=%s user=pgtandem"\n' "$(cluster_port target)" "$database"
    printf '    tables: { include: ["public.*"] }\n    allow_trust: true\n'
    for line in "$@"; do
      printf '    %s\n' "$line"
    done
    printf 'outbox: { path: ./outbox, min_free: 512MiB }\ntransport: local\nlog: { level: info }\n'
  } >"$pgtandem_config"
}

# Starts the daemon and waits until it accepts connections. Its log is $work/pgtandem.log.
pgtandem_start() {
  setsid "$pgtandem_binary" serve -c "$pgtandem_config" >>"$work/pgtandem.log" 2>&1 </dev/null &
  pgtandem_pid=$!
  local deadline=$((SECONDS + 60))
  until (exec 3<>"/dev/tcp/127.0.0.1/$pgtandem_port") 2>/dev/null; do
    if ! kill -0 "$pgtandem_pid" 2>/dev/null || ((SECONDS > deadline)); then
      tail -n 20 "$work/pgtandem.log" | ui_quote
      return 1
    fi
    sleep 0.1
  done
}

pgtandem_stop() {
  [[ -n $pgtandem_pid ]] || return 0
  kill -TERM "$pgtandem_pid" 2>/dev/null || true
  local deadline=$((SECONDS + 15))
  while kill -0 "$pgtandem_pid" 2>/dev/null; do
    ((SECONDS <= deadline)) || kill -KILL "$pgtandem_pid" 2>/dev/null || true
    sleep 0.1
  done
  pgtandem_pid=''
}

# A command of the CLI against this daemon: `pgtandem_do status --json`.
pgtandem_do() {
  local command=$1
  shift
  "$pgtandem_binary" "$command" -c "$pgtandem_config" "$@"
}

# Records prepared and not yet applied on the target; nothing when the daemon does not answer.
# python3 reads the JSON: it is there already for the tests, and jq is not.
pgtandem_lag() {
  pgtandem_do status --json 2>/dev/null | /usr/bin/python3 -c '
import json, sys
database = json.load(sys.stdin)["databases"][0]
print(database["prepared"] - database["applied"])' 2>/dev/null || true
}
