//! Chains: what leads to trust and what does not.

use super::*;
use crate::engines::signature::pki::{
    Alg, CERT_SIGN, CRL_SIGN, DIGITAL_SIGNATURE, KEY_ENCIPHERMENT, Key, List, O, extension, int, name, oid,
    seq, tlv,
};
use SubIndication as S;

/// A signature by somebody whom `issuer` certified, with news of every CA in the case.
fn signed_under(issuers: &[&Identity], signer: &Identity) -> Scene {
    let mut scene = Scene::of(&Cms::cades(signer));
    for issuer in issuers {
        assert!(scene.data.add_crl(&issuer.crl()));
        scene = scene.knows(issuer);
    }
    scene
}

fn person() -> Subject {
    Subject::person("Phạm Thị Mẫu")
}

#[test]
fn chains_are_found_where_there_are_any() {
    let p = people();
    let none = open(S::NoCertificateChainFound, Trust::Untrusted);
    let without = || Scene::good().with(|s| s.data.certificates.clear());
    let one = check("link missing", &without(), none);
    assert!(one.message.contains("CA cấp dưới thử nghiệm"), "{}", one.message);
    let inside = Cms { certificates: vec![p.ca.der().to_vec()], ..Cms::cades(&p.signer) };
    check("link inside", &Scene::of(&inside).with(|s| s.data.certificates.clear()), GOOD);
    check("nobody trusted", &Scene::good().with(|s| s.trust = TrustAnchors::default()), none);
    let other = Identity::root("CA gốc thử nghiệm khác");
    check(
        "another root",
        &Scene::good().with(|s| s.trust.anchors = vec![anchor(&other, Purpose::Any)]),
        none,
    );
    let own = Identity::root_of(&person());
    check("signed by itself", &Scene::of(&Cms::cades(&own)), none);
    // The name of the root, another key.
    let namesake =
        Identity::root_of(&Subject { key_name: "thief".into(), ..Subject::ca("CA gốc thử nghiệm") });
    let forged = namesake.issue(&person());
    check("a namesake of the root", &signed_under(&[&namesake], &forged), none);
    let forged = Identity::root_of(&Subject {
        key_name: "thief".into(),
        has_key_ids: false,
        ..Subject::ca("CA cấp dưới thử nghiệm")
    })
    .issue(&Subject { has_key_ids: false, ..person() });
    check("a namesake of the CA", &Scene::of(&Cms::cades(&forged)), none);
    check(
        "trusted itself",
        &Scene::good().with(|s| s.trust.anchors = vec![anchor(&p.signer, Purpose::Any)]),
        GOOD,
    );
    check(
        "link trusted",
        &Scene::good().with(|s| s.trust.anchors = vec![anchor(&p.ca, Purpose::Public)]),
        GOOD,
    );
}

#[test]
fn the_way_is_found_among_cross_certificates() {
    let p = people();
    // Another root that certifies our CA, trusted; and it again by the first, in a circle.
    let other = Identity::root("CA gốc thứ hai thử nghiệm");
    let cross = other.issue(&Subject::ca("CA cấp dưới thử nghiệm"));
    let back = p.ca.issue(&Subject::ca("CA gốc thứ hai thử nghiệm"));
    let scene = Scene::good().with(|s| s.trust.anchors = vec![anchor(&other, Purpose::Government)]);
    let scene = scene.knows(&back).knows(&cross).with(|s| assert!(s.data.add_crl(&other.crl())));
    check("cross-certificate", &scene, GOOD);
    // A dead end of the same name and key comes first.
    let dead = Identity::root("CA không ai tin").issue(&Subject::ca("CA cấp dưới thử nghiệm"));
    let scene = Scene::good().with(|s| s.data.certificates.clear()).knows(&dead).knows(&p.ca);
    check("dead end first", &scene, GOOD);
    // One way through a CA that was revoked, one that is whole.
    let scene = Scene::good().knows(&cross).with(|s| {
        s.trust.anchors.push(anchor(&other, Purpose::Government));
        assert!(s.data.add_crl(&other.list(&List::revoking(&cross, "2025-01-01T00:00:00Z"))));
    });
    check("the whole way is taken", &scene, GOOD);
    // Eight CAs that certify each other.
    let names: Vec<String> = (0..8).map(|n| format!("CA đám đông {n}")).collect();
    let crowd: Vec<Identity> = names.iter().map(|name| Identity::root(name)).collect();
    let mut scene = Scene::of(&Cms::cades(&crowd[0].issue(&person())));
    for one in &crowd {
        for name in &names {
            scene = scene.knows(&one.issue(&Subject::ca(name)));
        }
    }
    check("a crowd", &scene, open(S::NoCertificateChainFound, Trust::Untrusted));
}

#[test]
fn limits_of_cas_hold() {
    let p = people();
    let limit = open(S::ChainConstraintsFailure, Trust::Untrusted);
    // Path length.
    let last = p.root.issue(&Subject { ca: Some(Some(0)), ..Subject::ca("CA cuối thử nghiệm") });
    check("path length kept", &signed_under(&[&last], &last.issue(&person())), GOOD);
    let below = last.ca("CA dưới CA cuối");
    check("path length", &signed_under(&[&last, &below], &below.issue(&person())), limit);
    // Self-issued certificates do not count for it.
    let renewed =
        last.issue(&Subject { key_name: "renewed".into(), ..Subject::ca("CA cuối thử nghiệm") });
    check("self-issued", &signed_under(&[&last, &renewed], &renewed.issue(&person())), GOOD);
    // No CA at all, or not by its key usage.
    let plain =
        p.root
            .issue(&Subject { ca: None, usage: Some(DIGITAL_SIGNATURE), ..Subject::ca("Không phải CA") });
    check("no CA", &signed_under(&[&plain], &plain.issue(&person())), limit);
    let lists = p.root.issue(&Subject { usage: Some(CRL_SIGN), ..Subject::ca("CA chỉ ký CRL") });
    check("keyCertSign", &signed_under(&[&lists], &lists.issue(&person())), limit);
    let any = p.root.issue(&Subject { usage: Some(CERT_SIGN | CRL_SIGN), ..Subject::ca("CA thường") });
    check("a CA like others", &signed_under(&[&any], &any.issue(&person())), GOOD);
    // Unknown and critical.
    let odd = Subject::ca("CA có điều kiện lạ").with(extension("1.3.6.1.4.1.55555.9", true, &[5, 0]));
    let odd = p.root.issue(&odd);
    check("unknown critical", &signed_under(&[&odd], &odd.issue(&person())), limit);
    let odd = p.ca.issue(&person().with(extension("1.3.6.1.4.1.55555.9", false, &[5, 0])));
    check("unknown, not critical", &Scene::of(&Cms::cades(&odd)), GOOD);
}

#[test]
fn names_hold() {
    let p = people();
    let limit = open(S::ChainConstraintsFailure, Trust::Untrusted);
    let permitted = name(&[(O, "Ủy ban nhân dân xã Bảo Ái")]);
    let constraints = seq(&[tlv(0xa0, &seq(&[tlv(0xa4, &permitted)]))]);
    let named = Subject::ca("CA của một xã").with(extension("2.5.29.30", true, &constraints));
    let named = p.root.issue(&named);
    let inside = Subject {
        name: vec![(O.into(), "Ủy ban nhân dân xã Bảo Ái".into()), ("2.5.4.3".into(), "Mẫu".into())],
        ..person()
    };
    check("name inside", &signed_under(&[&named], &named.issue(&inside)), GOOD);
    let outside = Subject {
        name: vec![(O.into(), "Ủy ban nhân dân xã Khác".into()), ("2.5.4.3".into(), "Mẫu".into())],
        ..person()
    };
    check("name outside", &signed_under(&[&named], &named.issue(&outside)), limit);
}

#[test]
fn policies_hold() {
    let p = people();
    let limit = open(S::ChainConstraintsFailure, Trust::Untrusted);
    const OURS: &str = "1.3.6.1.4.1.55555.2";
    const OTHER: &str = "1.3.6.1.4.1.55555.3";
    const ANY: &str = "2.5.29.32.0";
    let policy = |id: &str| extension("2.5.29.32", false, &seq(&[seq(&[oid(id)])]));
    let rule = |tag: u8| extension("2.5.29.36", true, &seq(&[tlv(tag, &[0])]));
    let no_any = extension("2.5.29.54", true, &int(0));
    let map = extension("2.5.29.33", true, &seq(&[seq(&[oid(OURS), oid(OTHER)])]));
    let check = |case: &str, ca: &[&Vec<u8>], below: &[&Vec<u8>], expected| {
        let all = |subject: Subject, extensions: &[&Vec<u8>]| {
            extensions.iter().fold(subject, |subject, e| subject.with((*e).clone()))
        };
        let ca = p.root.issue(&all(Subject::ca("CA có chính sách"), ca));
        check(case, &signed_under(&[&ca], &ca.issue(&all(person(), below))), expected);
    };
    let explicit = rule(0x80);
    check("nobody asks", &[&policy(OURS)], &[&policy(OTHER)], GOOD);
    check("kept", &[&policy(OURS), &explicit], &[&policy(OURS)], GOOD);
    check("another", &[&policy(OURS), &explicit], &[&policy(OTHER)], limit);
    check("none", &[&policy(OURS), &explicit], &[], limit);
    check("any of the CA's", &[&policy(ANY), &explicit], &[&policy(OTHER)], GOOD);
    check("any of the signer's", &[&policy(OURS), &explicit], &[&policy(ANY)], GOOD);
    check("any inhibited", &[&policy(OURS), &explicit, &no_any], &[&policy(ANY)], limit);
    check("mapped", &[&policy(OURS), &explicit, &map], &[&policy(OTHER)], GOOD);
    check("mapped away", &[&policy(OURS), &explicit, &map], &[&policy(OURS)], limit);
    check("asked by the signer's own", &[&policy(OURS)], &[&policy(OTHER), &explicit], limit);
}

#[test]
fn what_a_key_is_for_counts() {
    let p = people();
    let limit = open(S::ChainConstraintsFailure, Trust::Untrusted);
    let check = |case: &str, subject: Subject, expected| {
        check(case, &Scene::of(&Cms::cades(&p.ca.issue(&subject))), expected);
    };
    check("encryption", Subject { usage: Some(KEY_ENCIPHERMENT), ..person() }, limit);
    check("any use", Subject { usage: None, ..person() }, GOOD);
    check("digitalSignature alone", Subject { usage: Some(DIGITAL_SIGNATURE), ..person() }, GOOD);
    check("code, critical", person().extended(true, &["1.3.6.1.5.5.7.3.3"]), limit);
    check("documents, critical", person().extended(true, &["1.3.6.1.5.5.7.3.36"]), GOOD);
    check("e-mail", person().extended(false, &["1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.2"]), GOOD);
    check("servers alone", person().extended(false, &["1.3.6.1.5.5.7.3.1"]), limit);
    check("a use of their own", person().extended(false, &["1.3.6.1.4.1.55555.7"]), GOOD);
    check("time stamps", Subject::tsa("TSA lạc chỗ"), limit);
}

#[test]
fn trust_has_purposes_and_periods() {
    let p = people();
    let limit = open(S::ChainConstraintsFailure, Trust::Untrusted);
    let purpose = |purpose| Scene::good().with(|s| s.trust.anchors = vec![anchor(&p.root, purpose)]);
    check("time stamps alone", &purpose(Purpose::Timestamp), limit);
    let one = check("foreign", &purpose(Purpose::Foreign), GOOD);
    assert!(one.message.contains("nước ngoài"), "{}", one.message);
    let government = Policy::parse("[[paper]]\ncodes = [\"*-KQ*\"]\nsignatures = [\"government\"]").unwrap();
    let results = government.for_paper("1.001776-KQ1");
    check("not for results", &purpose(Purpose::Public).with(|s| s.policy = results), limit);
    let period = |from: Option<&str>, until: Option<&str>| {
        Scene::good().with(|s| {
            s.trust.anchors[0].from = from.map(|t| t.parse().unwrap());
            s.trust.anchors[0].until = until.map(|t| t.parse().unwrap());
        })
    };
    check("until later", &period(Some("2020-01-01T00:00:00Z"), Some("2030-01-01T00:00:00Z")), GOOD);
    check("from later", &period(Some("2027-01-01T00:00:00Z"), None), limit);
    check("no more", &period(None, Some("2026-01-01T00:00:00Z")), limit);
    let received =
        period(None, Some("2026-01-01T00:00:00Z")).with(|s| s.receipt = Some("2025-06-01T00:00:00Z"));
    check("received while it was", &received, GOOD);
}

#[test]
fn roots_may_be_plain_and_keys_of_all_kinds() {
    for (case, subject) in [
        ("no extensions", Subject { usage: None, has_key_ids: false, ..Subject::ca("CA gốc cũ") }),
        ("RSA", Subject::ca("CA gốc RSA").key(Key::Rsa2048)),
        ("PSS", Subject { signed_with: Alg::Pss(32), ..Subject::ca("CA gốc PSS").key(Key::Rsa2048) }),
        (
            "SHA-1 on itself",
            Subject { signed_with: Alg::Sha1, ..Subject::ca("CA gốc SHA-1").key(Key::Rsa2048) },
        ),
    ] {
        let root = Identity::root_of(&subject);
        let scene = Scene::of(&Cms::cades(&root.issue(&person())));
        let scene = scene.with(|s| s.trust.anchors = vec![anchor(&root, Purpose::Any)]);
        check(case, &scene.lists(&[root.crl()]), GOOD);
    }
}
