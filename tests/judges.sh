# Python tools that judge our signatures from outside, and a provider of sign-ins by other hands. Sourced by tests/run.sh; not a command of its own.
#
#   need_judges   installs pyHanko and oidc-provider-mock into a folder of its own beside the built program, where it is missing

need_judges() {
    judges="${CARGO_TARGET_DIR:-target}/judges"
    wanted="pyhanko==0.38.0 pyhanko-cli==0.6.0 oidc-provider-mock==0.3.4 authlib==1.9.9"
    if [ "$(cat "$judges/wanted" 2>/dev/null)" != "$wanted" ]; then
        say "Installing judges of signatures and sign-ins: $wanted"
        rm -rf "$judges"
        python3 -m venv "$judges"
        # shellcheck disable=SC2086
        "$judges/bin/pip" install --quiet --disable-pip-version-check $wanted
        printf '%s' "$wanted" >"$judges/wanted"
    fi
}
