//! The officer signs with a token, the code follows, then the agency: through the front doors, on both databases,
//! judged by our own verifier and by others.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::SignedDuration;
use openssl::{
    hash::MessageDigest,
    pkcs12::Pkcs12,
    pkey::{PKey, Private},
    sign::Signer,
    x509::X509,
};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use sohoa::{
    clock::Clock,
    domain::signing::{CodeOrder, OfficerSigning, OfficerWay, SigningRules},
    engines::signature::{
        order::{NamedFile, TrustFiles},
        seal::{
            Level,
            embed::{self, Answer},
            key::SigningCertificate,
            prepare::{Field, Intent, Lock, SealOrder, prepare},
        },
    },
    workflows::{
        agency::{AgencySeal, SealPlaces},
        augment,
        context::Ctx,
    },
};

use crate::{
    generator::Kind,
    line::{truth_of, uploaded},
    pki::{Identity, Key, List, Subject},
    support::{
        app::{Setting, TestApp},
        authorities::Place,
        cli::judge,
        judges, papers,
        token::Token,
    },
};

/// A root, an officer, an agency, and a list that says nobody was revoked.
pub struct People {
    root: Identity,
    pub officer: Identity,
    agency: Identity,
}

impl People {
    pub fn new() -> Self {
        Self::with(|subject| subject)
    }

    /// Whose certificates say more than usual.
    fn with(more: impl Fn(Subject) -> Subject) -> Self {
        let root = Identity::root("Gốc thử nghiệm của sohoa");
        // Programs of the officer's computer go by the clock of the machine.
        let officer = Subject::person("Trần Thị Mẫu").key(Key::Rsa2048);
        let officer = officer.period("2024-01-01T00:00:00Z", "2049-01-01T00:00:00Z");
        let officer = root.issue(&more(officer));
        let agency = root.issue(&more(Subject::person("Ủy ban nhân dân xã Mẫu")));
        Self { root, officer, agency }
    }

    fn trust(&self) -> TrustFiles {
        let list = self.root.list(&List::default().times("2026-11-20T00:00:00Z", "2026-12-20T00:00:00Z"));
        let file = |name: &str, bytes: Vec<u8>| NamedFile { name: name.to_owned(), bytes };
        TrustFiles {
            anchors: vec![file("goc.pem", self.root.pem())],
            revocation: vec![file("thu-hoi.crl", list)],
            ..TrustFiles::default()
        }
    }

    pub fn seal(&self) -> AgencySeal {
        let folder = tempfile::tempdir().unwrap();
        let (p12, password) = (folder.path().join("co-quan.p12"), folder.path().join("mat-khau"));
        let certificate = X509::from_der(self.agency.der()).unwrap();
        let file = Pkcs12::builder().pkey(&self.agency.key).cert(&certificate).build2("bi-mat").unwrap();
        std::fs::write(&p12, file.to_der().unwrap()).unwrap();
        std::fs::write(&password, "bi-mat\n").unwrap();
        let agency = "Ủy ban nhân dân xã Mẫu".to_owned();
        let places =
            SealPlaces { p12: Some(p12), password_file: Some(password), agency, ..SealPlaces::default() };
        AgencySeal::open(&places).unwrap()
    }

    /// As a citizen or an agency hands it in: signed before it comes here.
    fn signed_by_officer(&self, pdf: &[u8], intent: Intent) -> Vec<u8> {
        let certificate = SigningCertificate::new(self.officer.der(), &[]).unwrap();
        let at = "2026-11-20T08:00:00Z".parse().unwrap();
        let order = SealOrder::new(certificate, Field::Invisible("NguoiNop".into()), intent, at);
        let prepared = prepare(pdf, &order).unwrap();
        let value = signature(&self.officer.key, &prepared.signed_attributes);
        let cms = embed::check(&prepared, Answer::Signature(&value), at).unwrap();
        embed::embed(prepared, &cms).unwrap()
    }

    pub fn setting(&self, signing: SigningRules) -> Setting {
        let signing = SigningRules { officer: OfficerSigning::Required, ..signing };
        Setting { signing, trust: self.trust(), seal: Some(Arc::new(self.seal())), ..Setting::default() }
    }
}

fn signature(key: &PKey<Private>, bytes: &[u8]) -> Vec<u8> {
    let mut signer = Signer::new(MessageDigest::sha256(), key).unwrap();
    signer.sign_oneshot_to_vec(bytes).unwrap()
}

/// A paper that waits for the officer's signature, and its code.
pub async fn to_sign(app: &TestApp, seed: u64) -> (String, String) {
    let scan = papers::clean(Kind::Decision, seed);
    let dossier = app.open_dossier("1.001776").await;
    let paper = uploaded(app, &dossier, "results", &papers::bytes(&scan), &[("ordinal", "1")]).await;
    app.settled(&paper).await;
    let fields = truth_of(&scan);
    app.json(app.post(&format!("/api/v1/papers/{paper}/confirm")).json(&json!({ "fields": fields }))).await;
    let waiting = app.settled(&paper).await;
    assert_eq!(waiting["state"], "to_sign", "{waiting}");
    (paper, waiting["code"]["text"].as_str().unwrap().to_owned())
}

async fn prepared(app: &TestApp, paper: &str, certificate: &[u8]) -> Value {
    let asked = json!({ "act": "prepare", "certificate": STANDARD.encode(certificate) });
    app.json(app.post(&format!("/api/v1/papers/{paper}/sign")).json(&asked)).await
}

fn bytes(answer: &Value, key: &str) -> Vec<u8> {
    STANDARD.decode(answer[key].as_str().unwrap()).unwrap()
}

fn completed(signing: &Value, signature: &[u8]) -> Value {
    json!({ "act": "complete", "signing": signing["signing"], "signature": STANDARD.encode(signature) })
}

/// Signs a paper by a program of its own, until it rests.
pub async fn sign_elsewhere(app: &TestApp, paper: &str, certificate: &[u8], token: &Token) {
    let asked = prepared(app, paper, certificate).await;
    let signature = token.sign(&bytes(&asked, "signed_attributes"));
    let door = format!("/api/v1/papers/{paper}/sign");
    app.json(app.post(&door).json(&completed(&asked, &signature))).await;
    assert_eq!(app.settled(paper).await["state"], "stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paper_is_signed_coded_sealed_stored_and_passes() {
    let people = People::new();
    let token = Token::with_key(&people.officer.key);
    for (is_sqlite, rules) in [
        (true, SigningRules { officer_way: OfficerWay::Certify, ..SigningRules::default() }),
        (false, SigningRules { officer_way: OfficerWay::Approve, ..SigningRules::default() }),
        (true, SigningRules { code: CodeOrder::BeforeSigning, ..SigningRules::default() }),
    ] {
        let app = TestApp::start_with(is_sqlite, people.setting(rules.clone())).await;
        let (paper, code) = to_sign(&app, 71).await;
        let asked = prepared(&app, &paper, people.officer.der()).await;
        let attributes = bytes(&asked, "signed_attributes");
        assert_eq!(bytes(&asked, "digest"), openssl::sha::sha256(&attributes));

        let signature = token.sign(&attributes);
        let door = format!("/api/v1/papers/{paper}/sign");
        app.json(app.post(&door).json(&completed(&asked, &signature))).await;
        let stored = app.settled(&paper).await;
        assert_eq!(stored["state"], "stored", "{stored}");
        let document = stored["document"].as_str().unwrap();

        let place = format!("/api/v1/documents/{document}");
        let lookup = json!({ "code": code, "purpose": "kiểm tra" });
        app.json(app.post("/api/v1/documents/lookup").json(&lookup)).await;
        let seen = app.json(app.get(&place)).await;
        assert_eq!(seen["signature"], "signed_and_sealed", "{seen}");

        let verified = app.json(app.get(&format!("{place}/verification"))).await;
        assert_eq!(verified["overall"], "TOTAL-PASSED", "{rules:?}: {verified:#}");
        let signatures = verified["signatures"].as_array().unwrap();
        assert_eq!(signatures.len(), 2);
        assert_eq!(signatures[0]["signer"]["name"], "Trần Thị Mẫu");
        assert_eq!(signatures[0]["modification_after"], "permitted");
        assert_eq!(signatures[1]["field"], "ChuKyCoQuan");
        assert_eq!(signatures[1]["coverage"], "whole_file");

        sheets_say_the_same(&app, document).await;

        let pdf = app.get(&format!("{place}/content")).send().await.unwrap().bytes().await.unwrap();
        judges::qpdf(&pdf);
        judges::pyhanko_accepts(&pdf, &people.root.pem(), 2);
    }
}

/// What authorities could not give when a paper was signed is made up when they are back, in the file that is stored.
#[tokio::test(flavor = "multi_thread")]
async fn what_authorities_could_not_give_is_made_up_later() {
    for is_sqlite in [true, false] {
        let place = Place::find().await;
        let people = People::with(|subject| subject.with(place.lists()));
        let authorities = place.open(&people.root);
        authorities.go_away(true);
        let lasting = Some((Level::Archival, authorities.stamps.clone()));
        let usual = people.setting(SigningRules::default());
        // Time stamps tell the time of the machine.
        let app =
            TestApp::start_with(is_sqlite, Setting { lasting, clock: Some(Clock::System), ..usual }).await;
        let (paper, code) = to_sign(&app, 71).await;
        let asked = prepared(&app, &paper, people.officer.der()).await;
        let value = signature(&people.officer.key, &bytes(&asked, "signed_attributes"));
        let door = format!("/api/v1/papers/{paper}/sign");
        app.json(app.post(&door).json(&completed(&asked, &value))).await;
        let stored = app.settled(&paper).await;
        assert_eq!(stored["state"], "stored", "an outage holds nobody up: {stored}");
        let lookup = json!({ "code": code, "purpose": "kiểm tra" });
        let lookup = || app.post("/api/v1/documents/lookup").json(&lookup);
        app.json(lookup()).await;
        let place = format!("/api/v1/documents/{}", stored["document"].as_str().unwrap());
        let document = async || app.json(app.get(&place)).await;
        let content =
            async || app.get(&format!("{place}/content")).send().await.unwrap().bytes().await.unwrap();
        let (first, signed) = (document().await, content().await);
        let has = |pdf: &[u8], words: &str| pdf.windows(words.len()).any(|part| part == words.as_bytes());
        assert!(!has(&signed, "ETSI.RFC3161") && !has(&signed, "/DSS"));

        // Not before its time; then in vain; then they are back.
        let next = async |minutes: i64| {
            let clock = Clock::Fixed(Clock::System.now() + SignedDuration::from_mins(minutes));
            augment::next(&Ctx { clock, ..app.ctx.clone() }).await.unwrap()
        };
        assert!(next(1).await.is_none());
        let in_vain = next(6).await.unwrap().unwrap_err().to_string();
        assert!(in_vain.contains("dấu thời gian"), "{in_vain}");
        assert_eq!(content().await, signed);
        authorities.go_away(false);
        assert!(next(6).await.is_none(), "it is left alone for a while");
        next(30).await.unwrap().unwrap();
        assert!(next(3_000).await.is_none(), "nothing is lacking any more");

        let grown = content().await;
        assert!(grown.starts_with(&signed), "nothing that was signed is written anew");
        assert!(has(&grown, "ETSI.RFC3161") && has(&grown, "/DSS"));
        let second = document().await;
        assert_ne!(second["content_blake3"], first["content_blake3"]);
        assert_eq!((&second["code"], &second["signature"]), (&first["code"], &first["signature"]));
        let verified = app.json(app.get(&format!("{place}/verification"))).await;
        let signatures = verified["signatures"].as_array().unwrap();
        assert!(signatures.iter().all(|one| one["integrity"] == "intact"), "{verified:#}");
        judges::qpdf(&grown);
        judges::pyhanko_accepts(&grown, &people.root.pem(), 2);
        let changes = app.json(app.get("/api/v1/changes")).await;
        let kinds: Vec<_> = changes["items"].as_array().unwrap().iter().map(|c| c["kind"].clone()).collect();
        assert_eq!(kinds, ["stored", "augmented"]);
        app.json(lookup()).await;
    }
}

/// The page of a verification offers its sheet, and the sheet says in the page's words what the page says.
async fn sheets_say_the_same(app: &TestApp, document: &str) {
    let place = format!("/documents/{document}/verification");
    let page = app.get(&place).send().await.unwrap().text().await.unwrap();
    assert!(page.contains(&format!("href=\"{place}/sheet\"")) && page.contains("/verify/sheet"), "{page}");
    let sheet = app.get(&format!("{place}/sheet")).send().await.unwrap();
    assert_eq!(sheet.headers()["content-type"], "application/pdf");
    assert_eq!(sheet.headers()["cache-control"], "no-store");
    let sheet = sheet.bytes().await.unwrap();
    judges::qpdf(&sheet);
    let content = app.get(&format!("/api/v1/documents/{document}/content")).send().await.unwrap();
    let file = Part::bytes(content.bytes().await.unwrap().to_vec()).file_name("giay-to.pdf");
    let again = app.post("/verify/sheet").multipart(Form::new().part("file", file)).send().await.unwrap();
    assert_eq!(again.headers()["content-type"], "application/pdf");
    for sheet in [sheet, again.bytes().await.unwrap()] {
        let words = words_of(&sheet);
        for wanted in ["PHIẾU KIỂM TRA CHỮ KÝ SỐ", "Hợp lệ", "Trần Thị Mẫu", "Thời điểm ký", "Tính toàn vẹn"]
        {
            assert!(words.contains(wanted), "{wanted}: {words}");
        }
    }
}

/// By pdftotext, on one line.
fn words_of(pdf: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("phieu.pdf");
    std::fs::write(&path, pdf).unwrap();
    let ran = judge("pdftotext", "poppler-utils", &[path.as_os_str(), "-".as_ref()]);
    ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_officers_signature_of_this_paper_is_not_taken() {
    let people = People::new();
    let other = people.root.issue(&Subject::person("Lê Văn Khác"));
    let app = TestApp::start_with(true, people.setting(SigningRules::default())).await;
    let (paper, _) = to_sign(&app, 72).await;
    let door = format!("/api/v1/papers/{paper}/sign");
    let asked = prepared(&app, &paper, people.officer.der()).await;
    let state = async || app.json(app.get(&format!("/api/v1/papers/{paper}"))).await["state"].clone();
    assert_eq!(state().await, "signing");

    // Another key, another document, rubbish.
    let attributes = bytes(&asked, "signed_attributes");
    let sign = signature;
    for value in [sign(&other.key, &attributes), sign(&people.officer.key, b"elsewhere"), vec![1, 2, 3]] {
        let refused = app.problem(app.post(&door).json(&completed(&asked, &value))).await;
        assert_eq!(refused["type"], "urn:sohoa:problem:signature", "{refused}");
        assert_eq!(state().await, "signing");
    }

    // Prepared once more, the first one is over; what was confirmed is still there.
    let again = prepared(&app, &paper, people.officer.der()).await;
    let value = sign(&people.officer.key, &attributes);
    let refused = app.problem(app.post(&door).json(&completed(&asked, &value))).await;
    assert_eq!(refused["type"], "urn:sohoa:problem:unknown-signing");

    let given_up = json!({ "act": "give_up", "signing": again["signing"] });
    let waits = app.json(app.post(&door).json(&given_up)).await;
    assert_eq!(waits["state"], "to_sign");

    // A certificate that has run out is refused before anybody enters a PIN.
    let expired = people
        .root
        .issue(&Subject::person("Trần Thị Mẫu").period("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"));
    let asked = json!({ "act": "prepare", "certificate": STANDARD.encode(expired.der()) });
    let refused = app.problem(app.post(&door).json(&asked)).await;
    assert_eq!(refused["type"], "urn:sohoa:problem:certificate", "{refused}");
    assert_eq!(state().await, "to_sign");
}

/// A PDF that arrives signed is coded by the agency's signature, certified ones on a copy; what it was worth stays.
#[tokio::test(flavor = "multi_thread")]
async fn what_arrives_signed_is_judged_and_coded_without_harm() {
    let people = People::new();
    let app = TestApp::start_with(true, people.setting(SigningRules::default())).await;
    for (seed, intent, way, n_signatures) in
        [(73, Intent::Approve(Lock::Nothing), "seal_signature", 2), (74, Intent::Certify, "derived_copy", 0)]
    {
        let scan = papers::clean(Kind::Decision, seed);
        let plain = papers::bytes(&scan);
        let signed = people.signed_by_officer(&plain, intent);
        let dossier = app.open_dossier("1.001776").await;
        let paper = uploaded(&app, &dossier, "results", &signed, &[("ordinal", "1")]).await;
        let read = app.settled(&paper).await;
        assert_eq!(read["signatures"]["overall"], "TOTAL-PASSED", "{read}");

        let fields = truth_of(&scan);
        let door = format!("/api/v1/papers/{paper}/confirm");
        app.json(app.post(&door).json(&json!({ "fields": fields }))).await;
        let stored = app.settled(&paper).await;
        assert_eq!(stored["state"], "stored", "{stored}");
        let document = stored["document"].as_str().unwrap();
        let place = format!("/api/v1/documents/{document}");
        let owner = json!({ "owner": fields["owner_id"], "purpose": "kiểm tra" });
        app.json(app.post("/api/v1/owners/lookup").json(&owner)).await;
        let verified = app.json(app.get(&format!("{place}/verification"))).await;
        assert_eq!(verified["signatures"].as_array().unwrap().len(), n_signatures, "{verified}");
        let coded = app.get(&format!("{place}/content")).send().await.unwrap().bytes().await.unwrap();
        judges::qpdf(&coded);
        if way == "seal_signature" {
            assert_eq!(verified["overall"], "TOTAL-PASSED", "{verified:#}");
            assert!(coded.starts_with(&signed), "nothing that was signed is written anew");
            judges::pyhanko_accepts(&coded, &people.root.pem(), n_signatures);
        } else {
            assert_eq!(verified["overall"], "NO-SIGNATURE");
        }
        let original = app.get(&format!("{place}/original")).send().await.unwrap();
        assert_eq!(original.bytes().await.unwrap(), signed);
    }
}
