#!/bin/sh
# Speed of a large store on PostgreSQL: look-ups of owners and of codes, changes, search by words; with 50
# clients. As ratios of one run.
# Usage: sh tests/bench_store.sh
#   SIZES="10000 1000000"   documents in the store, one measure after the other; the long form ends with 10000000
#   WORDS=1000000           so many documents can be searched for; the index of all ten million would take 50 GB
#   SECONDS_EACH=15         how long each measure takes
#   SHARED=6GB              memory of PostgreSQL's own; a quarter of the machine's is what its manual begins with
#   SOHOA=PROGRAM FILL=PROGRAM   programs that are built already
# The peer is pgbench with the same look-up of an owner and the same insert into the trace, on the same database.
set -eu
cd "$(dirname "$0")/.."
. samples/packages.sh
need_rust
need_packages build run test bench
if [ -z "${SOHOA:-}" ] || [ -z "${FILL:-}" ]; then
    . tests/built.sh
    SOHOA="$built/sohoa"
    FILL="$built/examples/fill"
fi
each=${SECONDS_EACH:-15}
words=${WORDS:-1000000}
. tests/beside_postgres.sh

# The sample dossier first: what all others are made after.
server "-c shared_buffers=${SHARED:-6GB} -c max_wal_size=4GB"

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

# asked NAME PATH BODIES [GET]: 50 clients for a while, twice, since of a store that is larger than memory what is asked for
# the first time comes from the disk; "rate p50 p95 p99 wrong" of the second time into FILE NAME.
asked() {
    asked_once "$@"
    mv "$work/$1" "$work/$1-first"
    asked_once "$@"
}
asked_once() {
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

# Many rows are loaded faster where indexes come afterwards and nobody asks what each row refers to.
without_indexes() {
    sql -d sohoa <<'SQL' >"$work/indexes"
SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s;', conrelid::regclass, conname, pg_get_constraintdef(oid))
  FROM pg_constraint AS made WHERE contype IN ('p', 'u') AND connamespace = 'public'::regnamespace
   AND conrelid::regclass::text IN ('record', 'document_code', 'owner_identifier', 'search_word', 'search_record')
   AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE contype = 'f' AND conindid = made.conindid);
SELECT indexdef || ';' FROM pg_indexes WHERE schemaname = 'public'
   AND indexname NOT IN (SELECT conname FROM pg_constraint);
SQL
    {
        sed -n 's/^ALTER TABLE \([^ ]*\) ADD CONSTRAINT \([^ ]*\) .*/ALTER TABLE \1 DROP CONSTRAINT \2;/p' "$work/indexes"
        sed -n 's/^CREATE \(UNIQUE \)\{0,1\}INDEX \([^ ]*\) .*/DROP INDEX \2;/p' "$work/indexes"
        echo "ALTER DATABASE sohoa SET session_replication_role = replica;"
        echo "ALTER SYSTEM SET autovacuum = off;"
        echo "SELECT pg_reload_conf();"
    } | sql -d sohoa >/dev/null
}
with_indexes() {
    {
        echo "SET maintenance_work_mem = '1GB';"
        cat "$work/indexes"
        echo "ALTER DATABASE sohoa RESET session_replication_role;"
        echo "ALTER SYSTEM RESET autovacuum;"
        echo "SELECT pg_reload_conf();"
    } | sql -d sohoa >/dev/null
}
unchained="SELECT EXISTS (SELECT 1 FROM audit_event, audit_head
    WHERE (turn, happened_at) > (until_turn, until_at) ORDER BY turn, happened_at LIMIT 1)"

ratio() { awk "BEGIN { printf \"%.2f\", $1 / $2 }"; }
p50() { cut -d ' ' -f 2 "$work/$1"; }
rate() { cut -d ' ' -f 1 "$work/$1"; }

# Accounts for trying out, and a system that reads.
started
system_with --scope documents.read --scope changes.read
stopped

from=0
for size in ${SIZES:-10000 1000000}; do
    without_indexes
    "$FILL" --database "$SOHOA_DATABASE" --keys "$work/data/sohoa.keys" --from "$from" --documents "$size" \
        --words "$words" --questions "$work/questions" --asker "$id"
    with_indexes
    # Started anew: it opens what is there, and plans anew. Not measured before all events are chained.
    started
    until [ "$(sql -d sohoa -c "$unchained")" = f ]; do sleep 1; done
    # What filling left to be written is not what look-ups cost.
    sql -d sohoa -c "VACUUM ANALYZE" -c "CHECKPOINT"
    echo "$size documents, $(sql -d sohoa -c "SELECT pg_size_pretty(pg_database_size('sohoa'))"):"
    shown="Authorization: Bearer $(bearer)"
    echo "  owners by number:"
    asked "owners-$size" /api/v1/owners/lookup "$work/questions/owners"
    echo "  documents by code:"
    asked "codes-$size" /api/v1/documents/lookup "$work/questions/codes"
    echo "  50 changes from anywhere:"
    asked "changes-$size" /api/v1/changes "$work/questions/changes" GET
    if [ "$size" -le "$words" ]; then
        curl -sS -o /dev/null -c "$work/cookies" -H "Origin: $url" -d 'name=tiep.nhan&password=dung-thu-1917' "$url/sign-in"
        shown="Cookie: sohoa=$(awk '$6 == "sohoa" { print $7 }' "$work/cookies")"
        echo "  search for a number, by an officer, each hit opened and traced:"
        asked "searches-$size" /api/v1/documents/search "$work/questions/searches"
    fi
    stopped
    theirs=$(peer 50)
    echo "  pgbench, look-up of an owner and insert: $theirs a second"
    echo "  ratio of look-ups by number $(ratio "$(rate "owners-$size")" "$theirs") (asked: 0.50 at least)"
    if [ "$from" -gt 0 ]; then
        for what in owners codes changes searches; do
            [ -e "$work/$what-$size" ] || continue
            for time in "" -first; do
                echo "  $what$time: $(ratio "$(p50 "$what-$size$time")" "$(p50 "$what-$least$time")") times the median of $least (asked: 1.5 at most)"
            done
        done
    fi
    [ "$from" -gt 0 ] || least=$size
    from=$size
done
