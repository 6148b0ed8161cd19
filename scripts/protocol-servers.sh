#!/bin/sh
# Installs the servers and clients of Debian 12 that test/protocol/servers.test.ts puts behind the protocol detection filter.
# Nothing is started: the tests start what they need, on free ports of 127.0.0.1. Arguments are further packages, of which each has
# a command of its own name. Safe to call again.
set -eu

say() { printf 'protocol-servers: %s\n' "$*" >&2; }
fail() { say "$*"; exit 3; }
# Servers are in sbin, or like PostgreSQL's in a folder that no PATH has.
has() { PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null 2>&1; }

# What shows that a package is there, and the package.
WANTED="redis-server:redis-server redis-cli:redis-tools psql:postgresql-client mariadbd:mariadb-server
  mariadb:mariadb-client exim4:exim4-daemon-light sshd:openssh-server ssh:openssh-client mosquitto:mosquitto
  mosquitto_pub:mosquitto-clients memcached:memcached curl:curl openssl:openssl"

missing=
for pair in $WANTED; do
  has "${pair%%:*}" || missing="$missing ${pair#*:}"
done
for name in "$@"; do
  has "$name" || missing="$missing $name"
done
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
[ -n "$missing" ] || { say "all there"; exit 0; }
[ "$(id -u)" = 0 ] || fail "missing:$missing; installing them needs root: sudo $0"
has apt-get || fail "missing:$missing; no apt-get to install them with"

# Packages of servers start them, and PostgreSQL's makes a cluster; neither is wanted here.
POLICY=/usr/sbin/policy-rc.d
if [ ! -e "$POLICY" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$POLICY"
  chmod 755 "$POLICY"
  trap 'rm -f "$POLICY"' EXIT
fi
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
  mkdir -p /etc/postgresql-common
  echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
fi
say "installing$missing"
# A mirror may fail once, and another apt-get may run.
PATIENT="-o Acquire::Retries=3 -o DPkg::Lock::Timeout=240"
# shellcheck disable=SC2086 # several arguments
apt-get $PATIENT update -qq
# shellcheck disable=SC2086 # one argument a package
DEBIAN_FRONTEND=noninteractive apt-get $PATIENT install -y -qq --no-install-recommends $missing >/dev/null
say "installed"
