#!/bin/sh
# Reads generated papers of 34 kinds, spoiled in 22 ways, a third of them with letters, heads and words that nobody
# tuned on, and holds every field against the truth: right, asked, silently wrong; then how far the confidence can be
# trusted. Usage: sh tests/reading.sh [PAPERS]
#   SEED=7          other papers
#   KEEP=DIR        papers and answers stay in DIR
#   JOBS=2          reading processes
#   CONFIG=F.toml   another configuration of the program, such as one with a lower threshold
set -eu
cd "$(dirname "$0")/.."
. samples/packages.sh
. tests/measure.sh
prepare
make_papers reading --count "${1:-330}" --seed "${SEED:-20261122}"
# Pages and procedure stand in the list, as a clerk names them.
read_papers ${CONFIG:+--config "$CONFIG"}
"$generate" reliability --dir "$work/papers" --answers "$work/answers.ndjson"
"$generate" judge-reading --dir "$work/papers" --answers "$work/answers.ndjson"
