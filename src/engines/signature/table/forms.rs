//! Forms of signatures, digests and values, algorithms.

use super::*;
use crate::engines::signature::pki::{Alg, Key, attribute, tlv};
use crate::engines::signature::verdict::{Algorithm, TimeSource};
use SubIndication as S;

fn signer_of(key: Key) -> Identity {
    people().ca.issue(&Subject::person("Trần Thị Mẫu").key(key))
}

#[test]
fn accepted_forms_pass() {
    let p = people();
    let check = |case: &str, scene: Scene| check(case, &scene, GOOD);
    let pkcs7 = |s: &mut Scene| s.sub_filter = "adbe.pkcs7.detached";
    let one = check("CAdES, P-256", Scene::good());
    assert_eq!(
        (one.signer.name.as_str(), one.signer.ids["CCCD"].as_str()),
        ("Nguyễn Văn Mẫu", "001085000000")
    );
    assert_eq!(one.signer.organisation, "Ủy ban nhân dân xã Bảo Ái");
    assert_eq!((one.time, one.algorithm), (TimeSource::Claimed, Algorithm::Ok));
    for (key, alg) in [
        (Key::P384, Alg::Sha384),
        (Key::P521, Alg::Sha512),
        (Key::Rsa2048, Alg::Sha256),
        (Key::Rsa2048, Alg::Sha512),
        (Key::Rsa2048, Alg::Pss(32)),
        (Key::Rsa2048, Alg::Pss(20)),
    ] {
        let signer = signer_of(key);
        check(&format!("{key:?} {alg:?}"), Scene::of(&Cms { alg, ..Cms::cades(&signer) }));
    }
    let one = check("PKCS#7", Scene::of(&Cms::pkcs7(&p.signer)).with(pkcs7));
    assert_eq!(one.signed_at.unwrap().to_string(), "2026-05-30T02:00:00Z");
    check(
        "without attributes",
        Scene::of(&Cms { has_attributes: false, ..Cms::pkcs7(&p.signer) }).with(pkcs7),
    );
    check("signing-certificate, old", Scene::of(&Cms { is_v1: true, ..Cms::cades(&p.signer) }));
    check("signer by key", Scene::of(&Cms { by_key_id: true, ..Cms::cades(&p.signer) }));
    check("BER", Scene::of(&Cms { is_ber: true, ..Cms::cades(&p.signer) }));
    check("room behind", Scene::good().with(|s| s.contents.extend([0; 16_384])));
    check(
        "BER with room",
        Scene::of(&Cms { is_ber: true, ..Cms::cades(&p.signer) }).with(|s| s.contents.extend([0; 99])),
    );
    check(
        "certificate from outside",
        Scene::of(&Cms { is_bare: true, ..Cms::cades(&p.signer) }).knows(&p.signer),
    );
    // Somebody puts a certificate of his own with the same name and number beside it.
    let decoy = Subject { key_name: "decoy".into(), ..Subject::person("Nguyễn Văn Mẫu") };
    let decoy = p.ca.issue(&Subject { serial: Some(p.signer.serial), ..decoy });
    for named in [None, Some(p.signer.der().to_vec())] {
        let cms = Cms { certificates: vec![decoy.der().to_vec()], named, ..Cms::pkcs7(&p.signer) };
        check("a decoy", Scene::of(&cms).knows(&decoy).with(pkcs7));
    }
    check("later changes permitted", Scene::good().with(|s| s.modification = Modification::Permitted));
}

#[test]
fn wrong_forms_fail() {
    let p = people();
    let check = |case: &str, scene: Scene| {
        let one = scene.judge().signatures.remove(0);
        assert_eq!(
            (one.verdict, one.sub),
            (Verdict::TotalFailed, Some(S::FormatFailure)),
            "{case}: {}",
            one.message
        );
    };
    let cades = || Cms::cades(&p.signer);
    check("nothing", Scene::new(vec![]));
    check("zeros", Scene::new(vec![0; 4096]));
    check("2 MB of zeros", Scene::new(vec![0; 2 << 20]));
    check("noise", Scene::new((0..5000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()));
    check("a bomb", Scene::new([0x30, 0x80].repeat(100_000)));
    check("text behind", Scene::good().with(|s| s.contents.extend(b"text")));
    check("two signers", Scene::of(&Cms { n_signers: 2, ..cades() }));
    check("no signer", Scene::of(&Cms { n_signers: 0, ..cades() }));
    let twice = attribute("1.2.840.113549.1.9.4", tlv(4, &[7; 32]));
    check("an attribute twice", Scene::of(&Cms { extra: vec![twice], ..cades() }));
    check("another contentType", Scene::of(&Cms { wrong_content_type: true, ..cades() }));
    check("content inside", Scene::of(&Cms { content: Some(content()), ..cades() }));
    check("no attributes in CAdES", Scene::of(&Cms { has_attributes: false, ..cades() }));
    check("unknown SubFilter", Scene::good().with(|s| s.sub_filter = "adbe.x509.rsa_sha1"));
    check("a time stamp that says it is a signature", Scene::good().with(|s| s.sub_filter = "ETSI.RFC3161"));
    check("its place", Scene::good().with(|s| s.form_fault = Some("ByteRange không hợp lệ".into())));
    check("part of a revision", Scene::good().with(|s| s.coverage = Coverage::Partial));
    check("no sense in ByteRange", Scene::good().with(|s| s.coverage = Coverage::Malformed));
    check("forbidden changes", Scene::good().with(|s| s.modification = Modification::Forbidden));
    check("a certificate alone", Scene::new(p.signer.der().to_vec()));
}

#[test]
fn wrong_bytes_and_values_fail() {
    let p = people();
    let sha1 = |s: &mut Scene| s.sub_filter = "adbe.pkcs7.sha1";
    let other = |s: &mut Scene| s.parts[1].push(b' ');
    let broken = |sub| failed(sub, Integrity::Broken, Trust::Trusted);
    check("bytes", &Scene::good().with(other), broken(S::HashFailure));
    let sha1_scene = || Scene::of(&Cms { is_sha1: true, ..Cms::pkcs7(&p.signer) }).with(sha1);
    check("bytes, sha1", &sha1_scene().with(other), broken(S::HashFailure));
    let bare = Cms { has_attributes: false, ..Cms::pkcs7(&p.signer) };
    let scene = Scene::of(&bare).with(other).with(|s| s.sub_filter = "adbe.pkcs7.detached");
    check("bytes, no attributes", &scene, broken(S::SigCryptoFailure));
    check(
        "value",
        &Scene::of(&Cms { flip_value: true, ..Cms::cades(&p.signer) }),
        broken(S::SigCryptoFailure),
    );
    // Another's key, the victim's certificate.
    let mut thief = signer_of(Key::P256);
    (thief.serial, thief.issuer) = (p.signer.serial, p.signer.issuer.clone());
    let stolen = Cms { is_bare: true, named: Some(p.signer.der().to_vec()), ..Cms::cades(&thief) };
    check("key", &Scene::of(&stolen).knows(&p.signer), broken(S::SigCryptoFailure));
}

#[test]
fn the_signers_certificate_must_be_there_and_be_the_one_that_is_meant() {
    let p = people();
    let bare = Cms { is_bare: true, ..Cms::cades(&p.signer) };
    let expected =
        (Verdict::Indeterminate, Some(S::NoSigningCertificateFound), Integrity::Broken, Trust::Unknown);
    check("no certificate", &Scene::of(&bare), expected);
    let other = Cms { named: Some(p.ca.der().to_vec()), ..Cms::cades(&p.signer) };
    check("means another", &Scene::of(&other), open(S::NoSigningCertificateFound, Trust::Trusted));
    let none = Cms { named: None, ..Cms::cades(&p.signer) };
    check("CAdES without", &Scene::of(&none), open(S::SigConstraintsFailure, Trust::Trusted));
    let unfinished = Scene::good().with(|s| s.is_complete = false);
    check("changes not looked at", &unfinished, open(S::SigConstraintsFailure, Trust::Trusted));
}

#[test]
fn weak_algorithms_are_checked_and_left_open() {
    let p = people();
    let weak = open(S::CryptoConstraintsFailure, Trust::Trusted);
    let rsa = signer_of(Key::Rsa2048);
    for alg in [Alg::Sha1, Alg::Md5, Alg::Sha224] {
        let one = check(&format!("{alg:?}"), &Scene::of(&Cms { alg, ..Cms::cades(&rsa) }), weak);
        assert_eq!(one.algorithm, Algorithm::Weak);
    }
    for key in [Key::Rsa1024, Key::K256] {
        let signer = signer_of(key);
        check(&format!("{key:?}"), &Scene::of(&Cms::cades(&signer)), weak);
    }
    let sha1 = Cms { is_sha1: true, ..Cms::pkcs7(&p.signer) };
    check("pkcs7.sha1", &Scene::of(&sha1).with(|s| s.sub_filter = "adbe.pkcs7.sha1"), weak);
    let issued = p.ca.issue(&Subject { signed_with: Alg::Sha1, ..Subject::person("Lê Văn Mẫu") });
    check("certificate by SHA-1", &Scene::of(&Cms::cades(&issued)), weak);
}

#[test]
fn a_policy_may_accept_what_is_weak() {
    let rsa = signer_of(Key::Rsa2048);
    let scene = |policy: &str| {
        let cms =
            Cms { alg: Alg::Sha1, signing_time: Some("2024-05-01T00:00:00Z".into()), ..Cms::cades(&rsa) };
        let policy = Policy::parse(policy).unwrap();
        Scene::of(&cms).with(|s| s.policy = policy)
    };
    let exception = |issuer: &str, by: &str| {
        format!(
            "[[exception]]\ndigest = \"sha1\"\nissuers = [\"{issuer}\"]\nfrom = \"2020-01-01\"\n\
             until = \"2024-12-31\"\nby = \"{by}\"\nnote = \"chấp nhận SHA-1 đến hết năm 2024\"\n"
        )
    };
    let one = check("claimed", &scene(&exception("CA cấp dưới thử nghiệm", "claimed")), GOOD);
    assert!(one.message.contains("chấp nhận SHA-1 đến hết năm 2024"), "{}", one.message);
    assert_eq!(one.algorithm, Algorithm::Weak);
    check("by the root's name", &scene(&exception("CA gốc thử nghiệm", "claimed")), GOOD);
    let weak = open(S::CryptoConstraintsFailure, Trust::Trusted);
    check("another issuer", &scene(&exception("CA khác", "claimed")), weak);
    check("only proven", &scene(&exception("CA gốc thử nghiệm", "proven")), weak);
    let received =
        scene(&exception("CA gốc thử nghiệm", "proven")).with(|s| s.receipt = Some("2024-06-01T00:00:00Z"));
    check("received then", &received, GOOD);
    check(
        "strong once",
        &scene("[digests]\nsha1 = \"2024-12-31\""),
        open(S::CryptoConstraintsFailureNoPoe, Trust::Trusted),
    );
    let later = scene("[digests]\nsha1 = \"2024-12-31\"").with(|s| s.receipt = Some("2025-06-01T00:00:00Z"));
    check("received when weak", &later, weak);
    check("always", &scene("[digests]\nsha1 = \"always\""), GOOD);
}

#[test]
fn hostile_bytes_get_a_verdict_and_never_panic() {
    let good = Cms { stamp: Some((&people().tsa, "2026-05-01T00:00:00Z")), ..Cms::cades(&people().signer) };
    let bytes = good.build(&content());
    let judged = |contents: Vec<u8>| {
        let one = Scene::new(contents).judge().signatures.remove(0);
        assert!(one.verdict == Verdict::TotalPassed || one.sub.is_some());
        one.verdict
    };
    for cut in (0..bytes.len()).step_by(7) {
        assert_eq!(judged(bytes[..cut].to_vec()), Verdict::TotalFailed, "{cut}");
    }
    let mut state = 7u32;
    for _ in 0..600 {
        let mut changed = bytes.clone();
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let at = (state >> 8) as usize % changed.len();
        changed[at] ^= (state & 0xff) as u8 | 1;
        let _ = judged(changed);
    }
}
