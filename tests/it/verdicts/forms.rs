//! Forms of signatures, algorithms, and forms of the files that carry them.

use super::{
    Call, FORBIDDEN, PASSED, Table,
    paper::{CATALOGUE, Paper, form, page_one, signature_field, signed_by, text_field},
    people::people,
    standing::{open, with},
};
use crate::{
    pki::{Alg, Cms, Identity, Key, Subject, attribute, tlv},
    support::pdf,
};

pub fn add(table: &mut Table) {
    accepted(table);
    algorithms(table);
    wrong(table);
    builds(table);
}

fn signer_of(key: Key) -> Identity {
    people().ca.issue(&Subject::person("Trần Thị Mẫu").key(key))
}

fn accepted(table: &mut Table) {
    table.class = "Accepted forms";
    let signer = &people().signer;
    table.add("CAdES, P-256", Paper::signed().bytes, PASSED);
    for (name, key, alg) in [
        ("P-384, SHA-384", Key::P384, Alg::Sha384),
        ("P-521, SHA-512", Key::P521, Alg::Sha512),
        ("RSA 2048, SHA-256", Key::Rsa2048, Alg::Sha256),
        ("RSA 2048, SHA-512", Key::Rsa2048, Alg::Sha512),
        ("RSA-PSS", Key::Rsa2048, Alg::Pss(32)),
    ] {
        table.add(name, with(&signer_of(key), move |cms| Cms { alg, ..cms }), PASSED);
    }
    let pkcs7 = signed_by("adbe.pkcs7.detached", |bytes| Cms::pkcs7(&people().signer).build(bytes));
    table.add("adbe.pkcs7.detached", pkcs7, PASSED);
    let bare = signed_by("adbe.pkcs7.detached", |bytes| {
        Cms { has_attributes: false, ..Cms::pkcs7(&people().signer) }.build(bytes)
    });
    table.add("without signed attributes", bare, PASSED);
    table.add("signing-certificate, version 1", with(signer, |cms| Cms { is_v1: true, ..cms }), PASSED);
    table.add("signer named by key identifier", with(signer, |cms| Cms { by_key_id: true, ..cms }), PASSED);
    table.add("BER with open lengths", with(signer, |cms| Cms { is_ber: true, ..cms }), PASSED);
    for p in 1..=3 {
        let more = format!("/Reference[<</TransformMethod/DocMDP/TransformParams<</P {p}>>>>]");
        table.add(format!("certification, P={p}"), Paper::signed_saying(&more).bytes, PASSED);
    }
}

fn algorithms(table: &mut Table) {
    table.class = "Weak algorithms";
    let weak = open("CRYPTO_CONSTRAINTS_FAILURE");
    let rsa = signer_of(Key::Rsa2048);
    for alg in [Alg::Sha1, Alg::Md5, Alg::Sha224] {
        table.add(format!("{alg:?}"), with(&rsa, move |cms| Cms { alg, ..cms }), &weak);
    }
    table.add("RSA 1024", with(&signer_of(Key::Rsa1024), |cms| cms), &weak);
    table.add("a curve of no policy", with(&signer_of(Key::K256), |cms| cms), &weak);
    let sha1 = signed_by("adbe.pkcs7.sha1", |bytes| {
        Cms { is_sha1: true, ..Cms::pkcs7(&people().signer) }.build(bytes)
    });
    table.add("adbe.pkcs7.sha1", sha1, &weak);
    let claimed = |at: &'static str| {
        with(&rsa, move |cms| Cms { alg: Alg::Sha1, signing_time: Some(at.into()), ..cms })
    };
    let then = claimed("2024-05-01T00:00:00Z");
    table.add("SHA-1 of 2024", then.clone(), &weak);
    table.add("SHA-1 of 2024, excepted by the policy", then, PASSED).asked(Call::Policy);
    let now = claimed("2026-05-01T00:00:00Z");
    table.add("SHA-1 of 2026, not excepted", now, &weak).asked(Call::Policy);
}

fn wrong(table: &mut Table) {
    table.class = "Wrong signatures";
    const FORM: &str = "TOTAL-FAILED FORMAT_FAILURE broken whole_file none";
    let signer = &people().signer;
    table.add("two signers in one CMS", with(signer, |cms| Cms { n_signers: 2, ..cms }), FORM);
    table.add("no signer in the CMS", with(signer, |cms| Cms { n_signers: 0, ..cms }), FORM);
    let twice = attribute("1.2.840.113549.1.9.4", tlv(4, &[7; 32]));
    let twice = with(signer, move |cms| Cms { extra: vec![twice.clone()], ..cms });
    table.add("messageDigest twice", twice, FORM);
    table.add("another contentType", with(signer, |cms| Cms { wrong_content_type: true, ..cms }), FORM);
    table.add("content inside", with(signer, |cms| Cms { content: Some(b"inside".to_vec()), ..cms }), FORM);
    table.add(
        "CAdES without signed attributes",
        with(signer, |cms| Cms { has_attributes: false, ..cms }),
        FORM,
    );
    let missing = with(signer, |cms| Cms { named: None, ..cms });
    table.add("CAdES without signing-certificate", missing, &open("SIG_CONSTRAINTS_FAILURE"));
    let other = with(signer, |cms| Cms { named: Some(people().ca.der().to_vec()), ..cms });
    table.add("signing-certificate of another", other, &open("NO_SIGNING_CERTIFICATE_FOUND"));
    let absent = with(signer, |cms| Cms { is_bare: true, ..cms });
    let unknown = "INDETERMINATE NO_SIGNING_CERTIFICATE_FOUND broken whole_file none";
    table.add("the signer's certificate is nowhere", absent, unknown);
    let mut thief = signer_of(Key::P256);
    (thief.serial, thief.issuer) = (signer.serial, signer.issuer.clone());
    let stolen = with(&thief, |cms| {
        let victim = people().signer.der().to_vec();
        Cms { is_bare: true, named: Some(victim.clone()), certificates: vec![victim], ..cms }
    });
    let crypto = "TOTAL-FAILED SIG_CRYPTO_FAILURE broken whole_file none";
    table.add("the victim's certificate, another key", stolen, crypto);
    let decoy = Subject { key_name: "decoy".into(), ..Subject::person("Nguyễn Văn Mẫu") };
    let decoy = people().ca.issue(&Subject { serial: Some(signer.serial), ..decoy });
    let decoy = with(signer, move |cms| Cms { certificates: vec![decoy.der().to_vec()], ..cms });
    table.add("a decoy of the same number beside it", decoy, PASSED);
}

/// The bytes of one tool's answer.
fn qpdf(pdf: &[u8], arguments: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("in.pdf"), folder.path().join("out.pdf"));
    std::fs::write(&from, pdf).unwrap();
    let mut command = std::process::Command::new("qpdf");
    let output = command.args(arguments).arg(&from).arg(&to).output();
    let output = output.unwrap_or_else(|fault| panic!("qpdf can't be run ({fault}): install qpdf"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read(to).unwrap()
}

fn builds(table: &mut Table) {
    table.class = "Builds of files";
    let packed = |change: &dyn Fn(&mut Paper)| {
        let mut paper = Paper::open().with_streams();
        paper.close();
        let fields = form("9 0 R 10 0 R 20 0 R", "");
        let field = signature_field("CanBo", "0 0 0 0", "/V 21 0 R");
        paper.packed(19, &[(8, fields), (20, field)]).signature(21, "").close();
        change(&mut paper);
        paper.bytes
    };
    table.add("object streams", packed(&|_| ()), PASSED);
    let filled = packed(&|paper| {
        let drawing = "BT /F1 10 Tf 2 5 Td (001) Tj ET";
        paper.packed(50, &[(9, text_field("001", "").replace("11 0 R", "40 0 R"))]);
        paper.stream(40, super::paper::FACE, drawing).close();
    });
    table.add("object streams, a field filled", filled, super::FOLLOWED);
    let swapped = packed(&|paper| {
        let page = page_one("", "9 0 R 10 0 R").replace("5 0 R", "6 0 R");
        paper.packed(50, &[(3, page)]).close();
    });
    table.add("object streams, a page swapped", swapped, FORBIDDEN);
    hybrid(table);
    let shifted = [b"leading junk\n".to_vec(), Paper::signed().bytes].concat();
    table.add(
        "junk before the header, after signing",
        shifted,
        "TOTAL-FAILED FORMAT_FAILURE broken partial none",
    );
    let linear = qpdf(&Paper::plain().bytes, &["--linearize"]);
    let rewritten = qpdf(&Paper::signed().bytes, &["--object-streams=disable"]);
    table.add(
        "written anew by qpdf after signing",
        rewritten,
        "TOTAL-FAILED FORMAT_FAILURE broken partial none",
    );
    over(table, "linearised", &linear);
    let generated = qpdf(&Paper::plain().bytes, &["--object-streams=generate"]);
    over(table, "object streams by qpdf", &generated);
    encrypted(table);
}

/// The cross-reference table of old readers beside the stream of new ones.
fn hybrid(table: &mut Table) {
    let base = pdf::hybrid();
    let prev = pdf::number_after(&base, b"startxref\n");
    let mut paper = Paper::over(base, 8, Some(prev), "/Root 1 0 R");
    paper.object(1, &format!("<<{CATALOGUE}>>").replace("8 0 R", "20 0 R"));
    paper.object(20, "<</Fields[21 0 R]/SigFlags 3>>");
    paper.object(21, &signature_field("CanBo", "0 0 0 0", "/V 22 0 R")).signature(22, "").close();
    table.add("hybrid cross-references", paper.bytes.clone(), PASSED);
    paper.object(2, "<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]>>").close();
    table.add("hybrid, a page removed", paper.bytes, FORBIDDEN);
}

/// Signed by the program's own hand on top of what another tool wrote.
fn over(table: &mut Table, name: &str, base: &[u8]) {
    use sohoa::engines::signature::seal::{
        embed::{self, Answer},
        key::SigningCertificate,
        prepare::{Field, Intent, Lock, SealOrder, prepare},
    };
    let signer = &people().signer;
    let at = "2026-05-30T02:00:00Z".parse().unwrap();
    let certificate = SigningCertificate::new(signer.der(), &[]).unwrap();
    let sign = |base: &[u8], field: Field| {
        let order = SealOrder::new(certificate.clone(), field, Intent::Approve(Lock::Nothing), at);
        let prepared = prepare(base, &order).unwrap();
        let value = Alg::Sha256.sign(&signer.key, &prepared.signed_attributes);
        let cms = embed::check(&prepared, Answer::Signature(&value), at).unwrap();
        embed::embed(prepared, &cms).unwrap()
    };
    let once = sign(base, Field::Invisible("CanBo".into()));
    table.add(format!("{name}, signed by ourselves"), once.clone(), PASSED);
    let twice = sign(&once, Field::Existing("ChuKyCoQuan".into()));
    table.add(format!("{name}, signed twice by ourselves"), twice, super::FOLLOWED);
}

/// AES-256, signed by hand with the file's own key.
fn encrypted(table: &mut Table) {
    for (name, password, call) in [
        ("encrypted, no password to open", "", Call::Usual),
        ("encrypted, with its password", "mat-khau", Call::Password),
    ] {
        let options = ["--encrypt", password, "chu", "256", "--", "--object-streams=disable"];
        let base = qpdf(&Paper::plain().bytes, &options);
        table.add(name, signed_encrypted(&base, password, false), PASSED).asked(call);
        let changed = signed_encrypted(&base, password, true);
        table.add(format!("{name}, a page removed"), changed, FORBIDDEN).asked(call);
    }
    let base = qpdf(&Paper::plain().bytes, &["--encrypt", "mat-khau", "chu", "256", "--"]);
    table.whole("encrypted, its password not given", base, "INDETERMINATE", "");
}

fn signed_encrypted(base: &[u8], password: &str, removes_page: bool) -> Vec<u8> {
    let key = file_key(base, password);
    let text = String::from_utf8_lossy(base).into_owned();
    let after = |word: &str, from: &str| {
        let at = from.rfind(word).unwrap_or_else(|| panic!("{word} in {from}")) + word.len();
        let number = from[at..].trim_start_matches([' ', '[']).split(' ').next().unwrap();
        number.parse::<u32>().unwrap_or_else(|_| panic!("{number} after {word}"))
    };
    let trailer = text[text.rfind("trailer").unwrap()..].to_owned();
    let id_at = trailer.find("/ID").unwrap();
    let id = &trailer[id_at..=id_at + trailer[id_at..].find(']').unwrap()];
    let root = after("/Root ", &trailer);
    let (size, encrypt, pages) = (
        after("/Size ", &trailer),
        after("/Encrypt ", &trailer),
        after("/Pages ", text.split("/Catalog").next().unwrap()),
    );
    let first = after("/Kids ", &text);
    let said = format!("/Root {root} 0 R/Encrypt {encrypt} 0 R{id}");
    let prev = pdf::number_after(base, b"startxref\n");
    let mut paper = Paper::over(base.to_vec(), size, Some(prev), &said);
    let iv = [7; 16];
    let cipher = openssl::symm::Cipher::aes_256_cbc();
    let name = [iv.to_vec(), openssl::symm::encrypt(cipher, &key, Some(&iv), b"CanBo").unwrap()].concat();
    paper.object(
        root,
        &format!("<</Type/Catalog/Pages {pages} 0 R/AcroForm<</Fields[200 0 R]/SigFlags 3>>>>"),
    );
    let field = signature_field("", "0 0 0 0", "/V 201 0 R").replace("/P 3 0 R", "");
    paper.object(200, &field.replace("()", &format!("<{}>", super::paper::digits(name))));
    paper.signature(201, "").close();
    if removes_page {
        paper.object(pages, &format!("<</Type/Pages/Kids[{first} 0 R]/Count 1>>")).close();
    }
    paper.bytes
}

fn file_key(pdf: &[u8], password: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.pdf");
    std::fs::write(&path, pdf).unwrap();
    let password = format!("--password={password}");
    let arguments = ["--show-encryption", "--show-encryption-key", &password];
    let output = std::process::Command::new("qpdf").args(arguments).arg(&path).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let (_, key) = said.split_once("Encryption key = ").unwrap_or_else(|| panic!("{said}"));
    let key = key.split_whitespace().next().unwrap();
    (0..key.len() / 2).map(|n| u8::from_str_radix(&key[n * 2..n * 2 + 2], 16).unwrap()).collect()
}
