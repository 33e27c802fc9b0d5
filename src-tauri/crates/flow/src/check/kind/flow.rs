//! `flow`: another flow's run.

use crate::{
    FlowName, Kind, Name, Subflow, SubflowTarget,
    check::{
        shape::{AnyValue, FlowNameText, MapOf, Or, Rule, Shape, TemplateText, converted, noun},
        walk::Walk,
    },
};

use super::KindKey;

/// The kind.
pub(crate) const KIND: KindKey = KindKey {
    name: "flow",
    doc: "Another flow's run; its output is that run's.",
    takes_defaults: false,
    cacheable: true,
    read: |node, walk| Some(Kind::Flow(Form::read(node, walk)?).into()),
    schema: Form::schema,
};

type Form = Or<Short, Long>;

noun! {
    /// Another flow's run.
    Keys "subflow" "`flow`" [Rule::ExactlyOne(&["name", "file"])] {
        /// A flow of the workspace.
        "name" name: FlowNameText,
        /// A flow file, relative to this one's folder.
        "file" file: TemplateText,
        /// Its parameters.
        "parameters" parameters: MapOf<Name, AnyValue>,
    }
}

converted!(
    /// A flow of the workspace.
    Short = FlowNameText => Subflow,
    |name: FlowName, _: &mut Walk<'_>| Some(Subflow {
        target: SubflowTarget::Name(name),
        parameters: indexmap::IndexMap::new(),
    })
);

converted!(
    /// A flow with parameters.
    Long = Keys => Subflow,
    |keys: Keys, _: &mut Walk<'_>| Some(Subflow {
        target: keys.name.map(SubflowTarget::Name).or(keys.file.map(SubflowTarget::File))?,
        parameters: keys.parameters.unwrap_or_default(),
    })
);
