//! What an agency's own provider says of an officer (OpenID Connect Core 1.0): its document, its keys, its tokens, held
//! against what was asked.
//!
//! Everything here comes from a stranger until a signature of the provider's keys stands under it. Knows nothing of how
//! it came, of accounts and of stays; the time is an argument.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{
    Algorithm, DecodingKey, crypto,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use openssl::hash::{MessageDigest, hash};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// Signs of the longest token that is looked at.
const MOST_TOKEN: usize = 16 * 1024;
/// Keys of a provider that are looked at.
const MOST_KEYS: usize = 64;
/// How far the clocks of provider and service may lie apart, seconds.
const SKEW: i64 = 60;
/// How long ago a token may have been made: it is fetched right after, seconds.
const MOST_AGE: i64 = 600;
/// Bytes of the modulus of the shortest RSA key that is taken: 2048 bits.
const LEAST_MODULUS: usize = 256;
/// The event that a logout token tells (OpenID Connect Back-Channel Logout 1.0, 2.4).
const LOGOUT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Why nothing is believed. For the log: who signs in learns nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the sentences say it
pub enum OidcFault {
    #[error("the provider's document is no document of it")]
    Document,
    #[error("the provider names an address that may not be asked: https, or http of this machine")]
    Address,
    #[error("the document is of another issuer")]
    OtherIssuer,
    #[error("no token, or none that can be read")]
    Form,
    #[error("signed by an algorithm that is not taken")]
    Algorithm,
    #[error("signed by a key that the provider does not show")]
    UnknownKey,
    #[error("the signature is wrong")]
    Signature,
    #[error("of another issuer")]
    Issuer,
    #[error("for somebody else")]
    Audience,
    #[error("too old")]
    Expired,
    #[error("not yet")]
    NotYet,
    #[error("for another sign-in")]
    Nonce,
    #[error("beside another access token")]
    AccessToken,
    #[error("no subject")]
    Subject,
    #[error("no logout token")]
    NoLogout,
}

/// Whether an address may be asked, or a browser sent there: `https`, or `http` of this very machine.
pub fn is_fit(address: &str) -> bool {
    let is_plain = address.bytes().all(|b| b.is_ascii_graphic() && !b"\"'<>\\^`{|}#".contains(&b));
    let host = |rest: &str| {
        let authority = rest.split(['/', '?']).next().unwrap_or_default().to_owned();
        (!authority.is_empty() && !authority.contains('@')).then_some(authority)
    };
    let is_here = |authority: &str| {
        let name = match authority.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => authority,
        };
        matches!(name, "localhost" | "127.0.0.1" | "[::1]")
    };
    is_plain
        && match (address.strip_prefix("https://"), address.strip_prefix("http://")) {
            (Some(rest), _) => host(rest).is_some(),
            (_, Some(rest)) => host(rest).is_some_and(|authority| is_here(&authority)),
            _ => false,
        }
}

/// Where the provider's document lies (OpenID Connect Discovery 1.0, 4).
pub fn document_address(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

/// What a provider says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Document {
    issuer: String,
    authorization_endpoint: String,
    /// Where a code is redeemed.
    pub token_endpoint: String,
    /// Where its keys lie.
    pub jwks_uri: String,
    #[serde(default = "basic")]
    token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

fn basic() -> Vec<String> {
    vec!["client_secret_basic".to_owned()]
}

impl Document {
    /// The document of `issuer`, with addresses that may be asked.
    ///
    /// # Errors
    /// [`OidcFault::Document`], [`OidcFault::OtherIssuer`], [`OidcFault::Address`].
    pub fn parse(bytes: &[u8], issuer: &str) -> Result<Self, OidcFault> {
        let document: Self = serde_json::from_slice(bytes).map_err(|_| OidcFault::Document)?;
        if document.issuer != issuer {
            return Err(OidcFault::OtherIssuer);
        }
        let Self { authorization_endpoint, token_endpoint, jwks_uri, .. } = &document;
        let are_fit = [authorization_endpoint, token_endpoint, jwks_uri].into_iter().all(|one| is_fit(one));
        if are_fit { Ok(document) } else { Err(OidcFault::Address) }
    }

    /// Where the browser is sent to (Core, 3.1.2.1, with PKCE: RFC 7636).
    pub fn sign_in_address(&self, asked: &Asked<'_>) -> String {
        let challenge = challenge(asked.verifier);
        let query = form(&[
            ("response_type", "code"),
            ("scope", "openid"),
            ("client_id", asked.client_id),
            ("redirect_uri", asked.redirect),
            ("state", asked.state),
            ("nonce", asked.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let joint = if self.authorization_endpoint.contains('?') { '&' } else { '?' };
        format!("{}{joint}{query}", self.authorization_endpoint)
    }

    /// What is sent to redeem a code: the header `Authorization` where the provider takes it, and the form.
    pub fn redemption(
        &self,
        asked: &Asked<'_>,
        code: &str,
        secret: Option<&str>,
    ) -> (Option<String>, String) {
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", asked.redirect),
            ("code_verifier", asked.verifier),
        ];
        let takes = |method: &str| self.token_endpoint_auth_methods_supported.iter().any(|one| one == method);
        let Some(secret) = secret else {
            fields.push(("client_id", asked.client_id));
            return (None, form(&fields));
        };
        if takes("client_secret_basic") || !takes("client_secret_post") {
            // RFC 6749, 2.3.1: both are encoded as in a form first.
            let pair = format!("{}:{}", escaped(asked.client_id), escaped(secret));
            let pair = base64::engine::general_purpose::STANDARD.encode(pair);
            return (Some(format!("Basic {pair}")), form(&fields));
        }
        fields.extend([("client_id", asked.client_id), ("client_secret", secret)]);
        (None, form(&fields))
    }

    /// Whether an answer that says it is of `issuer`, or says nothing, is of this provider (RFC 9207).
    pub fn is_of(&self, issuer: Option<&str>) -> bool {
        match issuer {
            Some(issuer) => issuer == self.issuer,
            None => !self.authorization_response_iss_parameter_supported,
        }
    }
}

/// What one sign-in is known by, on the way there and back.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Who asks.
    pub client_id: &'a str,
    /// Where the browser comes back to.
    pub redirect: &'a str,
    /// Says which sign-in the browser comes back from.
    pub state: &'a str,
    /// Stands in the token.
    pub nonce: &'a str,
    /// Shown when the code is redeemed.
    pub verifier: &'a str,
}

/// The challenge of a verifier: `S256` of RFC 7636, 4.2.
fn challenge(verifier: &str) -> String {
    hash(MessageDigest::sha256(), verifier.as_bytes())
        .map(|digest| URL_SAFE_NO_PAD.encode(digest))
        .unwrap_or_default()
}

/// Fields as a form carries them.
fn form(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    pairs.join("&")
}

fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

/// The keys that a provider shows; such as can't be used are left out.
#[derive(Debug, Clone, Default)]
pub struct KeySet(Vec<Jwk>);

impl KeySet {
    /// The keys of a set (RFC 7517).
    ///
    /// # Errors
    /// [`OidcFault::Document`] when it is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, OidcFault> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_slice(bytes).map_err(|_| OidcFault::Document)?;
        let keys = set.keys.into_iter().take(MOST_KEYS).filter_map(|key| serde_json::from_value(key).ok());
        Ok(Self(keys.collect()))
    }

    /// The one key for a token signed by `algorithm`: of that name, or the only one that fits where none is named.
    fn find(&self, name: Option<&str>, algorithm: Algorithm) -> Result<&Jwk, OidcFault> {
        let mut fitting = self.0.iter().filter(|key| {
            name.is_none_or(|name| key.common.key_id.as_deref() == Some(name)) && fits(key, algorithm)
        });
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            (Some(key), Some(_)) if name.is_some() => Ok(key),
            _ => Err(OidcFault::UnknownKey),
        }
    }
}

/// Whether a key is for signatures, and for those of this algorithm. What is kept secret is no key of a provider's: a
/// signature by a shared secret proves nothing here.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let is_to_sign = key.common.public_key_use.as_ref().is_none_or(|r#use| *r#use == PublicKeyUse::Signature);
    let is_named = key.common.key_algorithm.is_none_or(|named| named == KeyAlgorithm::from(algorithm));
    let is_of_kind = match (&key.algorithm, algorithm) {
        (
            AlgorithmParameters::RSA(rsa),
            Algorithm::RS256
            | Algorithm::RS384
            | Algorithm::RS512
            | Algorithm::PS256
            | Algorithm::PS384
            | Algorithm::PS512,
        ) => URL_SAFE_NO_PAD
            .decode(&rsa.n)
            .is_ok_and(|n| n.iter().skip_while(|byte| **byte == 0).count() >= LEAST_MODULUS),
        (AlgorithmParameters::EllipticCurve(ec), Algorithm::ES256) => ec.curve == EllipticCurve::P256,
        (AlgorithmParameters::EllipticCurve(ec), Algorithm::ES384) => ec.curve == EllipticCurve::P384,
        (AlgorithmParameters::OctetKeyPair(ed), Algorithm::EdDSA) => ed.curve == EllipticCurve::Ed25519,
        _ => false,
    };
    is_to_sign && is_named && is_of_kind
}

/// The algorithms that are taken: signatures by a key of which only the public half is shown.
fn algorithm(name: &str) -> Option<Algorithm> {
    Some(match name {
        "RS256" => Algorithm::RS256,
        "RS384" => Algorithm::RS384,
        "RS512" => Algorithm::RS512,
        "PS256" => Algorithm::PS256,
        "PS384" => Algorithm::PS384,
        "PS512" => Algorithm::PS512,
        "ES256" => Algorithm::ES256,
        "ES384" => Algorithm::ES384,
        "EdDSA" => Algorithm::EdDSA,
        _ => return None,
    })
}

/// What the token has to fit.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Who says it.
    pub issuer: &'a str,
    /// To whom.
    pub client_id: &'a str,
    /// When it is looked at.
    pub now: Timestamp,
}

/// Of whom a token speaks, and how the provider made sure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The officer as the provider names him, for ever.
    pub subject: String,
    /// Class of the authentication.
    pub acr: Option<String>,
    /// Its methods (RFC 8176).
    pub amr: Vec<String>,
}

#[derive(Deserialize)]
struct TokenHeader {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn is(&self, client_id: &str, authorised: Option<&str>) -> bool {
        let is_ours = match self {
            Self::One(one) => one == client_id,
            Self::Several(all) => {
                all.iter().any(|one| one == client_id) && (all.len() == 1 || authorised.is_some())
            }
        };
        is_ours && authorised.is_none_or(|authorised| authorised == client_id)
    }
}

#[derive(Deserialize)]
struct IdClaims {
    iss: String,
    aud: Audience,
    azp: Option<String>,
    sub: Option<String>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    at_hash: Option<String>,
    acr: Option<String>,
    #[serde(default)]
    amr: Vec<String>,
    events: Option<Value>,
}

/// What a provider answers to a code.
#[derive(Deserialize)]
pub struct Redeemed {
    access_token: String,
    id_token: String,
}

impl Redeemed {
    /// # Errors
    /// [`OidcFault::Form`].
    pub fn parse(bytes: &[u8]) -> Result<Self, OidcFault> {
        serde_json::from_slice(bytes).map_err(|_| OidcFault::Form)
    }

    /// Of whom the token speaks, when it is the provider's, for us, for the sign-in of `nonce`, and holds (Core,
    /// 3.1.3.7).
    ///
    /// # Errors
    /// [`OidcFault`]; [`OidcFault::UnknownKey`] may be healed by newer keys.
    pub fn told(&self, keys: &KeySet, expected: &Expected<'_>, nonce: &str) -> Result<Told, OidcFault> {
        let (claims, algorithm): (IdClaims, _) = signed(&self.id_token, keys)?;
        check(&claims, expected)?;
        if claims.nonce.as_deref() != Some(nonce) {
            return Err(OidcFault::Nonce);
        }
        if claims.at_hash.is_some_and(|said| half_hash(algorithm, &self.access_token) != Some(said)) {
            return Err(OidcFault::AccessToken);
        }
        let subject = claims.sub.filter(|sub| (1..=255).contains(&sub.len())).ok_or(OidcFault::Subject)?;
        Ok(Told { subject, acr: claims.acr, amr: claims.amr })
    }
}

/// Whose stays a provider ends (Back-Channel Logout 1.0, 2.6).
///
/// # Errors
/// [`OidcFault`].
pub fn logged_out(token: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<String, OidcFault> {
    let (claims, _): (IdClaims, _) = signed(token, keys)?;
    check(&claims, expected)?;
    let is_logout =
        claims.events.as_ref().and_then(|events| events.get(LOGOUT)).is_some_and(Value::is_object);
    if !is_logout || claims.nonce.is_some() {
        return Err(OidcFault::NoLogout);
    }
    claims.sub.filter(|sub| (1..=255).contains(&sub.len())).ok_or(OidcFault::Subject)
}

/// What stands in a token that one of `keys` signed; nothing of it is looked at before.
fn signed<T: DeserializeOwned>(token: &str, keys: &KeySet) -> Result<(T, Algorithm), OidcFault> {
    if token.len() > MOST_TOKEN {
        return Err(OidcFault::Form);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(OidcFault::Form)?;
    let (header, claims) = message.split_once('.').ok_or(OidcFault::Form)?;
    let header: TokenHeader = part(header)?;
    let algorithm = algorithm(&header.alg).ok_or(OidcFault::Algorithm)?;
    if header.crit.is_some() {
        return Err(OidcFault::Form);
    }
    let key = keys.find(header.kid.as_deref(), algorithm)?;
    let key = DecodingKey::from_jwk(key).map_err(|_| OidcFault::UnknownKey)?;
    let is_right = crypto::verify(signature, message.as_bytes(), &key, algorithm);
    if !is_right.is_ok_and(|is_right| is_right) {
        return Err(OidcFault::Signature);
    }
    Ok((part(claims)?, algorithm))
}

fn part<T: DeserializeOwned>(text: &str) -> Result<T, OidcFault> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| OidcFault::Form)?;
    serde_json::from_slice(&bytes).map_err(|_| OidcFault::Form)
}

fn check(claims: &IdClaims, expected: &Expected<'_>) -> Result<(), OidcFault> {
    if claims.iss != expected.issuer {
        return Err(OidcFault::Issuer);
    }
    if !claims.aud.is(expected.client_id, claims.azp.as_deref()) {
        return Err(OidcFault::Audience);
    }
    // Seconds since 1970 are exact in an f64 for longer than there are clocks.
    #[allow(clippy::cast_precision_loss)]
    let seconds = |at: i64| at as f64;
    let now = expected.now.as_second();
    if claims.exp <= seconds(now - SKEW) || claims.iat < seconds(now - MOST_AGE - SKEW) {
        return Err(OidcFault::Expired);
    }
    if [Some(claims.iat), claims.nbf].into_iter().flatten().any(|since| since > seconds(now + SKEW)) {
        return Err(OidcFault::NotYet);
    }
    Ok(())
}

/// The left half of the hash of an access token, by the hash of the token's algorithm (Core, 3.1.3.6).
fn half_hash(algorithm: Algorithm, token: &str) -> Option<String> {
    let digest = match algorithm {
        Algorithm::RS256 | Algorithm::PS256 | Algorithm::ES256 => MessageDigest::sha256(),
        Algorithm::RS384 | Algorithm::PS384 | Algorithm::ES384 => MessageDigest::sha384(),
        _ => MessageDigest::sha512(),
    };
    let digest = hash(digest, token.as_bytes()).ok()?;
    Some(URL_SAFE_NO_PAD.encode(digest.get(..digest.len() / 2)?))
}

#[cfg(test)]
mod tests;
