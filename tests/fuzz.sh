#!/bin/sh
# Fuzzes every entry of foreign bytes; installs what is missing first.
# The seeds are small files of every kind that Pillow and qpdf write.
# Usage: sh tests/fuzz.sh [seconds for each target, 300] [targets, all]
# What is found lies in tests/fuzz/artifacts; once it is mended, the file moves to tests/regressions.
set -eu
cd "$(dirname "$0")/.."
. samples/packages.sh
need_rust
need_packages build
seconds=${1:-300}
[ $# -gt 0 ] && shift
toolchain=nightly
rustup toolchain list | grep -q "^$toolchain" || rustup toolchain install "$toolchain" --profile minimal
cargo fuzz --version >/dev/null 2>&1 || cargo install cargo-fuzz --version 0.13.2 --locked
# No sanitizer: our code has no `unsafe`; bounds, overflows and time are what is looked for.
fuzz="cargo +$toolchain fuzz"
[ $# -gt 0 ] || set -- $($fuzz list --fuzz-dir tests/fuzz)

corpus=tests/fuzz/corpus
failed=
seed() { # target, files: small ones, as each is tried thousands of times
    target=$1
    shift
    mkdir -p "$corpus/$target"
    for file; do
        [ -f "$file" ] && [ "$(wc -c <"$file")" -lt 400000 ] && cp "$file" "$corpus/$target/" || true
    done
}
for target; do
    case $target in
    pdf | inspect | stamp | revisions | changes) seed "$target" samples/dossier/*.pdf tests/fuzz/seeds/*.pdf ;;
    jpeg) seed "$target" samples/dossier/*.jpg samples/dossier/*/*.jpg tests/fuzz/seeds/*.jpg ;;
    png) seed "$target" samples/dossier/*/*.png tests/fuzz/seeds/*.png ;;
    tiff) seed "$target" samples/dossier/*.tif tests/fuzz/seeds/*.tif ;;
    cms) seed "$target" tests/fuzz/seeds/*.cms tests/fuzz/seeds/*.crl tests/fuzz/seeds/*.ocsp tests/fuzz/seeds/*.cer tests/golden/*.cms ;;
    table) seed "$target" samples/dossier/*.csv tests/fuzz/seeds/*.csv tests/fuzz/seeds/*.xlsx ;;
    names) seed "$target" tests/fuzz/seeds/*.txt ;;
    *) seed "$target" samples/dossier/*.* samples/dossier/*/* tests/fuzz/seeds/*.??? ;;
    esac
    echo "== $target, $seconds s"
    $fuzz run --fuzz-dir tests/fuzz --sanitizer none "$target" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1536 -max_len=400000 -print_final_stats=1 || failed="$failed $target"
done
if [ -n "$failed" ]; then
    echo "Found something: $failed; see tests/fuzz/artifacts." >&2
    exit 1
fi
