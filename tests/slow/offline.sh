#!/usr/bin/env bash
# The program talks to nobody: it imports no function of sockets, makes no system call of a network, and works where there
# is no network at all.
#
#   tests/slow/offline.sh               (HEALTHDATA=program takes one that is built already)
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ -z "${HEALTHDATA:-}" ]; then cargo build --release --quiet; fi
healthdata="${HEALTHDATA:-$PWD/target/release/healthdata}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cc -O1 -shared -fPIC -o "$work/fault.so" tests/slow/fault.c -ldl

# The jobs a user has, each started by the words given.
jobs_of() {
    "$@" "$healthdata" generate --scale 0.1 --out-dir "$work/hospital" --quiet
    "$@" "$healthdata" reference --patients 60 --out-dir "$work/data" --quiet
    "$@" "$healthdata" rules "$work/data" --out "$work/rules.json" --quiet
    "$@" "$healthdata" fit "$work/data" --metadata "$work/rules.json" --out "$work/model" --quiet
    "$@" "$healthdata" sample "$work/model" --out-dir "$work/new" --format parquet --quiet
    "$@" "$healthdata" evaluate --real "$work/data" --synthetic "$work/new" --quick --out "$work/report.html" --quiet
    "$@" "$healthdata" check "$work/new" --quiet
}

calls='socket|socketpair|connect|bind|listen|accept4?|getaddrinfo|gethostbyname|send(to|msg)|recv(from|msg)'
imports="$(nm -D --undefined-only "$healthdata" | grep -wE "$calls" || true)"
if [ -n "$imports" ]; then echo "FAILED: the program imports $imports"; exit 1; fi
# It does import syscall(), for locks and random numbers: what that may do is traced below.
echo "imports: no function of sockets"

# Each call of socket() would be told, were it the first or not.
jobs_of env LD_PRELOAD="$work/fault.so" FAULT=socket:1:fail FAULT_UNDER=/ FAULT_TOLD="$work/told"
if [ -e "$work/told" ]; then echo "FAILED: a socket was opened"; exit 1; fi
echo "preloaded: socket() was called 0 times by 7 commands"

if command -v strace > /dev/null && strace -o /dev/null true 2> /dev/null; then
    jobs_of strace -f -qq -A -o "$work/trace" -e trace=network -e signal=none
    # A thread that ends while strace looks at it leaves a line that names no call: "???( <detached ...>".
    found="$(grep -cE '[a-z0-9_]+\(' "$work/trace" || true)"
    if [ "$found" != 0 ]; then echo "FAILED: $found system calls of a network"; head "$work/trace"; exit 1; fi
    # Were nothing traced, nothing would be found.
    strace -f -qq -o "$work/trace" -e trace=network -e signal=none bash -c '(: < /dev/tcp/127.0.0.1/9) 2> /dev/null || true'
    grep -q connect "$work/trace"
    echo "traced: 0 system calls of a network by 7 commands"
else
    echo "traced: NOT TRIED, there is no strace or it may not trace"
fi

if unshare -rn true 2> /dev/null; then
    jobs_of unshare -rn
    echo "without a network: 7 commands did their work"
else
    echo "without a network: NOT TRIED, a network of its own is not permitted here"
fi
