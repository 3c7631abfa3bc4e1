//! News of revocation: what counts, what does not, and that nothing is no news.

use super::*;
use crate::engines::signature::pki::{
    Alg, Entry, Key, List, crl_points, crl_points_of, extension, place, seq, tlv,
};
use crate::engines::signature::wanted::wanted;
use SubIndication as S;

const LATER: (Verdict, Option<SubIndication>, Integrity, Trust) =
    (Verdict::Indeterminate, Some(S::TryLater), Integrity::Intact, Trust::Unknown);
const REVOKED: (Verdict, Option<SubIndication>, Integrity, Trust) =
    (Verdict::Indeterminate, Some(S::RevokedNoPoe), Integrity::Intact, Trust::Revoked);

fn entry(of: &Identity, at: &str, reason: Option<u8>) -> Entry {
    Entry { serial: of.serial, at: at.into(), reason, ..Entry::default() }
}

#[test]
fn without_news_nothing_passes() {
    let p = people();
    let one = check("nothing", &Scene::good().lists(&[]), LATER);
    assert!(one.message.contains("CRL, OCSP"), "{}", one.message);
    let one = check("of the CA nothing", &Scene::good().lists(&[p.ca.crl()]), LATER);
    assert!(one.message.contains("«CA gốc thử nghiệm»"), "{}", one.message);
    let one = check("of the signer nothing", &Scene::good().lists(&[p.root.crl()]), LATER);
    assert!(one.message.contains("«CA cấp dưới thử nghiệm»"), "{}", one.message);
    let lax = Policy::parse("[revocation]\nrequired = false").unwrap();
    let one = check("not asked for", &Scene::good().lists(&[]).with(|s| s.policy = lax), GOOD);
    assert!(!one.notes.is_empty());
}

#[test]
fn lists_count_while_they_are_fresh_and_signed_by_who_may() {
    let p = people();
    let list = |list: &List| Scene::good().list_of_ca(p.ca.list(list));
    let times = |this: &str, next: &str| list(&List::default().times(this, next));
    check("fresh", &times("2026-05-31T00:00:00Z", "2026-06-02T00:00:00Z"), GOOD);
    check("stale", &times("2026-05-01T00:00:00Z", "2026-05-31T00:00:00Z"), LATER);
    check("ahead of time", &times("2026-06-02T00:00:00Z", "2026-06-09T00:00:00Z"), LATER);
    let late = Policy::parse("[revocation]\nlate_hours = 48").unwrap();
    check(
        "a little late",
        &times("2026-05-01T00:00:00Z", "2026-05-31T00:00:00Z").with(|s| s.policy = late),
        GOOD,
    );
    let endless = |this: &str| list(&List { this_update: this.into(), next_update: None, ..List::default() });
    check("no end said, fresh", &endless("2026-05-31T12:00:00Z"), GOOD);
    check("no end said, old", &endless("2026-05-01T00:00:00Z"), LATER);
    let namesake = Identity::root_of(&Subject {
        key_name: "thief".into(),
        ..Subject::ca("CA cấp dưới thử nghiệm")
    });
    check("by a namesake", &Scene::good().list_of_ca(namesake.crl()).knows(&namesake), LATER);
    check("by the root", &Scene::good().list_of_ca(p.root.crl()), LATER);
    let mute = p.root.issue(&Subject {
        usage: Some(0x04),
        key_name: "mute".into(),
        ..Subject::ca("CA không ký CRL")
    });
    let scene = Scene::of(&Cms::cades(&mute.issue(&Subject::person("Mẫu")))).knows(&mute);
    check("without cRLSign", &scene.with(|s| assert!(s.data.add_crl(&mute.crl()))), LATER);
    // A key of the CA's for lists alone, certified by the root.
    let for_lists = Subject {
        usage: Some(0x02),
        ca: None,
        key_name: "lists".into(),
        ..Subject::ca("CA cấp dưới thử nghiệm")
    };
    let for_lists = p.root.issue(&for_lists);
    check("by its key for lists", &Scene::good().list_of_ca(for_lists.crl()).knows(&for_lists), GOOD);
    check("by an unknown key", &Scene::good().list_of_ca(for_lists.crl()), LATER);
    let weak = p.root.issue(&Subject { key: Key::Rsa2048, ..Subject::ca("CA dùng RSA") });
    let scene = |signed_with| {
        let scene = Scene::of(&Cms::cades(&weak.issue(&Subject::person("Mẫu")))).knows(&weak);
        scene.with(|s| assert!(s.data.add_crl(&weak.list(&List { signed_with, ..List::default() }))))
    };
    check("by SHA-256", &scene(Alg::Sha256), GOOD);
    check("by SHA-1", &scene(Alg::Sha1), LATER);
    let accepted = Policy::parse("[digests]\nsha1 = \"always\"").unwrap();
    check("by SHA-1, accepted", &scene(Alg::Sha1).with(|s| s.policy = accepted), GOOD);
    let odd = List { extra: vec![extension("1.3.6.1.4.1.55555.9", true, &[5, 0])], ..List::default() };
    check("unknown critical", &list(&odd), LATER);
}

#[test]
fn the_revoked_do_not_pass() {
    let p = people();
    let list = |list: &List| Scene::good().list_of_ca(p.ca.list(list));
    check("revoked", &list(&List::revoking(&p.signer, "2026-05-01T00:00:00Z")), REVOKED);
    check("another was", &list(&List::revoking(&p.ca, "2026-05-01T00:00:00Z")), GOOD);
    let stale = List::revoking(&p.signer, "2026-03-01T00:00:00Z")
        .times("2026-04-01T00:00:00Z", "2026-04-08T00:00:00Z");
    check("revoked, old list", &list(&stale), REVOKED);
    let scene = Scene::good().lists(&[p.root.crl(), p.ca.crl(), p.ca.list(&stale)]);
    check("left out later", &scene, REVOKED);
    check("ordered for later", &list(&List::revoking(&p.signer, "2026-06-03T00:00:00Z")), GOOD);
    let held = |reason, number, this: &str| {
        let entries = vec![entry(&p.signer, "2026-04-01T00:00:00Z", reason)];
        p.ca.list(&List { number, entries, ..List::default().times(this, "2026-06-07T00:00:00Z") })
    };
    check("held", &Scene::good().list_of_ca(held(Some(6), 10, "2026-05-31T00:00:00Z")), REVOKED);
    let released = Scene::good().lists(&[p.root.crl(), held(Some(6), 9, "2026-05-01T00:00:00Z"), p.ca.crl()]);
    check("released", &released, GOOD);
    let ca = Scene::good().lists(&[p.root.list(&List::revoking(&p.ca, "2026-05-01T00:00:00Z")), p.ca.crl()]);
    check("the CA is", &ca, open(S::RevokedCaNoPoe, Trust::Revoked));
    let scene =
        Scene::good().lists(&[p.root.list(&List::revoking(&p.ca, "2026-05-01T00:00:00Z")), p.ca.crl()]);
    check("received before", &scene.with(|s| s.receipt = Some("2026-04-01T00:00:00Z")), GOOD);
    let odd = Entry {
        extra: vec![extension("1.3.6.1.4.1.55555.9", true, &[5, 0])],
        ..entry(&p.signer, "2026-05-01T00:00:00Z", None)
    };
    check("an entry not understood", &list(&List::default().and(odd)), LATER);
}

#[test]
fn lists_count_for_what_they_are_about() {
    let p = people();
    let flag = |n: u8| tlv(0x80 | n, &[0xff]);
    let scoped = |scope: &[Vec<u8>]| List { scope: Some(seq(scope)), ..List::default() };
    let list = |list: &List| Scene::good().list_of_ca(p.ca.list(list));
    check("persons", &list(&scoped(&[flag(1)])), GOOD);
    check("CAs", &list(&scoped(&[flag(2)])), LATER);
    check("attributes", &list(&scoped(&[flag(5)])), LATER);
    check("persons, for a CA", &Scene::good().lists(&[p.root.list(&scoped(&[flag(1)])), p.ca.crl()]), LATER);
    check("CAs, for a CA", &Scene::good().lists(&[p.root.list(&scoped(&[flag(2)])), p.ca.crl()]), GOOD);
    let some = |bits: &[u8]| p.ca.list(&scoped(&[tlv(0x83, bits)]));
    check("some reasons", &Scene::good().list_of_ca(some(&[7, 0x60, 0])), LATER);
    let both = Scene::good().lists(&[p.root.crl(), some(&[7, 0x60, 0]), some(&[7, 0x1f, 0x80])]);
    check("all reasons in two", &both, GOOD);
    // A part of a list.
    let part = |address: &str| p.ca.list(&scoped(&[place(address)]));
    check("a part, not named", &Scene::good().list_of_ca(part("http://crl.invalid/1")), LATER);
    let placed = p.ca.issue(&Subject::person("Đỗ Văn Mẫu").with(crl_points("http://crl.invalid/1")));
    let scene = || Scene::of(&Cms::cades(&placed));
    check("its part", &scene().list_of_ca(part("http://crl.invalid/1")), GOOD);
    check("another part", &scene().list_of_ca(part("http://crl.invalid/2")), LATER);
    check("the whole list", &scene(), GOOD);
}

#[test]
fn deltas_add_to_their_base() {
    let p = people();
    let base = |number, entries| {
        let list =
            List { number, entries, ..List::default().times("2026-05-20T00:00:00Z", "2026-05-27T00:00:00Z") };
        p.ca.list(&list)
    };
    let delta = |of, entries| p.ca.list(&List { number: 12, delta_of: Some(of), entries, ..List::default() });
    let scene = |crls: &[Vec<u8>]| Scene::good().lists(&[&[p.root.crl()], crls].concat());
    check("base alone, old", &scene(&[base(10, vec![])]), LATER);
    check("with a delta", &scene(&[base(10, vec![]), delta(10, vec![])]), GOOD);
    check("a delta alone", &scene(&[delta(10, vec![])]), LATER);
    check("a delta to a newer base", &scene(&[base(10, vec![]), delta(11, vec![])]), LATER);
    let since = |reason| vec![entry(&p.signer, "2026-05-25T00:00:00Z", reason)];
    check("revoked in the delta", &scene(&[base(10, vec![]), delta(10, since(Some(1)))]), REVOKED);
    check("revoked in the base", &scene(&[base(10, since(Some(1))), delta(10, vec![])]), REVOKED);
    check("held in the base", &scene(&[base(10, since(Some(6))), delta(10, vec![])]), REVOKED);
    check("released in the delta", &scene(&[base(10, since(Some(6))), delta(10, since(Some(8)))]), GOOD);
}

#[test]
fn indirect_lists_count_where_the_certificate_names_their_issuer() {
    let p = people();
    let lists = p.root.issue(&Subject { usage: Some(0x02), ca: None, ..Subject::ca("Nơi công bố CRL") });
    let address = "http://crl.invalid/all";
    let named = p.ca.issue(&Subject::person("Vũ Thị Mẫu").with(crl_points_of(address, &lists)));
    let list = |entries| {
        let scope = Some(seq(&[place(address), tlv(0x84, &[0xff])]));
        lists.list(&List { scope, entries, ..List::default() })
    };
    let scene =
        |signer: &Identity, entries| Scene::of(&Cms::cades(signer)).knows(&lists).list_of_ca(list(entries));
    check("clean", &scene(&named, vec![]), GOOD);
    check("not named", &scene(&p.signer, vec![]), LATER);
    let of = |issuer: &Identity| Entry {
        issuer: Some(issuer.name.clone()),
        ..entry(&named, "2026-05-01T00:00:00Z", None)
    };
    check("revoked", &scene(&named, vec![of(&p.ca)]), REVOKED);
    check("the same number of another CA", &scene(&named, vec![of(&p.root)]), GOOD);
    let first = Entry { serial: 1, ..of(&p.ca) };
    check(
        "named once for all that follow",
        &scene(&named, vec![first, entry(&named, "2026-05-01T00:00:00Z", None)]),
        REVOKED,
    );
}

#[test]
fn answers_count_from_who_may_answer() {
    let p = people();
    let good = Answer::default();
    check("delegated", &Scene::good().answer(&p.responder, &good), GOOD);
    check("the CA itself", &Scene::good().answer(&p.ca, &good), GOOD);
    let by_key = Answer { by_key: true, digest: Alg::Sha256, ..Answer::default() };
    check("by key, SHA-256", &Scene::good().answer(&p.responder, &by_key), GOOD);
    let revoked = Answer { revoked: Some("2026-05-01T00:00:00Z".into()), ..Answer::default() };
    check("revoked", &Scene::good().answer(&p.responder, &revoked), REVOKED);
    check(
        "unknown there",
        &Scene::good().answer(&p.responder, &Answer { is_unknown: true, ..Answer::default() }),
        LATER,
    );
    let stale = Answer { next_update: Some("2026-05-31T23:30:00Z".into()), ..Answer::default() };
    check("stale", &Scene::good().answer(&p.responder, &stale), LATER);
    check(
        "no end said",
        &Scene::good().answer(&p.responder, &Answer { next_update: None, ..Answer::default() }),
        GOOD,
    );
    check("by the signer", &Scene::good().answer(&p.signer, &good), LATER);
    let other = p.root.issue(&Subject::responder("OCSP của CA khác"));
    check("by another CA's", &Scene::good().answer(&other, &good), LATER);
    let checked = p.ca.issue(&Subject { extra: vec![], ..Subject::responder("OCSP phải kiểm tra") });
    check("who may be revoked", &Scene::good().answer(&checked, &good), LATER);
    let clean = Scene::good().answer(&checked, &good).with(|s| assert!(s.data.add_crl(&p.ca.crl())));
    check("who is not revoked", &clean, GOOD);
    let expired = p
        .ca
        .issue(&Subject::responder("OCSP hết hạn").period("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"));
    check("whose certificate had ended", &Scene::good().answer(&expired, &good), LATER);
    let other = p.ca.issue(&Subject::person("Người khác"));
    let ocsp = p.responder.ocsp(&p.ca, &other, &good);
    let scene = Scene::good().lists(&[p.root.crl()]).with(|s| assert!(s.data.add_ocsp(&ocsp)));
    check("about another", &scene, LATER);
}

#[test]
fn news_may_come_with_the_signature() {
    let p = people();
    let (root, ca) = (p.root.crl(), p.ca.crl());
    let inside = Cms { crls: vec![root.clone(), ca.clone()], ..Cms::cades(&p.signer) };
    check("lists in the CMS", &Scene::of(&inside).lists(&[]), GOOD);
    let ocsp = p.responder.ocsp(&p.ca, &p.signer, &Answer::default());
    let archival = Cms { archival: (vec![root], vec![ocsp]), ..Cms::cades(&p.signer) };
    check("Adobe's attribute", &Scene::of(&archival).lists(&[]), GOOD);
}

#[test]
fn what_is_missing_is_named_with_its_addresses() {
    let p = people();
    let address = "http://crl.invalid/ca";
    let signer = p.ca.issue(&Subject::person("Ngô Văn Mẫu").with(crl_points(address)));
    let check = |case: &str, scene: Scene, expected: &[(&str, bool)]| {
        let found = wanted(&[scene.facts()], &scene.trust, &scene.data, &scene.policy, NOW.parse().unwrap());
        let found: Vec<(String, bool)> =
            found.iter().map(|w| (w.certificate.subject.common_name(), w.issuer.is_some())).collect();
        let expected: Vec<(String, bool)> = expected.iter().map(|(n, b)| ((*n).to_owned(), *b)).collect();
        assert_eq!(found, expected, "{case}");
    };
    let scene = || Scene::of(&Cms { stamp: Some((&p.tsa, "2026-05-01T00:00:00Z")), ..Cms::cades(&signer) });
    check("nothing", scene(), &[]);
    let (person, ca, tsa) = ("Ngô Văn Mẫu", "CA cấp dưới thử nghiệm", "TSA thử nghiệm");
    check("all news", scene().lists(&[]), &[(person, true), (ca, true), (tsa, true)]);
    check("news of the signer", scene().lists(&[p.root.crl(), p.stamp_root.crl()]), &[(person, true)]);
    check("the CA", scene().with(|s| s.data.certificates.clear()), &[(person, false)]);
    let nobody = scene().with(|s| s.trust = TrustAnchors::default());
    check("the root", nobody, &[(ca, false), (tsa, false)]);
    let scene = scene().lists(&[]);
    let found = wanted(&[scene.facts()], &scene.trust, &scene.data, &scene.policy, NOW.parse().unwrap());
    assert_eq!(found[0].certificate.crl_addresses().collect::<Vec<_>>(), [address]);
}
