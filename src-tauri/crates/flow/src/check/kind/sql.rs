//! `sql`: statements against a database.

use crate::{
    Kind, Name, Sql,
    check::{
        sees::Secret,
        shape::{self, AnyValue, MapOf, Over, Rule, Shape, TemplateText, converted, noun},
        walk::Walk,
    },
};

use super::{KindKey, shell::code};

/// The kind.
pub(crate) const KIND: KindKey = KindKey {
    name: "sql",
    doc: "Statements against a database; several are one transaction. Its output is the last one's rows, or `{ rows_affected }`.",
    takes_defaults: true,
    cacheable: true,
    read: |node, walk| Some(Kind::Sql(Long::read(node, walk)?).into()),
    schema: Long::schema,
};

noun! {
    /// Statements against a database.
    Keys "sql" "`sql`" [Rule::ExactlyOne(&["query", "file"])] {
        /// A SQLite file's path, relative to the flow file's folder, or a `postgres://` URL.
        "database" (required) database: Over<Secret, TemplateText>,
        /// The statements; they run as they stand.
        "query" query: shape::Code,
        /// The statements' file, relative to the flow file's folder.
        "file" file: TemplateText,
        /// Values that are bound by name.
        "parameters" parameters: MapOf<Name, AnyValue>,
    }
}

converted!(
    /// Statements.
    Long = Keys => Sql,
    |keys: Keys, _: &mut Walk<'_>| Some(Sql {
        database: keys.database?,
        query: code(keys.query, keys.file)?,
        parameters: keys.parameters.unwrap_or_default(),
    })
);
