//! `sohoa verify --online` asks what is missing of those that certificates name, and of nobody else: judged before a
//! small authority of our own, which also lies, stalls and floods.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Path as Place, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::any,
};
use sohoa::{
    engines::{
        reader::{ReaderLimits, Readers},
        signature::{
            order::{NamedFile, TrustFiles, VerifyOrder},
            verdict::Report,
        },
    },
    remote::{Remote, RemoteRules},
    workflows::verify::judge_online,
};

use crate::{
    pki::{Answer, Cms, Entry, Identity, List, NOW, Subject, crl_points, extension, oid, seq, tlv},
    support::cli::sohoa,
    verdicts::{people, signed_with},
};

/// What stands at an address.
#[derive(Clone)]
enum Said {
    Ocsp(Vec<u8>),
    /// Right, but said to be something else.
    Html(Vec<u8>),
    Bytes(Vec<u8>),
    To(String),
    Broken,
    Never,
}

/// An authority on the network: what it says, and what it was asked.
#[derive(Clone, Default)]
struct Authority {
    said: Arc<Mutex<HashMap<String, Said>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Authority {
    /// It, and where it is.
    async fn open() -> (Self, String) {
        let authority = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().route("/{*place}", any(answer)).with_state(authority.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (authority, url)
    }

    fn says(&self, place: &str, said: Said) {
        self.said.lock().unwrap().insert(place.to_owned(), said);
    }

    /// What it was asked since the last time.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

async fn answer(State(authority): State<Authority>, Place(place): Place<String>) -> Response {
    authority.asked.lock().unwrap().push(place.clone());
    let said = authority.said.lock().unwrap().get(&place).cloned();
    match said {
        Some(Said::Ocsp(bytes)) => {
            ([(header::CONTENT_TYPE, "application/ocsp-response")], bytes).into_response()
        }
        Some(Said::Html(bytes)) => ([(header::CONTENT_TYPE, "text/html")], bytes).into_response(),
        Some(Said::Bytes(bytes)) => bytes.into_response(),
        Some(Said::To(url)) => Redirect::temporary(&url).into_response(),
        Some(Said::Broken) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(Said::Never) => std::future::pending().await,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `authorityInfoAccess`: OCSP responders, then issuers.
fn access(ocsp: &[String], issuers: &[String]) -> Vec<u8> {
    let one = |method: &str, url: &String| seq(&[oid(method), tlv(0x86, url.as_bytes())]);
    let ocsp = ocsp.iter().map(|url| one("1.3.6.1.5.5.7.48.1", url));
    let issuers = issuers.iter().map(|url| one("1.3.6.1.5.5.7.48.2", url));
    extension("1.3.6.1.5.5.7.1.1", false, &seq(&ocsp.chain(issuers).collect::<Vec<_>>()))
}

fn person() -> Subject {
    Subject::person("Phạm Thị Mẫu")
}

/// Trusts the root, knows the CA and that it is not revoked.
fn order(ca: Option<&Identity>) -> VerifyOrder {
    let file = |name: &str, bytes: Vec<u8>| NamedFile { name: name.to_owned(), bytes };
    let trust = TrustFiles {
        anchors: vec![file("goc.pem", people().root.pem())],
        intermediates: ca.iter().map(|ca| file("ca.pem", ca.pem())).collect(),
        revocation: vec![file("goc.crl", people().root.crl())],
        policy: None,
    };
    VerifyOrder { trust, at: NOW.parse().unwrap(), received_at: None, password: None, type_code: None }
}

fn readers() -> Readers {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_sohoa"));
    Readers::new(program, ReaderLimits { n_readers: 1, ..ReaderLimits::default() })
}

fn remote() -> Remote {
    let rules = RemoteRules { seconds: 1, seconds_in_all: 4, ..named() };
    Remote::new(&rules).unwrap()
}

fn named() -> RemoteRules {
    RemoteRules { private_hosts: vec!["127.0.0.1".to_owned()], ..RemoteRules::default() }
}

/// Verdict and sub-indication of the one signature.
fn verdict(report: &Report) -> String {
    let [one] = report.signatures.as_slice() else { panic!("{report:?}") };
    let text = |value: serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    let verdict = text(serde_json::to_value(one.verdict).unwrap());
    format!("{verdict} {}", text(serde_json::to_value(one.sub).unwrap()))
}

const PASSED: &str = "TOTAL-PASSED -";
const LATER: &str = "INDETERMINATE TRY_LATER";
const REVOKED: &str = "INDETERMINATE REVOKED_NO_POE";
const APRIL: &str = "2026-04-01T00:00:00Z";

/// What a responder and a list say, and what comes of it.
struct Case {
    name: &'static str,
    ocsp: Option<Said>,
    crl: Option<Said>,
    expected: &'static str,
    /// Whether the list is asked for.
    asks_list: bool,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_authorities_say_is_judged_whatever_it_is() {
    let (authority, url) = Authority::open().await;
    let (elsewhere, there) = Authority::open().await;
    let there = there.replace("127.0.0.1", "localhost");
    let (readers, remote) = (readers(), remote());
    let ca = people().root.ca("CA trên mạng");
    let other = ca.issue(&Subject::person("Người khác"));
    let responder = ca.issue(&Subject::responder("OCSP"));
    let thief = Identity::root_of(&Subject { key_name: "thief".into(), ..Subject::ca("CA trên mạng") });
    let stale = || List::default().times("2026-05-01T00:00:00Z", "2026-05-08T00:00:00Z");
    // Each case has a signer of its own, whose certificate names the places of the case.
    let signer = |n: usize| {
        let ocsp = [format!("{url}/{n}/ocsp")];
        ca.issue(&person().with(access(&ocsp, &[])).with(crl_points(&format!("{url}/{n}/crl"))))
    };
    let signers: Vec<Identity> = (0..20).map(signer).collect();
    let ocsp = |n: usize, answer: Answer| Some(Said::Ocsp(responder.ocsp(&ca, &signers[n], &answer)));
    let crl = |list: &List| Some(Said::Bytes(ca.list(list)));
    let good = Answer::default;
    let revoked = || Answer { revoked: Some(APRIL.into()), ..good() };
    let empty = List::default();
    let mut cases = Vec::new();
    let mut case = |name, ocsp, crl, expected, asks_list| {
        cases.push(Case { name, ocsp, crl, expected, asks_list });
    };
    case("good by OCSP", ocsp(0, good()), crl(&empty), PASSED, false);
    case("revoked by OCSP, an older list does not know", ocsp(1, revoked()), crl(&empty), REVOKED, false);
    case(
        "unknown by OCSP, good by the list",
        ocsp(2, Answer { is_unknown: true, ..good() }),
        crl(&empty),
        PASSED,
        true,
    );
    case("unknown by OCSP, no list", ocsp(3, Answer { is_unknown: true, ..good() }), None, LATER, true);
    let old = Answer { next_update: Some("2026-05-31T23:30:00Z".into()), ..good() };
    case("stale by OCSP", ocsp(4, old), None, LATER, true);
    let about_other = Some(Said::Ocsp(responder.ocsp(&ca, &other, &good())));
    case("about another certificate", about_other, None, LATER, true);
    let by_thief = Some(Said::Ocsp(thief.ocsp(&ca, &signers[6], &good())));
    case("by a namesake of the CA", by_thief, None, LATER, true);
    let by_himself = Some(Said::Ocsp(signers[7].ocsp(&ca, &signers[7], &good())));
    case("by the signer himself", by_himself, None, LATER, true);
    let html = Some(Said::Html(responder.ocsp(&ca, &signers[8], &good())));
    case("an answer of another kind", html, None, LATER, true);
    case("an answer too long", Some(Said::Ocsp(vec![0x30; 300 << 10])), None, LATER, true);
    case("no answer", Some(Said::Broken), crl(&empty), PASSED, true);
    case("never an answer, good by the list", Some(Said::Never), crl(&empty), PASSED, true);
    case("neither ever answers", Some(Said::Never), Some(Said::Never), LATER, true);
    let entry = Entry { serial: signers[13].serial, at: APRIL.into(), ..Entry::default() };
    case("revoked by the list", None, crl(&empty.clone().and(entry)), REVOKED, true);
    case("a stale list", None, crl(&stale()), LATER, true);
    case("a list by a namesake", None, Some(Said::Bytes(thief.crl())), LATER, true);
    case("a list that is none", None, Some(Said::Bytes(b"<html>".to_vec())), LATER, true);
    let pem = crate::pki::pem("X509 CRL", &ca.crl());
    case("a list as PEM", None, Some(Said::Bytes(pem)), PASSED, true);
    case("a list somewhere private", None, Some(Said::To(format!("{there}/crl"))), LATER, true);
    case("a list too long", None, Some(Said::Bytes(vec![0; 33 << 20])), LATER, true);

    elsewhere.says("crl", Said::Bytes(ca.crl()));
    let mut wrong = String::new();
    for (n, case) in cases.into_iter().enumerate() {
        let places = [(format!("{n}/ocsp"), case.ocsp), (format!("{n}/crl"), case.crl)];
        for (place, said) in places {
            said.into_iter().for_each(|said| authority.says(&place, said));
        }
        let start = Instant::now();
        let pdf = signed_with(&signers[n], |cms| cms);
        let report = judge_online(&readers, &remote, pdf, order(Some(&ca))).await.unwrap();
        let (said, mut asked) = (verdict(&report), authority.asked());
        asked.dedup();
        let places = [format!("{n}/ocsp"), format!("{n}/crl")];
        if said != case.expected || asked != places[..1 + usize::from(case.asks_list)] {
            wrong += &format!("{}: {said}, asked {asked:?}\n", case.name);
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{}: {:?}", case.name, start.elapsed());
    }
    assert_eq!(wrong, "");
    assert_eq!(elsewhere.asked(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_nobody_sent_are_fetched_and_checked() {
    let (authority, url) = Authority::open().await;
    let (readers, remote) = (readers(), remote());
    let at = |place: &str| format!("{url}/{place}");
    // Two links are missing; each is found where the one below says.
    let upper = people().root.issue(&Subject::ca("CA trên").with(access(&[], &[at("goc.cer")])));
    let named = access(&[], &[at("khong-co.cer"), at("tren.cer")]);
    let lower = upper.issue(&Subject::ca("CA dưới").with(named).with(crl_points(&at("tren.crl"))));
    let subject = person().with(access(&[], &[at("duoi.cer")])).with(crl_points(&at("duoi.crl")));
    let signer = lower.issue(&subject);
    authority.says("duoi.cer", Said::Bytes(lower.der().to_vec()));
    authority.says("tren.cer", Said::Bytes(upper.pem()));
    authority.says("duoi.crl", Said::Bytes(lower.crl()));
    authority.says("tren.crl", Said::Bytes(upper.crl()));
    let pdf = signed_with(&signer, |cms| cms);
    let judge = async || verdict(&judge_online(&readers, &remote, pdf.clone(), order(None)).await.unwrap());
    assert_eq!(judge().await, PASSED);
    assert_eq!(authority.asked(), ["duoi.cer", "khong-co.cer", "tren.cer", "duoi.crl", "tren.crl"]);

    // Lists are kept for a while, certificates of issuers are not.
    assert_eq!(judge().await, PASSED);
    assert_eq!(authority.asked(), ["duoi.cer", "khong-co.cer", "tren.cer"]);

    // A namesake of the link is none.
    let thief = Subject { key_name: "thief".into(), ..Subject::ca("CA dưới") };
    authority.says("duoi.cer", Said::Bytes(Identity::root_of(&thief).der().to_vec()));
    assert_eq!(judge().await, "INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_without_need_and_all_is_over_in_time() {
    let (authority, url) = Authority::open().await;
    let (readers, remote) = (readers(), remote());
    let ca = people().root.ca("CA trên mạng");
    let places: Vec<String> = (0..8).map(|n| format!("{url}/cham/{n}")).collect();
    (0..8).for_each(|n| authority.says(&format!("cham/{n}"), Said::Never));
    let slow = ca.issue(&person().with(access(&places, &[])));

    // Eight responders that never answer, one second each, four in all.
    let start = Instant::now();
    let pdf = signed_with(&slow, |cms| cms);
    let report = judge_online(&readers, &remote, pdf.clone(), order(Some(&ca))).await.unwrap();
    assert_eq!(verdict(&report), LATER);
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    let n_asked = authority.asked().len();
    assert!((1..8).contains(&n_asked), "{n_asked}");

    // What is broken, or known already, is not asked about; nor is what the file does not need.
    let broken = signed_with(&slow, |cms| Cms { flip_value: true, ..cms });
    let report = judge_online(&readers, &remote, broken, order(Some(&ca))).await.unwrap();
    assert_eq!(verdict(&report), "TOTAL-FAILED SIG_CRYPTO_FAILURE");
    let mut known = order(Some(&ca));
    known.trust.revocation.push(NamedFile { name: "ca.crl".into(), bytes: ca.crl() });
    let bystander =
        people().root.issue(&Subject::ca("CA ngoài cuộc").with(crl_points(&format!("{url}/ngoai"))));
    known.trust.intermediates.push(NamedFile { name: "ngoai.pem".into(), bytes: bystander.pem() });
    let report = judge_online(&readers, &remote, pdf.clone(), known).await.unwrap();
    assert_eq!(verdict(&report), PASSED);
    assert_eq!(authority.asked(), Vec::<String>::new());

    // Addresses within the network are asked only when they are named.
    let strict = Remote::new(&RemoteRules::default()).unwrap();
    let report = judge_online(&readers, &strict, pdf, order(Some(&ca))).await.unwrap();
    assert_eq!((verdict(&report).as_str(), authority.asked()), (LATER, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_asks_the_network_when_it_is_told_to() {
    let (authority, url) = Authority::open().await;
    let ca = people().root.ca("CA trên mạng");
    let list = format!("{url}/ca.crl");
    authority.says("ca.crl", Said::Bytes(ca.crl()));
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("goc.pem", &people().root.pem());
    write("sohoa.toml", b"[signatures]\nprivate_hosts = [\"127.0.0.1\"]\n");
    for place in ["ca", "thu-hoi"] {
        std::fs::create_dir(folder.path().join(place)).unwrap();
    }
    write("ca/ca.pem", &ca.pem());
    write("thu-hoi/goc.crl", &people().root.crl());
    for name in ["mot.pdf", "hai.pdf"] {
        let signer = ca.issue(&person().with(crl_points(&list)));
        write(name, &signed_with(&signer, |cms| cms));
    }
    let folder = folder.path().to_owned();
    let verify = move |more: &[&str]| {
        let path = |name: &str| Path::join(&folder, name).display().to_string();
        let mut args = vec!["verify".to_owned(), "--json".to_owned(), "--at".to_owned(), NOW.to_owned()];
        for (option, name) in [("--trust", "goc.pem"), ("--intermediates", "ca"), ("--crls", "thu-hoi")] {
            args.extend([option.to_owned(), path(name)]);
        }
        args.extend(
            more.iter().map(|one| if *one == "--config" { "--config".into() } else { (*one).to_owned() }),
        );
        if more.contains(&"--config") {
            args.push(path("sohoa.toml"));
        }
        args.extend([path("mot.pdf"), path("hai.pdf")]);
        sohoa(args)
            .answers()
            .iter()
            .map(|one| one["overall"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    tokio::task::spawn_blocking(move || {
        assert_eq!(verify(&["--config"]), ["INDETERMINATE"; 2]);
        assert_eq!(verify(&["--online"]), ["INDETERMINATE"; 2]);
        assert_eq!(authority.asked(), Vec::<String>::new());
        assert_eq!(verify(&["--online", "--config"]), ["TOTAL-PASSED"; 2]);
        assert_eq!(authority.asked(), ["ca.crl"], "one list for both");
    })
    .await
    .unwrap();
}
