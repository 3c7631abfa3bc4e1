# The program and the tools of samples/ in release; sets `built` to the folder where they are. Sourced by benchmarks; not a
# command of its own. All in one command: what the tools need besides would have the library built once more for them.
cargo build --release --locked --quiet --bin sohoa --example coded --example fill --example generate --example prepared
built=$(cd "${CARGO_TARGET_DIR:-target}/release" && pwd)
