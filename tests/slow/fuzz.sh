#!/usr/bin/env bash
# Builds the fuzz targets with the pinned toolchain and runs each for a bounded time, from its seeds and what earlier
# runs found. A panic, ten seconds for one input or 2 GiB of memory is a failure; the input is kept in fuzz/artifacts.
#
#   tests/slow/fuzz.sh [seconds for each target] [target ...]
#
# With a nightly toolchain, `cargo fuzz run <target> fuzz/corpus/<target> fuzz/seeds/<target>` does the same and has
# the address sanitizer.
set -euo pipefail
cd "$(dirname "$0")/../../fuzz"
seconds="${1:-60}"
shift || true
targets=("$@")
if [ ${#targets[@]} = 0 ]; then targets=(csv parquet metadata rules model_file manifest); fi

# What cargo-fuzz asks of the compiler, without the sanitizers that need a nightly one.
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares"
host="$(rustc -vV | sed -n 's/^host: //p')"
# shellcheck disable=SC2046
cargo build --locked --release --quiet --target "$host" $(printf -- '--bin %s ' "${targets[@]}")
# The files that a target reads; in memory, as there are many.
scratch="$(mktemp -d -p "$([ -d /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")")"
trap 'rm -rf "$scratch"' EXIT
failed=0
for target in "${targets[@]}"; do
    mkdir -p "corpus/$target" "artifacts/$target"
    said="$scratch/$target"
    if HEALTHDATA_FUZZ="$scratch" "target/$host/release/$target" "corpus/$target" "seeds/$target" \
        -artifact_prefix="artifacts/$target/" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -malloc_limit_mb=2048 -max_len=65536 -print_final_stats=1 -verbosity=1 >"$said" 2>&1; then
        echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$said") executions, nothing found"
    else
        tail -40 "$said"
        echo "FAILED: $target"
        failed=1
    fi
done
exit $failed
