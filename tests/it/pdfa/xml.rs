//! As much of XML as an XMP packet has: elements, attributes, text, namespaces. Strict on what it reads.

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Element {
    pub namespace: String,
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    pub fn child(&self, namespace: &str, name: &str) -> Option<&Element> {
        self.children.iter().find(|c| c.namespace == namespace && c.name == name)
    }
}

/// The root element of a document.
pub fn parse(text: &str) -> Result<Element, String> {
    let mut rest = text;
    skip_instructions(&mut rest)?;
    let root = element(&mut rest, &[])?;
    skip_instructions(&mut rest)?;
    if rest.is_empty() { Ok(root) } else { Err(format!("{rest:.40} after the end")) }
}

fn skip_instructions(rest: &mut &str) -> Result<(), String> {
    loop {
        *rest = rest.trim_start();
        if !rest.starts_with("<?") {
            return Ok(());
        }
        let end = rest.find("?>").ok_or("an open instruction")?;
        *rest = &rest[end + 2..];
    }
}

fn element(rest: &mut &str, outer: &[(String, String)]) -> Result<Element, String> {
    let open = rest.strip_prefix('<').ok_or_else(|| format!("{rest:.40} is no element"))?;
    let end = open.find('>').ok_or("an open tag")?;
    let (head, is_empty) = match open[..end].strip_suffix('/') {
        Some(head) => (head, true),
        None => (&open[..end], false),
    };
    *rest = &open[end + 1..];
    let (tag, attributes) = head.split_once(char::is_whitespace).unwrap_or((head, ""));
    let attributes = self::attributes(attributes)?;
    let mut spaces = outer.to_vec();
    spaces.extend(
        attributes.iter().filter_map(|(k, v)| Some((k.strip_prefix("xmlns:")?.to_owned(), v.clone()))),
    );
    let (prefix, name) = tag.split_once(':').ok_or_else(|| format!("{tag} has no namespace"))?;
    let namespace = spaces.iter().rev().find(|(known, _)| known == prefix).map(|(_, uri)| uri.clone());
    let namespace = namespace.ok_or_else(|| format!("{prefix} is not declared"))?;
    let mut found = Element { namespace, name: name.to_owned(), attributes, ..Element::default() };
    if is_empty {
        return Ok(found);
    }
    loop {
        let next = rest.find('<').ok_or("an open element")?;
        found.text.push_str(&unescape(&rest[..next])?);
        *rest = &rest[next..];
        if let Some(after) = rest.strip_prefix("</") {
            let end = after.find('>').ok_or("an open end")?;
            if &after[..end] != tag {
                return Err(format!("{tag} ended by {}", &after[..end]));
            }
            *rest = &after[end + 1..];
            found.text = found.text.trim().to_owned();
            return Ok(found);
        }
        found.children.push(element(rest, &spaces)?);
    }
}

fn attributes(mut rest: &str) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    while !rest.trim_start().is_empty() {
        let (key, after) = rest.trim_start().split_once("=\"").ok_or("no attribute")?;
        let (value, after) = after.split_once('"').ok_or("an open value")?;
        found.push((key.to_owned(), unescape(value)?));
        rest = after;
    }
    Ok(found)
}

fn unescape(text: &str) -> Result<String, String> {
    let is_clean = text.chars().all(|c| !c.is_control() || c == '\n' || c == '\t');
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (entity, after) = part.split_once(';').ok_or("a bare &")?;
        plain.push_str(match entity {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            other => return Err(format!("&{other};")),
        });
        plain.push_str(after);
    }
    if is_clean { Ok(plain) } else { Err("a control character".to_owned()) }
}
