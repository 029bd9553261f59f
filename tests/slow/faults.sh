#!/usr/bin/env bash
# Every writer, broken at every point: the n-th open, write, sync, rename, mkdir and unlink fails, or the program is killed
# before or after it, for n = 1, 2, ... until nothing is left to break. After each: one line of error, no half file under a
# final name, no manifest before all is whole, and the same command again gives the same bytes and leaves nothing else.
#
#   tests/slow/faults.sh [points]       (of each kind and command; all without it. HEALTHDATA=program takes a built one)
set -euo pipefail
cd "$(dirname "$0")/../.."
points="${1:-1000000}"
if [ -z "${HEALTHDATA:-}" ]; then cargo build --release --quiet; fi
healthdata="${HEALTHDATA:-$PWD/target/release/healthdata}"
# In memory where that is possible: what a sync does to a disk is not asked here, only what happens when it fails.
work="$(TMPDIR="$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")" mktemp -d)"
trap 'rm -rf "$work"' EXIT
cc -O1 -shared -fPIC -o "$work/fault.so" tests/slow/fault.c -ldl
export TMPDIR="$work/tmp"
mkdir "$TMPDIR"

"$healthdata" reference --patients 60 --out-dir "$work/data" --quiet
"$healthdata" reference --patients 300 --out-dir "$work/larger" --quiet
"$healthdata" fit "$work/data" --out "$work/model" --quiet
"$healthdata" sample "$work/model" --out-dir "$work/synthetic" --quiet

# The writers; `at` is the folder that they write into.
reference() { program reference --patients 20 --out-dir "$at/out" "$@"; }
sample() { program sample "$work/model" --threads 2 --out-dir "$at/out" "$@"; }
parts() { sample --scale 2 --rows-per-file 1000 --tables wards,patients,vital_signs; }
generate() { program generate --scale 0.1 --tables wards --out-dir "$at/out"; }
fit() { program fit "$work/data" --out "$at/a.model" "$@"; }
detect() { program detect "$work/data" --out "$at/metadata.json" "$@"; }
rules() { program rules "$work/data" --out "$at/metadata.json"; }
evaluate() {
    program evaluate --real "$work/data" --synthetic "$work/synthetic" --only keys \
        --out "$at/page.html" --json "$at/report.json" --junit "$at/report.xml" "$@"
}
check() { program check "$work/data" --junit "$at/report.xml"; }
check_aside() { TMPDIR="$at" program check "$work/larger" --memory 1MB --junit "$at/report.xml"; }

program() { "${prefix[@]}" "$healthdata" "$@" --quiet; }
# Paths and checksums of the files below a folder; of those with a final name only.
all() { (cd "$1" && find . -type f -exec sha256sum {} + | LC_ALL=C sort); }
final() { (cd "$1" && find . -type f ! -name '.*' -exec sha256sum {} + | LC_ALL=C sort); }
paths() { cut -c 67- "$1" | LC_ALL=C sort; }
bad() { echo "FAILED: $1: $2"; shift 2; [ $# -eq 0 ] || cat "$@"; exit 1; }

# What must hold after a fault at a point that `where` names; `code` is how the program ended.
judge() {
    final "$at" > "$work/now"
    local strange
    strange="$(LC_ALL=C comm -23 "$work/now" "$work/either")"
    [ -z "$strange" ] || bad "$where" "a file is neither absent nor whole" <(echo "$strange")
    if [ -e "$at/out/manifest.json" ]; then
        cmp -s "$work/now" "$work/new" || cmp -s "$work/now" "$work/old" || bad "$where" "a manifest and not its files" "$work/now"
    fi
    # A single file that was there is replaced, never lost.
    [ -d "$at/out" ] || [ -z "$(LC_ALL=C comm -23 <(paths "$work/old") <(paths "$work/now"))" ] || bad "$where" "the older file is lost"
    case "$code" in
        137) killed=$((killed + 1)) ;;
        0) all "$at" | cmp -s - "$work/new" || bad "$where" "said that all is well, and it is not" <(all "$at") ;;
        *)
            [ "$(wc -l < "$work/said")" = 1 ] && grep -q '^error: ' "$work/said" || bad "$where" "not one line of error" "$work/said"
            ! grep -q 'mistake in the program' "$work/said" || bad "$where" "a panic" "$work/said"
            ;;
    esac
    prefix=() && "${command[@]}" 2> "$work/said" || bad "$where" "does not go on" "$work/said"
    all "$at" | cmp -s - "$work/new" || bad "$where" "goes on to other files" <(all "$at" | diff "$work/new" -)
}

# fault <title> <arguments of the older run, - for none> <command...>
fault() {
    local title="$1" older="$2" kind mode n
    shift 2
    at="$work/new.d" && mkdir -p "$at" && prefix=() && "$@"
    all "$at" > "$work/new"
    at="$work/old.d" && mkdir -p "$at"
    # shellcheck disable=SC2086 # several arguments
    if [ "$older" != - ]; then "$1" $older; fi
    all "$at" > "$work/old"
    LC_ALL=C sort -u "$work/new" "$work/old" > "$work/either"
    injected=0 killed=0
    for kind in open write sync rename mkdir unlink; do
        for mode in fail before after short full; do
            if [ $kind != write ] && { [ $mode = short ] || [ $mode = full ]; }; then continue; fi
            for ((n = 1, step = 1; ; n += step)); do
                # Every point at first, then further and further apart.
                if ((n > points)); then step=$((n / points + n / 3)); fi
                where="$title, $mode $kind $n"
                command=("$@")
                at="$work/at" && rm -rf "$at" "$work/told" && cp -r "$work/old.d" "$at"
                prefix=(env LD_PRELOAD="$work/fault.so" FAULT="$kind:$n:$mode" FAULT_UNDER="$at" FAULT_TOLD="$work/told")
                code=0 && ("$@") 2> "$work/said" || code=$?
                if [ ! -e "$work/told" ]; then
                    [ $code = 0 ] || bad "$where" "failed with no fault" "$work/said"
                    break
                fi
                injected=$((injected + 1))
                judge
            done
        done
    done
    printf '%-28s %5d faults, %5d of them kills, 0 bad (%d s)\n' "$title" $injected $killed $SECONDS
    sum=$((${sum:-0} + injected)) kills=$((${kills:-0} + killed))
    rm -rf "$work/new.d" "$work/old.d"
}

fault "reference" - reference
fault "sample to CSV" - sample
fault "sample to gzip" - sample --format csv.gz
fault "sample to Parquet" - sample --format parquet
fault "sample to Arrow" - sample --format arrow
fault "sample in files" - parts
fault "sample over another run" "--format parquet --seed 7" sample
# Writes as sample does, and learns first, which takes seconds each time.
if [ $# -eq 0 ]; then fault "generate" - generate; else echo "generate: only in the full run"; fi
fault "fit" - fit
fault "fit over a model" "--seed 7 --min-support 20" fit
fault "detect" - detect
fault "detect over metadata" "--no-values" detect
fault "rules" - rules
fault "evaluate" - evaluate
fault "evaluate over reports" "--seed 7" evaluate
fault "check" - check
fault "check with rows aside" - check_aside
echo "all: $sum faults, $kills of them kills, 0 bad"
