# Installs the Debian packages that building, running and testing need. Sourced by the scripts
# beside it and in tests/; not a command of its own.
#
#   need_rust            stops in one sentence when Rust is missing or too old
#   need_packages LIST   installs what is missing of "build", "run", "test", "bench"

say() { printf '%s\n' "$*" >&2; }

need_rust() {
    [ -x "$HOME/.cargo/bin/cargo" ] && PATH="$HOME/.cargo/bin:$PATH" && export PATH
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    if ! command -v cargo >/dev/null 2>&1; then
        say "Rust is missing: install $wanted or newer with rustup, then run this again."
        exit 1
    fi
    found=$(rustc --version | sed 's/^rustc \([0-9]*\.[0-9]*\).*/\1/')
    if [ "$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n 1)" != "$wanted" ]; then
        say "Rust $found is too old: $wanted or newer is needed (run: rustup update stable)."
        exit 1
    fi
}

packages_of() {
    case $1 in
        build) echo "gcc libc6-dev pkg-config clang libclang-dev libtesseract-dev libleptonica-dev libssl-dev" ;;
        run) echo "tesseract-ocr-vie tesseract-ocr-osd" ;;
        test) echo "poppler-utils qpdf openssl postgresql fonts-liberation2 fonts-dejavu-core fonts-freefont-ttf python3-venv softhsm2 opensc oathtool chromium clamav-daemon curl" ;;
        bench) echo "ocrmypdf time curl hey wrk postgresql" ;;
    esac
}

reason_of() {
    case $1 in
        build) echo "to build: compiler, linker, headers of Tesseract, Leptonica and OpenSSL" ;;
        run) echo "to read Vietnamese: Tesseract's models" ;;
        test) echo "to test: independent PDF tools, a PostgreSQL server, a browser, tokens, an antivirus program, a TLS client, fonts of sample papers, a spelling checker" ;;
        bench) echo "to compare: ocrmypdf and pgbench as named peers, curl, hey and wrk to ask" ;;
    esac
}

need_packages() {
    missing=""
    for kind in "$@"; do
        lacking=""
        for package in $(packages_of "$kind"); do
            dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || lacking="$lacking $package"
        done
        if [ -n "$lacking" ]; then
            say "Missing ($(reason_of "$kind")):$lacking"
            missing="$missing$lacking"
        fi
    done
    [ -z "$missing" ] && return 0
    if ! command -v apt-get >/dev/null 2>&1; then
        say "There is no apt-get here: install these packages by hand, then run this again:$missing"
        exit 1
    fi
    if [ "$(id -u)" -eq 0 ]; then as_root=""
    elif command -v sudo >/dev/null 2>&1; then as_root="sudo"
    else
        say "Only root can install them: run as root: apt-get install --no-install-recommends$missing"
        exit 1
    fi
    say "Installing:$missing"
    log=$(mktemp)
    # shellcheck disable=SC2086 # the lists are words
    if ! { $as_root apt-get update -qq && $as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        say "apt-get could not install them; its last lines stand above, all of them in $log."
        exit 1
    fi
    rm -f "$log"
}
