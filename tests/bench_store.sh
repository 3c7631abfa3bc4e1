#!/bin/sh
# Speed of a large store on PostgreSQL: look-ups of owners and of codes, changes, search by words; with 50
# clients. As ratios of one run.
# Usage: sh tests/bench_store.sh
#   SIZES="10000 1000000"   documents in the store, one measure after the other; the long form ends with 10000000
#   SECONDS_EACH=15         how long each measure takes
#   SOHOA=PROGRAM FILL=PROGRAM   programs that are built already
# The peer is pgbench with the same look-up of an owner and the same insert into the trace, on a copy of the same database.
set -eu
cd "$(dirname "$0")/.."
. samples/packages.sh
need_rust
need_packages build run test bench
if [ -z "${SOHOA:-}" ] || [ -z "${FILL:-}" ]; then
    cargo build --release --locked --quiet
    cargo build --release --locked --quiet --example fill
    built=$(cd "${CARGO_TARGET_DIR:-target}/release" && pwd)
    SOHOA="$built/sohoa"
    FILL="$built/examples/fill"
fi
each=${SECONDS_EACH:-15}
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
(
    cd "$work"
    as_plain "$bin/initdb" -D "$work/pg" -A trust -U postgres -E UTF8 --locale=C.UTF-8 >/dev/null
    as_plain "$bin/pg_ctl" -D "$work/pg" -l "$work/pg/log" -w \
        -o "-k '$work' -c listen_addresses='' -c shared_buffers=1GB -c max_wal_size=8GB" start >/dev/null
    as_plain "$bin/createdb" -h "$work" -U postgres sohoa
)
sql() { "$bin/psql" -h "$work" -U postgres -qAt "$@"; }

# The sample dossier first: what all others are made after.
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

# What wrk sends: bodies of the file in turn, each thread from a place of its own.
cat >"$work/ask.lua" <<'LUA'
local bodies, at, path, method = {}, 0, nil, "POST"
local threads = 0
function setup(thread)
    thread:set("from", threads * 7919)
    threads = threads + 1
end
function init(args)
    path = args[1]
    method = args[3] or "POST"
    for line in io.lines(args[2]) do bodies[#bodies + 1] = line end
    at = from
end
function request()
    at = at + 1
    local body = bodies[at % #bodies + 1]
    if method == "GET" then return wrk.format("GET", path .. body) end
    return wrk.format("POST", path, nil, body)
end
function done(summary, latency, requests)
    local wrong = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
    io.write(string.format("FIGURES %.0f %.2f %.2f %.2f %d\n", summary.requests / summary.duration * 1e6,
        latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000, wrong))
end
LUA

# asked NAME PATH BODIES [GET]: 50 clients for a while; "rate p50 p95 p99 wrong" into FILE NAME.
asked() {
    wrk -t 2 -c 50 -d "${each}s" --timeout 10s -s "$work/ask.lua" -H "$shown" -H "Origin: $url" \
        -H "Content-Type: application/json" "$url" -- "$2" "$3" ${4:+"$4"} >"$work/said" 2>&1
    figures=$(sed -n 's/^FIGURES //p' "$work/said")
    if [ -z "$figures" ] || [ "${figures##* }" != 0 ]; then
        cat "$work/said" >&2
        exit 1
    fi
    echo "$figures" >"$work/$1"
    # shellcheck disable=SC2086 # five figures
    set -- $figures
    echo "    $1 a second, p50 $2, p95 $3, p99 $4 ms"
}

peer() {
    sql -d postgres -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'sohoa'" >/dev/null
    sql -d postgres -c "DROP DATABASE IF EXISTS peer" -c "CREATE DATABASE peer TEMPLATE sohoa"
    sql -d peer -c "CREATE SEQUENCE peer_time; CREATE TABLE peer_event AS SELECT * FROM audit_event WHERE action = 'look_up_owner' LIMIT 1"
    rm -f "$work"/peer-*.sql
    sql -d peer -c "SELECT lookup_key FROM owner_identifier WHERE is_number = 1 ORDER BY lookup_key LIMIT 64" |
        while read -r key; do
            cat >"$work/peer-$key.sql" <<SQL
SELECT owner_id FROM owner_identifier WHERE lookup_key = '$key' AND is_number = 1;
BEGIN;
INSERT INTO audit_event (happened_at, turn, actor_id, actor_sealed, action, object_kind, object_id,
                         purpose_sealed, change_sealed, detail, mac)
SELECT 4000000000000000 + nextval('peer_time'), pg_current_xact_id()::text::bigint, actor_id, actor_sealed, action,
       object_kind, object_id, purpose_sealed, change_sealed, detail, mac FROM peer_event;
COMMIT;
SQL
        done
    set --
    for file in "$work"/peer-*.sql; do set -- "$@" -f "$file"; done
    "$bin/pgbench" -h "$work" -U postgres -n -c 50 -j 2 -M prepared -T "$each" "$@" peer >"$work/peer" 2>&1
    sed -n 's/^tps = \([0-9.]*\).*/\1/p' "$work/peer" >"$work/peer-rate"
    sql -d postgres -c "DROP DATABASE peer"
}

ratio() { awk "BEGIN { printf \"%.2f\", $1 / $2 }"; }
p50() { cut -d ' ' -f 2 "$work/$1"; }
rate() { cut -d ' ' -f 1 "$work/$1"; }

started() {
    "$SOHOA" serve --config "$work/sohoa.toml" --demo 2>"$work/log" &
    service=$!
    url=""
    while [ -z "$url" ]; do
        sleep 0.2
        kill -0 "$service"
        url=$(sed -n 's/.*\(http:[^ ]*\).*/\1/p' "$work/log" | head -n 1)
    done
}
stopped() {
    kill "$service"
    wait "$service" || true
    service=""
}

# Accounts for trying out, and a system that reads.
started
"$SOHOA" client add --config "$work/sohoa.toml" --name bench --scope documents.read --scope changes.read >"$work/client"
id=$(sed -n 's/^client_id\t//p' "$work/client")
secret=$(sed -n 's/^client_secret\t//p' "$work/client")
stopped

from=0
for size in ${SIZES:-10000 1000000}; do
    "$FILL" --database "$SOHOA_DATABASE" --keys "$work/data/sohoa.keys" --from "$from" --documents "$size" \
        --questions "$work/questions" --asker "$id"
    sql -d sohoa -c "VACUUM ANALYZE"
    # Started anew: it opens what is there, and plans anew.
    started
    shown="Authorization: Bearer $(curl -sS -u "$id:$secret" -d grant_type=client_credentials "$url/oauth/token" |
        sed 's/.*"access_token":"\([^"]*\)".*/\1/')"
    echo "  owners by number:"
    asked "owners-$size" /api/v1/owners/lookup "$work/questions/owners"
    echo "  documents by code:"
    asked "codes-$size" /api/v1/documents/lookup "$work/questions/codes"
    echo "  50 changes from anywhere:"
    asked "changes-$size" /api/v1/changes "$work/questions/changes" GET
    curl -sS -o /dev/null -c "$work/cookies" -H "Origin: $url" -d 'name=tiep.nhan&password=dung-thu-1917' "$url/sign-in"
    shown="Cookie: sohoa=$(awk '$6 == "sohoa" { print $7 }' "$work/cookies")"
    echo "  search for a number, by an officer, each hit opened and traced:"
    asked "searches-$size" /api/v1/documents/search "$work/questions/searches"
    stopped
    peer
    echo "  pgbench, look-up of an owner and insert: $(cat "$work/peer-rate") a second"
    echo "  ratio of look-ups by number $(ratio "$(rate "owners-$size")" "$(cat "$work/peer-rate")") (asked: 0.50 at least)"
    if [ "$from" -gt 0 ]; then
        for what in owners codes changes searches; do
            echo "  $what: $(ratio "$(p50 "$what-$size")" "$(p50 "$what-$least")") times the median of $least (asked: 1.5 at most)"
        done
    fi
    [ "$from" -gt 0 ] || least=$size
    from=$size
done
