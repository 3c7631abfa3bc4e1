#!/bin/sh
# Speed as a ratio: the samples by `sohoa digitise --jobs 2`, and the same PDFs by
# `ocrmypdf -l vie --jobs 2`, in one run. Prints pages/min, CPU s/page and peak memory of each.
# Then the checks of Điều 9 alone, on colour pages of A4 at 300 dpi: seconds per page over decoding, and
# their share of the whole way. One reading process: what it takes is CPU time while nothing else runs.
set -eu
cd "$(dirname "$0")/.."
. samples/packages.sh
need_rust
need_packages build run bench
cargo build --release --locked --quiet
sohoa="${CARGO_TARGET_DIR:-target}/release/sohoa"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

pdfs=$(ls samples/dossier/*.pdf)
pages=0
for pdf in $pdfs; do pages=$((pages + $("$sohoa" check --count "$pdf" | cut -f1))); done

# Both whole ways end in a searchable PDF per paper; ours also reads fields, checks pages and stores.
# shellcheck disable=SC2086 # the list is words
/usr/bin/time -f '%e %U %S %M' -o "$work/ours" \
    "$sohoa" digitise --jobs 2 --data "$work/data" --json --accept --officer demo --out "$work/out" $pdfs >"$work/answers" || true
cat >"$work/peer.sh" <<'END'
out=$1; shift
for pdf in "$@"; do ocrmypdf -q -l vie --jobs 2 --force-ocr "$pdf" "$out/$(basename "$pdf")"; done
END
mkdir "$work/peer"
# shellcheck disable=SC2086
/usr/bin/time -f '%e %U %S %M' -o "$work/theirs" sh "$work/peer.sh" "$work/peer" $pdfs

awk -v pages="$pages" '
    # `time` puts a line of words before the figures when the command ended with another code than 0.
    /^[0-9.]+ / { wall[FILENAME] = $1; cpu[FILENAME] = $2 + $3; peak[FILENAME] = $4 / 1024; order[++n] = FILENAME }
    END {
        for (i = 1; i <= n; i++) {
            f = order[i]; name = (f ~ /ours$/) ? "sohoa digitise" : "ocrmypdf"
            printf "%-15s %3d pages %7.1f pages/min %6.2f CPU s/page %6.0f MB peak\n", name, pages, pages * 60 / wall[f], cpu[f] / pages, peak[f]
        }
        printf "ratio           %.1f x pages/min, %.1f x less CPU\n", wall[order[2]] / wall[order[1]], cpu[order[2]] / cpu[order[1]]
    }' "$work/ours" "$work/theirs"

cargo build --release --locked --quiet --example generate
"${CARGO_TARGET_DIR:-target}/release/examples/generate" --out "$work/fine" --per-kind 2 --seed 5 --dpi 300 >/dev/null
fine=$(find "$work/fine" -mindepth 1 -maxdepth 1 ! -name '*.json' ! -name '*.csv' | sort)
# shellcheck disable=SC2086
"$sohoa" check --jobs 1 --json $fine >"$work/checked" || true
# shellcheck disable=SC2086
"$sohoa" digitise --dry-run --jobs 1 --json --data "$work/fine-data" $fine >"$work/digitised" || true
awk '
    function ms(key) { return match($0, "\"" key "\":[0-9]+") ? substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 3) + 0 : 0 }
    # Papers whose pages are all in colour and of 300 dpi.
    !/"colour":"(grey|bilevel)"/ && !/"dpi":(0|[12][0-9][0-9])[,}]/ {
        n = gsub(/"position":/, "&")
        if (FILENAME ~ /checked$/) { pages += n; decode += ms("decode"); check += ms("check"); number += ms("ocr") }
        else { whole_check += ms("check"); whole += ms("total") }
    }
    END {
        printf "check           %3d pages %7.3f s/page over decoding (%.3f), %.3f for page numbers\n", pages, check / pages / 1000, decode / pages / 1000, number / pages / 1000
        printf "share           %.0f %% of the whole way\n", 100 * whole_check / whole
    }' "$work/checked" "$work/digitised"
