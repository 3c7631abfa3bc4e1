//! Who signed, whether he may, and when: chains, news of revocation, proofs of time.

use super::{
    Call, PASSED, Table,
    paper::{Paper, signed_by},
    people::people,
};
use crate::pki::{
    Alg, Answer, CERT_SIGN, CRL_SIGN, Cms, DIGITAL_SIGNATURE, Entry, Identity, KEY_ENCIPHERMENT, Key, List,
    O, Subject, crl_points, extension, name, place, seq, tlv,
};

const FEBRUARY: &str = "2026-02-01T00:00:00Z";
const MARCH: &str = "2026-03-01T00:00:00Z";
const APRIL: &str = "2026-04-01T00:00:00Z";
const MAY: &str = "2026-05-01T00:00:00Z";

/// Intact and left open for a reason.
pub fn open(sub: &str) -> String {
    format!("INDETERMINATE {sub} intact whole_file none")
}

fn failed(sub: &str) -> String {
    format!("TOTAL-FAILED {sub} intact whole_file none")
}

fn person() -> Subject {
    Subject::person("Phạm Thị Mẫu")
}

/// A paper signed by somebody.
fn by(signer: &Identity) -> Vec<u8> {
    with(signer, |cms| cms)
}

/// The same with something else about the signature.
pub fn with(signer: &Identity, change: impl for<'a> Fn(Cms<'a>) -> Cms<'a> + 'static) -> Vec<u8> {
    let signer = signer.clone();
    signed_by("ETSI.CAdES.detached", move |bytes| change(Cms::cades(&signer)).build(bytes))
}

fn stamped(signer: &Identity, at: &'static str) -> Vec<u8> {
    with(signer, move |cms| Cms { stamp: Some((&people().tsa, at)), ..cms })
}

/// The file, and a time stamp over all of it.
fn covered(signer: &Identity, at: &'static str) -> Vec<u8> {
    let signer = signer.clone();
    let mut paper = Paper::plain();
    paper.sign_by(20, "ETSI.CAdES.detached", 12_000, move |bytes| Cms::cades(&signer).build(bytes));
    paper.time_stamp(22, at);
    paper.bytes
}

pub fn add(table: &mut Table) {
    chains(table);
    limits(table);
    lists(table);
    scopes(table);
    answers(table);
    times(table);
    stamps(table);
}

fn chains(table: &mut Table) {
    table.class = "Chains";
    let p = people();
    let none = open("NO_CERTIFICATE_CHAIN_FOUND");
    table.add("another root trusted", by(&p.signer), &none).asked(Call::OtherRoot);
    table.add("nobody trusted, no folder", by(&p.signer), &none).asked(Call::Nothing);
    table.add("signed by itself", by(&Identity::root_of(&person())), &none);
    let thief = Subject { key_name: "thief".into(), ..Subject::ca("CA gốc thử nghiệm") };
    table.add("a namesake of the root", by(&Identity::root_of(&thief).issue(&person())), &none);
    let thief = Subject { key_name: "thief".into(), ..Subject::ca("CA cấp dưới thử nghiệm") };
    table.add("a namesake of the CA", by(&Identity::root_of(&thief).issue(&person())), &none);
    let absent = p.root.ca("CA vắng mặt");
    table.known.lists.push(absent.crl());
    table.add("a link missing", by(&absent.issue(&person())), &none);
    let own = absent.der().to_vec();
    let inside = with(&absent.issue(&person()), move |cms| Cms { certificates: vec![own.clone()], ..cms });
    table.add("a link inside the signature", inside, PASSED);
    let stranger = Identity::root("CA gốc không ai tin");
    let crossed = table.known.listed_ca(&Subject::ca("CA gốc không ai tin"));
    table.add("cross-certified", by(&stranger.issue(&person())), PASSED);
    assert_eq!(crossed.name, stranger.name);
    let dead = Identity::root("CA chẳng ai tin").issue(&Subject::ca("CA cấp dưới thử nghiệm"));
    table.known.intermediates.insert(0, dead);
    table.add("a dead end of the same name and key", by(&p.signer), PASSED);
    let (one, two) = (Identity::root("CA vòng một"), Identity::root("CA vòng hai"));
    let circle = [one.issue(&Subject::ca("CA vòng hai")), two.issue(&Subject::ca("CA vòng một"))];
    table.known.intermediates.extend(circle);
    table.add("CAs that certify each other", by(&one.issue(&person())), &none);
}

fn limits(table: &mut Table) {
    table.class = "Limits of certificates";
    let (p, limit) = (people(), open("CHAIN_CONSTRAINTS_FAILURE"));
    let last = table.known.listed_ca(&Subject { ca: Some(Some(0)), ..Subject::ca("CA cuối") });
    table.add("path length kept", by(&last.issue(&person())), PASSED);
    let below = last.ca("CA dưới CA cuối");
    table.known.lists.push(below.crl());
    table.known.intermediates.push(below.clone());
    table.add("path too long", by(&below.issue(&person())), &limit);
    let renewed = last.issue(&Subject { key_name: "renewed".into(), ..Subject::ca("CA cuối") });
    table.known.lists.push(renewed.crl());
    table.known.intermediates.push(renewed.clone());
    table.add("self-issued links do not count", by(&renewed.issue(&person())), PASSED);
    let plain = Subject { ca: None, usage: Some(DIGITAL_SIGNATURE), ..Subject::ca("Không phải CA") };
    let plain = table.known.listed_ca(&plain);
    table.add("the issuer is no CA", by(&plain.issue(&person())), &limit);
    let mute = table.known.listed_ca(&Subject { usage: Some(CRL_SIGN), ..Subject::ca("CA chỉ ký CRL") });
    table.add("the issuer may not sign certificates", by(&mute.issue(&person())), &limit);
    let odd = Subject::ca("CA có điều kiện lạ").with(extension("1.3.6.1.4.1.55555.9", true, &[5, 0]));
    let odd = table.known.listed_ca(&odd);
    table.add("an unknown critical extension", by(&odd.issue(&person())), &limit);
    let permitted = name(&[(O, "Ủy ban nhân dân xã Bảo Ái")]);
    let constraints = seq(&[tlv(0xa0, &seq(&[tlv(0xa4, &permitted)]))]);
    let named = Subject::ca("CA của một xã").with(extension("2.5.29.30", true, &constraints));
    let named = table.known.listed_ca(&named);
    let of = |organisation: &str| {
        let name = vec![(O.into(), organisation.into()), ("2.5.4.3".into(), "Mẫu".into())];
        by(&named.issue(&Subject { name, ..person() }))
    };
    table.add("a name within its constraints", of("Ủy ban nhân dân xã Bảo Ái"), PASSED);
    table.add("a name outside its constraints", of("Ủy ban nhân dân xã Khác"), &limit);
    let encryption = Subject { usage: Some(KEY_ENCIPHERMENT), ..person() };
    table.add("a key for encryption", by(&p.ca.issue(&encryption)), &limit);
    let servers = person().extended(false, &["1.3.6.1.5.5.7.3.1"]);
    table.add("a key for servers", by(&p.ca.issue(&servers)), &limit);
    table.add("a key for time stamps", by(&p.ca.issue(&Subject::tsa("TSA lạc chỗ"))), &limit);
    let stamps = p.stamp_root.issue(&person());
    table.add("under the root for time stamps, no purpose said", by(&stamps), PASSED);
    let any =
        table.known.listed_ca(&Subject { usage: Some(CERT_SIGN | CRL_SIGN), ..Subject::ca("CA thường") });
    table.add("a CA like others", by(&any.issue(&Subject { usage: None, ..person() })), PASSED);
}

fn lists(table: &mut Table) {
    table.class = "Revocation lists";
    let (later, revoked) = (open("TRY_LATER"), open("REVOKED_NO_POE"));
    let mut case = |name: &str, lists: &dyn Fn(&Identity, &Identity) -> Vec<Vec<u8>>, expected: &str| {
        let ca = table.known.ca(&Subject::ca(&format!("CA ({name})")));
        let signer = ca.issue(&person());
        table.known.lists.extend(lists(&ca, &signer));
        table.add(name, by(&signer), expected);
    };
    let times = |this: &str, next: &str| List::default().times(this, next);
    case("none", &|_, _| vec![], &later);
    case("stale", &|ca, _| vec![ca.list(&times(MARCH, MAY))], &later);
    case(
        "from the future",
        &|ca, _| vec![ca.list(&times("2026-06-02T00:00:00Z", "2026-06-09T00:00:00Z"))],
        &later,
    );
    case(
        "of a namesake",
        &|ca, _| {
            let thief =
                Identity::root_of(&Subject { key_name: "thief".into(), ..Subject::ca("CA (of a namesake)") });
            assert_eq!(thief.name, ca.name);
            vec![thief.crl()]
        },
        &later,
    );
    let odd = || List { extra: vec![extension("1.3.6.1.4.1.55555.9", true, &[5, 0])], ..List::default() };
    case("an unknown critical extension", &|ca, _| vec![ca.list(&odd())], &later);
    case(
        "another certificate revoked",
        &|ca, _| {
            let other = ca.issue(&Subject::person("Người khác"));
            vec![ca.list(&List::revoking(&other, APRIL))]
        },
        PASSED,
    );
    case("revoked, no proof of time", &|ca, one| vec![ca.list(&List::revoking(one, APRIL))], &revoked);
    case(
        "revoked on a stale list",
        &|ca, one| vec![ca.list(&List::revoking(one, MARCH).times(APRIL, MAY)), ca.crl()],
        &revoked,
    );
    let held = |one: &Identity, reason| Entry {
        serial: one.serial,
        at: APRIL.into(),
        reason: Some(reason),
        ..Entry::default()
    };
    case("on hold", &|ca, one| vec![ca.list(&List::default().and(held(one, 6)))], &revoked);
    case(
        "on hold, released since",
        &|ca, one| {
            let old = List { number: 9, ..times(APRIL, "2026-06-07T00:00:00Z") };
            vec![ca.list(&old.and(held(one, 6))), ca.crl()]
        },
        PASSED,
    );
    let base = |ca: &Identity| ca.list(&times("2026-05-20T00:00:00Z", "2026-05-27T00:00:00Z"));
    let delta = |of, entries| List { number: 12, delta_of: Some(of), entries, ..List::default() };
    case("stale base with a delta", &|ca, _| vec![base(ca), ca.list(&delta(10, vec![]))], PASSED);
    case("a delta alone", &|ca, _| vec![ca.list(&delta(10, vec![]))], &later);
    case("a delta to a newer base", &|ca, _| vec![base(ca), ca.list(&delta(11, vec![]))], &later);
    case(
        "revoked in the delta",
        &|ca, one| vec![base(ca), ca.list(&delta(10, vec![held(one, 1)]))],
        &revoked,
    );

    let above = table.known.ca(&Subject::ca("CA trên"));
    let gone = above.ca("CA bị thu hồi");
    table.known.intermediates.push(gone.clone());
    table.known.lists.extend([above.list(&List::revoking(&gone, APRIL)), gone.crl()]);
    table.add("the CA is revoked", by(&gone.issue(&person())), &open("REVOKED_CA_NO_POE"));
    let stamped = stamped(&gone.issue(&person()), MARCH);
    table.add("the CA is revoked, stamped before", stamped, PASSED);
    let ca = table.known.ca(&Subject::ca("CA (lists inside)"));
    let list = ca.crl();
    let inside = with(&ca.issue(&person()), move |cms| Cms { crls: vec![list.clone()], ..cms });
    table.add("inside the signature", inside, PASSED);
}

fn scopes(table: &mut Table) {
    table.class = "Scopes of lists";
    let later = open("TRY_LATER");
    let flag = |n: u8| tlv(0x80 | n, &[0xff]);
    let mut case = |name: &str, subject: Subject, scope: &[Vec<u8>], expected: &str| {
        let ca = table.known.ca(&Subject::ca(&format!("CA ({name})")));
        table.known.lists.push(ca.list(&List { scope: Some(seq(scope)), ..List::default() }));
        table.add(name, by(&ca.issue(&subject)), expected);
    };
    case("for persons", person(), &[flag(1)], PASSED);
    case("for CAs alone", person(), &[flag(2)], &later);
    case("for some reasons", person(), &[tlv(0x83, &[7, 0x60, 0])], &later);
    let placed = || person().with(crl_points("http://crl.invalid/1"));
    case("its part of the list", placed(), &[place("http://crl.invalid/1")], PASSED);
    case("another part of the list", placed(), &[place("http://crl.invalid/2")], &later);
}

fn answers(table: &mut Table) {
    table.class = "OCSP answers";
    let (later, revoked) = (open("TRY_LATER"), open("REVOKED_NO_POE"));
    let mut case =
        |name: &str, by_whom: &dyn Fn(&Identity, &Identity) -> Identity, answer: Answer, expected: &str| {
            let ca = table.known.ca(&Subject::ca(&format!("CA ({name})")));
            let signer = ca.issue(&person());
            table.known.answers.push(by_whom(&ca, &signer).ocsp(&ca, &signer, &answer));
            table.add(name, by(&signer), expected);
        };
    let responder = |ca: &Identity, _: &Identity| ca.issue(&Subject::responder("OCSP"));
    let good = Answer::default;
    case("good, by a responder", &responder, good(), PASSED);
    case("good, by the CA", &|ca, _| ca.clone(), good(), PASSED);
    case("revoked", &responder, Answer { revoked: Some(APRIL.into()), ..good() }, &revoked);
    case("unknown", &responder, Answer { is_unknown: true, ..good() }, &later);
    case("stale", &responder, Answer { next_update: Some("2026-05-31T23:30:00Z".into()), ..good() }, &later);
    case("by the signer himself", &|_, signer| signer.clone(), good(), &later);
    case(
        "by another CA's responder",
        &|_, _| people().root.issue(&Subject::responder("OCSP khác")),
        good(),
        &later,
    );
}

fn times(table: &mut Table) {
    table.class = "Times";
    let p = people();
    let ca = table.known.ca(&Subject::ca("CA có người bị thu hồi"));
    let one = ca.issue(&person());
    table.known.lists.push(ca.list(&List::revoking(&one, APRIL)));
    table.add("revoked after the time stamp", stamped(&one, MARCH), PASSED);
    table.add("revoked before the time stamp", stamped(&one, MAY), &failed("REVOKED"));
    table.add("revoked after the document time stamp", covered(&one, MARCH), super::FOLLOWED);
    let open_later = |sub: &str| format!("INDETERMINATE {sub} intact whole_revision permitted");
    table.add("revoked before the document time stamp", covered(&one, MAY), &open_later("REVOKED_NO_POE"));
    let claims = with(&one, |cms| Cms { signing_time: Some(MARCH.into()), ..cms });
    table.add("revoked, an earlier time only claimed", claims, &open("REVOKED_NO_POE"));
    let foreign = Identity::root("CA không ai tin").issue(&Subject::tsa("TSA không ai tin"));
    let untrusted = with_stamp(&one, &foreign, MARCH);
    table.add("revoked after an untrusted time stamp", untrusted, &open("REVOKED_NO_POE"));
    let other = with(&one, |cms| Cms { stamp: Some((&people().tsa, MARCH)), stamps_other: true, ..cms });
    table.add("revoked, a time stamp of another signature", other, &open("REVOKED_NO_POE"));

    let ca = table.known.ca(&Subject::ca("CA có người hết hạn"));
    let ended = ca.issue(&person().period("2024-01-01T00:00:00Z", MAY));
    table.known.lists.push(ca.list(&List::default().times("2026-04-28T00:00:00Z", "2026-05-05T00:00:00Z")));
    table.add("expired after the time stamp", stamped(&ended, APRIL), PASSED);
    table.add("expired before the time stamp", stamped(&ended, "2026-05-20T00:00:00Z"), &failed("EXPIRED"));
    table.add("expired, no proof of time", by(&ended), &open("OUT_OF_BOUNDS_NO_POE"));
    let early = p.ca.issue(&person().period("2026-07-01T00:00:00Z", "2028-01-01T00:00:00Z"));
    table.add("not yet valid", by(&early), &open("OUT_OF_BOUNDS_NO_POE"));
    let since = p.ca.issue(&person().period(MAY, "2028-01-01T00:00:00Z"));
    table.add("not yet valid when it was stamped", stamped(&since, APRIL), &failed("NOT_YET_VALID"));
}

/// Stamped by somebody else than the usual server.
fn with_stamp(signer: &Identity, tsa: &Identity, at: &'static str) -> Vec<u8> {
    let (signer, tsa) = (signer.clone(), tsa.clone());
    signed_by("ETSI.CAdES.detached", move |bytes| {
        Cms { stamp: Some((&tsa, at)), ..Cms::cades(&signer) }.build(bytes)
    })
}

fn stamps(table: &mut Table) {
    table.class = "Time stamps";
    let p = people();
    table.add("over the signature", stamped(&p.signer, MAY), PASSED);
    table.add("over the document", covered(&p.signer, MAY), super::FOLLOWED);
    let mut twice = Paper::signed();
    twice.time_stamp(22, FEBRUARY).time_stamp(24, MAY);
    table.add("two over the document", twice.bytes, super::FOLLOWED);
    let mut paper = Paper::plain();
    let maker =
        |bytes: &[u8]| Cms { stamp: Some((&people().tsa, MAY)), ..Cms::cades(&people().signer) }.build(bytes);
    paper.sign_by(20, "ETSI.CAdES.detached", 12_000, maker).time_stamp(22, MARCH);
    let order = "INDETERMINATE TIMESTAMP_ORDER_FAILURE intact whole_revision permitted";
    table.add("in the wrong order", paper.bytes, order);
    let mut alone = Paper::plain();
    alone.time_stamp(20, MAY);
    table.whole("over the document alone", alone.bytes, "NO-SIGNATURE", PASSED);
    let mut other = Paper::plain();
    other.sign_by(20, "ETSI.RFC3161", 12_000, |_| people().tsa.stamp(b"other", MAY));
    let broken = "TOTAL-FAILED HASH_FAILURE broken whole_file none";
    table.whole("over another document", other.bytes, "NO-SIGNATURE", broken);
    let token = signed_by("ETSI.CAdES.detached", |bytes| people().tsa.stamp(bytes, MAY));
    table.add("that says it is a signature", token, "TOTAL-FAILED FORMAT_FAILURE broken whole_file none");
    let weak = p.ca.issue(&Subject { signed_with: Alg::Sha1, key: Key::P256, ..person() });
    table.add("none, a certificate signed with SHA-1", by(&weak), &open("CRYPTO_CONSTRAINTS_FAILURE"));
}
