//! `http`: one HTTP request.

use serde_json::{Value, json};

use crate::{
    Http, HttpAuth, HttpBody, Kind, Template,
    check::{
        definitions::Definitions,
        sees::Secret,
        shape::{
            AnyValue, ListOf, MapOf, Or, Over, Placed, Rule, ScalarText, Shape, TemplateText, Text,
            converted, noun,
        },
        walk::Walk,
    },
    diagnostic::Place,
    yaml::{Content, Node, Scalar},
};

use super::KindKey;

/// The kind.
pub(crate) const KIND: KindKey = KindKey {
    name: "http",
    doc: "One HTTP request. Its output is `{ status, headers, json | text, path }`.",
    takes_defaults: true,
    cacheable: true,
    read: |node, walk| Some(Kind::Http(Box::new(Form::read(node, walk)?)).into()),
    schema: Form::schema,
};

type Form = Or<Short, Long>;

noun! {
    /// One HTTP request.
    Keys "http" "`http`" [Rule::AtMostOne(&["json", "form", "body"])] {
        /// The method; by default GET.
        "method" method: Placed<Text>,
        /// Where to.
        "url" (required) url: TemplateText,
        /// Added to the URL's own query.
        "query" query: Over<Secret, MapOf<String, ScalarText>>,
        /// Headers.
        "headers" headers: Over<Secret, MapOf<String, ScalarText>>,
        /// A JSON document to send.
        "json" json: Over<Secret, AnyValue>,
        /// A form to send, URL-encoded.
        "form" form: Over<Secret, MapOf<String, ScalarText>>,
        /// Text to send.
        "body" body: Over<Secret, TemplateText>,
        /// Who asks.
        "auth" auth: Over<Secret, AuthKeys>,
        /// Status codes that are success, as `200` or `200-299`; by default 200-299.
        "expect" expect: ListOf<StatusRange, 1>,
        /// The file that the answer's body goes to, relative to the flow file's folder.
        "save_to" save_to: TemplateText,
    }
}

noun! {
    /// Who asks.
    AuthKeys "http-auth" "`auth`" [Rule::ExactlyOne(&["bearer", "basic"])] {
        /// A bearer token.
        "bearer" bearer: TemplateText,
        /// A user and a password.
        "basic" basic: BasicKeys,
    }
}

noun! {
    /// A user and a password.
    BasicKeys "http-basic" "`basic`" [] {
        /// The user.
        "user" (required) user: TemplateText,
        /// The password.
        "password" (required) password: TemplateText,
    }
}

/// What is success where nothing is said.
const SUCCESS: (u16, u16) = (200, 299);

fn get(url: Template) -> Http {
    Http {
        method: "GET".to_owned(),
        url,
        query: indexmap::IndexMap::new(),
        headers: indexmap::IndexMap::new(),
        body: None,
        auth: None,
        expect: vec![SUCCESS],
        save_to: None,
    }
}

converted!(
    /// A URL to get.
    Short = TemplateText => Http,
    |url: Template, _: &mut Walk<'_>| Some(get(url))
);

converted!(
    /// A request with more to say of it.
    Long = Keys => Http,
    |keys: Keys, walk: &mut Walk<'_>| {
        let method = match keys.method {
            Some((method, place)) => checked_method(&method, place, walk)?,
            None => "GET".to_owned(),
        };
        let json = keys.json.map(HttpBody::Json);
        Some(Http {
            method,
            query: keys.query.unwrap_or_default(),
            headers: keys.headers.unwrap_or_default(),
            body: json.or(keys.form.map(HttpBody::Form)).or(keys.body.map(HttpBody::Text)),
            auth: keys.auth.and_then(auth),
            expect: keys.expect.unwrap_or_else(|| vec![SUCCESS]),
            save_to: keys.save_to,
            ..get(keys.url?)
        })
    }
);

fn auth(keys: AuthKeys) -> Option<HttpAuth> {
    match (keys.bearer, keys.basic) {
        (Some(token), _) => Some(HttpAuth::Bearer(token)),
        (None, Some(basic)) => Some(HttpAuth::Basic {
            user: basic.user?,
            password: basic.password?,
        }),
        (None, None) => None,
    }
}

fn checked_method(method: &str, place: Place, walk: &mut Walk<'_>) -> Option<String> {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if method.chars().all(token) {
        return Some(method.to_ascii_uppercase());
    }
    walk.error(place, format!("`{method}` is no HTTP method"));
    None
}

/// A status code, or a range of them.
pub(crate) struct StatusRange;

impl Shape for StatusRange {
    type Output = (u16, u16);

    fn fits(node: &Node) -> bool {
        node.as_scalar().is_some()
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<(u16, u16)> {
        let range = match &node.content {
            Content::Scalar {
                value: Scalar::Number(number),
                ..
            } => number.as_u64().and_then(|code| range(&code.to_string())),
            Content::Scalar {
                value: Scalar::Text,
                text,
                ..
            } => range(text),
            _ => None,
        };
        if range.is_none() {
            walk.expected(node, &Self::expected(), None);
        }
        range
    }

    fn expected() -> String {
        "status codes from 100 to 599, as `200` or `200-299`".to_owned()
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "anyOf": [
            { "type": "integer", "minimum": 100, "maximum": 599 },
            { "type": "string", "pattern": "^[1-5][0-9][0-9](-[1-5][0-9][0-9])?$" },
        ] })
    }
}

fn range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let code = |text: &str| {
        let digits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
        let code = digits.then(|| text.parse::<u16>().ok()).flatten();
        code.filter(|code| (100..=599).contains(code))
    };
    let (first, last) = (code(first)?, code(last)?);
    (first <= last).then_some((first, last))
}
