#!/bin/sh
# Digitises the sample dossier: receives, checks, reads, confirms in a trial officer's name, gives
# the codes, stores. Installs what is missing first. Usage: sh samples/demo.sh
set -eu
cd "$(dirname "$0")/.."
. samples/packages.sh
need_rust
need_packages build run

say "Building in release mode (a few minutes the first time) …"
cargo build --release --locked --quiet
sohoa="${CARGO_TARGET_DIR:-target}/release/sohoa"

data=$(mktemp -d "${TMPDIR:-/tmp}/sohoa-demo.XXXXXX")
out="$data/coded"
say "Digitising samples/dossier into $data …"
status=0
"$sohoa" digitise --data "$data" --list samples/dossier/list.csv --out "$out" \
    --accept --officer demo --jobs 2 || status=$?
# 5 says that a person must look at some of them: so it should be, figures written by pen are among them.
if [ "$status" -ne 0 ] && [ "$status" -ne 5 ]; then exit "$status"; fi
"$sohoa" audit verify --data "$data"

cat <<END

Coded PDFs:      $out
See the papers:  $sohoa serve --data $data
                 then open http://127.0.0.1:8080
END
