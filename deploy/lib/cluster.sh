# shellcheck shell=bash
# Throwaway PostgreSQL clusters. Sourced; needs ui.sh. All live in $work, which work_create makes and
# work_remove takes away again with every server that was started in it.

postgres_bin=${PG_BINDIR:-/usr/lib/postgresql/15/bin}
work=''

# PostgreSQL refuses to run as root: its programs run as `postgres` then, as ourselves otherwise.
as_server_user() {
  if ((EUID == 0)); then
    (cd / && exec runuser -u postgres -- "$@")
  else
    (cd / && exec "$@")
  fi
}

# Makes the directory that everything of one run lives in.
work_create() {
  work=$(mktemp -d "${TMPDIR:-/tmp}/pgtandem.XXXXXX")
  chmod 755 "$work"
}

# Stops every server in $work and removes it.
work_remove() {
  [[ -n $work && -d $work ]] || return 0
  local data
  for data in "$work"/*/data; do
    [[ -e $data/postmaster.pid ]] && cluster_stop "$(basename "$(dirname "$data")")" immediate
  done
  rm -rf "$work"
  work=''
}

# A TCP port that nobody listens on, below the range the kernel hands out to outgoing connections.
free_port() {
  local port
  while :; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  printf '%d' "$port"
}

# $1: name; further arguments: settings. Creates $work/<name>/data and starts it on a free port of 127.0.0.1
# (in $work/<name>/port), with a Unix socket in $work/<name>. Everybody is trusted.
cluster_create() {
  local name=$1 home="$work/$1" setting
  shift
  mkdir "$home"
  ((EUID != 0)) || chown postgres "$home"
  as_server_user "$postgres_bin/initdb" -D "$home/data" -U postgres --auth=trust --encoding=UTF8 \
    --locale=C.UTF-8 --no-sync >"$work/$name.initdb.log" 2>&1 || {
    ui_quote <"$work/$name.initdb.log"
    return 1
  }
  {
    printf "listen_addresses = '127.0.0.1'\nunix_socket_directories = '%s'\n" "$home"
    printf 'max_connections = 200\nshared_buffers = 128MB\nmax_wal_size = 2GB\n'
    printf 'checkpoint_timeout = 30min\nlogging_collector = off\nlog_min_messages = warning\n'
    for setting in "$@"; do
      printf '%s\n' "$setting"
    done
  } | as_server_user tee -a "$home/data/postgresql.conf" >/dev/null
  cluster_start "$name"
}

# Starts a stopped cluster again; on its old port if it had one.
cluster_start() {
  local home="$work/$1" attempt port
  for attempt in 1 2 3 4 5; do
    port=$(cat "$home/port" 2>/dev/null || free_port)
    if as_server_user "$postgres_bin/pg_ctl" -D "$home/data" -l "$home/data/server.log" -o "-p $port" \
        -w -t 60 -s start >/dev/null 2>&1; then
      printf '%d' "$port" >"$home/port"
      return 0
    fi
    # Somebody else may have taken a port that was free a moment ago.
    if [[ -e $home/port ]] || ! grep -qs 'could not bind' "$home/data/server.log"; then
      break
    fi
  done
  ui_say "server '$1' did not start (attempt $attempt):"
  tail -n 20 "$home/data/server.log" | ui_quote
  return 1
}

# $1: name; $2: smart, fast or immediate (as a crash).
cluster_stop() {
  as_server_user "$postgres_bin/pg_ctl" -D "$work/$1/data" -m "$2" -w -t 60 -s stop >/dev/null 2>&1 || true
}

cluster_port() { cat "$work/$1/port"; }

# $1: cluster; $2: database; further arguments: psql's. As superuser, stops at the first error.
cluster_psql() {
  local name=$1 database=$2
  shift 2
  PGOPTIONS='-c client_min_messages=warning' "$postgres_bin/psql" -X -q -v ON_ERROR_STOP=1 \
    -h 127.0.0.1 -p "$(cluster_port "$name")" -U postgres -d "$database" "$@"
}
