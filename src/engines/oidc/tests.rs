//! Tokens of a provider, and of those who are none.

use jsonwebtoken::{EncodingKey, Header};
use openssl::{ec::EcGroup, ec::EcKey, nid::Nid, pkey::PKey, rsa::Rsa};
use serde_json::json;

use super::*;

const NOW: i64 = 1_800_000_000;
const ACCESS: &str = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";

fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A key that signs, and its public half as a provider shows it.
struct Signer {
    key: EncodingKey,
    algorithm: Algorithm,
    jwk: Value,
}

fn rsa(bits: u32, name: &str) -> Signer {
    let rsa = Rsa::generate(bits).unwrap();
    let key = EncodingKey::from_rsa_der(&rsa.private_key_to_der().unwrap());
    let jwk = json!({ "kty": "RSA", "kid": name, "use": "sig", "n": b64(&rsa.n().to_vec()), "e": b64(&rsa.e().to_vec()) });
    Signer { key, algorithm: Algorithm::RS256, jwk }
}

fn ec(name: &str) -> Signer {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let ec = EcKey::generate(&group).unwrap();
    let (mut x, mut y) = (openssl::bn::BigNum::new().unwrap(), openssl::bn::BigNum::new().unwrap());
    let mut context = openssl::bn::BigNumContext::new().unwrap();
    ec.public_key().affine_coordinates(&group, &mut x, &mut y, &mut context).unwrap();
    let coordinate = |n: openssl::bn::BigNum| b64(&n.to_vec_padded(32).unwrap());
    let jwk = json!({ "kty": "EC", "crv": "P-256", "kid": name, "x": coordinate(x), "y": coordinate(y) });
    let der = PKey::from_ec_key(ec).unwrap().private_key_to_pkcs8().unwrap();
    Signer { key: EncodingKey::from_ec_der(&der), algorithm: Algorithm::ES256, jwk }
}

fn claims() -> Value {
    json!({ "iss": "https://sso.example", "aud": "sohoa", "sub": "u-1", "exp": NOW + 300, "iat": NOW - 5, "nonce": "n" })
}

fn token(signer: &Signer, name: Option<&str>, claims: &Value) -> String {
    let mut header = Header::new(signer.algorithm);
    header.kid = name.map(str::to_owned);
    jsonwebtoken::encode(&header, claims, &signer.key).unwrap()
}

fn keys(shown: &[&Signer]) -> KeySet {
    let keys: Vec<&Value> = shown.iter().map(|signer| &signer.jwk).collect();
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

fn expected() -> Expected<'static> {
    let now = Timestamp::from_second(NOW).unwrap();
    Expected { issuer: "https://sso.example", client_id: "sohoa", now }
}

fn told(id_token: String, keys: &KeySet) -> Result<Told, OidcFault> {
    Redeemed { access_token: ACCESS.to_owned(), id_token }.told(keys, &expected(), "n")
}

#[test]
fn only_what_the_provider_says_to_us_now_is_believed() {
    let signer = rsa(2048, "a");
    let shown = keys(&[&signer]);
    let check = |changed: Value, outcome: Result<(), OidcFault>| {
        let mut all = claims();
        for (name, value) in changed.as_object().unwrap() {
            all[name.as_str()] = value.clone();
        }
        let found = told(token(&signer, Some("a"), &all), &shown);
        assert_eq!(found.map(|told| assert_eq!(told.subject, "u-1")), outcome, "{changed}");
    };
    check(json!({}), Ok(()));
    check(json!({ "aud": ["sohoa"] }), Ok(()));
    check(json!({ "aud": ["sohoa", "other"], "azp": "sohoa" }), Ok(()));
    check(json!({ "exp": NOW - 59 }), Ok(()));
    check(json!({ "iat": NOW + 60, "nbf": NOW + 60 }), Ok(()));
    check(json!({ "iat": NOW as f64 - 0.5 }), Ok(()));
    check(json!({ "iss": "https://evil.example" }), Err(OidcFault::Issuer));
    check(json!({ "iss": "https://sso.example/" }), Err(OidcFault::Issuer));
    check(json!({ "aud": "other" }), Err(OidcFault::Audience));
    check(json!({ "aud": [] }), Err(OidcFault::Audience));
    check(json!({ "aud": ["sohoa", "other"] }), Err(OidcFault::Audience));
    check(json!({ "aud": ["sohoa", "other"], "azp": "other" }), Err(OidcFault::Audience));
    check(json!({ "azp": "other" }), Err(OidcFault::Audience));
    check(json!({ "exp": NOW - 60 }), Err(OidcFault::Expired));
    check(json!({ "exp": -1e300 }), Err(OidcFault::Expired));
    check(json!({ "iat": NOW - 661 }), Err(OidcFault::Expired));
    check(json!({ "iat": NOW + 61 }), Err(OidcFault::NotYet));
    check(json!({ "nbf": NOW + 61 }), Err(OidcFault::NotYet));
    check(json!({ "nonce": "other" }), Err(OidcFault::Nonce));
    check(json!({ "nonce": null }), Err(OidcFault::Nonce));
    check(json!({ "sub": "" }), Err(OidcFault::Subject));
    check(json!({ "sub": null }), Err(OidcFault::Subject));
    check(json!({ "sub": "x".repeat(256) }), Err(OidcFault::Subject));
    check(json!({ "sub": 7 }), Err(OidcFault::Form));
    check(json!({ "exp": null }), Err(OidcFault::Form));
    // Core, appendix A.3: the access token and its hash.
    check(json!({ "at_hash": "77QmUPtjPfzWtF2AnpK9RQ" }), Ok(()));
    check(json!({ "at_hash": "77QmUPtjPfzWtF2AnpK9RR" }), Err(OidcFault::AccessToken));
}

#[test]
fn only_keys_that_the_provider_shows_sign() {
    let (signer, other, small, curve) = (rsa(2048, "a"), rsa(2048, "a"), rsa(1024, "small"), ec("c"));
    let shown = keys(&[&signer, &curve, &small]);
    let right = token(&signer, Some("a"), &claims());
    assert!(told(right.clone(), &shown).is_ok());
    assert!(told(token(&curve, Some("c"), &claims()), &shown).is_ok());
    // Without a name only where one key fits.
    assert!(told(token(&signer, None, &claims()), &shown).is_ok());
    let twice = keys(&[&signer, &Signer { jwk: other.jwk.clone(), ..rsa(2048, "b") }]);
    assert_eq!(told(token(&signer, None, &claims()), &twice), Err(OidcFault::UnknownKey));

    let parts: Vec<&str> = right.split('.').collect();
    let with_header = |header: Value, signature: &str| {
        format!("{}.{}.{signature}", b64(header.to_string().as_bytes()), parts[1])
    };
    let shared = Signer {
        key: EncodingKey::from_secret(signer.jwk["n"].as_str().unwrap().as_bytes()),
        algorithm: Algorithm::HS256,
        jwk: json!({ "kty": "oct", "kid": "a", "k": b64(b"secret") }),
    };
    let mut not_to_sign = signer.jwk.clone();
    not_to_sign["use"] = "enc".into();
    let mut for_another = signer.jwk.clone();
    for_another["alg"] = "PS256".into();
    let set = |key: Value| KeySet::parse(json!({ "keys": [key] }).to_string().as_bytes()).unwrap();
    let forged = {
        let mut all = claims();
        all["sub"] = "somebody else".into();
        format!("{}.{}.{}", parts[0], b64(all.to_string().as_bytes()), parts[2])
    };
    for (token, keys, fault) in [
        (token(&other, Some("a"), &claims()), shown.clone(), OidcFault::Signature),
        (forged, shown.clone(), OidcFault::Signature),
        (token(&signer, Some("z"), &claims()), shown.clone(), OidcFault::UnknownKey),
        (token(&small, Some("small"), &claims()), shown.clone(), OidcFault::UnknownKey),
        (with_header(json!({ "alg": "none" }), ""), shown.clone(), OidcFault::Algorithm),
        (with_header(json!({ "alg": "None", "kid": "a" }), parts[2]), shown.clone(), OidcFault::Algorithm),
        (token(&shared, Some("a"), &claims()), shown.clone(), OidcFault::Algorithm),
        (token(&shared, Some("a"), &claims()), keys(&[&shared]), OidcFault::Algorithm),
        (with_header(json!({ "alg": "ES256", "kid": "a" }), parts[2]), shown.clone(), OidcFault::UnknownKey),
        (
            with_header(json!({ "alg": "RS256", "kid": "a", "crit": ["b64"] }), parts[2]),
            shown.clone(),
            OidcFault::Form,
        ),
        (with_header(json!({ "alg": "RS256", "kid": "a" }), ""), shown.clone(), OidcFault::Signature),
        (right.clone(), set(not_to_sign), OidcFault::UnknownKey),
        (right.clone(), set(for_another), OidcFault::UnknownKey),
        (right.clone(), KeySet::default(), OidcFault::UnknownKey),
        (format!("{right}.x"), shown.clone(), OidcFault::Signature),
        (String::new(), shown.clone(), OidcFault::Form),
        ("..".to_owned(), shown.clone(), OidcFault::Form),
        ("x".repeat(20_000), shown.clone(), OidcFault::Form),
    ] {
        assert_eq!(told(token.clone(), &keys), Err(fault), "{}", &token[..token.len().min(60)]);
    }
    assert!(matches!(KeySet::parse(b"[]"), Err(OidcFault::Document)));
    // A key that nobody understands hides no other.
    let mixed = json!({ "keys": [{ "kty": "new" }, 7, signer.jwk] }).to_string();
    assert!(told(right, &KeySet::parse(mixed.as_bytes()).unwrap()).is_ok());
}

#[test]
fn a_sign_out_is_told_by_a_token_for_that_alone() {
    let signer = ec("c");
    let shown = keys(&[&signer]);
    let mut all = claims();
    all["events"] = json!({ LOGOUT: {} });
    let with_nonce = token(&signer, Some("c"), &all);
    all.as_object_mut().unwrap().shift_remove("nonce");
    let right = token(&signer, Some("c"), &all);
    assert_eq!(logged_out(&right, &shown, &expected()), Ok("u-1".to_owned()));
    assert_eq!(logged_out(&with_nonce, &shown, &expected()), Err(OidcFault::NoLogout));
    let sign_in = token(&signer, Some("c"), &claims());
    assert_eq!(logged_out(&sign_in, &shown, &expected()), Err(OidcFault::NoLogout));
    assert_eq!(told(right, &shown), Err(OidcFault::Nonce));
}

#[test]
fn addresses_are_of_tls_or_of_this_machine() {
    for (address, is_right) in [
        ("https://sso.example/realms/a", true),
        ("https://sso.example:8443", true),
        ("http://127.0.0.1:8080/x", true),
        ("http://localhost", true),
        ("http://[::1]:1/x", true),
        ("http://sso.example", false),
        ("http://127.0.0.1.evil.example/", false),
        ("http://127.0.0.1@evil.example/", false),
        ("https://a@evil.example/", false),
        ("https://", false),
        ("javascript:alert(1)", false),
        ("https://sso.example/\" onload=", false),
        ("https://sso.example/#x", false),
        ("HTTPS://sso.example/", false),
    ] {
        assert_eq!(is_fit(address), is_right, "{address}");
    }
}

#[test]
fn a_document_is_of_its_issuer_and_says_where_to_go() {
    let document = |change: (&str, &str)| {
        let mut document = json!({
            "issuer": "https://sso.example",
            "authorization_endpoint": "https://sso.example/go?realm=a",
            "token_endpoint": "https://sso.example/token",
            "jwks_uri": "https://sso.example/keys",
        });
        document[change.0] = change.1.into();
        Document::parse(document.to_string().as_bytes(), "https://sso.example")
    };
    let right = document(("x", "y")).unwrap();
    // RFC 7636, appendix B.
    let asked = Asked {
        client_id: "a b",
        redirect: "https://sohoa.example/sign-in/provider",
        state: "s",
        nonce: "n",
        verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    };
    assert_eq!(
        right.sign_in_address(&asked),
        "https://sso.example/go?realm=a&response_type=code&scope=openid&client_id=a%20b&redirect_uri=https%3A%2F%2F\
         sohoa.example%2Fsign-in%2Fprovider&state=s&nonce=n\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    );
    // RFC 6749, 2.3.1: encoded, then joined.
    let (header, form) = right.redemption(&asked, "c", Some("p:w"));
    assert_eq!(header.as_deref(), Some("Basic YSUyMGI6cCUzQXc="));
    assert!(form.contains("code_verifier=dBjftJeZ") && !form.contains("client_secret"), "{form}");
    let (header, form) = right.redemption(&asked, "c", None);
    assert!(header.is_none() && form.ends_with("&client_id=a%20b"), "{form}");
    assert!(
        right.is_of(None) && right.is_of(Some("https://sso.example")) && !right.is_of(Some("https://evil"))
    );
    for (change, fault) in [
        (("issuer", "https://evil.example"), OidcFault::OtherIssuer),
        (("token_endpoint", "http://sso.example/token"), OidcFault::Address),
        (("authorization_endpoint", "javascript:alert(1)"), OidcFault::Address),
    ] {
        assert_eq!(document(change), Err(fault), "{change:?}");
    }
    assert_eq!(Document::parse(b"<html>", "x"), Err(OidcFault::Document));
}
