//! `shell`: a script in a shell.

use crate::{
    Code, Diagnostic, Kind, Shell, Template,
    check::{
        shape::{self, Or, Rule, Shape, TemplateText, converted, noun},
        walk::Walk,
    },
    yaml::Node,
};

use super::KindKey;

/// The kind.
pub(crate) const KIND: KindKey = KindKey {
    name: "shell",
    doc: "A script in a shell. Its output is what it wrote to the file `$TIDEMILL_OUTPUT` (JSON if it parses, else text), else its standard output.",
    takes_defaults: true,
    cacheable: true,
    read: |node, walk| {
        warn_of_expressions(node, walk);
        Some(Kind::Shell(Form::read(node, walk)?).into())
    },
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

/// Warns of what looks like an expression in a script: it would reach the shell as it
/// stands, which is never what was meant.
fn warn_of_expressions(node: &Node, walk: &mut Walk<'_>) {
    let script = match node.as_mapping() {
        Some(entries) => entries
            .iter()
            .find(|entry| entry.key.as_ref() == "script")
            .map(|entry| &entry.value),
        None => Some(node),
    };
    let Some((script, text)) = script.and_then(|script| Some((script, script.as_text()?))) else {
        return;
    };
    if let Some((offset, expression)) = first_expression(text) {
        let message = format!("`{expression}` is not evaluated here: a script runs as it stands");
        let hint = format!(
            "give the value a name in `env`, as `env: {{ X: \"{expression}\" }}`, and read `$X`"
        );
        walk.report(Diagnostic::warning(walk.place_in(script, offset), message).with_hint(hint));
    }
}

/// The first `{{ … }}` that reads what an expression of a task may, and where it begins.
/// Other programs' templates begin so too, but not with these names.
fn first_expression(text: &str) -> Option<(usize, &str)> {
    const ROOTS: [&str; 7] = [
        "params.", "tasks.", "secrets.", "vars.", "matrix.", "run.", "trigger.",
    ];
    let mut openings = text.match_indices("{{");
    openings.find_map(|(offset, _)| {
        let expression = text.get(offset..)?;
        let expression = expression.get(..expression.find("}}")? + 2)?;
        let inner = expression
            .trim_start_matches('{')
            .trim_end_matches('}')
            .trim();
        let is_ours = inner == "item" || ROOTS.iter().any(|root| inner.starts_with(root));
        (is_ours && !inner.contains('\n')).then_some((offset, expression))
    })
}

/// Code from one of two keys.
pub(super) fn code(inline: Option<String>, file: Option<Template>) -> Option<Code> {
    inline.map(Code::Inline).or(file.map(Code::File))
}
