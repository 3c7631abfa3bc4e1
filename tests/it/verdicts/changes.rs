//! What follows a signature: what every signature allows, what some allow, what none does.

use super::{
    FOLLOWED, FORBIDDEN, Table,
    paper::{CATALOGUE, CORNER, FACE, Paper, form, page_one, signature_field, text_field},
    people::people,
};

pub const P1: &str = "/Reference[<</TransformMethod/DocMDP/TransformParams<</P 1>>>>]";
pub const P2: &str = "/Reference[<</TransformMethod/DocMDP/TransformParams<</P 2>>>>]";
pub const P3: &str = "/Reference[<</TransformMethod/DocMDP/TransformParams<</P 3>>>>]";
const LOCK_ALL: &str = "/Reference[<</TransformMethod/FieldMDP/TransformParams<</Action/All>>>>]";
const LOCK_BUT: &str =
    "/Reference[<</TransformMethod/FieldMDP/TransformParams<</Action/Exclude/Fields[(MaSoHoa)]>>>>]";
const LOCK_IT: &str =
    "/Reference[<</TransformMethod/FieldMDP/TransformParams<</Action/Include/Fields[(MaSoHoa)]>>>>]";

/// A paper whose signature says `more`, and an update.
pub fn followed(more: &str, update: impl FnOnce(&mut Paper)) -> Vec<u8> {
    let mut paper = Paper::signed_saying(more);
    update(&mut paper);
    paper.close();
    paper.bytes
}

/// Fills the text field with a face of its own.
pub fn fill(value: &str, place: &str, drawing: &str) -> impl Fn(&mut Paper) + use<> {
    let field = text_field(value, "").replace(CORNER, place).replace("11 0 R", "40 0 R");
    let drawing = drawing.to_owned();
    move |paper| {
        paper.object(9, &field).stream(40, FACE, &drawing);
    }
}

pub fn fill_code(paper: &mut Paper) {
    fill("001.KQ1", CORNER, "BT /F1 10 Tf 2 5 Td (001.KQ1) Tj ET")(paper);
}

/// A further signature in a new field with a rectangle; `more` goes into the field.
pub fn sign_again(rect: &str, more: &str) -> impl Fn(&mut Paper) + use<> {
    let field = signature_field("Hai", rect, &format!("/V 31 0 R{more}"));
    move |paper| {
        paper.object(8, &form("9 0 R 10 0 R 20 0 R 30 0 R", ""));
        paper.object(3, &page_one("", "9 0 R 10 0 R 30 0 R"));
        paper.object(30, &field).signature(31, "");
    }
}

/// An annotation on page one.
pub fn annotation(body: &str) -> impl Fn(&mut Paper) + use<> {
    let body = format!(
        "<</Type/Annot/F 4{}{body}>>",
        if body.contains("/Rect") { "" } else { "/Rect[10 10 90 90]" }
    );
    move |paper| {
        paper.object(3, &page_one("", "9 0 R 10 0 R 30 0 R")).object(30, &body);
    }
}

fn object(number: u32, body: impl AsRef<str>) -> Box<dyn Fn(&mut Paper)> {
    let body = body.as_ref().to_owned();
    Box::new(move |paper| {
        paper.object(number, &body);
    })
}

pub fn add(table: &mut Table) {
    permitted(table);
    certified(table);
    pages(table);
    overlays(table);
    fields(table);
    document(table);
}

fn store(paper: &mut Paper) {
    let (p, dss) = (people(), "<</Certs[61 0 R]/CRLs[62 0 R]>>");
    paper.object(1, &format!("<<{CATALOGUE}/DSS 60 0 R>>")).object(60, dss);
    paper.hexadecimal(61, p.ca.der()).hexadecimal(62, &p.ca.crl());
}

fn stamp(paper: &mut Paper) {
    paper.field(22, "Gio");
    let maker = |bytes: &[u8]| people().tsa.stamp(bytes, "2026-05-31T00:00:00Z");
    paper.signature_by(23, "ETSI.RFC3161", "", 8000, maker);
}

fn into_waiting_field(paper: &mut Paper) {
    let field = signature_field("ChuKyCoQuan", "200 340 290 390", "/V 31 0 R/AP<</N 32 0 R>>");
    paper.object(10, &field).signature(31, "");
    paper.stream(32, &FACE.replace("120 20", "90 50"), "1 0 0 RG 2 2 86 46 re S");
}

fn permitted(table: &mut Table) {
    table.class = "Permitted after an approval";
    let mut add = |name: &str, update: &dyn Fn(&mut Paper)| {
        table.add(name, followed("", update), FOLLOWED);
    };
    add("validation data (DSS)", &store);
    add("a time stamp over the document", &stamp);
    add("a prepared field filled", &fill_code);
    add("a further signature that nobody sees", &sign_again("0 0 0 0", ""));
    add("a further signature with a rectangle", &sign_again("200 20 290 90", ""));
    add("the waiting signature field signed, with a face", &into_waiting_field);
    add("a note (Text)", &annotation("/Subtype/Text/Contents(x)"));
    add("a highlight", &annotation("/Subtype/Highlight/QuadPoints[30 220 60 220 30 200 60 200]"));
    add("metadata (XMP)", &|paper| {
        paper.object(1, &format!("<<{CATALOGUE}/Metadata 30 0 R>>"));
        paper.stream(30, "/Type/Metadata/Subtype/XML", "<x/>");
    });
    add("title (Info)", &|paper| {
        paper.object(30, "<</Title(x)>>");
        paper.trailer += "/Info 30 0 R";
    });
    let same = followed("", |paper| {
        paper.stream(5, "", "BT /F1 24 Tf 30 200 Td (Page one) Tj ET");
    });
    table.add("a page written again as it was", same, "TOTAL-PASSED - intact whole_revision none");
    let mut paper = Paper::signed();
    fill_code(&mut paper);
    paper.close();
    into_waiting_field(&mut paper);
    paper.close();
    store(&mut paper);
    paper.close();
    table.add("officer, code, agency, validation data", paper.bytes, FOLLOWED);
}

/// The same changes under certifications and locks.
fn certified(table: &mut Table) {
    table.class = "DocMDP and FieldMDP";
    type Update = fn(&mut Paper);
    let comment: Update = |paper| annotation("/Subtype/Text/Contents(x)")(paper);
    let visible: Update = |paper| sign_again("10 10 60 60", "")(paper);
    let hidden: Update = |paper| sign_again("0 0 0 0", "")(paper);
    let changes: [(&str, Update, &str); 7] = [
        ("validation data", store, "1 2 3 all but it"),
        ("document time stamp", stamp, "1 2 3 all but it"),
        ("prepared field filled", fill_code, "2 3 but"),
        ("waiting field signed", into_waiting_field, "2 3 it"),
        ("new signature, unseen", hidden, "2 3 it"),
        ("new signature, seen", visible, "it"),
        ("comment", comment, "3 all but it"),
    ];
    let rules = [("1", P1), ("2", P2), ("3", P3), ("all", LOCK_ALL), ("but", LOCK_BUT), ("it", LOCK_IT)];
    for (rule, more) in rules {
        let said = match rule {
            "all" => "FieldMDP All".to_owned(),
            "but" => "FieldMDP Exclude [MaSoHoa]".to_owned(),
            "it" => "FieldMDP Include [MaSoHoa]".to_owned(),
            p => format!("DocMDP P={p}"),
        };
        for (name, update, allowed) in &changes {
            let is_allowed = allowed.split(' ').any(|one| one == rule);
            let expected = if is_allowed { FOLLOWED } else { FORBIDDEN };
            table.add(format!("{said}: {name}"), followed(more, update), expected);
        }
    }
    for (p, more) in [("1", P1), ("2", P2), ("3", P3)] {
        let swapped = followed(more, object(3, page_one("", "9 0 R 10 0 R").replace("5 0 R", "6 0 R")));
        table.add(format!("DocMDP P={p}: page content"), swapped, FORBIDDEN);
        let stamped = followed(more, annotation("/Subtype/Stamp"));
        table.add(format!("DocMDP P={p}: rubber stamp"), stamped, FORBIDDEN);
    }
    // An approval after a certification is held to it as well.
    let mut paper = Paper::signed_saying(P2);
    paper.sign(22, "Hai", "");
    annotation("/Subtype/Text/Contents(x)")(&mut paper);
    paper.close();
    table.add("P=2, approval, then a comment", paper.bytes, FORBIDDEN);
}

fn pages(table: &mut Table) {
    table.class = "Pages";
    let mut add = |name: &str, update: &dyn Fn(&mut Paper)| {
        table.add(name, followed("", update), FORBIDDEN);
    };
    let plain = page_one("", "9 0 R 10 0 R");
    add("content written anew", &|paper| {
        paper.stream(5, "", "BT /F1 24 Tf 30 200 Td (Page 1) Tj ET");
    });
    add("content freed", &|paper| {
        paper.free(5);
    });
    add("content of another page", &object(3, plain.replace("5 0 R", "6 0 R")));
    add("further content", &|paper| {
        paper.object(3, &plain.replace("5 0 R", "[5 0 R 50 0 R]")).stream(50, "", "0 0 300 400 re f");
    });
    add("another font", &object(7, "<</Type/Font/Subtype/Type1/BaseFont/Courier>>"));
    add("another resource", &object(3, plain.replace("/F1 7", "/F2 7")));
    add("added", &|paper| {
        paper.object(2, "<</Type/Pages/Kids[3 0 R 4 0 R 60 0 R]/Count 3>>");
        paper.object(60, &page_one("", "").replace("/Annots[]", ""));
    });
    add("removed", &object(2, "<</Type/Pages/Kids[3 0 R]/Count 1>>"));
    add("replaced", &|paper| {
        paper.object(2, "<</Type/Pages/Kids[3 0 R 60 0 R]/Count 2>>");
        paper.object(60, &page_one("", "").replace("/Annots[]", ""));
    });
    add("in another order", &object(2, "<</Type/Pages/Kids[4 0 R 3 0 R]/Count 2>>"));
    add("another tree", &|paper| {
        paper.object(1, &format!("<<{}>>", CATALOGUE.replace("2 0", "60 0")));
        paper.object(60, "<</Type/Pages/Kids[4 0 R]/Count 1>>");
    });
    add("turned", &object(3, page_one("/Rotate 180", "9 0 R 10 0 R")));
    add("cropped", &object(3, page_one("/CropBox[0 0 300 100]", "9 0 R 10 0 R")));
    add("turned by its tree", &object(2, "<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2/Rotate 90>>"));
}

/// An annotation over the text of page one, with a face.
fn patch(subtype: &str, drawing: &str) -> impl Fn(&mut Paper) + use<> {
    let put = annotation(&format!("/Subtype/{subtype}/Rect[20 190 150 225]/AP<</N 31 0 R>>"));
    let drawing = drawing.to_owned();
    move |paper| {
        put(paper);
        paper.stream(31, FACE, &drawing);
    }
}

/// A further signature with a face.
fn face(rect: &str, drawing: &str) -> impl Fn(&mut Paper) + use<> {
    let sign = sign_again(rect, "/AP<</N 32 0 R>>");
    let drawing = drawing.to_owned();
    move |paper| {
        paper.stream(32, &FACE.replace("120 20", "100 100"), &drawing);
        sign(paper);
    }
}

fn overlays(table: &mut Table) {
    table.class = "Overlays";
    let mut add = |name: &str, update: &dyn Fn(&mut Paper)| {
        table.add(name, followed("", update), FORBIDDEN);
    };
    for subtype in ["Stamp", "FreeText", "Square", "Watermark", "Redact", "Screen"] {
        add(subtype, &patch(subtype, "1 g 0 0 120 20 re f"));
    }
    add("link", &annotation("/Subtype/Link/A<</S/URI/URI(http://example.invalid)>>"));
    add("widget that no form knows", &annotation("/Subtype/Widget/FT/Tx/T(x)"));
    add("ink that hides the text", &patch("Ink", "1 g 0 0 120 20 re f"));
    add("highlight that hides the text", &patch("Highlight", "1 g 0 0 120 20 re f"));
    add("note with an action", &annotation("/Subtype/Text/AA<<>>"));
    add("annotations removed", &object(3, page_one("", "9 0 R")));
    add("annotations in another order", &object(3, page_one("", "10 0 R 9 0 R")));
    add("face of a later signature over the whole page", &face("0 0 300 400", "1 g 0 0 100 100 re f"));
    let frame = followed("", face("200 20 290 90", "1 0 0 RG 5 5 90 90 re S"));
    table.add("face of a later signature that hides nothing", frame, FOLLOWED);
}

fn fields(table: &mut Table) {
    table.class = "Form fields";
    let with = |from: &str, to: &str| object(9, text_field("x", "").replace(from, to));
    let mut add = |name: &str, update: &dyn Fn(&mut Paper)| {
        table.add(name, followed("", update), FORBIDDEN);
    };
    add("text field added", &|paper| {
        paper.object(8, &form("9 0 R 10 0 R 20 0 R 30 0 R", ""));
        paper.object(3, &page_one("", "9 0 R 10 0 R 30 0 R"));
        let field =
            text_field("001.KQ1", "/Ff 1").replace("MaSoHoa", "Ma").replace(CORNER, "[10 330 130 350]");
        paper.object(30, &field);
    });
    add("removed", &object(8, form("10 0 R 20 0 R", "")));
    add("in another order", &object(8, form("10 0 R 9 0 R 20 0 R", "")));
    add("moved while filled", &with("/Rect[10 360", "/Rect[10 200"));
    add("of another type", &with("/FT/Tx", "/FT/Ch"));
    add("with a script", &with("/F 4", "/F 4/AA<</K<</S/JavaScript/JS(x)>>>>"));
    add("with a background", &with("/F 4", "/F 4/MK<</BG[1 1 1]>>"));
    add("another name", &with("MaSoHoa", "MaSoHo"));
    add("another look, the same value", &|paper| {
        paper.stream(11, "/Type/XObject/Subtype/Form/BBox[0 0 120 20]", "0 g 0 0 60 10 re f");
    });
    add("signed signature emptied", &object(20, signature_field("CanBo", "0 0 0 0", "")));
    add("look of a signature without one", &|paper| {
        paper.object(8, &form("9 0 R 10 0 R 20 0 R 30 0 R", ""));
        paper.object(3, &page_one("", "9 0 R 10 0 R 30 0 R"));
        paper.object(30, &signature_field("Gia", "20 190 150 225", "/AP<</N 31 0 R>>"));
        paper.stream(31, FACE, "1 0 0 RG 0 0 100 20 re S");
    });
}

fn document(table: &mut Table) {
    table.class = "The document";
    let fields = "9 0 R 10 0 R 20 0 R";
    let mut add = |name: &str, update: &dyn Fn(&mut Paper)| {
        table.add(name, followed("", update), FORBIDDEN);
    };
    for (name, more) in [
        ("OpenAction", "/OpenAction<</S/JavaScript/JS(x)>>"),
        ("AA", "/AA<</WC<</S/JavaScript/JS(x)>>>>"),
        ("OCProperties", "/OCProperties<</OCGs[]/D<<>>>>"),
        ("Names with scripts", "/Names<</JavaScript<</Names[]>>>>"),
        ("page labels", "/PageLabels<<>>"),
        ("Perms", "/Perms<</DocMDP 21 0 R>>"),
        ("a key twice", "/Lang(vi)/Lang(en)"),
    ] {
        add(name, &object(1, format!("<<{CATALOGUE}{more}>>")));
    }
    add("NeedAppearances", &object(8, form(fields, "/NeedAppearances true")));
    add("XFA", &object(8, form(fields, "/XFA 5 0 R")));
    add("DSS that holds pages", &object(1, format!("<<{CATALOGUE}/DSS<</Certs[5 0 R 7 0 R]>>>>")));
}
