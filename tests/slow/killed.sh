#!/usr/bin/env bash
# Runs killed (kill -9) at random moments and started again until they end give the same bytes; and one whose disk becomes
# full half-way says so, keeps what is finished and goes on when there is room.
#
#   tests/slow/killed.sh [kills]        (of each of two formats, 50 without it; HEALTHDATA=program takes a built one)
#   tests/slow/killed.sh 1000           the full run: 2,000 kills
set -euo pipefail
cd "$(dirname "$0")/../.."
kills="${1:-50}"
if [ -z "${HEALTHDATA:-}" ]; then cargo build --release --quiet; fi
healthdata="${HEALTHDATA:-$PWD/target/release/healthdata}"
work="$(mktemp -d)"
trap 'umount "$work/small" 2>/dev/null || true; rm -rf "$work"' EXIT
"$healthdata" reference --patients 2000 --out-dir "$work/data" --quiet
"$healthdata" fit "$work/data" --out "$work/model" --quiet
# exec, so that the process that is killed is the program itself.
run() { exec "$healthdata" sample "$work/model" --scale 2 --rows-per-file 4000 --quiet --no-check --format "$1" --out-dir "$2"; }
sums() { (cd "$1" && find . -type f | sort | xargs sha256sum); }

RANDOM=7
for format in csv parquet; do
    start=$(date +%s%N)
    (run $format "$work/whole")
    millis=$((($(date +%s%N) - start) / 1000000))
    killed=0 runs=0
    while [ $killed -lt "$kills" ]; do
        rm -rf "${work:?}/out"
        # Killed once or more, each time somewhere in a whole run's time, until a run comes to its end.
        for _ in $(seq 0 $((RANDOM % 3))); do
            (run $format "$work/out") & pid=$!
            sleep "$(printf '0.%03d' $((RANDOM % (millis < 999 ? millis : 999))))"
            kill -9 $pid 2>/dev/null || true
            # A run that was faster than the kill is none that was killed.
            code=0 && wait $pid 2>/dev/null || code=$?
            if [ $code = 137 ]; then killed=$((killed + 1)); fi
        done
        (run $format "$work/out")
        "$healthdata" verify "$work/out" --quiet
        if ! diff <(sums "$work/out") <(sums "$work/whole"); then echo "FAILED: $format: other bytes after a kill"; exit 1; fi
        runs=$((runs + 1))
    done
    echo "$format: $killed kills, after which $runs of $runs runs ended in the same bytes"
    cp -r "$work/whole" "$work/whole-$format"
    rm -rf "${work:?}/whole"
done

# A disk that is too small needs a mount of its own.
mkdir "$work/small"
size=$(du -sk "$work/whole-csv" | cut -f1)
if mount -t tmpfs -o size=$((size / 2))k tmpfs "$work/small" 2>/dev/null; then
    if (run csv "$work/small/out") 2>"$work/said"; then echo "FAILED: a full disk was not noticed"; exit 1; fi
    grep -q "no space left; finished files are kept" "$work/said"
    mount -o remount,size=$((size * 2))k "$work/small"
    (run csv "$work/small/out")
    diff <(sums "$work/small/out") <(sums "$work/whole-csv")
    echo "a full disk: said, kept, and gone on with"
else
    echo "a full disk: not tried, mounting needs root"
fi
