#!/bin/sh
# Speed of look-ups with their events in the trace, and of signing in beside them, on PostgreSQL; as ratios of one run.
# Usage: sh tests/bench_access.sh
#   SECONDS_EACH=20   how long each measure takes
#   SOHOA=PROGRAM     a program that is built already
# pgbench runs the same look-up and the same insert, on the same database; wrk and hey ask
# ours over HTTP with a system's token, and take their share of the same cores.
set -eu
cd "$(dirname "$0")/.."
. samples/packages.sh
need_rust
need_packages build run test bench
if [ -z "${SOHOA:-}" ]; then
    . tests/built.sh
    SOHOA="$built/sohoa"
fi
each=${SECONDS_EACH:-20}
. tests/beside_postgres.sh

# A server as Debian sets it up: every commit reaches the disk. One stored paper of the sample dossier, a system that reads,
# and five officers.
server ""
owner=$(python3 -c '
import json, sys
stored = [a for a in map(json.loads, sys.stdin) if a["outcome"] == "stored"]
print(stored[0]["code"]["owner"])' <"$work/answers")
started
system_with --scope documents.read
printf '{"owner":"%s","purpose":"do toc do"}' "$owner" >"$work/question"

# asked FILE HEY-OPTIONS…: look-ups over HTTP, the report into FILE.
asked() {
    report=$1
    shift
    hey -z "${each}s" -m POST -T application/json -H "Authorization: Bearer $(bearer)" -D "$work/question" "$@" \
        "$url/api/v1/owners/lookup" >"$report"
    grep -q '\[200\]' "$report" || { cat "$report" >&2; exit 1; }
    ! grep -q '\[[345][0-9][0-9]\].*responses' "$report" || { cat "$report" >&2; exit 1; }
}
rate_of() { sed -n 's/.*Requests\/sec:[^0-9]*//p' "$1"; }
p_of() { sed -n "s/.*$1% in \([0-9.]*\) secs.*/\1/p" "$2"; }
milliseconds() { awk "BEGIN { printf \"%.1f\", $1 * 1000 }"; }

echo "As many as it can (wrk, 16 at once):"
cat >"$work/ask.lua" <<LUA
wrk.method, wrk.body = "POST", [[$(cat "$work/question")]]
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer $(bearer)"
LUA
wrk -t 1 -c 16 -d "${each}s" --latency -s "$work/ask.lua" "$url/api/v1/owners/lookup" >"$work/most"
if grep -q 'Non-2xx\|Socket errors' "$work/most"; then
    cat "$work/most" >&2
    exit 1
fi
ours=$(sed -n 's/^Requests\/sec: *//p' "$work/most")
ours_p99=$(sed -n 's/^ *99% *//p' "$work/most")

# The same tables and the same statements.
theirs=$(peer 16)
echo "  sohoa over HTTP      $ours a second, p99 $ours_p99"
echo "  pgbench, same SQL    $theirs a second"
awk "BEGIN { printf \"  ratio                %.2f (asked: 0.50 at least)\n\", $ours / $theirs }"

echo "500 a second (20 at once, 25 a second each):"
asked "$work/steady" -c 20 -q 25
echo "  reached $(rate_of "$work/steady") a second, p50 $(milliseconds "$(p_of 50 "$work/steady")") ms, p99 $(milliseconds "$(p_of 99 "$work/steady")") ms (asked: 20 at most)"

echo "100 a second, alone and while 20 sign in at once, again and again:"
asked "$work/alone" -c 10 -q 10
(while :; do
    hey -n 20 -c 20 -m POST -T application/x-www-form-urlencoded -d 'name=tiep.nhan&password=dung-thu-1917' \
        -disable-redirects "$url/sign-in" >>"$work/sign-ins" 2>&1
done) &
signing=$!
asked "$work/beside" -c 10 -q 10
kill "$signing"
alone=$(p_of 99 "$work/alone")
beside=$(p_of 99 "$work/beside")
echo "  alone p99 $(milliseconds "$alone") ms, beside sign-ins p99 $(milliseconds "$beside") ms ($(grep -c Summary "$work/sign-ins") rounds of 20)"
awk "BEGIN { printf \"  ratio %.2f (asked: 2 at most)\n\", $beside / $alone }"
"$SOHOA" audit verify --config "$work/sohoa.toml"
