//! What proves that somebody is who they say: passwords under Argon2id, codes of an authenticator (RFC 6238).
//!
//! Slow on purpose: never on a thread that serves requests. Knows nothing of accounts and locks.

use std::collections::BTreeSet;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use totp_rs::{Builder, Secret, Totp};

use crate::domain::{
    account::Password,
    ids::ClientId,
    officer::{Scope, parse_scopes, scope_names},
};

/// Memory and rounds of a hash: RFC 9106, second recommended choice.
const MEMORY_KIB: u32 = 64 * 1024;
const ROUNDS: u32 = 3;
/// How long a token of a system holds.
pub const TOKEN_SECONDS: u32 = 600;
/// For whom tokens are; one of another service's, signed with the same secret, is none of ours.
const AUDIENCE: &str = "sohoa";
/// Bytes of a secret that nobody types.
const TOKEN_BYTES: usize = 32;
const TOTP_SECRET_BYTES: usize = 20;

/// Why nothing could be proven; never what was wrong with what was shown.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The system gives no random bytes.
    #[error("hệ điều hành không cấp số ngẫu nhiên")]
    NoRandomness,
    /// What was kept is not a hash, or not a secret.
    #[error("thông tin xác thực đã lưu bị hỏng")]
    Damaged,
}

/// A secret that nobody can guess, as 43 signs that may stand in a URL.
///
/// # Errors
/// [`CredentialError::NoRandomness`].
pub fn token() -> Result<String, CredentialError> {
    Ok(URL_SAFE_NO_PAD.encode(random::<TOKEN_BYTES>()?))
}

/// The hash of a password, as PHC text.
///
/// # Errors
/// [`CredentialError`].
pub fn hash(password: &Password) -> Result<String, CredentialError> {
    let salt = random::<16>()?;
    let hash = argon2()?.hash_password_with_salt(password.expose().as_bytes(), &salt);
    Ok(hash.map_err(|_| CredentialError::Damaged)?.to_string())
}

/// Whether `password` is the one that was hashed. Without a hash it takes as long, and is not.
///
/// # Errors
/// [`CredentialError::Damaged`] when `hash` is no hash.
pub fn is_password(password: &Password, hash: Option<&str>) -> Result<bool, CredentialError> {
    let shown = password.expose().as_bytes();
    let Some(hash) = hash else {
        argon2()?.hash_password_with_salt(shown, &[0; 16]).map_err(|_| CredentialError::Damaged)?;
        return Ok(false);
    };
    let hash = PasswordHash::new(hash).map_err(|_| CredentialError::Damaged)?;
    Ok(argon2()?.verify_password(shown, &hash).is_ok())
}

/// A new secret for an authenticator, base32.
///
/// # Errors
/// [`CredentialError::NoRandomness`].
pub fn second_factor() -> Result<String, CredentialError> {
    Ok(Secret::from(random::<TOTP_SECRET_BYTES>()?.to_vec()).to_base32())
}

/// The address that an authenticator reads from a QR code.
///
/// # Errors
/// [`CredentialError::Damaged`] when `secret` is none.
pub fn enrolment(secret: &str, name: &str) -> Result<String, CredentialError> {
    totp(secret, name)?.to_url().map_err(|_| CredentialError::Damaged)
}

/// The step whose code was shown, at most one off, and behind `last_step`: no code is taken twice.
///
/// # Errors
/// [`CredentialError::Damaged`] when `secret` is none.
pub fn step_of_code(
    secret: &str,
    code: &str,
    now: Timestamp,
    last_step: u64,
) -> Result<Option<u64>, CredentialError> {
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let code: String = code.chars().filter(|c| !c.is_whitespace()).take(8).collect();
    let step = totp(secret, "sohoa")?.check(&code, seconds);
    Ok(step.filter(|step| *step > last_step))
}

/// What a token says (RFC 7519); times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    sub: String,
    aud: String,
    iat: i64,
    exp: i64,
    scope: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation>,
}

/// What has to be shown with a token (RFC 8705, 3.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Confirmation {
    #[serde(rename = "x5t#S256")]
    certificate: String,
}

impl Claims {
    /// Of `client`, for `scopes`, from `now` on.
    pub fn new(client: &ClientId, scopes: &BTreeSet<Scope>, now: Timestamp) -> Self {
        let iat = now.as_second();
        Self {
            sub: client.to_string(),
            aud: AUDIENCE.to_owned(),
            iat,
            exp: iat.saturating_add(i64::from(TOKEN_SECONDS)),
            scope: scope_names(scopes),
            cnf: None,
        }
    }

    /// The same, worth something with that certificate alone.
    pub fn bound_to(self, certificate: Option<&str>) -> Self {
        Self { cnf: certificate.map(|one| Confirmation { certificate: one.to_owned() }), ..self }
    }

    /// SHA-256 of the certificate that has to be shown with it.
    pub fn certificate(&self) -> Option<&str> {
        self.cnf.as_ref().map(|cnf| cnf.certificate.as_str())
    }

    /// The system, what it may ask, and since when; `None` when it says something that we never say.
    pub fn read(&self) -> Option<(ClientId, BTreeSet<Scope>, Timestamp)> {
        Some((
            ClientId::parse(&self.sub).ok()?,
            parse_scopes(&self.scope)?,
            Timestamp::from_second(self.iat).ok()?,
        ))
    }
}

/// The token of `claims`: HMAC with SHA-256, since the servers of an installation share their keys.
///
/// # Errors
/// [`CredentialError::Damaged`] when the library refuses.
pub fn sign_claims(claims: &Claims, secret: &str) -> Result<String, CredentialError> {
    let key = EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&Header::new(jsonwebtoken::Algorithm::HS256), claims, &key)
        .map_err(|_| CredentialError::Damaged)
}

/// What a token says, when it is signed with `secret`, for us, and holds at `now`.
pub fn read_claims(token: &str, secret: &str, now: Timestamp) -> Option<Claims> {
    let mut validation = Validation::new(jsonwebtoken::Algorithm::HS256);
    validation.set_audience(&[AUDIENCE]);
    validation.validate_exp = false; // the library reads a clock of its own
    let key = DecodingKey::from_secret(secret.as_bytes());
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation).ok()?.claims;
    (claims.iat..claims.exp).contains(&now.as_second()).then_some(claims)
}

fn totp(secret: &str, name: &str) -> Result<Totp, CredentialError> {
    let secret = Secret::try_from_base32(secret).map_err(|_| CredentialError::Damaged)?;
    Builder::new()
        .with_secret(secret)
        .with_account_name(name)
        .with_issuer(Some("sohoa"))
        .build()
        .map_err(|_| CredentialError::Damaged)
}

fn argon2() -> Result<Argon2<'static>, CredentialError> {
    let params = Params::new(MEMORY_KIB, ROUNDS, 1, None).map_err(|_| CredentialError::Damaged)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn random<const N: usize>() -> Result<[u8; N], CredentialError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| CredentialError::NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other() {
        let hashed = hash(&Password::shown("một câu dài dễ nhớ")).unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=65536,t=3,p=1$"), "{hashed}");
        assert!(is_password(&Password::shown("một câu dài dễ nhớ"), Some(&hashed)).unwrap());
        assert!(!is_password(&Password::shown("một câu dài dễ nhơ"), Some(&hashed)).unwrap());
        assert!(!is_password(&Password::shown("một câu dài dễ nhớ"), None).unwrap());
        assert!(is_password(&Password::shown("x"), Some("rubbish")).is_err());
        assert_ne!(hashed, hash(&Password::shown("một câu dài dễ nhớ")).unwrap());
    }

    #[test]
    fn tokens_hold_for_minutes_and_for_us_alone() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let later = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        let client = ClientId::parse("portal").unwrap();
        let scopes: BTreeSet<Scope> = [Scope::ReadDocuments, Scope::Verify].into();
        let claims = Claims::new(&client, &scopes, now);
        let token = sign_claims(&claims, "secret").unwrap();
        assert_eq!(
            read_claims(&token, "secret", later(599)).unwrap().read(),
            Some((client.clone(), scopes, now))
        );
        for (token, secret, at) in [
            (token.clone(), "secret", later(600)),
            (token.clone(), "secret", later(-1)),
            (token.clone(), "other", now),
            (token.replace('.', ".x"), "secret", now),
            (String::new(), "secret", now),
            // Unsigned, by a header that says so.
            (format!("eyJhbGciOiJub25lIn0.{}.", token.split('.').nth(1).unwrap()), "secret", now),
            (
                sign_claims(&Claims { aud: "other".into(), ..claims.clone() }, "secret").unwrap(),
                "secret",
                now,
            ),
        ] {
            assert_eq!(read_claims(&token, secret, at), None, "{token} {secret} {at}");
        }
        assert_eq!(Claims { scope: "everything".into(), ..claims }.read(), None);
    }

    #[test]
    fn codes_are_those_of_rfc_6238_and_are_taken_once() {
        // Appendix B: secret "12345678901234567890", SHA-1; the last six of the eight figures.
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        for (seconds, code, last, step) in [
            (59, "287082", 0, Some(1)),
            (59, " 287 082 ", 0, Some(1)),
            (89, "287082", 0, Some(1)),
            (150, "287082", 0, None),
            (59, "287082", 1, None),
            (1_111_111_109, "081804", 0, Some(37_037_036)),
            (1_111_111_109, "081805", 0, None),
            (59, "", 0, None),
        ] {
            let now = Timestamp::from_second(seconds).unwrap();
            assert_eq!(step_of_code(secret, code, now, last).unwrap(), step, "{seconds} {code}");
        }
        assert!(enrolment(secret, "an.nguyen").unwrap().starts_with("otpauth://totp/"));
        assert_ne!(second_factor().unwrap(), second_factor().unwrap());
    }
}
