//! `sohoa seal` and `sohoa agent`: keys in files and on tokens, two steps, authorities that answer and that do not.

use std::{
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, Stdio},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use openssl::{hash::MessageDigest, pkcs12::Pkcs12, sign::Signer, x509::X509};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    pki::{self, Identity, Key, Subject},
    support::{
        authorities::Place,
        cli::{Ran, command, ran, sohoa},
        judges, pdf,
        token::{MODULE, PIN, Token},
    },
};

const ORIGIN: &str = "https://motcua.example.vn";

/// A folder with an officer's key file, its password, and papers.
struct Desk {
    folder: TempDir,
    root: Identity,
    officer: Identity,
}

impl Desk {
    fn new() -> Self {
        Self::with(Subject::person("Trần Thị Mẫu"))
    }

    fn with(subject: Subject) -> Self {
        let root = Identity::root("Gốc thử nghiệm của sohoa");
        let officer = root.issue(&subject.key(Key::Rsa2048));
        let desk = Self { folder: tempfile::tempdir().unwrap(), root, officer };
        let certificate = X509::from_der(desk.officer.der()).unwrap();
        let mut chain = openssl::stack::Stack::new().unwrap();
        chain.push(X509::from_der(desk.root.der()).unwrap()).unwrap();
        let mut file = Pkcs12::builder();
        let file = file.pkey(&desk.officer.key).cert(&certificate).ca(chain).build2("bi-mat").unwrap();
        desk.write("khoa.p12", &file.to_der().unwrap());
        desk.write("mat-khau", b"bi-mat\n");
        desk.write("chung-thu.pem", &desk.officer.pem());
        for (name, n_pages) in [("mot.pdf", 1), ("hai.pdf", 2)] {
            desk.write(name, &pdf::flat(n_pages, n_pages as i64));
        }
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// `sohoa seal --json` in the folder.
    fn seal(&self, arguments: &[&str]) -> Ran {
        let mut seal = command();
        seal.current_dir(self.folder.path()).args(["seal", "--json"]).args(arguments);
        ran(seal.output().unwrap())
    }

    fn seal_with_file(&self, arguments: &[&str]) -> Ran {
        let key = ["--p12", "khoa.p12", "--password-file", "mat-khau", "--out", "ra"];
        self.seal(&[&key[..], arguments].concat())
    }
}

fn outcomes(ran: &Ran) -> Vec<String> {
    ran.answers().iter().map(|answer| answer["outcome"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn many_papers_are_signed_with_one_key_and_none_twice() {
    let desk = Desk::new();
    desk.write("hong.pdf", b"no paper");
    let first = desk.seal_with_file(&["mot.pdf", "hong.pdf", "khong-co.pdf", "hai.pdf"]);
    assert_eq!(first.code, 3, "{}", first.stderr);
    assert_eq!(outcomes(&first), ["sealed", "failed", "failed", "sealed"]);
    for name in ["mot", "hai"] {
        let sealed = desk.read(&format!("ra/{name}.sealed.pdf"));
        assert!(sealed.starts_with(&desk.read(&format!("{name}.pdf"))));
        judges::qpdf(&sealed);
        judges::pyhanko_accepts(&sealed, &desk.root.pem(), 1);
    }
    let before = desk.read("ra/mot.sealed.pdf");
    let again = desk.seal_with_file(&["mot.pdf", "hai.pdf"]);
    assert_eq!((again.code, outcomes(&again)), (0, vec!["unchanged".to_owned(); 2]));
    assert_eq!(desk.read("ra/mot.sealed.pdf"), before);
    // A file of that name that is not ours is not written over.
    desk.write("ra/mot.sealed.pdf", &desk.read("hai.pdf"));
    assert_eq!(desk.seal_with_file(&["mot.pdf"]).code, 2);
    let stopped = desk.seal_with_file(&["--stop-on-error", "hong.pdf", "hai.pdf"]);
    assert_eq!(outcomes(&stopped), ["failed"]);
    let certified = desk.seal(&[
        "--p12",
        "khoa.p12",
        "--password-file",
        "mat-khau",
        "--out",
        "khac",
        "--certify",
        "ra/hai.sealed.pdf",
    ]);
    assert_eq!((certified.code, outcomes(&certified)), (2, vec!["failed".to_owned()]));
}

#[test]
fn keys_that_cannot_sign_are_told_before_any_paper() {
    let desk = Desk::new();
    desk.write("sai", b"khac\n");
    let wrong = desk.seal(&["--p12", "khoa.p12", "--password-file", "sai", "--out", "ra", "mot.pdf"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("mật khẩu"), "{}", wrong.stderr);
    assert!(!wrong.stderr.contains("khac"));
    let expired =
        Desk::with(Subject::person("Trần Thị Mẫu").period("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"));
    let refused = expired.seal_with_file(&["mot.pdf"]);
    assert!(refused.code == 2 && refused.stderr.contains("hết hạn"), "{}", refused.stderr);
    assert_eq!(desk.seal(&["--out", "ra", "mot.pdf"]).code, 2);
    let help = sohoa(["seal", "-h"]);
    assert!(help.stdout.contains("Ví dụ: sohoa seal"));
}

#[test]
fn a_token_signs_and_a_wrong_pin_is_tried_once() {
    let desk = Desk::new();
    let token = Token::with_key(&desk.officer.key);
    desk.write("pin", PIN.as_bytes());
    desk.write("pin-sai", b"000000");
    let seal = |pin: &str| {
        let mut seal = command();
        seal.current_dir(desk.folder.path()).env("SOFTHSM2_CONF", token.settings()).args(["seal", "--json"]);
        seal.args([
            "--pkcs11",
            MODULE,
            "--token",
            "can-bo",
            "--key",
            "ky-so",
            "--certificate",
            "chung-thu.pem",
        ]);
        ran(seal.args(["--pin-file", pin, "--out", "ra", "mot.pdf", "hai.pdf"]).output().unwrap())
    };
    let wrong = seal("pin-sai");
    assert!(wrong.code == 2 && wrong.stderr.contains("PIN"), "{}", wrong.stderr);
    assert!(!wrong.stderr.contains("000000"));
    let signed = seal("pin");
    assert_eq!((signed.code, outcomes(&signed)), (0, vec!["sealed".to_owned(); 2]), "{}", signed.stderr);
    judges::pyhanko_accepts(&desk.read("ra/hai.sealed.pdf"), &desk.root.pem(), 1);
}

#[test]
fn a_signature_made_elsewhere_is_taken_in_once_and_only_when_it_is_right() {
    let desk = Desk::new();
    let prepare = ["--prepare", "trang-thai", "--certificate", "chung-thu.pem", "--certify", "mot.pdf"];
    let asked = desk.seal(&prepare).answer();
    let attributes = STANDARD.decode(asked["signed_attributes"].as_str().unwrap()).unwrap();
    let digest = STANDARD.encode(openssl::sha::sha256(&attributes));
    assert_eq!(asked["signed_attributes_digest"], digest.as_str());
    let stranger = pki::key("ai đó", Key::P256);
    let sign =
        |key| Signer::new(MessageDigest::sha256(), key).unwrap().sign_oneshot_to_vec(&attributes).unwrap();
    desk.write("sai", &sign(&stranger));
    desk.write("dung", &sign(&desk.officer.key));
    let complete = |file: &str| desk.seal(&["--complete", "trang-thai", "--signature", file, "--out", "ra"]);
    assert_eq!((complete("sai").code, desk.path("ra/mot.sealed.pdf").exists()), (3, false));
    assert_eq!(outcomes(&complete("dung")), ["sealed"]);
    judges::pyhanko_accepts(&desk.read("ra/mot.sealed.pdf"), &desk.root.pem(), 1);
    assert_eq!(complete("dung").code, 2);

    // Bytes that were changed between the steps are noticed.
    assert_eq!(desk.seal(&prepare[..5].iter().copied().chain(["hai.pdf"]).collect::<Vec<_>>()).code, 0);
    let mut kept = desk.read("trang-thai.pdf");
    kept[40] ^= 1;
    desk.write("trang-thai.pdf", &kept);
    let altered = complete("dung");
    assert!(altered.code == 3 && altered.stderr.contains("nguyên vẹn"), "{}", altered.stderr);
}

#[tokio::test]
async fn time_stamps_and_revocation_data_lift_the_level_and_outages_lower_it() {
    let place = Place::find().await;
    let desk = Desk::with(Subject::person("Trần Thị Mẫu").with(place.lists()));
    let tsa = place.open(&desk.root).stamps;

    tokio::task::spawn_blocking(move || {
        let at = |level: &str, out: &str, authority: &str, input: &str| {
            let key = [
                "--p12",
                "khoa.p12",
                "--password-file",
                "mat-khau",
                "--out",
                out,
                "--private-host",
                "127.0.0.1",
            ];
            let rest = ["--level", level, "--tsa", authority, input];
            desk.seal(&[&key[..], &rest[..]].concat())
        };
        for level in ["b-t", "b-lt", "b-lta"] {
            let sealed = at(level, level, &tsa, "mot.pdf");
            assert_eq!(
                (sealed.code, sealed.answer()["level"].as_str()),
                (0, Some(level)),
                "{}",
                sealed.stdout
            );
            judges::qpdf(&desk.read(&format!("{level}/mot.sealed.pdf")));
        }
        let archived = String::from_utf8_lossy(&desk.read("b-lta/mot.sealed.pdf")).into_owned();
        assert!(archived.contains("/DSS") && archived.contains("ETSI.RFC3161") && archived.contains("/VRI"));
        // Nobody there: signed all the same, told, and made up later.
        let lower = at("b-t", "thap", &tsa.replace("tsa", "khong-co"), "mot.pdf");
        let told = lower.answer();
        assert_eq!(
            (lower.code, told["level"].as_str(), told["wanted"].as_str()),
            (5, Some("b-b"), Some("b-t"))
        );
        assert!(told["message"].as_str().unwrap().contains("dấu thời gian"));
        judges::pyhanko_accepts(&desk.read("thap/mot.sealed.pdf"), &desk.root.pem(), 1);
        let raise =
            ["--extend", "--level", "b-lta", "--private-host", "127.0.0.1", "--tsa", &tsa, "--out", "cao"];
        let raised = desk.seal(&[&raise[..], &["thap/mot.sealed.pdf"]].concat());
        assert_eq!((raised.code, raised.answer()["level"].as_str()), (0, Some("b-lta")), "{}", raised.stdout);
        assert!(desk.read("cao/mot.sealed.sealed.pdf").starts_with(&desk.read("thap/mot.sealed.pdf")));
        // What can be proven for long is stamped first, whatever was wanted.
        let lasting =
            desk.seal(&[&raise[..2], &["b-lt"], &raise[3..8], &["cao-hon", "thap/mot.sealed.pdf"]].concat());
        assert_eq!(
            (lasting.code, lasting.answer()["level"].as_str()),
            (0, Some("b-lt")),
            "{}",
            lasting.stdout
        );
        let lasting = String::from_utf8_lossy(&desk.read("cao-hon/mot.sealed.sealed.pdf")).into_owned();
        assert!(lasting.contains("ETSI.RFC3161") && lasting.contains("/DSS"));
        // A private address is asked only when it is named.
        let key = ["--p12", "khoa.p12", "--password-file", "mat-khau", "--out", "rieng", "--level", "b-t"];
        let hidden = desk.seal(&[&key[..], &["--tsa", &tsa, "mot.pdf"]].concat());
        assert_eq!((hidden.code, hidden.answer()["level"].as_str()), (5, Some("b-b")));
    })
    .await
    .unwrap();
}

/// A running agent: what it says, and where PINs are typed.
struct Agent {
    child: Child,
    said: std::io::Lines<BufReader<std::process::ChildStdout>>,
    address: String,
}

impl Agent {
    fn start(desk: &Desk, token: &Token) -> Self {
        let mut agent = command();
        agent.current_dir(desk.folder.path()).env("SOFTHSM2_CONF", token.settings());
        agent.args(["agent", "--pkcs11", MODULE, "--token", "can-bo", "--certificate", "chung-thu.pem"]);
        agent.args(["--origin", ORIGIN, "--port", "0"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = agent.spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = said.next().unwrap().unwrap();
        let address = first.split_whitespace().find(|word| word.starts_with("http://127.0.0.1:")).unwrap();
        Self { child, said, address: address.trim_end_matches(',').to_owned() }
    }

    /// Types a line, and gives what the agent said to it.
    fn type_line(&mut self, line: &str) -> String {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
        self.said.by_ref().map(|line| line.unwrap()).find(|line| line.contains('→')).unwrap()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_page_signs_with_the_token_of_this_computer_after_the_officer_agreed() {
    let desk = Desk::new();
    let token = Token::with_key(&desk.officer.key);
    let mut agent = Agent::start(&desk, &token);
    let client = reqwest::Client::new();
    let address = agent.address.clone();
    let ask = |method: reqwest::Method, path: &str, body: Option<Value>, origin: &str| {
        let request = client.request(method, format!("{address}{path}")).header("origin", origin);
        let request = if let Some(body) = body { request.json(&body) } else { request };
        async move {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.json::<Value>().await.unwrap_or_default())
        }
    };
    let (get, post) = (reqwest::Method::GET, reqwest::Method::POST);
    assert_eq!(ask(get.clone(), "/v1/state", None, "https://evil.example").await.0, 403);
    assert_eq!(client.get(format!("{address}/v1/state")).send().await.unwrap().status(), 403);
    assert_eq!(ask(get.clone(), "/v1/state", None, ORIGIN).await.1["state"], "ready");
    let certificates = ask(get.clone(), "/v1/certificates", None, ORIGIN).await.1;
    let certificate = &certificates["certificates"][0];
    assert_eq!((&certificate["name"], &certificate["is_usable"]), (&json!("Trần Thị Mẫu"), &json!(true)));

    let asked = desk.seal(&["--prepare", "trang-thai", "--certificate", "chung-thu.pem", "mot.pdf"]).answer();
    let order = |attributes: &Value| json!({ "certificate": certificate["id"], "documents": [{ "title": "Giấy thử", "signed_attributes": attributes }] });
    let good = order(&asked["signed_attributes"]);
    let foreign = order(&json!(STANDARD.encode("anything else")));
    assert_eq!(ask(post.clone(), "/v1/signatures", Some(foreign), ORIGIN).await.0, 422);
    let see = |request: &Value| format!("/v1/signatures/{}", request["id"].as_str().unwrap());
    for (line, state) in [("000000", "failed"), ("", "refused"), (PIN, "signed")] {
        let (status, request) = ask(post.clone(), "/v1/signatures", Some(good.clone()), ORIGIN).await;
        assert_eq!((status, &request["state"]), (202, &json!("waiting_for_consent")));
        assert_eq!(ask(post.clone(), "/v1/signatures", Some(good.clone()), ORIGIN).await.0, 409);
        agent.type_line(line);
        let ended = ask(get.clone(), &see(&request), None, ORIGIN).await.1;
        assert_eq!(ended["state"], state, "{ended}");
        assert_eq!(ended["signatures"].as_array().unwrap().len(), usize::from(state == "signed"));
        if let Some(signature) = ended["signatures"][0].as_str() {
            desk.write("dung", &STANDARD.decode(signature).unwrap());
        }
    }
    let completed = desk.seal(&["--complete", "trang-thai", "--signature", "dung", "--out", "ra"]);
    assert_eq!(outcomes(&completed), ["sealed"], "{}", completed.stderr);
    judges::pyhanko_accepts(&desk.read("ra/mot.sealed.pdf"), &desk.root.pem(), 1);
}
