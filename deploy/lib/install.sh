# shellcheck shell=bash
# The Debian 12 packages that pgtandem needs, and their installation. Sourced; needs ui.sh.

packages_to_build=(
  ca-certificates ccache cmake g++ git ninja-build pkg-config
  libboost-json1.81-dev libboost1.81-dev libcli11-dev libfmt-dev libgmock-dev libgtest-dev
  libpg-query-dev libpq-dev libprotobuf-c-dev librocksdb-dev libspdlog-dev libssl-dev
  libxxhash-dev libyaml-cpp-dev
)
packages_to_run=(postgresql-15 postgresql-client-15 python3)
packages_to_test=(bzip2 clang-14 libclang-rt-14-dev pgbouncer python3-psycopg2 python3-pytest python3-pytest-xdist
  python3-venv shellcheck spin)

# Prints the packages of those toolchains of tests/drivers that are not on PATH: often they come from elsewhere, and newer.
packages_for_drivers() {
  local tool
  for tool in node:nodejs npm:npm mvn:maven javac:openjdk-17-jdk-headless go:golang-go cargo:cargo-web; do
    command -v "${tool%%:*}" >/dev/null || printf '%s\n' "${tool#*:}"
  done
}

# Prints those of the named packages that are not installed.
missing_packages() {
  local name
  for name in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || printf '%s\n' "$name"
  done
}

# Debian starts a server on port 5432 when PostgreSQL is installed, unless told before.
forbid_main_cluster() {
  local file=/etc/postgresql-common/createcluster.conf
  mkdir -p "${file%/*}"
  if grep -qs '^ *create_main_cluster' "$file"; then
    sed -i 's/^ *create_main_cluster.*/create_main_cluster = false/' "$file"
  else
    printf 'create_main_cluster = false\n' >>"$file"
  fi
}

# Installs what is missing of the named packages when root; otherwise names them and fails.
install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  if ((${#missing[@]} == 0)); then
    ui_ok "all $# Debian packages are installed"
    return 0
  fi
  if ((EUID != 0)); then
    ui_say "These Debian packages are missing; install them and start again:"
    printf '\n     sudo apt-get install --no-install-recommends %s\n\n' "${missing[*]}"
    ui_note "(put 'create_main_cluster = false' into /etc/postgresql-common/createcluster.conf"
    ui_note " before, if no PostgreSQL server is to be started on port 5432)"
    return 1
  fi
  ui_say "installing ${#missing[@]} packages: ${missing[*]}"
  if printf '%s\n' "${missing[@]}" | grep -q '^postgresql'; then
    forbid_main_cluster
  fi
  local log
  log=$(mktemp)
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive DPKG_FORCE=confdef,confold \
      apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 20 "$log" | ui_quote
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
  ui_ok "installed"
}
