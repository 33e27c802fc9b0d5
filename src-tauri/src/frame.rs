//! How a request and an answer cross between the page and this process: the length
//! of a head, the head as JSON, and then the body's bytes as they are.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use serde::{Deserialize, Serialize};

/// The only headers that a page's request may carry: what the API reads.
const CARRIED: [&str; 4] = ["accept", "content-type", "idempotency-key", "last-event-id"];

/// Every path of the page begins behind this.
const BASE: &str = "/api/v1";

/// What stands before a request's body.
#[derive(Debug, Deserialize)]
pub(crate) struct RequestHead {
    method: String,
    path: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
}

/// What stands before an answer's body.
#[derive(Debug, Serialize)]
struct AnswerHead<'a> {
    status: u16,
    headers: Vec<(&'a str, &'a str)>,
}

/// Reads a request.
///
/// # Errors
/// What is wrong with it, in words.
pub(crate) fn read(bytes: &[u8]) -> Result<Request<Vec<u8>>, String> {
    let cut_short = || "a request that is cut short".to_owned();
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(cut_short)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| cut_short())?;
    let (head, body) = rest.split_at_checked(length).ok_or_else(cut_short)?;
    let head: RequestHead = serde_json::from_slice(head).map_err(|error| error.to_string())?;
    head.with_body(body.to_vec())
}

impl RequestHead {
    /// The request with this head, for the API and nothing beside it.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn with_body(self, body: Vec<u8>) -> Result<Request<Vec<u8>>, String> {
        if !self.path.starts_with('/') {
            return Err(format!("`{}` is no path", self.path));
        }
        let uri: Uri = format!("{BASE}{}", self.path)
            .parse()
            .map_err(|error| format!("`{}` is no path: {error}", self.path))?;
        let method = Method::from_bytes(self.method.as_bytes())
            .map_err(|_| format!("`{}` is no method", self.method))?;
        let mut request = Request::new(body);
        *request.uri_mut() = uri;
        *request.method_mut() = method;
        for (name, value) in self.headers {
            let Some(known) = CARRIED
                .iter()
                .find(|known| name.eq_ignore_ascii_case(known))
            else {
                continue;
            };
            let value = HeaderValue::from_str(&value)
                .map_err(|_| format!("the header `{name}` holds what no header can"))?;
            request
                .headers_mut()
                .insert(HeaderName::from_static(known), value);
        }
        Ok(request)
    }
}

/// Writes an answer.
///
/// # Errors
/// What cannot be written, in words.
pub(crate) fn write(status: u16, headers: &HeaderMap, body: &[u8]) -> Result<Vec<u8>, String> {
    let headers = headers
        .iter()
        // What is no text is none of the API's.
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect();
    let head =
        serde_json::to_vec(&AnswerHead { status, headers }).map_err(|error| error.to_string())?;
    let length = u32::try_from(head.len()).map_err(|error| error.to_string())?;
    let mut bytes = Vec::with_capacity(4 + head.len() + body.len());
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(&head);
    bytes.extend_from_slice(body);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(head: &str, body: &[u8]) -> Vec<u8> {
        let mut bytes = u32::try_from(head.len()).unwrap().to_be_bytes().to_vec();
        bytes.extend_from_slice(head.as_bytes());
        bytes.extend_from_slice(body);
        bytes
    }

    #[test]
    fn a_request_keeps_its_method_path_body_and_the_headers_that_are_read() {
        let head = r#"{"method": "PUT", "path": "/vars/a?b=1", "headers":
            [["Content-Type", "application/json"], ["Authorization", "x"], ["Host", "y"]]}"#;
        let request = read(&framed(head, &[0, 255, 10])).unwrap();
        assert_eq!(request.method(), Method::PUT);
        assert_eq!(request.uri(), "/api/v1/vars/a?b=1");
        assert_eq!(request.body(), &[0, 255, 10]);
        assert_eq!(request.headers().len(), 1);
        assert_eq!(request.headers()["content-type"], "application/json");
    }

    #[test]
    fn what_is_no_request_is_refused_in_words() {
        for bytes in [
            vec![],
            vec![0, 0, 0],
            vec![0, 0, 0, 9, b'{'],
            vec![255; 8],
            framed("[]", &[]),
            framed(r#"{"method": "GET", "path": "http://a.example/"}"#, &[]),
            framed(r#"{"method": "GET", "path": "/a b"}"#, &[]),
            framed(r#"{"method": "G T", "path": "/a"}"#, &[]),
            framed(
                r#"{"method": "GET", "path": "/a", "headers": [["accept", "a\nb"]]}"#,
                &[],
            ),
        ] {
            read(&bytes).unwrap_err();
        }
    }

    #[test]
    fn an_answer_is_its_status_its_headers_and_its_bytes() {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("text/plain"));
        let bytes = write(404, &headers, b"no").unwrap();
        let head = br#"{"status":404,"headers":[["content-type","text/plain"]]}"#;
        assert_eq!(bytes[..4], u32::try_from(head.len()).unwrap().to_be_bytes());
        assert_eq!(&bytes[4..4 + head.len()], head);
        assert_eq!(&bytes[4 + head.len()..], b"no");
    }
}
