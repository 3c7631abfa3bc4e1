//! What a composed PDF says of itself: title, producer and times, the same in `/Info` and in XMP; in
//! XMP also the eleven fields, and that it was built to PDF/A-2b where that is so.
//!
//! The joined code is not among them: it stands in the field `MaSoHoa` alone, which is empty until the
//! code is written (QĐ 1917/QĐ-BLĐTBXH, Điều 15 khoản 3).

use std::fmt::Write as _;

use jiff::{
    Timestamp,
    tz::{Offset, TimeZone},
};
use pdf_writer::{
    Chunk, Date, Filter, Finish, Name, Pdf, Ref, TextStr, types::OutputIntentSubtype, writers::Catalog,
};

use super::pack;
use crate::domain::{
    code::OwnerKey,
    fields::{ConfirmedFields, FieldKey},
};

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

/// The namespace of the eleven fields.
pub(in crate::engines) const FIELDS_NAMESPACE: &str = "urn:sohoa:xmp:dieu-6#";

/// Title for people where the name of the paper itself names its owner.
const UNTOLD_TITLE: &str = "Giấy tờ số hóa";

/// The title without personal data: a name of a paper that holds its owner's name or number is not used.
pub(super) fn title_without_owner<'t>(title: &'t str, fields: Option<&ConfirmedFields>) -> &'t str {
    let Some(fields) = fields else { return title };
    let plain = |text: &str| text.to_lowercase();
    let owner = match &fields.owner {
        OwnerKey::Numbered { number } => number.to_string(),
        OwnerKey::NamedPerson { name, .. } | OwnerKey::NamedOrganisation { name, .. } => name.to_string(),
    };
    let others = fields.other.values().map(|value| plain(value.trim()));
    let is_told = std::iter::once(plain(&owner))
        .chain(others)
        .any(|personal| personal.chars().count() >= SHORTEST_PERSONAL && plain(title).contains(&personal));
    if is_told { UNTOLD_TITLE } else { title }
}

/// Shorter values are figures and initials that stand in titles by chance.
const SHORTEST_PERSONAL: usize = 5;

/// One of the eleven fields as XMP has it.
struct XmpField {
    key: FieldKey,
    /// Its type, as ISO 19005-2, 6.6.2.3.3 wants it named.
    kind: &'static str,
    /// `None` where a paper does not have it.
    value: Option<String>,
}

fn xmp_fields(fields: &ConfirmedFields) -> [XmpField; 11] {
    let text = |key, value: Option<&str>| XmpField { key, kind: "Text", value: value.map(escape) };
    let validity = fields.validity_period.map(|period| {
        let day = |day: Option<jiff::civil::Date>| day.map_or_else(|| "..".to_owned(), |day| day.to_string());
        format!("{}/{}", day(period.from), day(period.until)) // ISO 8601-2: an open end is two dots
    });
    let others: String = fields
        .other
        .iter()
        .map(|(name, value)| format!("<rdf:li>{}: {}</rdf:li>", escape(name), escape(value)))
        .collect();
    let number = fields.document_number.as_ref().map(ToString::to_string);
    [
        text(FieldKey::DocumentTypeCode, Some(&fields.document_type_code.to_string())),
        text(FieldKey::OwnerId, Some(&fields.owner.to_string())),
        text(FieldKey::DocumentName, Some(&fields.document_name)),
        text(FieldKey::DocumentNumber, number.as_deref()),
        XmpField {
            key: FieldKey::IssuedOn,
            kind: "Date",
            value: fields.issued_on.map(|day| day.to_string()),
        },
        text(FieldKey::IssuingAuthority, fields.issuing_authority.as_deref()),
        text(FieldKey::Abstract, fields.abstract_text.as_deref()),
        text(FieldKey::ValidityPeriod, validity.as_deref()),
        text(FieldKey::ValidityScope, fields.validity_scope.as_deref()),
        XmpField { key: FieldKey::RecordedAt, kind: "Date", value: Some(xmp_date(fields.recorded_at)) },
        XmpField {
            key: FieldKey::Other,
            kind: "bag Text",
            value: (!others.is_empty()).then(|| format!("<rdf:Bag>{others}</rdf:Bag>")),
        },
    ]
}

fn xmp_date(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(VIETNAM)).strftime("%Y-%m-%dT%H:%M:%S+07:00").to_string()
}

/// The fields with their values, and the description of their schema that PDF/A asks of every
/// namespace it does not know (ISO 19005-2, 6.6.2.3.2, 6.6.2.3.3).
fn describe_fields(fields: &ConfirmedFields) -> String {
    let mut values = String::new();
    let mut properties = String::new();
    for XmpField { key, kind, value } in xmp_fields(fields) {
        let (name, label) = (key.as_str(), escape(key.label()));
        if let Some(value) = value {
            let _ = writeln!(values, "<sohoa:{name}>{value}</sohoa:{name}>"); // a String takes everything
        }
        let _ = writeln!(
            properties,
            "<rdf:li rdf:parseType=\"Resource\"><pdfaProperty:name>{name}</pdfaProperty:name>\
             <pdfaProperty:valueType>{kind}</pdfaProperty:valueType>\
             <pdfaProperty:category>external</pdfaProperty:category>\
             <pdfaProperty:description>{label}</pdfaProperty:description></rdf:li>"
        );
    }
    format!(
        r#"
<rdf:Description rdf:about="" xmlns:sohoa="{FIELDS_NAMESPACE}">
{values}</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>Quyết định 1917/QĐ-BLĐTBXH, Điều 6</pdfaSchema:schema>
<pdfaSchema:namespaceURI>{FIELDS_NAMESPACE}</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>sohoa</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq>
{properties}</rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>"#
    )
}

/// What the XMP packet says.
pub(super) struct Said<'a> {
    /// Title; no personal data.
    pub title: &'a str,
    /// When the file was made.
    pub created_at: Timestamp,
    /// The eleven fields.
    pub fields: Option<&'a ConfirmedFields>,
    /// Whether the file was built to PDF/A-2b and nothing in it is known to depart from that.
    pub is_archival: bool,
}

/// Writes the XMP packet as object `id`, plain, as PDF/A wants it.
pub(super) fn write_xmp(chunk: &mut Chunk, id: Ref, said: &Said<'_>) {
    let at = xmp_date(said.created_at);
    let title = escape(said.title);
    let fields = said.fields.map(describe_fields).unwrap_or_default();
    let claim = if said.is_archival { CLAIM } else { "" };
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
</rdf:Description>{claim}{fields}
</rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"#,
        bom = '\u{feff}'
    );
    let mut stream = chunk.stream(id, packet.as_bytes());
    stream.pair(Name(b"Type"), Name(b"Metadata")).pair(Name(b"Subtype"), Name(b"XML"));
    stream.finish();
}

/// Says that the file was built to PDF/A-2b (ISO 19005-2, 6.6.4).
const CLAIM: &str = r#"
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>
</rdf:Description>"#;

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
