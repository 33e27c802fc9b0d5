//! `shell`: a script in a shell.

use crate::{
    Code, Kind, Shell, Template,
    check::{
        shape::{self, Or, Rule, Shape, TemplateText, converted, noun},
        walk::Walk,
    },
};

use super::KindKey;

/// The kind.
pub(crate) const KIND: KindKey = KindKey {
    name: "shell",
    doc: "A script in a shell. Its output is what it wrote to the file `$TIDEMILL_OUTPUT` (JSON if it parses, else text), else its standard output.",
    takes_defaults: true,
    cacheable: true,
    read: |node, walk| Some(Kind::Shell(Form::read(node, walk)?).into()),
    schema: Form::schema,
};

type Form = Or<Short, Long>;

noun! {
    /// A script in a shell.
    Keys "shell" "`shell`" [Rule::ExactlyOne(&["script", "file"])] {
        /// The script; it runs as it stands.
        "script" script: shape::Code,
        /// The script's file, relative to the flow file's folder.
        "file" file: TemplateText,
        /// `sh`, `bash`, `pwsh`, `cmd` or a path; by default `sh`, on Windows `pwsh`.
        "interpreter" interpreter: TemplateText,
    }
}

converted!(
    /// A script.
    Short = shape::Code => Shell,
    |script: String, _: &mut Walk<'_>| Some(Shell { code: Code::Inline(script), interpreter: None })
);

converted!(
    /// A script with more to say of it.
    Long = Keys => Shell,
    |keys: Keys, _: &mut Walk<'_>| Some(Shell {
        code: code(keys.script, keys.file)?,
        interpreter: keys.interpreter,
    })
);

/// Code from one of two keys.
pub(super) fn code(inline: Option<String>, file: Option<Template>) -> Option<Code> {
    inline.map(Code::Inline).or(file.map(Code::File))
}
