//! `http`: one HTTP request.

use serde_json::{Value, json};

use crate::{
    FromText, Http, HttpAuth, HttpBody, HttpMethod, Kind, Setting, StatusRange, Template,
    check::{
        definitions::Definitions,
        sees::Secret,
        shape::{
            AnyValue, ListOf, MapOf, Or, Over, Parsed, Rule, ScalarText, SettingOf, Shape,
            TemplateText, converted, noun,
        },
        walk::Walk,
    },
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
        "method" method: SettingOf<Parsed<HttpMethod>>,
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
        "expect" expect: ListOf<SettingOf<StatusCodes>, 1>,
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

fn get(url: Template) -> Http {
    Http {
        method: Setting::Fixed(HttpMethod::get()),
        url,
        query: indexmap::IndexMap::new(),
        headers: indexmap::IndexMap::new(),
        body: None,
        auth: None,
        expect: vec![Setting::Fixed(StatusRange::SUCCESS)],
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
    |keys: Keys, _: &mut Walk<'_>| {
        let json = keys.json.map(HttpBody::Json);
        let plain = get(keys.url?);
        Some(Http {
            method: keys.method.unwrap_or(plain.method),
            query: keys.query.unwrap_or_default(),
            headers: keys.headers.unwrap_or_default(),
            body: json.or(keys.form.map(HttpBody::Form)).or(keys.body.map(HttpBody::Text)),
            auth: keys.auth.and_then(auth),
            expect: keys.expect.unwrap_or(plain.expect),
            save_to: keys.save_to,
            url: plain.url,
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

/// A status code, or a range of them.
pub(crate) struct StatusCodes;

impl Shape for StatusCodes {
    type Output = StatusRange;

    fn fits(node: &Node) -> bool {
        node.as_scalar().is_some()
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<StatusRange> {
        let range = match &node.content {
            Content::Scalar {
                value: Scalar::Number(number),
                ..
            } => number
                .as_u64()
                .and_then(|code| StatusRange::from_text(&code.to_string()).ok()),
            Content::Scalar {
                value: Scalar::Text,
                text,
                ..
            } => StatusRange::from_text(text).ok(),
            _ => None,
        };
        if range.is_none() {
            walk.expected(node, StatusRange::RULE, None);
        }
        range
    }

    fn expected() -> String {
        StatusRange::RULE.to_owned()
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "anyOf": [
            { "type": "integer", "minimum": 100, "maximum": 599 },
            { "type": "string", "pattern": "^[1-5][0-9][0-9](-[1-5][0-9][0-9])?$" },
        ] })
    }
}
