//! What expressions see: names in layers, the inner hiding the outer.

use std::{fmt, sync::Arc};

use minijinja::{
    Value,
    value::{Enumerator, Object},
};

/// Names and their values, over an outer scope.
///
/// Making one is cheap: a mapped task makes one an item.
pub struct Scope {
    outer: Option<Arc<Scope>>,
    names: Vec<(Arc<str>, Value)>,
}

impl Scope {
    /// A scope with nothing around it.
    pub fn root(names: Vec<(Arc<str>, Value)>) -> Arc<Self> {
        Arc::new(Self { outer: None, names })
    }

    /// A scope inside `self`; its names hide those of the same name outside.
    pub fn inner(self: &Arc<Self>, names: Vec<(Arc<str>, Value)>) -> Arc<Self> {
        Arc::new(Self {
            outer: Some(Arc::clone(self)),
            names,
        })
    }

    /// What a name stands for.
    pub fn get(&self, name: &str) -> Option<Value> {
        let mut scope = self;
        loop {
            if let Some((_, value)) = scope.names.iter().find(|(own, _)| own.as_ref() == name) {
                return Some(value.clone());
            }
            scope = scope.outer.as_deref()?;
        }
    }
}

impl fmt::Debug for Scope {
    /// Names only: a value may be large, or a secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.names.iter().map(|(name, _)| name);
        formatter.debug_list().entries(names).finish()
    }
}

impl Object for Scope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.get(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}
