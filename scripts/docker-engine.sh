#!/bin/sh
# Makes a Docker engine answer on a Debian 12 machine, for the tests that run Envoy in a container. Installs it if it is
# missing, starts it in the background if it is not running, and waits until `docker info` answers. Safe to call again.
set -eu

LOG_DIR=${TREMULA_DOCKER_LOG_DIR:-/var/log/tremula-docker}
WAIT_SECONDS=60

say() { printf 'docker-engine: %s\n' "$*" >&2; }
fail() { say "$*"; exit 3; }
answers() { docker info >/dev/null 2>&1; }
has() { command -v "$1" >/dev/null 2>&1; }

# $1 what is waited for, $2 pid of the process that must stay alive, $3 its log, then the condition
wait_for() {
  what=$1 pid=$2 log=$3
  shift 3
  end=$(($(date +%s) + WAIT_SECONDS))
  until "$@"; do
    if ! kill -0 "$pid" 2>/dev/null; then
      tail -n 20 "$log" >&2
      fail "the process ended while waiting for $what; its log is $log"
    fi
    if [ "$(date +%s)" -ge "$end" ]; then
      tail -n 20 "$log" >&2
      fail "waited ${WAIT_SECONDS} s for $what; the log is $log"
    fi
    sleep 0.1
  done
}

if has docker && answers; then
  say "already running: $(docker info --format '{{.ServerVersion}}, {{.Driver}}')"
  exit 0
fi
[ "$(id -u)" = 0 ] || fail "no engine answers, and starting one needs root: sudo $0"

if ! has dockerd || ! has containerd || ! has docker; then
  has apt-get || fail "no dockerd, and no apt-get to install it with"
  say "installing docker.io"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker.io >/dev/null
fi

mkdir -p "$LOG_DIR"
if [ -d /run/systemd/system ]; then
  say "starting the docker service"
  systemctl start docker
  answers || fail "the docker service started, but docker info does not answer: journalctl -u docker"
  exit 0
fi

# No service manager: a container or a sandbox. Such a place rarely allows firewall rules, bridges or overlay mounts, so
# the engine does without them; containers run with --network host.
say "starting containerd and dockerd, logs in $LOG_DIR"
CONTAINERD_SOCKET=/run/containerd/containerd.sock
if ! pidof containerd >/dev/null; then
  rm -f "$CONTAINERD_SOCKET"
  setsid containerd >"$LOG_DIR/containerd.log" 2>&1 </dev/null &
fi
wait_for "containerd's socket" "$(pidof -s containerd || echo $!)" "$LOG_DIR/containerd.log" test -S "$CONTAINERD_SOCKET"

if ! pidof dockerd >/dev/null; then
  rm -f /run/docker.pid /var/run/docker.pid
  setsid dockerd --containerd "$CONTAINERD_SOCKET" --iptables=false --bridge=none --storage-driver vfs \
    >"$LOG_DIR/dockerd.log" 2>&1 </dev/null &
fi
wait_for "docker info to answer" "$(pidof -s dockerd || echo $!)" "$LOG_DIR/dockerd.log" answers
say "running: $(docker info --format '{{.ServerVersion}}, {{.Driver}}')"
