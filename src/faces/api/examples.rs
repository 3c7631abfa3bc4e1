//! The description of the API with an example of every request and answer, made from its schemas and a list of words.
//!
//! The list (`examples.json`) says what stands under a name: `Schema.property` before `property`; `Schema` for one that
//! can't be put together; `operation status` where the schema says nothing. A test holds every example to its schema.

use serde_json::{Map, Value, json};

const WORDS: &str = include_str!("examples.json");
/// No schema of ours lies deeper.
const DEEPEST: usize = 12;

/// Puts an example beside every JSON schema of a request or an answer, and says how callers show who they are.
pub(super) fn with_examples(mut document: Value) -> Value {
    let words: Map<String, Value> = serde_json::from_str(WORDS).expect("the list of words is JSON");
    bytes_are_bytes(&mut document);
    let components = document["components"].clone();
    let maker = Maker { words: &words, schemas: &components["schemas"] };
    for operation in operations(&mut document) {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        if let Some(body) = operation.get_mut("requestBody") {
            maker.put(body, &id, "request");
        }
        if let Some(answers) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            for (status, answer) in answers {
                maker.put(answer, &id, status);
                // Every answer has one (OpenAPI 3.1, 4.8.17).
                if answer["description"].as_str().is_none_or(str::is_empty) {
                    answer["description"] = described(status).into();
                }
            }
        }
    }
    document["components"]["securitySchemes"] = json!({
        "bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "Hệ thống kết nối: thẻ của POST /oauth/token (client credentials), có giá trị mười phút.",
        },
        "session": {
            "type": "apiKey", "in": "cookie", "name": "sohoa",
            "description": "Công chức đã đăng nhập; qua TLS tên là __Host-sohoa.",
        },
    });
    // Without accounts the one configured officer acts, and nobody shows anything.
    document["security"] = json!([{ "bearer": [] }, { "session": [] }, {}]);
    document
}

/// Files are described as what they are, not as lists of numbers.
fn bytes_are_bytes(document: &mut Value) {
    let binary = |description: &Value| match description {
        Value::Null => json!({ "type": "string", "format": "binary" }),
        said => json!({ "type": "string", "format": "binary", "description": said }),
    };
    for operation in operations(document) {
        let answers =
            operation["responses"].as_object_mut().into_iter().flat_map(|answers| answers.values_mut());
        for content in answers.filter_map(|answer| answer.get_mut("content")?.as_object_mut()) {
            for (media_type, content) in content {
                if !media_type.ends_with("json") && !media_type.starts_with("text/") {
                    content["schema"] = binary(&Value::Null);
                }
            }
        }
    }
    let schemas =
        document["components"]["schemas"].as_object_mut().into_iter().flat_map(|all| all.values_mut());
    for file in schemas.filter_map(|schema| schema.get_mut("properties")?.get_mut("file")) {
        *file = binary(&file["description"]);
    }
}

fn described(status: &str) -> &'static str {
    match status {
        "201" => "Đã tạo",
        "202" => "Đã tiếp nhận; xem tiếp tại Location",
        "204" => "Đã làm, không có nội dung",
        "206" => "Một phần của tệp",
        "304" => "Không thay đổi",
        "4XX" => "Không làm được; lỗi theo RFC 9457",
        _ => "Được",
    }
}

fn operations(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    let paths = document["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut());
    paths.filter_map(Value::as_object_mut).flat_map(|path| path.values_mut())
}

struct Maker<'a> {
    words: &'a Map<String, Value>,
    schemas: &'a Value,
}

impl Maker<'_> {
    fn put(&self, body: &mut Value, operation: &str, status: &str) {
        let Some(contents) = body.get_mut("content").and_then(Value::as_object_mut) else { return };
        for (media_type, content) in contents {
            let is_json = media_type.ends_with("json") || media_type == "multipart/form-data";
            if !is_json || content.get("example").is_some() {
                continue;
            }
            let example = match self.words.get(&format!("{operation} {status}")) {
                Some(said) => said.clone(),
                None => self.example(&content["schema"], "", "", 0),
            };
            content["example"] = example;
        }
    }

    /// An example of `schema`, which stands under `name` in the schema named `of`.
    fn example(&self, schema: &Value, of: &str, name: &str, depth: usize) -> Value {
        if depth > DEEPEST {
            return Value::Null;
        }
        if !name.is_empty()
            && let Some(said) = self.words.get(&format!("{of}.{name}"))
        {
            return as_schema(schema, said);
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let of = reference.rsplit('/').next().unwrap_or_default();
            return match self.words.get(of) {
                Some(said) if of.starts_with(char::is_uppercase) => said.clone(),
                _ => self.example(&self.schemas[of], of, "", depth + 1),
            };
        }
        if let Some(all) = schema["allOf"].as_array() {
            let parts = all.iter().map(|part| self.example(part, of, name, depth + 1));
            return parts.filter_map(|part| part.as_object().cloned()).flatten().collect();
        }
        let one = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
        if let Some(one) = one.and_then(|one| one.iter().find(|part| part["type"] != "null")) {
            return self.example(one, of, name, depth + 1);
        }
        if let Some(value) = schema["enum"].as_array().and_then(|values| values.first()) {
            return value.clone();
        }
        self.plain(schema, of, name, depth)
    }

    fn plain(&self, schema: &Value, of: &str, name: &str, depth: usize) -> Value {
        match type_of(schema) {
            "object" => {
                let properties = schema["properties"].as_object().into_iter().flatten();
                properties
                    .map(|(name, schema)| (name.clone(), self.example(schema, of, name, depth + 1)))
                    .collect()
            }
            "array" => {
                let n = usize::try_from(schema["minItems"].as_u64().unwrap_or(1)).unwrap_or(1);
                let item = self.example(&schema["items"], of, name, depth + 1);
                vec![item; n.max(1)].into()
            }
            "integer" => json!(schema["minimum"].as_i64().unwrap_or(1).max(1)),
            "number" => json!(1.0),
            "boolean" => json!(false),
            "string" if schema["format"] == "binary" => json!("…"),
            "string" if name.ends_with("_at") => json!("2026-11-21T03:00:00Z"),
            // A text without words on the list shows as what it is: the test finds it.
            _ => self.words.get(name).filter(|said| said.is_string()).cloned().unwrap_or(Value::Null),
        }
    }
}

/// Words of a list stand for each of its items.
fn as_schema(schema: &Value, said: &Value) -> Value {
    if type_of(schema) == "array" && !said.is_array() { json!([said]) } else { said.clone() }
}

/// The type of a schema besides null.
fn type_of(schema: &Value) -> &str {
    let types = schema["type"].as_array();
    let named = types.and_then(|types| types.iter().filter_map(Value::as_str).find(|name| *name != "null"));
    named.or(schema["type"].as_str()).unwrap_or_default()
}
