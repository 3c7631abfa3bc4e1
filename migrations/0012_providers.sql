-- Officers sign in by the agency's own provider (OpenID Connect), systems by their certificates.
ALTER TABLE account ADD COLUMN subject_key TEXT; -- keyed hash of issuer and subject
CREATE UNIQUE INDEX account_subject ON account (subject_key);

-- Sign-ins that went to the provider and are not back yet; each comes back once.
CREATE TABLE sign_in_attempt (
    token_key   TEXT   NOT NULL PRIMARY KEY, -- of the state
    browser_key TEXT   NOT NULL,             -- of the browser's cookie
    sealed      TEXT   NOT NULL,             -- nonce, verifier, what it is for
    ends_at     BIGINT NOT NULL
);
CREATE INDEX sign_in_attempt_ends ON sign_in_attempt (ends_at);

ALTER TABLE client ADD COLUMN certificate TEXT; -- SHA-256 of the one that it shows instead of a secret
