#!/bin/sh
# Speed and memory, as ratios of one run. Usage: sh tests/bench.sh
#   PER_KIND=2   generated papers of each kind (about 20 pages); more is slower and steadier
#   KEEP=DIR     papers, pictures and answers stay in DIR
# 1. Checks of Điều 9 alone: seconds per page over decoding, and their share of the whole way.
# 2. The whole way (decode, check, read, fields, PDF, store) with two reading processes against `ocrmypdf -l vie
#    --jobs 2` on the same PDFs, and against two single-thread Tesseract processes that get the same pages as pictures
#    already scaled, straightened and cleaned: of the sample dossier, then of A4 pages in colour at 300 dpi.
# 3. Peak memory of the service and of each reading process on a colour PDF of 100 pages at 300 dpi.
set -eu
cd "$(dirname "$0")/.."
. samples/packages.sh
need_rust
need_packages build run test bench
. tests/built.sh
sohoa="$built/sohoa"
generate="$built/examples/generate"
samples="$PWD/samples/dossier"
if [ -n "${KEEP:-}" ]; then
    mkdir -p "$KEEP"
    work=$(cd "$KEEP" && pwd)
else
    work=$(mktemp -d)
fi
service=""
trap '[ -z "$service" ] || kill "$service" 2>/dev/null; [ -n "${KEEP:-}" ] || rm -rf "$work"' EXIT

pages_of() { qpdf --show-npages "$1"; }

# timed FILE COMMAND…: seconds, CPU seconds and peak kilobytes into FILE, whatever the command says.
timed() {
    figures=$1
    shift
    /usr/bin/time -f '%e %U %S %M' -o "$figures" "$@" || true
}

# All of one list, each to a searchable PDF; ours also checks pages, reads fields and stores.
ours() {
    name=$1
    shift
    rm -rf "$work/$name-data"
    timed "$work/$name.sohoa" "$sohoa" digitise --jobs 2 --data "$work/$name-data" --json --accept --officer demo \
        --out "$work/$name-out" "$@" >"$work/$name.answers" 2>"$work/$name.log"
}

theirs() {
    name=$1
    shift
    mkdir -p "$work/$name-peer"
    # shellcheck disable=SC2016 # for the inner shell
    timed "$work/$name.ocrmypdf" sh -c 'out=$1; shift
        for pdf in "$@"; do ocrmypdf -q -l vie --jobs 2 --force-ocr "$pdf" "$out/$(basename "$pdf")"; done' \
        peer "$work/$name-peer" "$@"
}

# Two Tesseract processes, each with every other picture, each loading its model once.
bare() {
    name=$1
    shift
    rm -rf "$work/$name-pictures"
    "$built/examples/prepared" --out "$work/$name-pictures" "$@"
    cut -f1 "$work/$name-pictures/pages.tsv" | sed "s|^|$work/$name-pictures/|" >"$work/$name.all"
    awk 'NR % 2' "$work/$name.all" >"$work/$name.odd"
    awk 'NR % 2 == 0' "$work/$name.all" >"$work/$name.even"
    # shellcheck disable=SC2016
    timed "$work/$name.tesseract" env OMP_THREAD_LIMIT=1 sh -c '
        tesseract "$1.odd" "$1.odd-text" -l vie --dpi 150 2>/dev/null & tesseract "$1.even" "$1.even-text" -l vie --dpi 150 2>/dev/null
        wait' bare "$work/$name"
}

whole_way() {
    name=$1
    what=$2
    shift 2
    pages=0
    for pdf in "$@"; do pages=$((pages + $(pages_of "$pdf"))); done
    ours "$name" "$@"
    theirs "$name" "$@"
    bare "$name" "$@"
    awk -v pages="$pages" -v what="$what" '
        # `time` puts a line of words before the figures when the command ended with another code than 0.
        /^[0-9.]+ / { sub(/.*\./, "", FILENAME); f = FILENAME; wall[f] = $1; cpu[f] = $2 + $3; peak[f] = $4 / 1024; order[++n] = f }
        END {
            printf "%s, %d pages\n", what, pages
            for (i = 1; i <= n; i++) {
                f = order[i]
                printf "  %-10s %7.1f pages/min %6.2f CPU s/page %5.0f MB in the largest process\n", f, pages * 60 / wall[f], cpu[f] / pages, peak[f]
            }
            printf "  %.1f x the pages/min of ocrmypdf (wanted: 8), %.1f x less CPU\n", wall["ocrmypdf"] / wall["sohoa"], cpu["ocrmypdf"] / cpu["sohoa"]
            printf "  %.0f %% of the pages/min of bare Tesseract (wanted: 80)\n", 100 * wall["tesseract"] / wall["sohoa"]
        }' "$work/$name.sohoa" "$work/$name.ocrmypdf" "$work/$name.tesseract"
}

# The peak of a process and of each reading process under it, in kilobytes, over what FILE says already.
note_peaks() {
    for status in /proc/[0-9]*/status; do
        awk -v top="$1" '
            /^Pid:/ { pid = $2 } /^PPid:/ { parent = $2 } /^VmHWM:/ { peak = $2 }
            END { if (pid == top) print "service", pid, peak; else if (parent == top && peak) print "reader", pid, peak }
        ' "$status" 2>/dev/null >>"$2" || true
    done
}

peaks() {
    awk -v what="$1" '
        { if ($3 > peak[$1 " " $2]) peak[$1 " " $2] = $3 }
        END {
            for (p in peak) { split(p, kind, " "); if (peak[p] > most[kind[1]]) most[kind[1]] = peak[p] }
            printf "%s: service %.0f MB (wanted: 120), reading process %.0f MB (wanted: 150)\n", what, most["service"] / 1024, most["reader"] / 1024
        }' "$2"
}

memory() {
    port=$((20000 + $$ % 20000))
    printf 'listen = "127.0.0.1:%s"\ndata = "%s"\n[readers]\nn_readers = 2\n' "$port" "$work/service" >"$work/service.toml"
    rm -rf "$work/service" "$work/peaks" "$work/peaks-cli" "$work/memory-data"
    "$sohoa" serve --config "$work/service.toml" >"$work/service.log" 2>&1 &
    service=$!
    at="http://127.0.0.1:$port/api/v1"
    id() { grep -o '"id":"[^"]*"' | head -n 1 | cut -d'"' -f4; }
    until curl -sf -o "$work/ready" "$at/../../"; do sleep 0.2; done
    dossier=$(curl -sf -H 'content-type: application/json' -d '{"procedure":"1.001776"}' "$at/dossiers" | id)
    paper=$(curl -sf -F "file=@$1" -F form=original "$at/dossiers/$dossier/components/01/papers" | id)
    while curl -sf "$at/papers/$paper" | grep -Eq '"state":"(received|checking|reading|to_code)"'; do
        note_peaks "$service" "$work/peaks"
        sleep 0.5
    done
    note_peaks "$service" "$work/peaks"
    kill "$service"
    wait "$service" 2>/dev/null || true
    service=""
    peaks "memory, $(pages_of "$1") pages received and read" "$work/peaks"
    "$sohoa" digitise --jobs 2 --data "$work/memory-data" --json --accept --officer demo --out "$work/memory-out" "$1" \
        >"$work/memory.answers" 2>"$work/memory.log" &
    whole=$!
    while kill -0 "$whole" 2>/dev/null; do
        note_peaks "$whole" "$work/peaks-cli"
        sleep 0.1
    done
    peaks "memory, the whole way by digitise" "$work/peaks-cli"
}

say "Making papers."
rm -rf "$work/fine"
"$generate" --out "$work/fine" --per-kind "${PER_KIND:-2}" --seed 5 --dpi 300 >/dev/null
fine=$(find "$work/fine" -mindepth 1 -maxdepth 1 ! -name '*.json' ! -name '*.csv' | sort)

# shellcheck disable=SC2086 # the list is words
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
        printf "check: %d pages, %.3f s/page over decoding (%.3f), %.3f for page numbers; %.0f %% of the whole way\n", pages, check / pages / 1000, decode / pages / 1000, number / pages / 1000, 100 * whole_check / whole
    }' "$work/checked" "$work/digitised"

# shellcheck disable=SC2086,SC2046
whole_way samples "the sample dossier" $(ls "$samples"/*.pdf)
colour=$(for pdf in "$work"/fine/*.pdf; do pdfimages -list "$pdf" | awk -v pdf="$pdf" 'NR > 2 && ($6 != "rgb" || $13 < 290) { other = 1 } END { if (!other && NR > 2) print pdf }'; done)
# shellcheck disable=SC2086
whole_way colour "A4 in colour at 300 dpi" $colour

# A hundred pages: the same papers over and over, from copies, so that no page shares its picture with another.
n=0
round=0
set --
while [ "$n" -lt 100 ]; do
    round=$((round + 1))
    for pdf in $colour; do
        [ "$n" -lt 100 ] || break
        copy="$work/copy-$round-$(basename "$pdf")"
        cp "$pdf" "$copy"
        set -- "$@" "$copy" 1-z
        n=$((n + $(pages_of "$copy")))
    done
done
qpdf --empty --pages "$@" -- "$work/hundred.pdf"
rm -f "$work"/copy-*
memory "$work/hundred.pdf"
