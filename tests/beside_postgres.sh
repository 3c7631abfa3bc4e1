# A service on a PostgreSQL server of its own, and pgbench beside it. Sourced by benchmarks; not a command of its own. Before,
# `SOHOA` is the built program and `each` the seconds of a measure; `work` is a folder that goes when the script ends.
#
#   server OPTIONS        starts PostgreSQL with these options and keeps the sample dossier in a new installation
#   started, stopped      the service, with accounts for trying out, at `url`
#   system_with SCOPES    adds a system: `id`, `secret`
#   bearer                a token of that system
#   sql ARGUMENTS         psql on that server
#   peer CLIENTS          pgbench with a look-up of an owner, of 20,000 from anywhere, and its event in the trace, on the
#                         same database; transactions a second

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

sql() { "$bin/psql" -h "$work" -U postgres -v ON_ERROR_STOP=1 -qAt "$@"; }

server() {
    (
        cd "$work"
        as_plain "$bin/initdb" -D "$work/pg" -A trust -U postgres -E UTF8 --locale=C.UTF-8 >/dev/null
        as_plain "$bin/pg_ctl" -D "$work/pg" -l "$work/pg/log" -w \
            -o "-k '$work' -c listen_addresses='' $1" start >/dev/null
        as_plain "$bin/createdb" -h "$work" -U postgres sohoa
    )
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
    "$SOHOA" digitise --config "$work/sohoa.toml" --json --accept --officer demo \
        $(find samples/dossier -name '*.pdf' | sort) >"$work/answers" 2>/dev/null || true
}

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

system_with() {
    "$SOHOA" client add --config "$work/sohoa.toml" --name bench "$@" >"$work/client"
    id=$(sed -n 's/^client_id\t//p' "$work/client")
    secret=$(sed -n 's/^client_secret\t//p' "$work/client")
}
bearer() {
    curl -sS -u "$id:$secret" -d grant_type=client_credentials "$url/oauth/token" |
        sed 's/.*"access_token":"\([^"]*\)".*/\1/'
}

peer() {
    # Beside a service that rests, on the same rows; what is added here goes again.
    [ -z "$service" ] || kill -STOP "$service"
    sql -d sohoa <<SQL
CREATE SCHEMA peer;
CREATE SEQUENCE peer.time;
CREATE TABLE peer.event AS SELECT * FROM audit_event WHERE action = 'look_up_owner' ORDER BY turn DESC LIMIT 1;
CREATE TABLE peer.key AS SELECT row_number() OVER () AS n, lookup_key
    FROM (SELECT lookup_key FROM owner_identifier WHERE is_number = 1 ORDER BY md5(lookup_key) LIMIT 20000) AS asked;
ALTER TABLE peer.key ADD PRIMARY KEY (n);
VACUUM ANALYZE peer.key;
CHECKPOINT;
SQL
    cat >"$work/peer.sql" <<SQL
\set n random(1, $(sql -d sohoa -c "SELECT count(*) FROM peer.key"))
SELECT owner_id FROM owner_identifier WHERE lookup_key = (SELECT lookup_key FROM peer.key WHERE n = :n) AND is_number = 1;
BEGIN;
INSERT INTO audit_event (happened_at, turn, actor_id, actor_sealed, action, object_kind, object_id,
                         purpose_sealed, change_sealed, detail, mac)
SELECT $beyond + nextval('peer.time'), pg_current_xact_id()::text::bigint, actor_id, actor_sealed, action,
       object_kind, object_id, purpose_sealed, change_sealed, detail, mac FROM peer.event;
COMMIT;
SQL
    "$bin/pgbench" -h "$work" -U postgres -n -c "$1" -j 2 -M prepared -T "$each" -f "$work/peer.sql" sohoa 2>&1 |
        sed -n 's/^tps = \([0-9.]*\).*/\1/p'
    # Events are never deleted, unless by whoever may do everything.
    sql -d sohoa -c "SET session_replication_role = replica" -c "DELETE FROM audit_event WHERE happened_at > $beyond" \
        -c "DROP SCHEMA peer CASCADE" 2>/dev/null
    [ -z "$service" ] || kill -CONT "$service"
}
# The peer's events have times that nobody else's have.
beyond=4000000000000000
