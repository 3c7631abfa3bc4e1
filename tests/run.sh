#!/bin/sh
# Runs every test; installs what is missing first. Usage: sh tests/run.sh [arguments of cargo test]
set -eu
cd "$(dirname "$0")/.."
. samples/packages.sh
. tests/judges.sh
need_rust
need_packages build
# What running needs is fetched while the compiler works.
{ need_packages run test && need_judges; } &
others=$!
cargo test --locked --no-run --lib --tests "$@"
wait "$others"
# The tests start PostgreSQL themselves, on a private socket; nothing is skipped without it.
rm -rf "${CARGO_TARGET_DIR:-target}/tmp/logs"
# Programs of samples/ are no tests; clippy builds them in .ci/run.
cargo test --locked --lib --tests "$@"
# Not where a filter leaves most of them out.
[ $# -gt 0 ] || sh tests/leaks.sh
