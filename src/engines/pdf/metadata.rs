//! What a composed PDF says of itself: title, producer and times, the same in `/Info` and in XMP.

use jiff::{
    Timestamp,
    tz::{Offset, TimeZone},
};
use pdf_writer::{
    Chunk, Date, Filter, Finish, Name, Pdf, Ref, TextStr, types::OutputIntentSubtype, writers::Catalog,
};

use super::pack;

/// Program that made the file.
const PRODUCER: &str = concat!("sohoa ", env!("CARGO_PKG_VERSION"));
/// Vietnam keeps UTC+7 all year.
const VIETNAM: Offset = Offset::constant(7);

/// Writes `/Info` as object `id`.
pub(super) fn write_info(pdf: &mut Pdf, id: Ref, title: &str, created_at: Timestamp) {
    let mut info = pdf.document_info(id);
    let date = date(created_at);
    info.title(TextStr(title)).producer(TextStr(PRODUCER)).creation_date(date).modified_date(date);
}

fn date(at: Timestamp) -> Date {
    let local = at.to_zoned(TimeZone::fixed(VIETNAM));
    let small = |v: i8| u8::try_from(v).unwrap_or(0);
    Date::new(u16::try_from(local.year()).unwrap_or(0))
        .month(small(local.month()))
        .day(small(local.day()))
        .hour(small(local.hour()))
        .minute(small(local.minute()))
        .second(small(local.second()))
        .utc_offset_hour(7)
        .utc_offset_minute(0)
}

/// A plain sRGB profile of our own making: what RGB and grey in the file mean (PDF/A wants it said).
static SRGB: &[u8] = include_bytes!("../../../templates/static/sRGB.icc");

/// Writes the colour profile as object `id`.
pub(super) fn write_profile(chunk: &mut Chunk, id: Ref) {
    let packed = pack(SRGB.to_vec());
    let mut profile = chunk.icc_profile(id, &packed.bytes);
    profile.n(3);
    if packed.is_deflated {
        profile.filter(Filter::FlateDecode);
    }
}

/// Names the profile in the catalogue.
pub(super) fn write_output_intent(catalog: &mut Catalog<'_>, profile: Ref) {
    let mut intents = catalog.output_intents();
    let mut intent = intents.push();
    intent.subtype(OutputIntentSubtype::PDFA).output_condition_identifier(TextStr("sRGB"));
    intent.info(TextStr("sRGB IEC61966-2.1")).dest_output_profile(profile);
}

/// Writes the XMP packet as object `id`, plain, as PDF/A wants it.
pub(super) fn write_xmp(chunk: &mut Chunk, id: Ref, title: &str, created_at: Timestamp) {
    let local = created_at.to_zoned(TimeZone::fixed(VIETNAM));
    let at = local.strftime("%Y-%m-%dT%H:%M:%S+07:00");
    let title = escape(title);
    let packet = format!(
        r#"<?xpacket begin="{bom}" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
<dc:format>application/pdf</dc:format>
<dc:language><rdf:Bag><rdf:li>vi-VN</rdf:li></rdf:Bag></dc:language>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<pdf:Producer>{PRODUCER}</pdf:Producer>
<xmp:CreateDate>{at}</xmp:CreateDate>
<xmp:ModifyDate>{at}</xmp:ModifyDate>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"#,
        bom = '\u{feff}'
    );
    let mut stream = chunk.stream(id, packet.as_bytes());
    stream.pair(Name(b"Type"), Name(b"Metadata")).pair(Name(b"Subtype"), Name(b"XML"));
    stream.finish();
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}
