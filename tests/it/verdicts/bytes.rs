//! How a signature lies in the bytes: ranges that lie, contents that are none, files that are damaged.

use super::{
    Call, Table,
    paper::{CATALOGUE, Paper, form, signature_field, signed_by, spoilt},
    people::people,
};
use crate::pki::Cms;

const MALFORMED: &str = "TOTAL-FAILED FORMAT_FAILURE broken malformed none";
const PARTIAL: &str = "TOTAL-FAILED FORMAT_FAILURE broken partial none";
const BAD_CONTENTS: &str = "TOTAL-FAILED FORMAT_FAILURE broken whole_file none";

/// The four numbers as written.
fn range_of(bytes: &[u8]) -> (String, [u64; 4]) {
    let at = bytes.windows(11).rposition(|w| w == b"/ByteRange[").unwrap() + 11;
    let text = std::str::from_utf8(&bytes[at..at + 43]).unwrap();
    let numbers: Vec<u64> = text.split(' ').map(|n| n.parse().unwrap()).collect();
    (text.to_owned(), numbers.try_into().unwrap())
}

fn with_range(range: impl Fn([u64; 4]) -> String) -> Vec<u8> {
    let paper = Paper::signed();
    let (text, numbers) = range_of(&paper.bytes);
    paper.spoilt(&text, &format!("{:<43}", range(numbers)))
}

pub fn add(table: &mut Table) {
    ranges(table);
    places(table);
    contents(table);
    digests(table);
    damage(table);
}

fn ranges(table: &mut Table) {
    table.class = "ByteRange";
    let mut malformed = |name: &str, range: &dyn Fn([u64; 4]) -> String| {
        table.add(name, with_range(range), MALFORMED).asked(Call::Alone);
    };
    malformed("does not begin at 0", &|[_, gap, resume, length]| format!("1 {gap} {resume} {length}"));
    malformed("negative", &|[_, gap, resume, length]| format!("0 -{gap} {resume} {length}"));
    malformed("three numbers", &|[_, gap, resume, _]| format!("0 {gap} {resume}"));
    malformed("five numbers", &|[_, gap, resume, length]| format!("0 {gap} {resume} {length} 0"));
    malformed("overflowing sum", &|[_, gap, resume, _]| format!("0 {gap} {resume} 9223372036854775807"));
    malformed("overflowing number", &|[_, gap, resume, _]| format!("0 {gap} {resume} 99999999999999999999"));
    malformed("ranges that overlap", &|[_, gap, resume, length]| format!("0 {resume} {gap} {length}"));
    malformed("beyond the end of the file", &|[_, gap, resume, length]| {
        format!("0 {gap} {resume} {}", length + 1)
    });
    let mut partial = |name: &str, range: &dyn Fn([u64; 4]) -> String| {
        table.add(name, with_range(range), PARTIAL);
    };
    partial("a gap wider than Contents, in front", &|[_, gap, resume, length]| {
        format!("0 {} {resume} {length}", gap - 1)
    });
    partial("a gap wider than Contents, behind", &|[_, gap, resume, length]| {
        format!("0 {gap} {} {}", resume + 1, length - 1)
    });
    partial("ends within the revision", &|[_, gap, resume, length]| {
        format!("0 {gap} {resume} {}", length - 3)
    });
    partial("ends before the cross-references", &|[_, gap, resume, _]| format!("0 {gap} {resume} 40"));
}

/// Signature wrapping: the dictionary or the bytes are elsewhere than they were.
fn places(table: &mut Table) {
    table.class = "Wrapping";
    const MOVED: &str = "TOTAL-FAILED FORMAT_FAILURE intact whole_revision forbidden";
    let updated = |update: &dyn Fn(&mut Paper)| {
        let mut paper = Paper::signed();
        update(&mut paper);
        paper.close();
        paper.bytes
    };
    let dictionary = |paper: &Paper| {
        let bytes = String::from_utf8(paper.bytes.clone()).unwrap();
        let (_, body) = bytes.split_once("21 0 obj\n").unwrap();
        body.split_once("\nendobj").unwrap().0.to_owned()
    };
    let again = updated(&|paper| {
        let body = dictionary(paper);
        paper.object(21, &body);
    });
    // Written as it was, it is no change of the document; it stands in the wrong revision all the same.
    let as_it_was = MOVED.replace("forbidden", "none");
    table.add("dictionary written again in a later revision", again, &as_it_was);
    let elsewhere = updated(&|paper| {
        let body = dictionary(paper);
        paper.object(31, &body).object(20, &signature_field("CanBo", "0 0 0 0", "/V 31 0 R"));
    });
    table.add("dictionary moved to a new object", elsewhere, MOVED);
    let renamed = updated(&|paper| {
        paper.object(20, &signature_field("GiamDoc", "0 0 0 0", "/V 21 0 R"));
    });
    table.add("under another field's name", renamed, MOVED);
    let removed = updated(&|paper| {
        paper.object(8, &form("9 0 R 10 0 R", ""));
    });
    table.add("field taken out of the form", removed, MOVED);
    let bare = updated(&|paper| {
        paper.object(1, "<</Type/Catalog/Pages 2 0 R>>");
    });
    table.add("form taken out of the catalogue", bare, MOVED);
    let freed = updated(&|paper| {
        paper.free(21);
    });
    table.add("dictionary freed", freed, MALFORMED);
    // The gap is stretched over foreign objects, the digest stays right.
    let stretched = signed_by("ETSI.CAdES.detached", |bytes| Cms::cades(&people().signer).build(bytes));
    let (text, [_, gap, resume, _]) = range_of(&stretched);
    let mut wrapped = stretched.clone();
    let inserted = b"5 0 obj\n<</Length 1>>\nstream\nf\nendstream\nendobj\n";
    wrapped.splice(resume as usize..resume as usize, inserted.iter().copied());
    let length = stretched.len() as u64 - resume;
    let range = format!("0 {gap} {} {length}", resume + inserted.len() as u64);
    let range = format!("{range:<43}");
    let wrapped = spoilt(&wrapped, text.as_bytes(), range.as_bytes());
    table.add("objects put into the gap", wrapped, MALFORMED);
    // A second dictionary claims the first one's revision, with its contents.
    let claim = updated(&|paper| {
        let body = dictionary(paper);
        paper.object(8, &form("9 0 R 10 0 R 20 0 R 30 0 R", ""));
        paper.object(30, &signature_field("GiamDoc", "0 0 0 0", "/V 31 0 R")).object(31, &body);
    });
    table.whole("a second field with a copy of the signature", claim, "TOTAL-FAILED", super::FORBIDDEN);
    let spoofed = updated(&|paper| {
        let look = "/V 31 0 R/AP<</N 11 0 R>>";
        paper.object(8, &form("9 0 R 10 0 R 20 0 R 30 0 R", ""));
        paper.object(30, &signature_field("GiamDoc", "10 10 60 60", look));
        paper.object(31, "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/Name(Giam doc)>>");
    });
    table.add("a dictionary without ByteRange and Contents", spoofed, MALFORMED);
}

fn contents(table: &mut Table) {
    table.class = "Contents";
    let cades = |maker: &dyn Fn() -> Vec<u8>| {
        let contents = maker();
        signed_by("ETSI.CAdES.detached", move |_| contents.clone())
    };
    table.add("zeros", cades(&Vec::new), BAD_CONTENTS);
    let noise = || (0..5000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    table.add("random bytes", cades(&noise), BAD_CONTENTS).asked(Call::Alone);
    table
        .add("a DER bomb (lengths left open, 5000 deep)", cades(&|| [0x30, 0x80].repeat(5000)), BAD_CONTENTS)
        .asked(Call::Alone);
    table
        .add("a length of 4 GB", cades(&|| vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), BAD_CONTENTS)
        .asked(Call::Alone);
    table.add("a certificate alone", cades(&|| people().signer.der().to_vec()), BAD_CONTENTS);
    let padded = signed_by("ETSI.CAdES.detached", |bytes| {
        [Cms::cades(&people().signer).build(bytes), b"more".to_vec()].concat()
    });
    table.add("text behind the CMS", padded, BAD_CONTENTS);
    let mut paper = Paper::plain();
    let maker = |bytes: &[u8]| Cms::cades(&people().signer).build(bytes);
    paper.sign_by(20, "ETSI.CAdES.detached", 2 << 20, maker);
    table.add("2 MB of zeros behind the CMS", paper.bytes, super::PASSED).asked(Call::Alone);
    let signed = Paper::signed();
    table.add("a literal string", signed.spoilt("/Contents<30", "/Contents(30"), MALFORMED);
    table.add("the key twice", Paper::signed_saying("/Type/Sig").bytes, MALFORMED);
    let x509 = signed_by("adbe.x509.rsa_sha1", |bytes| Cms::cades(&people().signer).build(bytes));
    table.add("a SubFilter nobody knows", x509, BAD_CONTENTS);
}

fn digests(table: &mut Table) {
    table.class = "Digest and value";
    const HASH: &str = "TOTAL-FAILED HASH_FAILURE broken whole_file none";
    let signed = Paper::signed();
    table.add("a letter of the page replaced", signed.spoilt("(Page one)", "(Page oze)"), HASH);
    table.add("the claimed time replaced", signed.spoilt("D:20260530", "D:20250530"), HASH);
    let other = signed_by("ETSI.CAdES.detached", |_| Cms::cades(&people().signer).build(b"other"));
    table.add("a signature over another file", other, HASH);
    let flipped = signed_by("ETSI.CAdES.detached", |bytes| {
        Cms { flip_value: true, ..Cms::cades(&people().signer) }.build(bytes)
    });
    table.add("a bit of the value turned", flipped, "TOTAL-FAILED SIG_CRYPTO_FAILURE broken whole_file none");
}

fn damage(table: &mut Table) {
    table.class = "Damaged and hostile files";
    let behind = |more: &str| [Paper::signed().bytes, more.as_bytes().to_vec()].concat();
    let trailing = "TOTAL-PASSED - intact whole_revision permitted";
    table.add("text behind the end", behind("junk"), trailing);
    table.add("a line end behind the end", behind("\n"), "TOTAL-PASSED - intact whole_revision none");
    table.add("an object behind the end", behind("5 0 obj <<>> endobj\n"), super::FORBIDDEN);
    let spoilt = |from: &str, to: &str| Paper::signed().spoilt(from, to);
    table.add("no startxref", spoilt("startxref", "startxxxx"), PARTIAL);
    table.whole("not a PDF", b"PK\x03\x04 and so on".to_vec(), "NOT-A-PDF", "");
    table.whole("an empty file", vec![], "NOT-A-PDF", "");
    table.whole("no signature", Paper::plain().bytes.clone(), "NO-SIGNATURE", "");
    let mut paper = Paper::plain();
    paper.object(2, "<</Type/Pages/Kids[3 0 R 2 0 R 4 0 R]/Count 3>>").close().sign(20, "CanBo", "");
    table
        .add("a page tree that is its own kid, signed", paper.bytes.clone(), super::PASSED)
        .asked(Call::Alone);
    paper.object(5, "<</Length 1>>\nstream\nf\nendstream").close();
    table.add("the same, a page changed afterwards", paper.bytes, super::FORBIDDEN).asked(Call::Alone);
    let mut paper = Paper::plain();
    for number in (20..120).step_by(2) {
        paper.sign(number, &format!("ChuKy{number}"), "");
    }
    table.add("50 signatures", paper.bytes.clone(), super::FOLLOWED).asked(Call::Alone);
    paper.object(5, "<</Length 1>>\nstream\nf\nendstream").close();
    table.add("50 signatures, a page changed afterwards", paper.bytes, super::FORBIDDEN).asked(Call::Alone);
    let mut paper = Paper::signed();
    paper
        .object(1, &format!("<<{CATALOGUE}>>"))
        .object(20, "<</T(CanBo)/FT/Sig/Kids[20 0 R]/V 21 0 R>>")
        .close();
    table.add("a field that is its own kid", paper.bytes, super::FORBIDDEN).asked(Call::Alone);
    cut_off(table);
}

/// Files that end before anything leads to their signature, and files that only look so.
fn cut_off(table: &mut Table) {
    table.class = "Cut off";
    let cut = |paper: &Paper, word: &str, more: usize| {
        let at = paper.bytes.windows(word.len()).rposition(|w| w == word.as_bytes()).unwrap();
        paper.bytes[..at + word.len() + more].to_vec()
    };
    let mut unclear = |name: &str, pdf: Vec<u8>| {
        table.whole(name, pdf, "INDETERMINATE", "");
    };
    let signed = Paper::signed();
    unclear("before the cross-references of the signature", cut(&signed, "xref\n8 1", 0));
    unclear("just behind the signature", cut(&signed, "endobj", 0));
    unclear("within Contents", cut(&signed, "/Contents<", 3000));
    unclear("just before Contents begin", cut(&signed, "/Contents<", 0));
    let mut whole = Paper::open();
    whole.sign(20, "CanBo", "");
    // Here the field is read, and holds nothing that can be.
    table.add("a file of one revision, within Contents", cut(&whole, "/Contents<", 3000), MALFORMED);
    // Nothing of the signature came along but its field.
    let none = |table: &mut Table, name: &str, pdf: Vec<u8>| {
        table.whole(name, pdf, "NO-SIGNATURE", "");
    };
    none(table, "before the dictionary of the signature", cut(&signed, "21 0 obj", 0));
    let words = "30 0 obj <</Type/Sig/SubFilter/x/ByteRange[0 1 2 3]/Contents<3080>>> endobj";
    let mut paper = Paper::open();
    paper.stream(30, "", words).close();
    none(table, "the words of a signature in a text, unsigned", paper.bytes.clone());
    paper
        .bytes
        .extend(format!("31 0 obj\n<</Length {}>>\nstream\n{words}\nendstream\n", words.len()).as_bytes());
    none(table, "the same behind the end", paper.bytes.clone());
    paper.bytes.extend(format!("31 0 obj\n<</Length 9999>>\nstream\n{words}").as_bytes());
    none(table, "the same, the text cut off", paper.bytes.clone());
    let mut paper = Paper::open();
    paper.object(30, "<</Type/Sig/SubFilter/x/ByteRange[0 1 2 3]/Contents<3080>>>").close();
    none(table, "an old signature that no field holds, unsigned", paper.bytes);
}
