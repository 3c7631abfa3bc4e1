#!/bin/sh
# Speed of look-ups with their events in the trace, and of signing in beside them, on PostgreSQL; as ratios of one run.
# Usage: sh tests/bench_access.sh
#   SECONDS_EACH=20   how long each measure takes
#   SOHOA=PROGRAM     a program that is built already
# pgbench runs the same look-up and the same insert, on a copy of the same database in the same server; wrk and hey ask
# ours over HTTP with a system's token, and take their share of the same cores.
set -eu
cd "$(dirname "$0")/.."
. samples/packages.sh
need_rust
need_packages build run test bench
if [ -z "${SOHOA:-}" ]; then
    cargo build --release --locked --quiet
    SOHOA=$(cd "${CARGO_TARGET_DIR:-target}/release" && pwd)/sohoa
fi
each=${SECONDS_EACH:-20}
bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1)
work=$(mktemp -d)
service=""
as_plain() { "$@"; }
if [ "$(id -u)" -eq 0 ]; then
    as_plain() { runuser -u postgres -- "$@"; }
    chown postgres "$work"
fi
finish() {
    [ -z "$service" ] || kill "$service" 2>/dev/null || true
    [ -z "$service" ] || wait "$service" 2>/dev/null || true
    (cd / && as_plain "$bin/pg_ctl" -D "$work/pg" -m immediate stop >/dev/null 2>&1) || true
    rm -rf "$work"
}
trap finish EXIT
chmod 755 "$work"

# A server as Debian sets it up: every commit reaches the disk.
(
    cd "$work"
    as_plain "$bin/initdb" -D "$work/pg" -A trust -U postgres -E UTF8 --locale=C.UTF-8 >/dev/null
    as_plain "$bin/pg_ctl" -D "$work/pg" -l "$work/pg/log" -w \
        -o "-k '$work' -c listen_addresses=''" start >/dev/null
    as_plain "$bin/createdb" -h "$work" -U postgres sohoa
)
sql() { "$bin/psql" -h "$work" -U postgres -qAt "$@"; }

# One stored paper of the sample dossier, a system that reads, and five officers.
export SOHOA_DATABASE="postgres://postgres@localhost/sohoa?host=$work"
cat >"$work/sohoa.toml" <<TOML
data = "$work/data"
listen = "127.0.0.1:0"
[service]
requests_per_second = 1000000
sign_ins_per_minute = 1000000
[log]
level = "warn"
TOML
# shellcheck disable=SC2046 # names of samples are words
"$SOHOA" digitise --config "$work/sohoa.toml" --json --accept --officer demo $(find samples/dossier -name '*.pdf' | sort) \
    >"$work/answers" 2>/dev/null || true
owner=$(python3 -c '
import json, sys
stored = [a for a in map(json.loads, sys.stdin) if a["outcome"] == "stored"]
print(stored[0]["code"]["owner"])' <"$work/answers")
"$SOHOA" serve --config "$work/sohoa.toml" --demo 2>"$work/log" &
service=$!
url=""
while [ -z "$url" ]; do
    sleep 0.2
    kill -0 "$service"
    url=$(sed -n 's/.*\(http:[^ ]*\).*/\1/p' "$work/log" | head -n 1)
done
"$SOHOA" client add --config "$work/sohoa.toml" --name bench --scope documents.read >"$work/client"
id=$(sed -n 's/^client_id\t//p' "$work/client")
secret=$(sed -n 's/^client_secret\t//p' "$work/client")
printf '{"owner":"%s","purpose":"do toc do"}' "$owner" >"$work/question"

bearer() {
    curl -sS -u "$id:$secret" -d grant_type=client_credentials "$url/oauth/token" |
        sed 's/.*"access_token":"\([^"]*\)".*/\1/'
}

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

# The same tables and the same statements, beside a service that rests.
sql -d sohoa -c "SELECT lookup_key FROM owner_identifier WHERE is_number = 1 LIMIT 1" >"$work/key"
kill -STOP "$service"
sql -d postgres -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'sohoa'" >/dev/null
sql -d postgres -c "CREATE DATABASE peer TEMPLATE sohoa"
kill -CONT "$service"
sql -d peer -c "CREATE SEQUENCE peer_time; CREATE TABLE peer_event AS SELECT * FROM audit_event WHERE action = 'look_up_owner' LIMIT 1"
cat >"$work/peer.sql" <<SQL
SELECT owner_id FROM owner_identifier WHERE lookup_key = '$(cat "$work/key")' AND is_number = 1;
BEGIN;
INSERT INTO audit_event (happened_at, turn, actor_id, actor_sealed, action, object_kind, object_id,
                         purpose_sealed, change_sealed, detail, mac)
SELECT 4000000000000000 + nextval('peer_time'), pg_current_xact_id()::text::bigint, actor_id, actor_sealed, action,
       object_kind, object_id, purpose_sealed, change_sealed, detail, mac FROM peer_event;
COMMIT;
SQL
"$bin/pgbench" -h "$work" -U postgres -n -c 16 -j 2 -M prepared -T "$each" -f "$work/peer.sql" peer >"$work/peer" 2>&1
theirs=$(sed -n 's/^tps = \([0-9.]*\).*/\1/p' "$work/peer")
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
