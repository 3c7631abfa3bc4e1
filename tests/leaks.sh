#!/bin/sh
# Looks through everything that the program logged while the tests ran, and everything that its commands wrote to
# stderr: no number of a person, no name. Usage: sh tests/leaks.sh (tests/run.sh calls it)
set -eu
cd "$(dirname "$0")/.."
logs=${CARGO_TARGET_DIR:-target}/tmp/logs
if ! grep -qs '"message":"a job is done"' "$logs"/services-*.log; then
    echo "No log of a whole run in $logs: nothing can be said." >&2
    exit 1
fi
# Twelve figures that are no part of a longer number, of an id or of a hash; a frequent surname with a name behind it.
number='(?<![-0-9A-Fa-f.])[0-9]{12}(?![-0-9A-Fa-f])'
name='(Nguyễn|Trần|Lê|Phạm|Hoàng|Huỳnh|Phan|Vũ|Võ|Đặng|Bùi|Đỗ|Hồ|Ngô|Dương|Lý) \p{Lu}\p{Ll}+'
found() { LC_ALL=C.UTF-8 grep -nPo "$number|$name" "$@"; }
# It must find what it looks for.
for leak in 'owner 001085012345 looked up' '{"name":"Nguyễn Ưỡng"}'; do
    printf '%s\n' "$leak" | found - >/dev/null || { echo "The search itself does not work." >&2; exit 1; }
done
status=0
found "$logs"/*.log >&2 || status=$?
case $status in
    0) echo "Personal data was logged: the lines above." >&2; exit 1 ;;
    1) echo "No personal data in $(cat "$logs"/*.log | wc -l) lines of logs." ;;
    *) echo "The logs can't be searched." >&2; exit 1 ;;
esac
