use std::process::Command;

use lopdf::Object;

use super::*;

/// A file built by hand: objects with their offsets noted.
struct Hand {
    bytes: Vec<u8>,
    places: Vec<(u32, usize)>,
    prev: Option<usize>,
}

impl Hand {
    fn new() -> Self {
        Self { bytes: b"%PDF-1.7\n".to_vec(), places: Vec::new(), prev: None }
    }

    fn object(&mut self, number: u32, body: &str) -> &mut Self {
        self.places.push((number, self.bytes.len()));
        self.bytes.extend(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
        self
    }

    fn free(&mut self, number: u32) -> &mut Self {
        self.places.push((number, 0));
        self
    }

    /// Closes a revision with a table.
    fn table(&mut self, more: &str) -> &mut Self {
        let at = self.bytes.len();
        let mut text = "xref\n".to_owned();
        for (number, place) in self.places.drain(..) {
            let kind = if place == 0 { 'f' } else { 'n' };
            text += &format!("{number} 1\n{place:010} 00000 {kind} \n");
        }
        let prev = self.prev.map_or_else(String::new, |prev| format!("/Prev {prev}"));
        text += &format!("trailer\n<</Size 20/Root 1 0 R{prev}{more}>>\nstartxref\n{at}\n%%EOF\n");
        self.bytes.extend(text.as_bytes());
        self.prev = Some(at);
        self
    }
}

fn simple() -> Hand {
    let mut hand = Hand::new();
    hand.object(1, "<</Type/Catalog/Pages 2 0 R>>").object(2, "<</Type/Pages/Kids[]/Count 0>>").table("");
    hand
}

fn open(bytes: &[u8]) -> RevisedPdf<'_> {
    RevisedPdf::open(bytes, None).unwrap()
}

fn said(pdf: &RevisedPdf<'_>, revision: usize, number: u32) -> String {
    pdf.object(revision, (number, 0)).map_or_else(|| "nothing".to_owned(), |object| format!("{object:?}"))
}

#[test]
fn an_object_is_what_it_was_as_of_each_revision() {
    let mut hand = simple();
    let first = hand.bytes.len();
    hand.object(3, "(old)").object(2, "<</Kids[3 0 R]>>").table("");
    let second = hand.bytes.len();
    hand.object(3, "(new)").free(2).table("");
    let pdf = open(&hand.bytes);
    assert_eq!((pdf.n_revisions(), pdf.is_recovered(), pdf.max_id()), (3, false, 19));
    let ends: Vec<usize> = (0..3).map(|i| pdf.revision(i).end).collect();
    assert_eq!(ends, [first, second, hand.bytes.len()]);
    let check = |revision, number, expected: &str| {
        assert_eq!(said(&pdf, revision, number), expected, "{revision} {number}");
    };
    check(0, 2, "<</Type /Pages/Kids []/Count 0>>");
    check(0, 3, "nothing");
    check(1, 2, "<</Kids [3 0 R]>>");
    check(1, 3, "(old)");
    check(2, 2, "nothing");
    check(2, 3, "(new)");
    check(2, 1, "<</Type /Catalog/Pages 2 0 R>>");
    assert_eq!(pdf.changed_between(0, 1), [2, 3]);
    assert_eq!(pdf.changed_between(1, 2), [2, 3]);
    assert_eq!(pdf.changed_between(2, 2), [0_u32; 0]);
    assert_eq!(pdf.entries(2).collect::<Vec<_>>(), [((2, 0), true), ((3, 0), false)]);
    assert_eq!(pdf.object(2, (3, 1)), None, "another generation");
    assert_eq!(pdf.last_startxref(), Some(pdf.revision(2).xref_at));
}

#[test]
fn a_revision_ends_behind_its_mark_or_the_white_space_after_it() {
    let mut hand = simple();
    let end = hand.bytes.len();
    hand.bytes.extend(b"\r\n");
    hand.object(3, "7").table("");
    let pdf = open(&hand.bytes);
    let check = |at: usize, expected| assert_eq!(pdf.revision_ending_at(at), expected, "{at}");
    check(end - 2, None);
    check(end - 1, Some(0));
    check(end, Some(0));
    check(end + 2, Some(0));
    check(end + 3, None);
    check(hand.bytes.len() - 1, Some(1));
    check(hand.bytes.len(), Some(1));
    check(hand.bytes.len() + 1, None);
    assert_eq!(pdf.n_trailing_bytes(), 0);
}

#[test]
fn bytes_behind_the_end_are_counted() {
    let mut hand = simple();
    hand.bytes.extend(b"junk");
    assert_eq!(open(&hand.bytes).n_trailing_bytes(), 4);
}

#[test]
fn junk_before_the_header_moves_every_offset() {
    let moved = [b"junk\n".as_slice(), &simple().bytes].concat();
    let pdf = open(&moved);
    assert_eq!((pdf.base(), pdf.is_recovered(), pdf.revision(0).is_closed), (5, false, true));
    assert_eq!(pdf.offset_of(0, (1, 0)), Some(14));
}

#[test]
fn damaged_references_are_recovered_and_told() {
    let good = simple().bytes;
    let text = String::from_utf8(good.clone()).unwrap();
    let spoilt = [
        ("no startxref", text.replace("startxref", "startxxxx")),
        ("startxref into nothing", text.replace("startxref\n", "startxref\n99")),
        ("a loop", text.replace("/Root", &format!("/Prev {}/Root", text.find("xref\n").unwrap()))),
        ("prev that is none", text.replace("/Root", "/Prev (x)/Root")),
        ("wrong places", text.replacen("0000000009", "0000000010", 1)),
        ("too many entries", text.replacen("1 1\n", "1 900000\n", 1)),
    ];
    for (what, text) in spoilt {
        let pdf = RevisedPdf::open(text.as_bytes(), None).unwrap();
        assert!(pdf.is_recovered(), "{what}");
        assert_eq!(pdf.n_revisions(), 1, "{what}");
        assert_eq!(said(&pdf, 0, 2), "<</Type /Pages/Kids []/Count 0>>", "{what}");
        assert_eq!(pdf.revision_ending_at(text.len()), None, "{what}");
    }
    let check = |bytes: &[u8], expected| assert_eq!(RevisedPdf::open(bytes, None).err(), Some(expected));
    check(b"", RevisionsError::NotAPdf);
    check(b"%PDF-1.7", RevisionsError::Damaged);
    check(&good[..9], RevisionsError::Damaged);
}

#[test]
fn an_update_cannot_point_into_an_earlier_one() {
    // A table prepared within a stream of the first revision, started from by `startxref` alone.
    let mut hand = simple();
    let inner = hand.bytes.len() + 30;
    let hidden =
        format!("{}xref\n0 0\ntrailer\n<</Root 1 0 R>>\nstartxref\n{inner}\n%%EOF\n", " ".repeat(40));
    hand.object(3, &format!("<</Length {}>>\nstream\n{hidden}\nendstream", hidden.len())).table("");
    let at = hand.bytes.windows(4).position(|w| w == b"   x").unwrap();
    hand.bytes.extend(format!("startxref\n{at}\n%%EOF\n").as_bytes());
    let pdf = open(&hand.bytes);
    assert!(pdf.is_recovered());
}

#[test]
fn limits_answer_politely() {
    let text = b"%PDF-1.5\nxref\n0 9000000\ntrailer <<>>\nstartxref\n9\n%%EOF";
    assert_eq!(RevisedPdf::open(text, None).err(), Some(RevisionsError::TooMany));
    let mut hand = simple();
    for _ in 0..10_000 {
        hand.object(3, "0").table("");
    }
    let pdf = open(&hand.bytes);
    assert_eq!((pdf.n_revisions(), pdf.changed_between(0, 10_000)), (10_001, vec![3]));
    // Strings that never close, each of which reads to the end of the file.
    let unclosed = [b"%PDF-1.4\n".as_slice(), &b"1 0 obj (".repeat(200_000)].concat();
    assert_eq!(RevisedPdf::open(&unclosed, None).err(), Some(RevisionsError::Damaged));
}

#[test]
fn a_length_that_is_wrong_is_not_repaired() {
    let mut hand = simple();
    hand.object(3, "<</Length 3>>stream\nabc\nendstream")
        .object(4, "<</Length 5>>stream\nabc\nendstream")
        .object(5, "<</Length 6 0 R>>stream\nabc\nendstream")
        .object(6, "3")
        .object(7, "<</Length 7 0 R>>stream\nabc\nendstream")
        .table("");
    let check = |bytes: &[u8], number, expected: Option<&[u8]>| {
        assert_eq!(open(bytes).raw_stream(1, (number, 0)), expected, "{number}");
    };
    check(&hand.bytes, 3, Some(b"abc"));
    check(&hand.bytes, 4, None);
    check(&hand.bytes, 5, Some(b"abc"));
    check(&hand.bytes, 7, None);
    let damaged = String::from_utf8(hand.bytes).unwrap().replace("startxref", "startxxxx");
    check(damaged.as_bytes(), 4, Some(b"abc"));
}

/// The file after qpdf has written it anew.
fn by_qpdf(bytes: &[u8], arguments: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.pdf"), folder.path().join("out.pdf"));
    std::fs::write(&input, bytes).unwrap();
    let done = Command::new("qpdf").args(arguments).arg(&input).arg(&output).output();
    let done = done.expect("`qpdf` is needed by this test (package qpdf)");
    assert!(output.exists(), "{}", String::from_utf8_lossy(&done.stderr));
    std::fs::read(output).unwrap()
}

/// A page with text and a title.
fn page() -> Vec<u8> {
    let mut hand = Hand::new();
    hand.object(1, "<</Type/Catalog/Pages 2 0 R>>")
        .object(2, "<</Type/Pages/Kids[3 0 R]/Count 1>>")
        .object(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 4 0 R/Resources<<>>>>")
        .object(4, "<</Length 10>>stream\n0 0 9 9 re\nendstream")
        .object(5, "<</Title(Secret paper)>>")
        .table("/Info 5 0 R/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]");
    hand.bytes
}

#[test]
fn files_of_every_form_say_the_same_as_lopdf() {
    let hard = ["--object-streams=generate"];
    let forms: [(&[&str], XrefForm); 4] = [
        (&["--object-streams=disable"], XrefForm::Table),
        (&hard, XrefForm::Stream),
        (&["--linearize", "--object-streams=disable"], XrefForm::Table),
        (&["--linearize", "--object-streams=generate"], XrefForm::Stream),
    ];
    for (arguments, form) in forms {
        let bytes = by_qpdf(&page(), arguments);
        let pdf = open(&bytes);
        let first = pdf.revision(0);
        assert_eq!((pdf.n_revisions(), pdf.is_recovered(), first.form), (1, false, form), "{arguments:?}");
        assert!(first.is_closed, "{arguments:?}");
        assert_eq!(first.end, bytes.len(), "{arguments:?}");
        same_as_lopdf(&pdf, &bytes);
    }
}

#[test]
fn what_is_in_object_streams_is_recovered_too() {
    let arguments = ["--encrypt", "", "owner", "256", "--", "--object-streams=generate"];
    for arguments in [&arguments[5..], &arguments] {
        let bytes = by_qpdf(&page(), arguments);
        let at = bytes.windows(9).rposition(|window| window == b"startxref").unwrap();
        let mut damaged = bytes.clone();
        damaged[at] = b'x';
        let (whole, recovered) = (open(&bytes), open(&damaged));
        assert!(recovered.is_recovered() && !whole.is_recovered());
        let mut n_packed = 0;
        for (id, _) in whole.entries(0).filter(|(id, is_free)| !is_free && whole.has(0, *id)) {
            n_packed += usize::from(whole.container_of(0, id).is_some());
            assert_eq!(said(&recovered, 0, id.0), said(&whole, 0, id.0), "{id:?}");
        }
        assert!(n_packed > 2);
    }
}

/// Every object lopdf finds is found here with the same value.
fn same_as_lopdf(pdf: &RevisedPdf<'_>, bytes: &[u8]) {
    let theirs = lopdf::Document::load_mem(bytes).unwrap();
    assert!(!theirs.objects.is_empty());
    for (id, object) in &theirs.objects {
        let mut object = object.clone();
        if let Object::Stream(stream) = &mut object {
            if stream.dict.has_type(b"ObjStm") || stream.dict.has_type(b"XRef") {
                continue;
            }
            let ours = pdf.decoded_stream(pdf.newest(), *id, 1 << 20);
            assert_eq!(ours, stream.get_plain_content().ok(), "{id:?}");
            continue;
        }
        let ours = pdf.object(pdf.newest(), *id).unwrap_or_else(|| panic!("{id:?} is missing"));
        assert_eq!(format!("{ours:?}"), format!("{object:?}"), "{id:?}");
    }
}

#[test]
fn encrypted_files_open_with_their_password_and_with_none() {
    let check = |arguments: &[&str], password: Option<&str>| {
        let bytes = by_qpdf(&page(), arguments);
        let pdf = RevisedPdf::open(&bytes, password).unwrap();
        assert!(pdf.is_encrypted() && !pdf.is_locked() && !pdf.is_recovered(), "{arguments:?}");
        let info = pdf.trailer(0).get(b"Info").unwrap().as_reference().unwrap();
        let info = pdf.object(0, info).unwrap();
        let title = info.as_dict().unwrap().get(b"Title").unwrap().as_str().unwrap();
        assert_eq!(title, b"Secret paper", "{arguments:?}");
        let contents =
            (1..20).find_map(|n| pdf.decoded_stream(0, (n, 0), 100).filter(|c| c.starts_with(b"0 0 9")));
        assert!(contents.is_some(), "{arguments:?}");
    };
    check(&["--allow-weak-crypto", "--encrypt", "", "owner", "40", "--"], None);
    check(&["--allow-weak-crypto", "--encrypt", "", "owner", "128", "--use-aes=n", "--"], None);
    check(&["--allow-weak-crypto", "--encrypt", "", "owner", "128", "--use-aes=y", "--"], None);
    check(&["--encrypt", "", "owner", "256", "--"], None);
    check(&["--object-streams=generate", "--encrypt", "", "owner", "256", "--"], None);
    check(&["--encrypt", "reader", "owner", "256", "--"], Some("reader"));
    check(&["--encrypt", "reader", "owner", "256", "--"], Some("owner"));
    let locked =
        by_qpdf(&page(), &["--object-streams=generate", "--encrypt", "reader", "owner", "256", "--"]);
    for password in [None, Some("wrong")] {
        let pdf = RevisedPdf::open(&locked, password).unwrap();
        assert!(pdf.is_encrypted() && pdf.is_locked() && pdf.encryption().is_none());
    }
}

#[test]
fn a_hybrid_file_shows_what_its_stream_adds() {
    let mut hand = simple();
    let hidden = hand.bytes.len();
    // Object 6 lies in no table: one entry of type 1 for it.
    let rows = [[1, 0, 0, 0], [1, 0, 9, 0]].concat();
    let row: String = rows[4..].iter().map(|byte| format!("{byte:02x}")).collect();
    let dict =
        format!("/Type/XRef/W[1 2 1]/Index[6 1]/Size 7/Filter/ASCIIHexDecode/Length {}", row.len() + 1);
    hand.object(5, &format!("<<{dict}>>stream\n{row}>\nendstream"))
        .free(6)
        .table(&format!("/XRefStm {hidden}"));
    let pdf = open(&hand.bytes);
    let newest = pdf.revision(1);
    assert_eq!((pdf.is_recovered(), newest.form, newest.xref_stream), (false, XrefForm::Hybrid, Some(5)));
    assert_eq!(pdf.offset_of(1, (6, 0)), Some(9));
    assert_eq!(said(&pdf, 1, 6), "nothing", "another object stands there");
}

#[test]
fn redefining_an_object_stream_changes_what_is_in_it() {
    let mut hand = simple();
    let packed = "8 0 (one)";
    let head =
        |text: &str| format!("<</Type/ObjStm/N 1/First 4/Length {}>>stream\n{text}\nendstream", text.len());
    hand.object(7, &head(packed));
    let rows = format!("01{:04x}0002000700>", hand.places.last().unwrap().1);
    let at = hand.bytes.len();
    let dict = format!("/Type/XRef/W[1 2 1]/Index[7 2]/Size 9/Root 1 0 R/Prev {}", hand.prev.unwrap());
    let dict = format!("{dict}/Filter/ASCIIHexDecode/Length {}", rows.len());
    hand.bytes.extend(
        format!("6 0 obj<<{dict}>>stream\n{rows}\nendstream\nendobj\nstartxref\n{at}\n%%EOF\n").bytes(),
    );
    hand.places.clear();
    hand.prev = Some(at);
    hand.object(7, &head("8 0 (two)")).table("");
    let pdf = open(&hand.bytes);
    assert_eq!((said(&pdf, 1, 8), said(&pdf, 2, 8)), ("(one)".to_owned(), "(two)".to_owned()));
    assert_eq!(pdf.changed_between(1, 2), [7, 8]);
    assert_eq!(pdf.container_of(2, (8, 0)), Some(7));
}
