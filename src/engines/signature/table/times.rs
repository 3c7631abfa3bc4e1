//! Times: what proves that a signature existed, and what follows from it.

use super::*;
use crate::engines::signature::pki::{Alg, Entry, List, OCSP_SIGNING, extension, generalized};
use crate::engines::signature::verdict::TimeSource;
use SubIndication as S;

const MARCH: &str = "2026-03-01T00:00:00Z";
const APRIL: &str = "2026-04-01T00:00:00Z";
const MAY: &str = "2026-05-01T00:00:00Z";

fn stamped(signer: &Identity, at: &'static str) -> Scene {
    Scene::of(&Cms { stamp: Some((&people().tsa, at)), ..Cms::cades(signer) })
}

fn revoked(scene: Scene, at: &str) -> Scene {
    let p = people();
    scene.list_of_ca(p.ca.list(&List::revoking(&p.signer, at)))
}

/// A signer whose certificate ended on the first of May.
fn ended() -> &'static Identity {
    static ENDED: OnceLock<Identity> = OnceLock::new();
    ENDED.get_or_init(|| {
        people().ca.issue(&Subject::person("Hoàng Văn Mẫu").period("2024-01-01T00:00:00Z", MAY))
    })
}

/// News from when that certificate was still valid.
fn april_news(scene: Scene) -> Scene {
    let p = people();
    let list = List::default().times("2026-04-28T00:00:00Z", "2026-05-05T00:00:00Z");
    scene.list_of_ca(p.ca.list(&list))
}

#[test]
fn time_stamps_prove_the_time() {
    let p = people();
    let one = check("stamped", &stamped(&p.signer, MAY), GOOD);
    assert_eq!((one.time, one.signed_at.unwrap().to_string()), (TimeSource::Timestamp, MAY.to_owned()));
    let claimed = |case: &str, scene: Scene| {
        let one = check(case, &scene, GOOD);
        assert_eq!(one.time, TimeSource::Claimed, "{case}");
        assert!(one.notes.iter().any(|note| note.contains("không được tính")), "{case}: {:?}", one.notes);
    };
    claimed(
        "over something else",
        Scene::of(&Cms { stamp: Some((&p.tsa, MAY)), stamps_other: true, ..Cms::cades(&p.signer) }),
    );
    let loose = p
        .stamp_root
        .issue(&Subject::tsa("TSA không đúng cách").extended(false, &[super::super::pki::TIME_STAMPING]));
    let both = p.stamp_root.issue(
        &Subject::tsa("TSA hai việc").extended(true, &[super::super::pki::TIME_STAMPING, OCSP_SIGNING]),
    );
    let foreign = Identity::root("CA không ai tin").issue(&Subject::tsa("TSA không ai tin"));
    for (case, tsa) in
        [("not critical", &loose), ("two uses", &both), ("untrusted", &foreign), ("a signer", &p.signer)]
    {
        claimed(case, Scene::of(&Cms { stamp: Some((tsa, MAY)), ..Cms::cades(&p.signer) }));
    }
    claimed("from the future", stamped(&p.signer, "2026-07-01T00:00:00Z"));
    claimed("no news of the TSA", stamped(&p.signer, MAY).lists(&[p.root.crl(), p.ca.crl()]));
    let list = p.stamp_root.list(&List::revoking(&p.tsa, APRIL));
    claimed("TSA revoked", stamped(&p.signer, MARCH).lists(&[p.root.crl(), p.ca.crl(), list]));
}

#[test]
fn revoked_before_or_after_the_proof() {
    let p = people();
    let one = check("after the stamp", &revoked(stamped(&p.signer, MARCH), APRIL), GOOD);
    assert!(one.message.contains("bị thu hồi sau khi đã ký"), "{}", one.message);
    let gone = failed(S::Revoked, Integrity::Intact, Trust::Revoked);
    check("before the stamp", &revoked(stamped(&p.signer, MAY), APRIL), gone);
    let open = open(S::RevokedNoPoe, Trust::Revoked);
    check("no proof", &revoked(Scene::good(), APRIL), open);
    let received = |at| revoked(Scene::good(), APRIL).with(|s| s.receipt = Some(at));
    check("received before", &received(MARCH), GOOD);
    check("received after", &received(MAY), open);
    // The key was lost before the stamp, says the CA later.
    let lost = Entry {
        serial: p.signer.serial,
        at: MAY.into(),
        invalid_since: Some(MARCH.into()),
        ..Entry::default()
    };
    let scene = stamped(&p.signer, APRIL).list_of_ca(p.ca.list(&List::default().and(lost)));
    check("lost before the stamp", &scene, gone);
    let claims = Cms { signing_time: Some(MARCH.into()), ..Cms::cades(&p.signer) };
    check("only says so", &revoked(Scene::of(&claims), APRIL), open);
}

#[test]
fn ended_before_or_after_the_proof() {
    let check = |case: &str, scene: Scene, expected| check(case, &april_news(scene), expected);
    let one = check("stamped before", stamped(ended(), APRIL), GOOD);
    assert!(one.message.contains("hết hạn sau khi đã ký"), "{}", one.message);
    check(
        "stamped after",
        stamped(ended(), "2026-05-20T00:00:00Z"),
        failed(S::Expired, Integrity::Intact, Trust::Expired),
    );
    let open = open(S::OutOfBoundsNoPoe, Trust::Expired);
    check("no proof", Scene::of(&Cms::cades(ended())), open);
    check("received before", Scene::of(&Cms::cades(ended())).with(|s| s.receipt = Some(APRIL)), GOOD);
    check(
        "received after",
        Scene::of(&Cms::cades(ended())).with(|s| s.receipt = Some("2026-05-20T00:00:00Z")),
        open,
    );
    check("judged then", Scene::of(&Cms::cades(ended())).with(|s| s.at = "2026-04-29T00:00:00Z"), {
        // The lists of the other CAs are of later: no news of then.
        (Verdict::Indeterminate, Some(S::TryLater), Integrity::Intact, Trust::Unknown)
    });
}

#[test]
fn a_grace_asks_for_news_made_after_the_proof() {
    let p = people();
    let grace = || Policy::parse("[revocation]\ngrace_hours = 24").unwrap();
    let later = (Verdict::Indeterminate, Some(S::TryLater), Integrity::Intact, Trust::Unknown);
    let scene = |at, policy| stamped(&p.signer, at).with(|s| s.policy = policy);
    check("made after", &scene(MAY, grace()), GOOD);
    // The lists are of the last day of May, midnight.
    check("made too soon after", &scene("2026-05-30T12:00:00Z", grace()), later);
    check("not asked", &scene("2026-05-30T12:00:00Z", Policy::default()), GOOD);
}

#[test]
fn lists_forget_what_has_ended() {
    let p = people();
    // A list of today leaves out what ended in May, revoked or not.
    let scene = |extra| stamped(ended(), APRIL).list_of_ca(p.ca.list(&List { extra, ..List::default() }));
    let later = (Verdict::Indeterminate, Some(S::TryLater), Integrity::Intact, Trust::Unknown);
    check("today's list", &scene(vec![]), later);
    let keeps = extension("2.5.29.60", false, &generalized("2020-01-01T00:00:00Z"));
    check("one that keeps them", &scene(vec![keeps.clone()]), GOOD);
    let list = p.ca.list(&List { extra: vec![keeps], ..List::default() });
    let scene = Scene::of(&Cms::cades(ended())).list_of_ca(list);
    check("ended, not revoked", &scene, open(S::OutOfBoundsNotRevoked, Trust::Expired));
}

#[test]
fn not_yet_valid() {
    let p = people();
    let early =
        p.ca.issue(&Subject::person("Bùi Thị Mẫu").period("2026-07-01T00:00:00Z", "2028-01-01T00:00:00Z"));
    check("no proof", &Scene::of(&Cms::cades(&early)), open(S::OutOfBoundsNoPoe, Trust::NotYetValid));
    let since_may = p.ca.issue(&Subject::person("Bùi Thị Mẫu").period(MAY, "2028-01-01T00:00:00Z"));
    let too_early = failed(S::NotYetValid, Integrity::Intact, Trust::NotYetValid);
    check("stamped before", &stamped(&since_may, APRIL), too_early);
    check(
        "received before",
        &Scene::of(&Cms::cades(&since_may)).with(|s| s.receipt = Some(APRIL)),
        too_early,
    );
    check("valid by now", &Scene::of(&Cms::cades(&since_may)), GOOD);
    // A CA of which the same is true.
    let old = p.root.issue(&Subject::ca("CA đã hết hạn").period("2016-01-01T00:00:00Z", MAY));
    let scene = Scene::of(&Cms::cades(&old.issue(&Subject::person("Mẫu")))).knows(&old);
    let scene = scene.with(|s| assert!(s.data.add_crl(&old.crl())));
    let ended = Scene::judge(&scene).signatures.remove(0);
    assert_eq!((ended.verdict, ended.trust), (Verdict::Indeterminate, Trust::Expired), "{}", ended.message);
}

#[test]
fn stamps_over_the_document_prove_for_what_they_cover() {
    let p = people();
    let with = |scene: Scene, stamps: Vec<(Vec<u8>, bool)>| scene.with(|s| s.stamps = stamps);
    let scene = || revoked(Scene::good(), APRIL);
    let one = check("covered", &with(scene(), vec![document_stamp(&p.tsa, 0, MARCH)]), GOOD);
    assert_eq!(one.time, TimeSource::Timestamp);
    let open = open(S::RevokedNoPoe, Trust::Revoked);
    check("too late", &with(scene(), vec![document_stamp(&p.tsa, 0, MAY)]), open);
    let mut broken = document_stamp(&p.tsa, 0, MARCH);
    broken.1 = false;
    let broken = with(scene(), vec![broken]);
    check("over other bytes", &broken, open);
    let report = broken.judge();
    assert_eq!(
        (report.signatures[1].verdict, report.signatures[1].sub),
        (Verdict::TotalFailed, Some(S::HashFailure))
    );
    assert!(report.message.contains("dấu thời gian"), "{}", report.message);
    let order = with(stamped(&p.signer, MAY), vec![document_stamp(&p.tsa, 0, MARCH)]);
    check("stamps in the wrong order", &order, super::open(S::TimestampOrderFailure, Trust::Trusted));
}

#[test]
fn a_chain_of_stamps_holds_after_its_certificates_have_ended() {
    let p = people();
    // The first TSA ended in May; a second one stamped the document in April.
    let first = p.stamp_root.issue(&Subject::tsa("TSA cũ thử nghiệm").period("2024-01-01T00:00:00Z", MAY));
    let news = List::default().times("2026-04-28T00:00:00Z", "2026-06-05T00:00:00Z");
    let lists = [p.root.crl(), p.ca.list(&List::revoking(&p.signer, APRIL)), p.stamp_root.list(&news)];
    let scene = |stamps: Vec<(Vec<u8>, bool)>| Scene::good().lists(&lists).with(|s| s.stamps = stamps);
    let old = document_stamp(&first, 0, MARCH);
    check(
        "renewed in time",
        &scene(vec![old.clone(), document_stamp(&p.tsa, 1, "2026-04-20T00:00:00Z")]),
        GOOD,
    );
    let open = open(S::RevokedNoPoe, Trust::Revoked);
    check("not renewed", &scene(vec![old.clone()]), open);
    check("renewed too late", &scene(vec![old, document_stamp(&p.tsa, 1, "2026-05-20T00:00:00Z")]), open);
    // A weak token is no proof.
    let weak = (p.tsa.stamp_with(&stamped_parts(0).concat(), MARCH, Alg::Sha1, vec![]), true);
    check("by SHA-1", &scene(vec![weak.clone()]), open);
    let excepted = "[[exception]]\ndigest = \"sha1\"\nissuers = [\"CA dấu thời gian thử nghiệm\"]\n\
                    from = \"2026-01-01\"\nuntil = \"2026-12-31\"\nby = \"claimed\"\nnote = \"n\"\n";
    let policy = Policy::parse(excepted).unwrap();
    check("by SHA-1, excepted", &scene(vec![weak]).with(|s| s.policy = policy), GOOD);
}

#[test]
fn a_file_is_worth_what_its_worst_signature_is() {
    let p = people();
    let good = Scene::good();
    let bad = Scene::of(&Cms { flip_value: true, ..Cms::cades(&p.signer) });
    let later = Scene::of(&Cms { named: None, ..Cms::cades(&p.signer) });
    let judge = |facts: &[SignatureFacts<'_>]| {
        judge_all(facts, &good.trust, &good.data, &good.policy, NOW.parse().unwrap(), None)
    };
    assert_eq!(judge(&[]).overall, Overall::NoSignature);
    assert_eq!(judge(&[good.facts(), good.facts()]).overall, Overall::TotalPassed);
    assert_eq!(judge(&[good.facts(), later.facts()]).overall, Overall::Indeterminate);
    assert_eq!(judge(&[later.facts(), bad.facts(), good.facts()]).overall, Overall::TotalFailed);
    let (stamp, _) = document_stamp(&p.tsa, 0, MAY);
    let parts = stamped_parts(0);
    let alone = SignatureFacts {
        kind: Kind::Doctimestamp,
        sub_filter: "ETSI.RFC3161".into(),
        signed: [&parts[0], &parts[1]],
        contents: &stamp,
        ..good.facts()
    };
    let report = judge(&[alone]);
    assert_eq!((report.overall, report.signatures[0].verdict), (Overall::NoSignature, Verdict::TotalPassed));
    assert_eq!(report.signatures[0].signer.name, "TSA thử nghiệm");
}
