# What the measures share: make papers, read them in parts, leave the answers. Not a command.
#   SEED=N     other papers
#   KEEP=DIR   papers and answers stay in DIR
#   JOBS=2     reading processes

# Builds in release; sets `generate`, `sohoa` and `work`.
prepare() {
    need_rust
    need_packages build run test
    . tests/built.sh
    generate="$built/examples/generate"
    sohoa="$built/sohoa"
    if [ -n "${KEEP:-}" ]; then
        work=$KEEP
        mkdir -p "$work"
    else
        work=$(mktemp -d)
        trap 'rm -rf "$work"' EXIT
    fi
}

# Makes the papers that the arguments of `generate` name into a fresh $work/papers.
make_papers() {
    say "Making papers."
    rm -rf "$work/papers"
    "$generate" "$@" --out "$work/papers"
}

# Reads all papers of the list into $work/answers.ndjson; arguments go to `digitise`. In parts of 25, so that one sees
# how far it is.
read_papers() {
    : >"$work/answers.ndjson"
    tail -n +2 "$work/papers/list.csv" | split -l 25 - "$work/part-"
    n_read=0
    all=$(($(wc -l <"$work/papers/list.csv") - 1))
    for part in "$work"/part-*; do
        { head -n 1 "$work/papers/list.csv"; cat "$part"; } >"$work/papers/part.csv"
        # Its exit code says that a person must look: that is what many of these papers are for.
        "$sohoa" digitise --json --dry-run --jobs "${JOBS:-2}" --data "$work/data" "$@" \
            --list "$work/papers/part.csv" >>"$work/answers.ndjson" 2>>"$work/log" || true
        n_read=$((n_read + $(wc -l <"$part")))
        rm "$part"
        say "Read $n_read of $all."
    done
}
