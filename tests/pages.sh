#!/bin/sh
# Finds the faults of generated papers: 300 papers with every fault that pages can have, a third of them in a style
# that nobody tuned on; the program's findings against the truth, kind by kind. Usage: sh tests/pages.sh [PAPERS]
#   SEED=7        other papers
#   KEEP=DIR      papers and answers stay in DIR
#   JOBS=2        reading processes
set -eu
cd "$(dirname "$0")/.."
. samples/packages.sh
need_rust
need_packages build run test
papers=${1:-300}
cargo build --release --locked --quiet
cargo build --release --locked --quiet --example generate
built="${CARGO_TARGET_DIR:-target}/release"
if [ -n "${KEEP:-}" ]; then
    work=$KEEP
    mkdir -p "$work"
else
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
fi

say "Making $papers papers."
rm -rf "$work/papers"
"$built/examples/generate" pages --out "$work/papers" --count "$papers" --seed "${SEED:-20261121}" --held-out

# In parts of 25, so that one sees how far it is; the declared pages stand in the list.
: >"$work/answers.ndjson"
tail -n +2 "$work/papers/list.csv" | split -l 25 - "$work/part-"
done=0
for part in "$work"/part-*; do
    { head -n 1 "$work/papers/list.csv"; cat "$part"; } >"$work/papers/part.csv"
    # Its exit code says that a person must look: that is what most of these papers are for.
    "$built/sohoa" digitise --json --dry-run --jobs "${JOBS:-2}" --data "$work/data" --list "$work/papers/part.csv" \
        >>"$work/answers.ndjson" 2>>"$work/log" || true
    done=$((done + $(wc -l <"$part")))
    rm "$part"
    say "Read $done of $papers."
done
"$built/examples/generate" judge --dir "$work/papers" --answers "$work/answers.ndjson"
