//! PDFs of other makers: those that conform once they are carried, those that can be mended, those that can't.

use image::RgbImage;
use lopdf::{Dictionary, Document, Object, Stream, dictionary};
use skrifa::{
    FontRef, MetadataProvider,
    instance::{LocationRef, Size},
};

use crate::support::cli;

const SERIF: &str = "/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf";

/// One A4 page that draws `content`; `resources` adds what it names.
fn page(content: &str, resources: impl FnOnce(&mut Document) -> Dictionary) -> Vec<u8> {
    let mut document = Document::with_version("1.5");
    let resources = resources(&mut document);
    let contents = document.add_object(Stream::new(Dictionary::new(), content.as_bytes().to_vec()));
    let tree = document.new_object_id();
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => tree, "Contents" => contents, "Resources" => resources,
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
    });
    document.objects.insert(
        tree,
        Object::Dictionary(dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 }),
    );
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

fn plain(content: &str) -> Vec<u8> {
    page(content, |_| Dictionary::new())
}

/// How a font of the page is not as it should be.
#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    None,
    NotEmbedded,
    Widths,
    Encoding,
    NotDef,
}

fn file_and_widths() -> (Vec<u8>, Vec<Object>) {
    let data = std::fs::read(SERIF).unwrap();
    let font = FontRef::new(&data).unwrap();
    let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
    let width = |code: u32| {
        let glyph = font.charmap().map(code).unwrap_or_default();
        Object::Real(metrics.advance_width(glyph).unwrap_or(0.0) * 1000.0 / 2048.0)
    };
    let widths = (32..=126).map(width).collect();
    (data, widths)
}

/// A page of visible text in a simple TrueType font, as office programs write it.
fn simple_text(flaw: Flaw) -> Vec<u8> {
    let text = if flaw == Flaw::NotDef { "(Cong v\\201n) Tj" } else { "(Cong van so 12) Tj" };
    page(&format!("BT /F1 14 Tf 72 600 Td {text} ET"), |document| {
        let (data, mut widths) = file_and_widths();
        if flaw == Flaw::Widths {
            widths[usize::from(b'n' - 32)] = 777.into();
        }
        let length = data.len() as i64;
        let file = document.add_object(Stream::new(dictionary! { "Length1" => length }, data));
        let mut descriptor = dictionary! {
            "Type" => "FontDescriptor", "FontName" => "LiberationSerif", "Flags" => 32, "ItalicAngle" => 0,
            "FontBBox" => vec![(-543).into(), (-303).into(), 1278.into(), 982.into()],
            "Ascent" => 891, "Descent" => -216, "CapHeight" => 655, "StemV" => 80,
        };
        if flaw != Flaw::NotEmbedded {
            descriptor.set("FontFile2", file);
        }
        let descriptor = document.add_object(descriptor);
        let font = document.add_object(dictionary! {
            "Type" => "Font", "Subtype" => "TrueType", "BaseFont" => "LiberationSerif",
            "FirstChar" => 32, "LastChar" => 126, "Widths" => widths, "FontDescriptor" => descriptor,
            "Encoding" => if flaw == Flaw::Encoding { "MacExpertEncoding" } else { "WinAnsiEncoding" },
        });
        dictionary! { "Font" => dictionary! { "F1" => font } }
    })
}

/// A page of visible text in a composite font, as printers to PDF write it.
fn composite_text(is_mendable: bool) -> Vec<u8> {
    let data = std::fs::read(SERIF).unwrap();
    let font = FontRef::new(&data).unwrap();
    let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
    let glyphs: Vec<u16> =
        "Ưởng số 12/QĐ".chars().map(|c| font.charmap().map(c).unwrap().to_u32() as u16).collect();
    let hex: String = glyphs.iter().map(|glyph| format!("{glyph:04X}")).collect();
    let widths: Vec<Object> = glyphs
        .iter()
        .flat_map(|glyph| {
            let width =
                metrics.advance_width(skrifa::GlyphId::new(u32::from(*glyph))).unwrap() * 1000.0 / 2048.0;
            [Object::Integer(i64::from(*glyph)), Object::Array(vec![width.into()])]
        })
        .collect();
    page(&format!("q 1 0 0 1 0 0 cm BT /F1 14 Tf 72 600 Td <{hex}> Tj ET Q"), |document| {
        let length = data.len() as i64;
        let said = if is_mendable {
            Dictionary::new()
        } else {
            dictionary! { "Length1" => length }
        };
        let file = document.add_object(Stream::new(said, data.clone()));
        let mut descriptor = dictionary! {
            "Type" => "FontDescriptor", "FontName" => "LiberationSerif", "Flags" => 4, "ItalicAngle" => 0,
            "FontBBox" => vec![(-543).into(), (-303).into(), 1278.into(), 982.into()],
            "Ascent" => 891, "Descent" => -216, "CapHeight" => 655, "StemV" => 80, "FontFile2" => file,
        };
        if is_mendable {
            let set = document.add_object(Stream::new(Dictionary::new(), vec![0x80]));
            descriptor.set("CIDSet", set);
        }
        let descriptor = document.add_object(descriptor);
        let mut descendant = dictionary! {
            "Type" => "Font", "Subtype" => "CIDFontType2", "BaseFont" => "LiberationSerif", "W" => widths,
            "CIDSystemInfo" => dictionary! {
                "Registry" => Object::string_literal("Adobe"), "Ordering" => Object::string_literal("Identity"),
                "Supplement" => 0,
            },
            "FontDescriptor" => descriptor,
        };
        if !is_mendable {
            descendant.set("CIDToGIDMap", "Identity");
        }
        let descendant = document.add_object(descendant);
        let font = document.add_object(dictionary! {
            "Type" => "Font", "Subtype" => "Type0", "BaseFont" => "LiberationSerif", "Encoding" => "Identity-H",
            "DescendantFonts" => vec![descendant.into()],
        });
        dictionary! { "Font" => dictionary! { "F1" => font } }
    })
}

/// A picture of 2 × 2 pixels over a good part of the page.
fn picture(dictionary: Dictionary, data: Vec<u8>) -> Vec<u8> {
    page("q 300 0 0 300 100 300 cm /I Do Q", |document| {
        let mut picture = dictionary! {
            "Type" => "XObject", "Subtype" => "Image", "Width" => 2, "Height" => 2, "BitsPerComponent" => 8,
            "ColorSpace" => "DeviceRGB",
        };
        dictionary.iter().for_each(|(key, value)| picture.set(key.clone(), value.clone()));
        let picture = document.add_object(Stream::new(picture, data));
        dictionary! { "XObject" => dictionary! { "I" => picture } }
    })
}

fn state(content: &str, state: Dictionary) -> Vec<u8> {
    page(content, |document| {
        let state = document.add_object(state);
        dictionary! { "ExtGState" => dictionary! { "G" => state } }
    })
}

const RGB: [u8; 12] = [200, 0, 0, 0, 200, 0, 0, 0, 200, 90, 90, 90];

/// Text laid over a scan in a font that is not embedded, as old scanning programs do.
pub fn hidden_text() -> Vec<u8> {
    page("BT 3 Tr /F1 12 Tf 72 600 Td (An di) Tj ET 0.5 g 72 72 200 200 re f", |document| {
        let font = document.add_object(dictionary! {
            "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica",
        });
        dictionary! { "Font" => dictionary! { "F1" => font } }
    })
}

/// A script, a link and a form action: none of them is carried.
fn with_actions() -> Vec<u8> {
    let mut document = Document::load_mem(&plain("1 0 0 rg 72 72 200 200 re f")).unwrap();
    let action = dictionary! { "S" => "JavaScript", "JS" => Object::string_literal("app.alert(1)") };
    document.catalog_mut().unwrap().set("OpenAction", action);
    let page = document.page_iter().next().unwrap();
    let link = dictionary! {
        "Type" => "Annot", "Subtype" => "Link", "Rect" => vec![0.into(), 0.into(), 90.into(), 90.into()],
        "A" => dictionary! { "S" => "URI", "URI" => Object::string_literal("https://example.org") },
    };
    document.get_dictionary_mut(page).unwrap().set("Annots", vec![link.into()]);
    document.get_dictionary_mut(page).unwrap().set("AA", Dictionary::new());
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

pub fn conforming() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("shapes in RGB and grey", plain("0.2 0.4 0.8 rg 72 72 200 200 re f 0 G 10 10 m 90 90 l S")),
        ("text in a simple font", simple_text(Flaw::None)),
        ("text in a composite font", composite_text(false)),
        ("a picture", picture(Dictionary::new(), RGB.to_vec())),
        (
            "see-through",
            state("/G gs 1 0 0 rg 72 72 200 200 re f", dictionary! { "Type" => "ExtGState", "ca" => 0.5f32 }),
        ),
        ("scripts and links", with_actions()),
    ]
}

pub fn mendable() -> Vec<(&'static str, Vec<u8>)> {
    let screened = dictionary! {
        "Type" => "ExtGState", "HTP" => vec![0.into(), 0.into()], "TR" => "Identity",
        "HT" => dictionary! { "HalftoneType" => 6 },
    };
    // LZW of RGB: clear, the bytes as they are, end; nine bits each.
    let codes = [256].into_iter().chain(RGB.map(u16::from)).chain([257]);
    let bits: String = codes.map(|code| format!("{code:09b}")).collect();
    let lzw = bits
        .as_bytes()
        .chunks(8)
        .map(|eight| eight.iter().enumerate().fold(0u8, |byte, (at, bit)| byte | (bit - b'0') << (7 - at)));
    vec![
        ("composite font with a list of its subset, without map and length", composite_text(true)),
        ("smoothed picture", picture(dictionary! { "Interpolate" => true }, RGB.to_vec())),
        ("alternates", picture(dictionary! { "Alternates" => Vec::<Object>::new() }, RGB.to_vec())),
        ("LZW", picture(dictionary! { "Filter" => "LZWDecode" }, lzw.collect())),
        ("screening", state("/G gs 1 0 0 rg 72 72 200 200 re f", screened)),
    ]
}

/// With the clause that each departs from.
pub fn departing() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let inverted = dictionary! { "FunctionType" => 2, "Domain" => vec![0.into(), 1.into()], "N" => 1 };
    let layer = |document: &mut Document| {
        let layer =
            document.add_object(dictionary! { "Type" => "OCG", "Name" => Object::string_literal("x") });
        dictionary! { "Properties" => dictionary! { "L" => layer } }
    };
    let fill = "1 0 0 rg 72 72 200 200 re f";
    vec![
        ("cmyk", plain("0 1 1 0 k 72 72 200 200 re f"), "6.2.4.3"),
        ("cmyk picture", picture(dictionary! { "ColorSpace" => "DeviceCMYK" }, vec![9; 16]), "6.2.4.3"),
        ("font not embedded", simple_text(Flaw::NotEmbedded), "6.2.11.4.1"),
        ("widths", simple_text(Flaw::Widths), "6.2.11.5"),
        ("encoding", simple_text(Flaw::Encoding), "6.2.11.6"),
        ("no such letter", simple_text(Flaw::NotDef), "6.2.11.8"),
        ("strange operator", plain(&format!("BX 1 2 zz EX {fill}")), "6.2.2"),
        (
            "blend mode",
            state(&format!("/G gs {fill}"), dictionary! { "Type" => "ExtGState", "BM" => "Glow" }),
            "6.2.10",
        ),
        (
            "transfer",
            state(&format!("/G gs {fill}"), dictionary! { "Type" => "ExtGState", "TR" => inverted }),
            "6.2.5",
        ),
        ("intent", plain(&format!("/Bright ri {fill}")), "6.2.6"),
        ("layer", page(&format!("/OC /L BDC {fill} EMC"), layer), "6.9"),
        ("nesting", plain(&format!("{} {fill} {}", "q ".repeat(30), "Q ".repeat(30))), "6.1.13"),
    ]
}

/// Page one by poppler, in colour.
pub fn drawn(pdf: &[u8]) -> RgbImage {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.pdf");
    std::fs::write(&path, pdf).unwrap();
    let stem = folder.path().join("page");
    let arguments = ["-r", "60", "-png", "-singlefile"].map(std::ffi::OsStr::new);
    let said = cli::judge(
        "pdftoppm",
        "poppler-utils",
        &[&arguments[..], &[path.as_os_str(), stem.as_os_str()]].concat(),
    );
    assert_eq!(said.code, 0, "{}", said.stderr);
    image::open(stem.with_extension("png")).unwrap().to_rgb8()
}

/// Pixels that differ by more than edges do.
pub fn far_pixels(a: &RgbImage, b: &RgbImage) -> usize {
    let (w, h) = (a.width().min(b.width()), a.height().min(b.height()));
    assert!(a.width().abs_diff(b.width()) < 2 && a.height().abs_diff(b.height()) < 2);
    let is_far =
        |x: u32, y: u32| a.get_pixel(x, y).0.iter().zip(b.get_pixel(x, y).0).any(|(p, q)| p.abs_diff(q) > 90);
    (0..h).flat_map(|y| (0..w).map(move |x| (x, y))).filter(|(x, y)| is_far(*x, *y)).count()
}
