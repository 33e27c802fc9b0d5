//! Files that are large or twisted on purpose: each is answered soon, and within memory.

use std::time::{Duration, Instant};

use super::*;

fn soon(what: &str, text: &str) -> Checked {
    let start = Instant::now();
    let checked = check(text, &CheckContext::default());
    let elapsed = start.elapsed();
    assert!(elapsed < Duration::from_secs(10), "{what}: {elapsed:?}");
    checked
}

fn refused(what: &str, text: &str) {
    assert!(soon(what, text).flow.is_none(), "{what}");
}

/// Lines for each number.
fn each(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

#[test]
fn large_flows_are_read_soon() {
    let chain = each(5_000, |number| match number {
        0 => "  t0: { value: 0 }\n".to_owned(),
        _ => format!(
            "  t{number}: {{ value: '{{{{ tasks.t{}.output }}}}' }}\n",
            number - 1
        ),
    });
    let checked = soon("a chain", &format!("name: x\ntasks:\n{chain}"));
    assert_eq!(checked.flow.unwrap().tasks.len(), 5_000);
    let items = each(30_000, |number| format!("{number}, "));
    let list = format!("name: x\ntasks:\n  a: {{ value: 1, for_each: [{items}] }}\n");
    assert!(soon("a list", &list).flow.is_some());
}

#[test]
fn bombs_are_refused() {
    let expressions = "{{ x }}".repeat(8_000);
    refused(
        "expressions",
        &tasks(&format!("a: {{ value: '{expressions}' }}")),
    );
    let reads = format!("{{{{ {} 1 }}}}", "run.id + ".repeat(400)).repeat(260);
    refused("reads", &tasks(&format!("a: {{ value: '{reads}' }}")));
    let unknown = each(5_000, |number| {
        format!("  t{number}: {{ value: '{{{{ tasks.u{number}.output }}}}' }}\n")
    });
    refused("unknown tasks", &format!("name: x\ntasks:\n{unknown}"));
    let needs = each(5_000, |number| {
        format!("  t{number}: {{ value: 1, needs: [u{number}], k{number}: 1 }}\n")
    });
    refused("unknown needs", &format!("name: x\ntasks:\n{needs}"));
    let cycles = each(5_000, |number| {
        format!("  t{number}: {{ value: 1, needs: [t{}] }}\n", number ^ 1)
    });
    refused("cycles", &format!("name: x\ntasks:\n{cycles}"));
    let ring = each(5_000, |number| {
        format!(
            "  t{number}: {{ value: 1, needs: [t{}] }}\n",
            (number + 1) % 5_000
        )
    });
    refused("a ring", &format!("name: x\ntasks:\n{ring}"));
    let env = each(10_000, |number| format!("  E{number}: x\n"));
    let many = each(10_000, |number| format!("  t{number}: {{ value: 1 }}\n"));
    refused(
        "environments",
        &format!("name: x\nenv:\n{env}tasks:\n{many}"),
    );
    let axes = each(5_000, |number| format!("a{number}: [1], "));
    refused(
        "axes",
        &tasks(&format!("a: {{ value: 1, matrix: {{ {axes} }} }}")),
    );
}

#[test]
fn schemas_that_go_in_circles_or_grow_without_end_are_answered() {
    for schema in [
        "{ $ref: '#', default: 1 }".to_owned(),
        "{ allOf: [{ $ref: '#' }], default: 1 }".to_owned(),
        "{ $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a', default: 1 }".to_owned(),
        "{ not: { $ref: '#' }, default: 1 }".to_owned(),
        "{ $dynamicRef: '#', default: 1 }".to_owned(),
        "{ $dynamicAnchor: a, anyOf: [{ $dynamicRef: '#a' }], default: 1 }".to_owned(),
        "{ type: string, pattern: '(a{1000}){1000}', default: a }".to_owned(),
        format!(
            "{{ $defs: {{ {} s0: {{ type: integer }} }}, $ref: '#/$defs/s40', default: x }}",
            each(40, |number| format!("s{}: {{ allOf: [{{ $ref: '#/$defs/s{number}' }}, {{ $ref: '#/$defs/s{number}' }}] }}, ", number + 1))
        ),
    ] {
        let text = format!("name: x\nparameters:\n  p: {schema}\ntasks: {{ a: {{ value: 1 }} }}\n");
        // Whether it is a schema is the validator's to say: here it only ends.
        soon(&schema, &text);
    }
    let tree = "{ type: object, properties: { left: { $ref: '#' }, right: { $ref: '#' } }, default: { left: { left: {} } } }";
    let text = format!("name: x\nparameters:\n  p: {tree}\ntasks: {{ a: {{ value: 1 }} }}\n");
    assert!(
        soon("a tree", &text).flow.is_some(),
        "{:?}",
        diagnostics(&text)
    );
}
