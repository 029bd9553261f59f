#!/usr/bin/env bash
# One run, many ways: threads, parts, folders of files, locale, time zone, folder, processor features, debug build.
# CSV bytes must be equal everywhere, and Parquet files too within one build. Takes minutes.
#
#   tests/slow/same_bytes.sh [scale]    (HEALTHDATA and HEALTHDATA_DEBUG take programs that are built already)
set -euo pipefail
cd "$(dirname "$0")/../.."
scale="${1:-3}"
if [ -z "${HEALTHDATA:-}" ]; then cargo build --release --quiet; fi
if [ -z "${HEALTHDATA_DEBUG:-}" ]; then cargo build --quiet; fi
release="${HEALTHDATA:-$PWD/target/release/healthdata}"
debug="${HEALTHDATA_DEBUG:-$PWD/target/debug/healthdata}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
"$release" reference --patients 2000 --out-dir "$work/data" --quiet
"$release" fit "$work/data" --out "$work/model" --quiet

# sample <folder> <arguments...>
sample() { local out="$1"; shift; "$release" sample "$work/model" --scale "$scale" --quiet --no-check --out-dir "$work/$out" "$@"; }
# The checksum of all tables of a folder by name, parts put together without their headers.
sums() {
    (cd "$work/$1" && find . -name '*.csv' | sed 's:/part-[0-9-]*\.csv$:.csv:' | sort -u | while read -r table; do
        files=("$table")
        [ -f "$table" ] || mapfile -t files < <(find "${table%.csv}" -name 'part-*.csv' | sort)
        { head -n 1 "${files[0]}"; for f in "${files[@]}"; do tail -n +2 "$f"; done; } | sha256sum | sed "s:-:$table:"
    done)
}
same() {
    if [ "$(sums "$1")" != "$whole" ]; then echo "FAILED: $1 differs"; diff <(sums "$1") <(echo "$whole"); exit 1; fi
    echo "same: $1"
    rm -rf "${work:?}/$1"
}

sample whole --threads 2
whole="$(sums whole)"
for threads in 1 3 8; do sample "threads-$threads" --threads $threads; same "threads-$threads"; done
for n in 1 2 7 64; do
    for i in $(seq 1 "$n"); do
        sample "part-$i" --part "$i/$n" --threads 2
        mkdir -p "$work/parts-$n"
        (cd "$work/part-$i" && find . -name '*.csv' -exec cp --parents {} "$work/parts-$n" \;)
        rm -rf "${work:?}/part-$i"
    done
    same "parts-$n"
done
sample files --rows-per-file 20000
same files
LC_ALL=tr_TR.UTF-8 LANG=tr_TR.UTF-8 TZ=Pacific/Kiritimati sample elsewhere/in/an/other/folder
same elsewhere/in/an/other/folder
GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX,-FMA,-SSE4_2,-ERMS sample masked
same masked
"$debug" sample "$work/model" --scale "$scale" --quiet --no-check --out-dir "$work/debug"
same debug

sample p2 --format parquet --threads 2
for threads in 1 3 8; do
    sample "p$threads" --format parquet --threads $threads
    diff -r -x manifest.json "$work/p2" "$work/p$threads"
    echo "same: Parquet with $threads threads"
done
echo "all the same"
