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
# Twelve figures that are no part of a longer number, of an id or of a hash.
number='(^|[^-0-9A-Fa-f.])[0-9]{12}($|[^-0-9A-Fa-f])'
# A frequent surname with a given name behind it.
name='(Nguyễn|Trần|Lê|Phạm|Hoàng|Huỳnh|Phan|Vũ|Võ|Đặng|Bùi|Đỗ|Hồ|Ngô|Dương|Lý) ([A-ZĐÀ-Ỹ][a-zđà-ỹ]+)'
if LC_ALL=C.UTF-8 grep -nEo "$number|$name" "$logs"/*.log >&2; then
    echo "Personal data was logged: the lines above." >&2
    exit 1
fi
echo "No personal data in $(cat "$logs"/*.log | wc -l) lines of logs."
