//! Signatures of our own, step by step, and everything that must be refused on the way.

use jiff::{SignedDuration, Timestamp};
use openssl::{nid::Nid, pkcs12::Pkcs12, provider::Provider, x509::X509};

use super::{
    SealError,
    appearance::{Appearance, CopyBlock},
    dss::{self, Validation},
    embed::{self, Answer},
    key::{KeyError, Secret, Signer, SigningCertificate, pkcs12::Pkcs12Signer},
    prepare::{Field, Intent, Lock, Prepared, SealOrder, prepare, prepare_document_timestamp},
    statement,
    task::{self, SealAnswer, SealTask},
};
use crate::engines::{
    pdf::{
        AGENCY_FIELD, CODE_FIELD,
        judges::{SHORT, code, one_page, picture, qpdf_is_content, run},
        read::inspect,
    },
    signature::pki::{self, Identity, Key, Subject},
    stamp,
};

const OLD_NIDS: (Nid, Nid) = (Nid::PBE_WITHSHA1AND3_KEY_TRIPLEDES_CBC, Nid::PBE_WITHSHA1AND40BITRC2_CBC);

fn now() -> Timestamp {
    pki::NOW.parse().unwrap()
}

fn p12(identity: &Identity, others: &[&Identity], old: bool) -> Vec<u8> {
    let mut file = Pkcs12::builder();
    file.pkey(&identity.key).cert(&X509::from_der(identity.der()).unwrap());
    let mut chain = openssl::stack::Stack::new().unwrap();
    for other in others {
        chain.push(X509::from_der(other.der()).unwrap()).unwrap();
    }
    file.ca(chain);
    let legacy = old.then(|| Provider::try_load(None, "legacy", true).unwrap());
    if old {
        file.key_algorithm(OLD_NIDS.0).cert_algorithm(OLD_NIDS.1);
        file.mac_md(openssl::hash::MessageDigest::sha1());
    }
    let bytes = file.build2("bí mật").unwrap().to_der().unwrap();
    drop(legacy);
    bytes
}

struct World {
    root: Identity,
    officer: Pkcs12Signer,
    agency: Pkcs12Signer,
}

impl World {
    fn new() -> Self {
        let root = Identity::root("Gốc thử");
        let middle = root.ca("Trung gian thử");
        let open = |subject: &Subject| {
            let identity = middle.issue(subject);
            Pkcs12Signer::open(&p12(&identity, &[&middle, &root], false), &Secret::new("bí mật\n"), &[])
                .unwrap()
        };
        let officer = open(&Subject::person("Trần Thị Mẫu").key(Key::Rsa2048));
        let agency = open(&Subject::person("Ủy ban nhân dân xã Mẫu").key(Key::P256));
        Self { root, officer, agency }
    }
}

fn order(signer: &Pkcs12Signer, field: Field, intent: Intent) -> SealOrder {
    SealOrder::new(signer.certificate().clone(), field, intent, now())
}

fn officers(world: &World, intent: Intent) -> SealOrder {
    order(&world.officer, Field::Invisible("ChuKyCongChuc".to_owned()), intent)
}

fn approval() -> Intent {
    Intent::Approve(Lock::AllBut(vec![CODE_FIELD.to_owned(), AGENCY_FIELD.to_owned()]))
}

fn agencys(world: &World) -> SealOrder {
    let block = CopyBlock { form: "SAO Y".into(), agency: "UBND xã Mẫu".into(), at: now(), seal: None };
    SealOrder {
        appearance: Some(Appearance::Copy(block)),
        ..order(&world.agency, Field::Existing(AGENCY_FIELD.to_owned()), Intent::Approve(Lock::Nothing))
    }
}

fn sealed(pdf: &[u8], signer: &Pkcs12Signer, order: &SealOrder) -> Vec<u8> {
    let prepared = prepare(pdf, order).unwrap();
    let signature = signer.sign(&prepared.signed_attributes).unwrap();
    let cms = embed::check(&prepared, Answer::Signature(&signature), now()).unwrap();
    let sealed = embed::embed(prepared, &cms).unwrap();
    assert!(sealed.starts_with(pdf));
    qpdf_is_content(&sealed);
    sealed
}

/// The field of the signature that this signer made after the first `n_bytes`.
fn found(pdf: &[u8], signer: &Pkcs12Signer, n_bytes: usize) -> Option<String> {
    let certificate = Box::new(signer.certificate().clone());
    match task::run(pdf, &SealTask::SealedUnder { certificate, n_bytes }).unwrap().0 {
        SealAnswer::Sealed(field) => field,
        other => panic!("{other:?}"),
    }
}

#[test]
fn officer_then_code_then_agency_then_validation_data_each_only_append() {
    let world = World::new();
    for intent in [Intent::Certify, approval()] {
        for rotation in [0, 90] {
            let composed = one_page(rotation).into_bytes();
            let signed = sealed(&composed, &world.officer, &officers(&world, intent.clone()));
            let coded = stamp::fill_code(&signed, &code(SHORT)).unwrap().pdf;
            let both = sealed(&coded, &world.agency, &agencys(&world));
            let data = Validation {
                certificates: world.officer.certificate().chain().to_vec(),
                ..Validation::default()
            };
            let kept = dss::add(&both, &data, Some(AGENCY_FIELD)).unwrap();
            qpdf_is_content(&kept);
            assert!(kept.starts_with(&both) && both.starts_with(&coded) && coded.starts_with(&signed));
            assert_eq!(found(&kept, &world.officer, composed.len()).as_deref(), Some("ChuKyCongChuc"));
            assert_eq!(found(&kept, &world.agency, coded.len()).as_deref(), Some(AGENCY_FIELD));
            assert_eq!(found(&kept, &world.officer, signed.len()), None);
            let facts = inspect(&kept).unwrap();
            assert_eq!(facts.signature_fields.iter().filter(|field| field.is_signed).count(), 2);
            // pdfsig verifies the digests by itself; what it thinks of later changes is worth nothing.
            let said = run("pdfsig", &["-nocert", "FILE"], &kept);
            let said = String::from_utf8_lossy(&said.stdout).into_owned();
            assert_eq!(said.matches("Signature is Valid").count(), 2, "{said}");
            // The block of the agency is seen, top right as the page is seen.
            let (before, after) = (picture(&coded, 72), picture(&kept, 72));
            let changed: Vec<(u32, u32)> = after
                .enumerate_pixels()
                .zip(before.pixels())
                .filter(|((_, _, new), old)| new != old)
                .map(|((x, y, _), _)| (x, y))
                .collect();
            assert!(changed.len() > 200);
            let is_top_right =
                |(x, y): &(u32, u32)| *x >= after.width() * 54 / 100 && *y <= after.height() * 9 / 100;
            assert!(changed.iter().all(is_top_right), "{rotation}");
        }
    }
}

#[test]
fn what_comes_back_is_taken_only_when_it_signs_this_under_the_expected_certificate() {
    let world = World::new();
    let pdf = one_page(0).into_bytes();
    let prepared = prepare(&pdf, &officers(&world, approval())).unwrap();
    let signature = world.officer.sign(&prepared.signed_attributes).unwrap();
    let good = embed::check(&prepared, Answer::Signature(&signature), now()).unwrap();
    let check = |answer: Answer<'_>, at: Timestamp| embed::check(&prepared, answer, at).unwrap_err();
    let padded = [good.der(), &[0; 40][..]].concat();
    assert_eq!(embed::check(&prepared, Answer::Cms(&padded), now()).unwrap(), good);

    let others = world.agency.sign(&prepared.signed_attributes).unwrap();
    assert!(matches!(check(Answer::Signature(&others), now()), SealError::NotVerified));
    let mut wrong = signature.clone();
    wrong[7] ^= 1;
    assert!(matches!(check(Answer::Signature(&wrong), now()), SealError::NotVerified));
    let late = prepared.expires_at.checked_add(SignedDuration::from_secs(1)).unwrap();
    assert!(matches!(check(Answer::Signature(&signature), late), SealError::Expired));

    let elsewhere = prepare(&one_page(90).into_bytes(), &officers(&world, approval())).unwrap();
    let foreign = world.officer.sign(&elsewhere.signed_attributes).unwrap();
    let foreign = embed::check(&elsewhere, Answer::Signature(&foreign), now()).unwrap();
    assert!(matches!(check(Answer::Cms(foreign.der()), now()), SealError::OtherDocument));
    let by_agency =
        prepare(&pdf, &order(&world.agency, Field::Invisible("ChuKyCongChuc".into()), approval())).unwrap();
    let value = world.agency.sign(&by_agency.signed_attributes).unwrap();
    let value = embed::check(&by_agency, Answer::Signature(&value), now()).unwrap();
    let refused = check(Answer::Cms(value.der()), now());
    assert!(matches!(refused, SealError::OtherCertificate | SealError::OtherDocument), "{refused:?}");
    for rubbish in [&b""[..], b"\x30\x80\x00\x00", b"\x30\x03\x02\x01\x01", &[0x30; 5000], &good.der()[..90]]
    {
        assert!(matches!(check(Answer::Cms(rubbish), now()), SealError::Malformed));
    }
    let trailing = [good.der(), b"x"].concat();
    assert!(matches!(check(Answer::Cms(&trailing), now()), SealError::Malformed));
}

#[test]
fn a_prepared_signature_survives_a_restart_and_notices_other_bytes() {
    let world = World::new();
    let prepared = prepare(&one_page(0).into_bytes(), &officers(&world, Intent::Certify)).unwrap();
    let (kept, pdf) = (serde_json::to_string(&prepared).unwrap(), prepared.pdf.clone());
    assert!(!kept.contains("%PDF"));
    let read = || serde_json::from_str::<Prepared>(&kept).unwrap();
    assert_eq!(read().with_pdf(pdf.clone()).unwrap(), prepared);
    for at in [100, pdf.len() - 3, usize::try_from(prepared.byte_range[1]).unwrap() + 5] {
        let mut altered = pdf.clone();
        altered[at] ^= 1;
        assert!(matches!(read().with_pdf(altered), Err(SealError::Altered)), "{at}");
    }
    assert!(matches!(read().with_pdf(pdf[..pdf.len() - 1].to_vec()), Err(SealError::Altered)));
    assert!(matches!(read().with_pdf(Vec::new()), Err(SealError::Altered)));
    let attributes = embed::document_digest(&prepared.signed_attributes, world.officer.certificate());
    assert_eq!(attributes.as_deref(), Some(&prepared.digest[..]));
    assert_eq!(embed::document_digest(&prepared.signed_attributes, world.agency.certificate()), None);
    assert_eq!(embed::document_digest(&prepared.digest, world.officer.certificate()), None);
}

#[test]
fn earlier_signatures_decide_what_may_follow() {
    let world = World::new();
    let composed = one_page(0).into_bytes();
    let certified = sealed(&composed, &world.officer, &officers(&world, Intent::Certify));
    let refused = |pdf: &[u8], order: &SealOrder| prepare(pdf, order).unwrap_err();
    assert!(matches!(refused(&certified, &officers(&world, Intent::Certify)), SealError::NotFirst));
    let place = crate::engines::pdf::geometry::BoxPt { left: 20.0, top: 20.0, width: 100.0, height: 20.0 };
    let seen = order(&world.agency, Field::Visible("Moi".into(), place), Intent::Approve(Lock::Nothing));
    assert!(matches!(refused(&certified, &seen), SealError::Forbidden));
    let twice = sealed(&certified, &world.agency, &agencys(&world));
    assert!(matches!(refused(&twice, &agencys(&world)), SealError::AlreadySigned(_)));
    let missing = order(&world.agency, Field::Existing("KhongCo".into()), Intent::Approve(Lock::Nothing));
    assert!(matches!(refused(&composed, &missing), SealError::NoField(_)));
    let all = sealed(&composed, &world.officer, &officers(&world, Intent::Approve(Lock::All)));
    assert!(matches!(refused(&all, &agencys(&world)), SealError::Forbidden));
    let second = prepare(&certified, &officers(&world, Intent::Approve(Lock::Nothing))).unwrap();
    assert_eq!(second.field, "ChuKyCongChuc2");
}

#[test]
fn the_update_has_the_form_of_the_file() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.pdf");
    let plain = one_page(0).into_bytes();
    for form in ["--object-streams=disable", "--object-streams=generate", "--linearize"] {
        run("qpdf", &[form, "FILE", out.to_str().unwrap()], &plain);
        let input = std::fs::read(&out).unwrap();
        let pdf = sealed(&input, &world.officer, &officers(&world, Intent::Certify));
        assert_eq!(found(&pdf, &world.officer, input.len()).as_deref(), Some("ChuKyCongChuc"), "{form}");
        let update = &pdf[input.len()..];
        let has_table = update.windows(6).any(|w| w == b"\nxref\n");
        assert_eq!(has_table, !form.contains("generate"), "{form}");
    }
    run("qpdf", &["--encrypt", "", "owner", "256", "--", "FILE", out.to_str().unwrap()], &plain);
    let input = std::fs::read(&out).unwrap();
    let pdf = sealed(&input, &world.officer, &officers(&world, Intent::Certify));
    assert_eq!(found(&pdf, &world.officer, input.len()).as_deref(), Some("ChuKyCongChuc"));
    run(
        "qpdf",
        &[
            "--encrypt",
            "",
            "owner",
            "256",
            "--annotate=n",
            "--form=n",
            "--modify=none",
            "--",
            "FILE",
            out.to_str().unwrap(),
        ],
        &plain,
    );
    let input = std::fs::read(&out).unwrap();
    assert!(matches!(prepare(&input, &officers(&world, Intent::Certify)), Err(SealError::Protected)));
}

#[test]
fn room_that_is_too_small_is_said_with_numbers() {
    let world = World::new();
    let order = SealOrder { room: 0, ..officers(&world, Intent::Certify) };
    let mut prepared = prepare(&one_page(0).into_bytes(), &order).unwrap();
    let signature = world.officer.sign(&prepared.signed_attributes).unwrap();
    let cms = embed::check(&prepared, Answer::Signature(&signature), now()).unwrap();
    assert_eq!(prepared.room(), 4096);
    let token = super::tlv::octets(&[7; 5000]);
    let long = cms.with_timestamp(&token).unwrap();
    assert!(long.has_timestamp() && !cms.has_timestamp());
    assert!(matches!(embed::embed(prepared.clone(), &long), Err(SealError::NoRoom { room: 4096, .. })));
    prepared.byte_range[2] += 1;
    assert!(matches!(embed::embed(prepared, &cms), Err(SealError::Altered)));
}

#[test]
fn a_document_time_stamp_takes_a_field_of_its_own_and_data_are_written_once() {
    let world = World::new();
    let pdf = sealed(&one_page(0).into_bytes(), &world.officer, &officers(&world, approval()));
    let data =
        Validation { certificates: world.officer.certificate().chain().to_vec(), ..Validation::default() };
    let once = dss::add(&pdf, &data, Some("ChuKyCongChuc")).unwrap();
    let twice = dss::add(&once, &data, None).unwrap();
    let n_streams = |pdf: &[u8]| {
        let document = lopdf::Document::load_mem(pdf).unwrap();
        let store = document.get_dict_in_dict(document.catalog().unwrap(), b"DSS").unwrap();
        assert!(store.has(b"VRI"));
        store.get(b"Certs").unwrap().as_array().unwrap().len()
    };
    assert_eq!((n_streams(&once), n_streams(&twice)), (2, 2));
    let prepared = prepare_document_timestamp(&twice, now(), 8192).unwrap();
    assert_eq!((prepared.field.as_str(), prepared.signed_attributes.len()), ("DauThoiGian", 0));
    qpdf_is_content(&embed::embed_timestamp(prepared, &super::tlv::octets(&[1; 100])).unwrap());
    let Ok((SealAnswer::Certificates { certificates, .. }, _)) = task::run(&twice, &SealTask::Certificates)
    else {
        panic!()
    };
    assert_eq!(certificates.len(), 3);
}

#[test]
fn certificates_are_checked_before_they_sign() {
    let root = Identity::root("Gốc thử");
    let check = |subject: &Subject, expected: Result<(), KeyError>| {
        let identity = root.issue(subject);
        let found = SigningCertificate::new(identity.der(), &[]).and_then(|c| c.check(now()));
        assert_eq!(found, expected);
    };
    let person = || Subject::person("Trần Thị Mẫu");
    check(&person(), Ok(()));
    let (from, until) = ("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z");
    check(&person().period(from, until), Err(KeyError::Expired(until.parse().unwrap())));
    let (from, until) = ("2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z");
    check(&person().period(from, until), Err(KeyError::NotYetValid(from.parse().unwrap())));
    check(&Subject::ca("Nơi cấp"), Err(KeyError::NotForSigning));
    check(&person().key(Key::Rsa1024), Err(KeyError::WeakOrUnknown));
    assert_eq!(SigningCertificate::new(b"rubbish", &[]), Err(KeyError::BadCertificate));
}

#[test]
fn key_files_old_and_new_are_opened() {
    let world = World::new();
    let identity = world.root.issue(&Subject::person("Trần Thị Mẫu").key(Key::Rsa2048));
    let open = |bytes: &[u8], password: &str| {
        Pkcs12Signer::open(bytes, &Secret::new(password), &[]).map(|signer| signer.certificate().name())
    };
    for old in [false, true] {
        let file = p12(&identity, &[&world.root], old);
        assert_eq!(open(&file, "bí mật\r\n").as_deref(), Ok("Trần Thị Mẫu"), "old: {old}");
        assert_eq!(open(&file, "khác"), Err(KeyError::WrongPassword), "old: {old}");
        assert_eq!(open(&file, "a\0b"), Err(KeyError::WrongPassword));
    }
    assert_eq!(open(b"rubbish", "x"), Err(KeyError::NotPkcs12));
}

#[test]
fn a_statement_is_signed_and_nothing_else() {
    let world = World::new();
    for signer in [&world.officer, &world.agency] {
        let cms = statement::sign(signer, b"one").unwrap();
        assert_eq!(statement::signer_of(&cms, b"one").as_deref(), Some(signer.certificate().der()));
        assert_eq!(statement::signer_of(&cms, b"two"), None);
        assert_eq!(statement::signer_of(&cms[..cms.len() - 1], b"one"), None);
        let (name, digest) = statement::named(signer.certificate().der()).unwrap();
        assert_eq!((name, digest.len()), (signer.certificate().name(), 64));
    }
    assert_eq!((statement::signer_of(b"", b"one"), statement::named(b"x")), (None, None));
}
