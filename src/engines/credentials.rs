//! What proves that somebody is who they say: passwords under Argon2id, codes of an authenticator (RFC 6238).
//!
//! Slow on purpose: never on a thread that serves requests. Knows nothing of accounts and locks.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use totp_rs::{Builder, Secret, Totp};

use crate::domain::account::Password;

/// Memory and rounds of a hash: RFC 9106, second recommended choice.
const MEMORY_KIB: u32 = 64 * 1024;
const ROUNDS: u32 = 3;
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
    seconds: u64,
    last_step: u64,
) -> Result<Option<u64>, CredentialError> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).take(8).collect();
    let step = totp(secret, "sohoa")?.check(&code, seconds);
    Ok(step.filter(|step| *step > last_step))
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
            assert_eq!(step_of_code(secret, code, seconds, last).unwrap(), step, "{seconds} {code}");
        }
        assert!(enrolment(secret, "an.nguyen").unwrap().starts_with("otpauth://totp/"));
        assert_ne!(second_factor().unwrap(), second_factor().unwrap());
    }
}
