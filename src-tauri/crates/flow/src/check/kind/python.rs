//! `python`: a Python function's body, file or call.

use crate::{
    Callee, Code, Kind, Python, PythonCode,
    check::{
        sees::Secret,
        shape::{
            self, AnyValue, Boolean, ListOf, MapOf, Or, Over, Parsed, Rule, SettingOf, Shape,
            TemplateText, converted, noun,
        },
        walk::Walk,
    },
};

use super::{KindKey, shell::code};

/// The kind.
pub(crate) const KIND: KindKey = KindKey {
    name: "python",
    doc: "Python: a function body that sees `params`, `inputs`, `item`, `index`, `matrix`, `run`, `trigger` and `vars`. Its output is what it returns.",
    takes_defaults: true,
    cacheable: true,
    read: |node, walk| Some(Kind::Python(Form::read(node, walk)?).into()),
    schema: Form::schema,
};

type Form = Or<Short, Long>;

noun! {
    /// Python code.
    Keys "python" "`python`" [
        Rule::ExactlyOne(&["code", "file", "call"]),
        Rule::Only("with", &["call"]),
    ] {
        /// A function body; it is compiled as it stands.
        "code" code: shape::Code,
        /// A function body's file, relative to the flow file's folder.
        "file" file: TemplateText,
        /// A function in a file: `path.py:function`.
        "call" call: SettingOf<Parsed<Callee>>,
        /// The called function's arguments by name.
        "with" with: Over<Secret, MapOf<String, AnyValue>>,
        /// Packages that it needs, as pip names them.
        "requirements" requirements: ListOf<TemplateText>,
        /// The interpreter's path.
        "python" python: TemplateText,
        /// Each attempt gets a process of its own; by default false.
        "isolate" isolate: Boolean,
    }
}

converted!(
    /// A function body.
    Short = shape::Code => Python,
    |body: String, _: &mut Walk<'_>| Some(Python {
        code: PythonCode::Body(Code::Inline(body)),
        requirements: Vec::new(),
        python: None,
        isolate: false,
    })
);

converted!(
    /// Code with more to say of it.
    Long = Keys => Python,
    |keys: Keys, _: &mut Walk<'_>| Some(Python {
        code: match keys.call {
            Some(callee) => PythonCode::Call { callee, with: keys.with.unwrap_or_default() },
            None => PythonCode::Body(code(keys.code, keys.file)?),
        },
        requirements: keys.requirements.unwrap_or_default(),
        python: keys.python,
        isolate: keys.isolate.unwrap_or_default(),
    })
);
