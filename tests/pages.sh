#!/bin/sh
# Finds the faults of generated papers: 300 papers with every fault that pages can have, a third of them in a style
# that nobody tuned on; the program's findings against the truth, kind by kind. Usage: sh tests/pages.sh [PAPERS]
#   SEED=7        other papers
#   KEEP=DIR      papers and answers stay in DIR
#   JOBS=2        reading processes
set -eu
cd "$(dirname "$0")/.."
. samples/packages.sh
. tests/measure.sh
prepare
make_papers pages --count "${1:-300}" --seed "${SEED:-20261121}" --held-out
# The declared pages stand in the list.
read_papers
"$generate" judge --dir "$work/papers" --answers "$work/answers.ndjson"
