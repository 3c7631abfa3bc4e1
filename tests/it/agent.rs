//! The signing agent of an officer's computer keeps its contract (`schemas/signing-agent.json`): it answers named
//! pages alone, signs what the officer agreed to and nothing else, and says truly how things stand.

use base64::{Engine, engine::general_purpose::STANDARD};
use openssl::{hash::MessageDigest, pkey::PKey, sign::Verifier, x509::X509};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sohoa::engines::signature::seal::{
    key::SigningCertificate,
    prepare::{Field, Intent, SealOrder, prepare},
};

use crate::{
    pki::{Identity, Key, Subject},
    support::{
        agent::Agent,
        pdf,
        token::{PIN, Token},
    },
};

const PAGE: &str = "https://motcua.example.vn";
const OTHER_PAGE: &str = "http://127.0.0.1:8080";
const UNTIL: &str = "2049-01-01T00:00:00Z";

fn officer(key: Key) -> Identity {
    let subject = Subject::person("Trần Thị Mẫu").key(key).period("2024-01-01T00:00:00Z", UNTIL);
    Identity::root("Gốc thử nghiệm của sohoa").issue(&subject)
}

/// What is signed for a paper of one page.
fn attributes(of: &Identity, seed: i64) -> Vec<u8> {
    let certificate = SigningCertificate::new(of.der(), &[]).unwrap();
    let field = Field::Invisible("ChuKyCongChuc".into());
    let order = SealOrder::new(certificate, field, Intent::Certify, "2026-11-21T03:00:00Z".parse().unwrap());
    prepare(&pdf::flat(1, seed), &order).unwrap().signed_attributes
}

/// A page of a browser, as far as an agent can tell.
struct Page<'a> {
    agent: &'a Agent,
    origin: &'a str,
}

impl Page<'_> {
    fn of<'a>(agent: &'a Agent, origin: &'a str) -> Page<'a> {
        Page { agent, origin }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        Client::new().request(method, format!("{}{path}", self.agent.url)).header("origin", self.origin)
    }

    /// An answer that the contract knows, held to its schema.
    async fn said(&self, request: RequestBuilder, status: u16, schema: &str) -> Value {
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["access-control-allow-origin"], self.origin);
        assert_eq!(response.headers()["cache-control"], "no-store");
        let (found, kind) = (response.status(), response.headers()["content-type"].clone());
        let said: Value = response.json().await.unwrap();
        assert_eq!(found.as_u16(), status, "{said}");
        assert_eq!(kind == "application/problem+json", schema == "Problem", "{kind:?}");
        holds(schema, &said);
        said
    }

    async fn state(&self) -> String {
        let said = self.said(self.request(Method::GET, "/v1/state"), 200, "AgentState").await;
        said["state"].as_str().unwrap().to_owned()
    }

    async fn certificates(&self) -> Vec<Value> {
        let said = self.said(self.request(Method::GET, "/v1/certificates"), 200, "Certificates").await;
        said["certificates"].as_array().unwrap().clone()
    }

    fn asking(&self, body: &Value) -> RequestBuilder {
        self.request(Method::POST, "/v1/signatures").json(body)
    }

    async fn asked(&self, body: &Value) -> String {
        let said = self.said(self.asking(body), 202, "Request").await;
        assert_eq!(said["state"], "waiting_for_consent");
        said["id"].as_str().unwrap().to_owned()
    }

    async fn refused(&self, body: &Value, status: u16) -> String {
        let said = self.said(self.asking(body), status, "Problem").await;
        said["detail"].as_str().unwrap().to_owned()
    }

    async fn see(&self, id: &str) -> Value {
        self.said(self.request(Method::GET, &format!("/v1/signatures/{id}")), 200, "Request").await
    }
}

/// Holds an answer to a schema of the contract.
pub fn holds(name: &str, answer: &Value) {
    let contract: Value =
        serde_json::from_str(&std::fs::read_to_string("schemas/signing-agent.json").unwrap()).unwrap();
    let schema =
        json!({ "$ref": format!("#/components/schemas/{name}"), "components": contract["components"] });
    let faults: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(answer).map(|e| e.to_string()).collect();
    assert!(faults.is_empty(), "{name}: {}\n{answer:#}", faults.join("\n"));
}

fn documents(certificate: &Value, attributes: &[Vec<u8>]) -> Value {
    let document = |(n, der): (usize, &Vec<u8>)| json!({ "title": format!("Giấy tờ {}", n + 1), "signed_attributes": STANDARD.encode(der) });
    let documents: Vec<Value> = attributes.iter().enumerate().map(document).collect();
    json!({ "certificate": certificate["id"], "documents": documents })
}

fn verifies(signer: &Identity, attributes: &[u8], signature: &Value) {
    let key: PKey<_> = X509::from_der(signer.der()).unwrap().public_key().unwrap();
    let signature = STANDARD.decode(signature.as_str().unwrap()).unwrap();
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key).unwrap();
    assert!(verifier.verify_oneshot(&signature, attributes).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_officer_agrees_to_is_signed_and_nothing_else() {
    for kind in [Key::Rsa2048, Key::P256] {
        let officer = officer(kind);
        let token = Token::with_certificate(&officer.key, officer.der());
        let mut agent = Agent::with_token(&token, &[PAGE, OTHER_PAGE]);
        assert_eq!(Page::of(&agent, PAGE).state().await, "ready");
        let certificate = Page::of(&agent, PAGE).certificates().await.remove(0);
        assert_eq!(certificate["name"], "Trần Thị Mẫu");
        assert_eq!(certificate["der"], STANDARD.encode(officer.der()));
        assert_eq!(certificate["is_usable"], true);

        // Two papers, one PIN.
        let attributes = [attributes(&officer, 1), attributes(&officer, 2)];
        let body = documents(&certificate, &attributes);
        let id = Page::of(&agent, PAGE).asked(&body).await;
        assert_eq!(Page::of(&agent, PAGE).state().await, "waiting_for_consent");
        assert!(Page::of(&agent, OTHER_PAGE).refused(&body, 409).await.contains("đang chờ một yêu cầu khác"));
        let foreign = Page::of(&agent, OTHER_PAGE).request(Method::GET, &format!("/v1/signatures/{id}"));
        Page::of(&agent, OTHER_PAGE).said(foreign, 404, "Problem").await;
        let shown = agent.answers(PIN);
        for line in [PAGE, "xin ký 2 giấy tờ", "Trần Thị Mẫu", "Giấy tờ 1 [SHA-256 ", "Giấy tờ 2 [SHA-256 "]
        {
            assert!(shown.contains(line), "{line}: {shown}");
        }
        assert!(!agent.shows("→ đã ký").contains(PIN));
        let seen = Page::of(&agent, PAGE).see(&id).await;
        assert_eq!(seen["state"], "signed");
        for (attributes, signature) in attributes.iter().zip(seen["signatures"].as_array().unwrap()) {
            verifies(&officer, attributes, signature);
        }
        assert_eq!(Page::of(&agent, PAGE).state().await, "ready");

        // A wrong PIN signs nothing, nor does the right one without being asked for again.
        let id = Page::of(&agent, PAGE).asked(&body).await;
        agent.answers("000000");
        agent.shows("→ mã PIN không đúng");
        let seen = Page::of(&agent, PAGE).see(&id).await;
        assert_eq!(
            (seen["state"].as_str().unwrap(), seen["signatures"].as_array().unwrap().len()),
            ("failed", 0)
        );
        assert!(seen["message"].as_str().unwrap().contains("PIN"));

        // No is no.
        let id = Page::of(&agent, PAGE).asked(&body).await;
        agent.answers("");
        agent.shows("→ đã từ chối");
        assert_eq!(Page::of(&agent, PAGE).see(&id).await["state"], "refused");

        // Taken back by its page alone, before anybody agreed.
        let id = Page::of(&agent, PAGE).asked(&body).await;
        let take_back = |page: &Page<'_>| page.request(Method::DELETE, &format!("/v1/signatures/{id}"));
        let (own, other) = (Page::of(&agent, PAGE), Page::of(&agent, OTHER_PAGE));
        other.said(take_back(&other), 404, "Problem").await;
        let taken = own.said(take_back(&own), 200, "Request").await;
        assert_eq!((&taken["state"], &taken["n_documents"]), (&json!("refused"), &json!(2)));
        assert_eq!(own.state().await, "ready");
        agent.shows("Yêu cầu đã bị rút hoặc hết hạn.");
        let id = Page::of(&agent, PAGE).asked(&body).await;
        agent.answers(PIN);
        agent.shows("→ đã ký");
        assert_eq!(Page::of(&agent, PAGE).see(&id).await["state"], "signed");
        assert_eq!(agent.errors(), "");
    }
}

/// Whatever the library of tokens logs of that, the officer reads one sentence of ours.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_pulled_out_while_the_officer_is_asked_signs_nothing_and_is_said() {
    let officer = officer(Key::Rsa2048);
    let token = Token::with_certificate(&officer.key, officer.der());
    let mut agent = Agent::with_token(&token, &[PAGE]);
    let certificate = Page::of(&agent, PAGE).certificates().await.remove(0);
    let body = documents(&certificate, &[attributes(&officer, 1), attributes(&officer, 2)]);
    let id = Page::of(&agent, PAGE).asked(&body).await;
    token.pull_out();
    agent.answers(PIN);
    agent.shows("→ ");
    let seen = Page::of(&agent, PAGE).see(&id).await;
    assert_eq!((&seen["state"], &seen["signatures"]), (&json!("failed"), &json!([])), "{seen}");
    assert!(!seen["message"].as_str().unwrap().is_empty());
    assert_eq!(agent.errors(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_no_documents_are_refused_without_asking_the_officer() {
    let officer = officer(Key::Rsa2048);
    let token = Token::with_certificate(&officer.key, officer.der());
    let agent = Agent::with_token(&token, &[PAGE]);
    let page = Page::of(&agent, PAGE);
    let certificate = page.certificates().await.remove(0);
    let stranger = Identity::root("Gốc khác").issue(&Subject::person("Người khác"));
    let (right, of_another) = (attributes(&officer, 1), attributes(&stranger, 1));
    let one = |der: &[u8]| documents(&certificate, &[der.to_vec()]);
    let login = b"challenge of a server to log in".to_vec();
    let mut longer = right.clone();
    longer.extend([0; 20_000]);
    let mut unknown_key = one(&right);
    unknown_key["pin"] = PIN.into();
    let mut no_certificate = one(&right);
    no_certificate["certificate"] = "00".into();
    let mut not_base64 = one(&right);
    not_base64["documents"][0]["signed_attributes"] = "***".into();
    for (body, status) in [
        (one(&login), 422),
        (one(&of_another), 422),
        (one(&[]), 422),
        (one(&longer), 422),
        (documents(&certificate, &[]), 422),
        (documents(&certificate, &vec![right.clone(); 201]), 422),
        (documents(&certificate, &[right.clone(), login.clone()]), 422),
        (unknown_key, 422),
        (not_base64, 422),
        (no_certificate, 503),
        (json!([]), 422),
    ] {
        let detail = page.refused(&body, status).await;
        assert!(!detail.is_empty() && page.state().await == "ready", "{detail}");
    }
    for text in ["", "{", "PIN=1"] {
        let raw = page
            .request(Method::POST, "/v1/signatures")
            .header("content-type", "application/json")
            .body(text);
        page.said(raw, 422, "Problem").await;
    }
    let plain = page.request(Method::POST, "/v1/signatures").body(one(&right).to_string());
    page.said(plain, 422, "Problem").await;
    let huge = page.asking(&json!({ "certificate": "x".repeat(5 << 20), "documents": [] }));
    page.said(huge, 422, "Problem").await;
    for (method, path, status) in [
        (Method::GET, "/v1/signatures/0123", 404),
        (Method::DELETE, "/v1/signatures/0123", 404),
        (Method::GET, "/", 404),
        (Method::GET, "/v1/signatures", 405),
    ] {
        page.said(page.request(method, path), status, "Problem").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_named_pages_are_answered_and_only_under_the_name_of_this_machine() {
    let officer = officer(Key::P256);
    let token = Token::with_certificate(&officer.key, officer.der());
    let agent = Agent::with_token(&token, &[PAGE]);
    let ask = |method: Method, origin: Option<&str>, host: Option<&str>| {
        let mut request = Client::new().request(method, format!("{}/v1/certificates", agent.url));
        for (name, value) in [("origin", origin), ("host", host)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        request
    };
    let here = agent.url.trim_start_matches("http://").to_owned();
    let port = here.rsplit(':').next().unwrap();
    for (origin, host) in [
        (None, None),
        (Some("null"), None),
        (Some("https://evil.example"), None),
        (Some("https://motcua.example.vn.evil.example"), None),
        (Some("http://motcua.example.vn"), None),
        (Some(PAGE), Some("evil.example")),
        (Some(PAGE), Some("127.0.0.1")),
        (Some(PAGE), Some(format!("evil.example:{port}").as_str())),
    ] {
        for method in [Method::GET, Method::OPTIONS] {
            let response = ask(method, origin, host).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{origin:?} {host:?}");
            assert!(response.headers().get("access-control-allow-origin").is_none());
            holds("Problem", &response.json().await.unwrap());
        }
    }
    for host in [here.clone(), format!("localhost:{port}")] {
        let response = ask(Method::GET, Some(PAGE), Some(&host)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{host}");
    }
    let asked =
        ask(Method::OPTIONS, Some(PAGE), None).header("access-control-request-private-network", "true");
    let response = asked.send().await.unwrap();
    let headers = response.headers();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(headers["access-control-allow-origin"], PAGE);
    assert_eq!(headers["access-control-allow-headers"], "content-type");
    assert_eq!(headers["access-control-allow-private-network"], "true");
    assert_eq!(headers["vary"], "Origin");
    assert!(headers.get("access-control-allow-credentials").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_token_and_an_expired_certificate_are_said() {
    let absent = Token::absent();
    let agent = Agent::start(&absent.settings(), &[PAGE], &[]);
    let page = Page::of(&agent, PAGE);
    assert_eq!(page.state().await, "no_token");
    let said = page.said(page.request(Method::GET, "/v1/certificates"), 503, "Problem").await;
    assert!(said["detail"].as_str().unwrap().contains("thiết bị ký"), "{said}");
    let body = documents(&json!({ "id": "00" }), &[vec![1]]);
    page.refused(&body, 503).await;

    let period = ("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z");
    let subject = Subject::person("Trần Thị Mẫu").period(period.0, period.1);
    let expired = Identity::root("Gốc thử nghiệm của sohoa").issue(&subject);
    let token = Token::with_certificate(&expired.key, expired.der());
    let agent = Agent::with_token(&token, &[PAGE]);
    let page = Page::of(&agent, PAGE);
    assert_eq!(page.state().await, "no_certificate");
    let certificate = page.certificates().await.remove(0);
    assert_eq!(certificate["is_usable"], false);
    assert!(certificate["message"].as_str().unwrap().contains("hết hạn"), "{certificate}");
    let detail = page.refused(&documents(&certificate, &[attributes(&officer(Key::P256), 1)]), 422).await;
    assert!(detail.contains("hết hạn"), "{detail}");
}

/// Some tokens hold the key alone: the certificate is given as a file then, and its issuers too.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_with_a_key_alone_signs_under_the_certificate_that_is_given() {
    let root = Identity::root("Gốc thử nghiệm của sohoa");
    let subject = Subject::person("Trần Thị Mẫu").period("2024-01-01T00:00:00Z", UNTIL);
    let officer = root.issue(&subject);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("rieng.pem"), officer.pem()).unwrap();
    std::fs::write(path("noi-cap.pem"), root.pem()).unwrap();
    let token = Token::with_key(&officer.key);
    let (own, chain) = (path("rieng.pem"), path("noi-cap.pem"));
    let mut agent = Agent::start(&token.settings(), &[PAGE], &["--certificate", &own, "--chain", &chain]);
    let certificates = Page::of(&agent, PAGE).certificates().await;
    assert_eq!(certificates.len(), 1);
    assert_eq!(certificates[0]["chain"], json!([STANDARD.encode(root.der())]));
    let attributes = attributes(&officer, 3);
    let id =
        Page::of(&agent, PAGE).asked(&documents(&certificates[0], std::slice::from_ref(&attributes))).await;
    agent.answers(PIN);
    agent.shows("→ đã ký");
    verifies(&officer, &attributes, &Page::of(&agent, PAGE).see(&id).await["signatures"][0]);
}

#[test]
fn an_agent_for_pages_that_cannot_be_trusted_does_not_start() {
    for origin in ["http://motcua.example.vn", "*", "null", "https://a/b"] {
        let ran = crate::support::cli::sohoa(["agent", "--pkcs11", "/khong/co.so", "--origin", origin]);
        assert!(ran.code == 2 && ran.stderr.contains("--origin"), "{origin}: {}", ran.stderr);
    }
}
