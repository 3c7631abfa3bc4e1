# Python tools that judge our signatures and our API from outside, and a provider of sign-ins by other hands. Sourced by tests/run.sh; not a command of its own.
#
#   need_judges   installs pyHanko, oidc-provider-mock, schemathesis and openapi-python-client into a folder of its own beside the built program, where it is missing

need_judges() {
    judges="${CARGO_TARGET_DIR:-target}/judges"
    wanted="pyhanko==0.38.0 pyhanko-cli==0.6.0 oidc-provider-mock==0.3.4 authlib==1.9.9 schemathesis==4.32.5 openapi-python-client==0.29.1"
    if [ "$(cat "$judges/wanted" 2>/dev/null)" != "$wanted" ]; then
        say "Installing judges of signatures, sign-ins and the API: $wanted"
        rm -rf "$judges"
        python3 -m venv "$judges"
        # shellcheck disable=SC2086
        "$judges/bin/pip" install --quiet --disable-pip-version-check $wanted
        printf '%s' "$wanted" >"$judges/wanted"
    fi
}
