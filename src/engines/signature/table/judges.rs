//! OpenSSL's own programs as judges: what they and we are both asked, we answer alike.

use std::path::Path;
use std::process::Command;

use super::*;
use crate::engines::signature::cms::SignedData;
use crate::engines::signature::pki::{Alg, Key, List, pem};

/// Runs `openssl` in a folder; whether it was satisfied, and what it said.
fn openssl(folder: &Path, arguments: &str) -> (bool, String) {
    let mut command = Command::new("openssl");
    let output = command.current_dir(folder).args(arguments.split(' ')).output();
    let output = output.unwrap_or_else(|fault| panic!("`openssl` is needed by this test: {fault}"));
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// What OpenSSL says of value and chain.
fn asked(scene: &Scene) -> (bool, bool) {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let certificates = |all: &mut dyn Iterator<Item = &Arc<Certificate>>| -> Vec<u8> {
        all.flat_map(|one| pem("CERTIFICATE", &one.der)).collect()
    };
    let mut trusted = certificates(&mut scene.trust.anchors.iter().map(|anchor| &anchor.certificate));
    trusted.extend(scene.data.crls.iter().flat_map(|crl| pem("X509 CRL", &crl.der)));
    write("trusted.pem", &trusted);
    write("known.pem", &certificates(&mut scene.data.certificates.iter()));
    write("content", &scene.parts.concat());
    write("signature", &scene.contents);
    let value = "cms -verify -binary -inform DER -in signature -content content -noverify -signer signer.pem -out out";
    let (is_intact, _) = openssl(folder.path(), value);
    let at: jiff::Timestamp = scene.at.parse().unwrap();
    let chain = format!(
        "verify -CAfile trusted.pem -no-CApath -partial_chain -untrusted known.pem -crl_check_all \
         -extended_crl -use_deltas -attime {} signer.pem",
        at.as_second()
    );
    (is_intact, is_intact && openssl(folder.path(), &chain).0)
}

#[test]
fn openssl_says_the_same_of_values_and_chains() {
    let p = people();
    let check = |case: &str, scene: Scene| {
        let one = scene.judge().signatures.remove(0);
        let ours = (one.integrity == Integrity::Intact, one.verdict == Verdict::TotalPassed);
        assert_eq!(asked(&scene), ours, "{case}: {}", one.message);
    };
    let signer = |key| p.ca.issue(&Subject::person("Trần Thị Mẫu").key(key));
    check("good", Scene::good());
    for (key, alg) in [
        (Key::P384, Alg::Sha384),
        (Key::P521, Alg::Sha512),
        (Key::Rsa2048, Alg::Sha256),
        (Key::Rsa2048, Alg::Pss(32)),
    ] {
        check(&format!("{key:?} {alg:?}"), Scene::of(&Cms { alg, ..Cms::cades(&signer(key)) }));
    }
    check("BER", Scene::of(&Cms { is_ber: true, ..Cms::cades(&p.signer) }));
    check("bytes", Scene::good().with(|s| s.parts[1].push(b' ')));
    check("value", Scene::of(&Cms { flip_value: true, ..Cms::cades(&p.signer) }));
    check("no link", Scene::good().with(|s| s.data.certificates.clear()));
    check("nobody trusted", Scene::good().with(|s| s.trust = TrustAnchors::default()));
    let last = p.root.issue(&Subject { ca: Some(Some(0)), ..Subject::ca("CA cuối thử nghiệm") });
    let below = last.ca("CA dưới CA cuối");
    let long = Scene::of(&Cms::cades(&below.issue(&Subject::person("Mẫu")))).knows(&last).knows(&below);
    check("path length", long.with(|s| assert!(s.data.add_crl(&last.crl()) && s.data.add_crl(&below.crl()))));
    let revoked = p.ca.list(&List::revoking(&p.signer, "2026-05-01T00:00:00Z"));
    check("revoked", Scene::good().list_of_ca(revoked));
    check("no news", Scene::good().lists(&[p.root.crl()]));
    let stale = p.ca.list(&List::default().times("2026-05-01T00:00:00Z", "2026-05-31T00:00:00Z"));
    check("stale", Scene::good().list_of_ca(stale));
    check("ended", Scene::good().with(|s| s.at = "2029-01-01T00:00:00Z"));
}

#[test]
fn openssl_takes_our_tests_time_stamps_and_answers() {
    let p = people();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let stamped = Cms { stamp: Some((&p.tsa, "2026-05-01T00:00:00Z")), ..Cms::cades(&p.signer) };
    let cms = SignedData::parse(&stamped.build(&content())).unwrap();
    write("token", &cms.timestamps[0]);
    write("value", &cms.value);
    write("other", b"other");
    write("root.pem", &p.stamp_root.pem());
    let at: jiff::Timestamp = NOW.parse().unwrap();
    let verify = |data: &str| {
        let arguments = format!(
            "ts -verify -token_in -in token -data {data} -CAfile root.pem -attime {}",
            at.as_second()
        );
        openssl(folder.path(), &arguments)
    };
    assert!(verify("value").0, "{}", verify("value").1);
    assert!(!verify("other").0);

    write("answer", &p.responder.ocsp(&p.ca, &p.signer, &Answer::default()));
    write("ca.pem", &p.ca.pem());
    write("signer.pem", &p.signer.pem());
    write("trusted.pem", &[p.root.pem(), p.ca.pem()].concat());
    let arguments = format!(
        "ocsp -respin answer -issuer ca.pem -cert signer.pem -CAfile trusted.pem -no_nonce -attime {}",
        at.as_second()
    );
    let said = openssl(folder.path(), &arguments).1;
    assert!(said.contains("Response verify OK") && said.contains("signer.pem:"), "{said}");
}
