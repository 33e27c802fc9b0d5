//! What a person types to develop Tidemill.
fn main() {}
