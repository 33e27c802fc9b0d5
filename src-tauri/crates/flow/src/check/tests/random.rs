//! The checker against chance: no input panics or takes long, and a flow that
//! is made to be right is found right.

use std::time::{Duration, Instant};

use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

/// Checks a text; only that it ends, and soon.
fn ends(text: &str) -> Result<(), TestCaseError> {
    let start = Instant::now();
    let checked = check(text, &CheckContext::default());
    let elapsed = start.elapsed();
    prop_assert!(elapsed < Duration::from_secs(5), "{elapsed:?}");
    let errors = checked
        .diagnostics
        .iter()
        .any(|found| found.severity == crate::Severity::Error);
    prop_assert_eq!(
        checked.flow.is_none(),
        errors,
        "a flow or an error, one of them"
    );
    let lines = text.split(['\n', '\r']).count() + 1;
    for diagnostic in &checked.diagnostics {
        prop_assert!(diagnostic.place.line as usize <= lines, "{diagnostic}");
        prop_assert!(!diagnostic.message.is_empty());
    }
    Ok(())
}

/// Pieces that files are made of.
const PIECES: [&str; 46] = [
    "name: x\n",
    "tasks:\n",
    "  a:\n",
    "    shell: ",
    "    needs: [",
    "a",
    "b",
    "]",
    "[",
    "{",
    "}",
    ": ",
    "- ",
    "\n",
    "    ",
    "  ",
    "\t",
    "#",
    "&a ",
    "*a",
    "!!str ",
    "<<",
    "|\n",
    ">-\n",
    "'",
    "\"",
    "{{ ",
    " }}",
    "tasks.a.output",
    "params.x",
    "| length",
    "~",
    "1",
    ".nan",
    "true",
    "5m",
    "for_each: ",
    "matrix: ",
    "retries: ",
    "value: ",
    "schedules:\n",
    "  - cron: ",
    "* * * * *",
    "\u{feff}",
    "\r\n",
    "é😀",
];

/// Files to spoil.
fn good() -> impl Strategy<Value = &'static str> {
    select(vec![WHOLE, EVERYTHING])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..300)) {
        ends(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn any_pieces(pieces in vec(select(PIECES.to_vec()), 0..60)) {
        ends(&pieces.concat())?;
    }

    #[test]
    fn spoilt_files(text in good(), edits in vec((any::<prop::sample::Index>(), 0..12_usize, select(PIECES.to_vec())), 1..6)) {
        let mut characters: Vec<char> = text.chars().collect();
        for (at, length, piece) in edits {
            let start = at.index(characters.len());
            let end = (start + length).min(characters.len());
            characters.splice(start..end, piece.chars());
        }
        ends(&characters.into_iter().collect::<String>())?;
    }

    #[test]
    fn swapped_lines(text in good(), swaps in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4)) {
        let mut lines: Vec<&str> = text.lines().collect();
        for (one, other) in swaps {
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            lines.swap(one, other);
        }
        ends(&lines.join("\n"))?;
    }

    #[test]
    fn flows_made_right_are_right(flow in right_flow()) {
        let found = diagnostics(&flow);
        prop_assert!(found.is_empty(), "{flow}\n{found:?}");
        let validated = crate::validation::validate(&schema(), &as_json(&flow));
        prop_assert!(validated.is_ok(), "{flow}\n{validated:?}");
    }
}

const KINDS: [&str; 9] = [
    "shell: echo hello",
    "shell: { file: x.sh, interpreter: bash }",
    "python: return params",
    "http: { url: 'https://example.org/{{ params.p }}', method: PUT, json: { a: '{{ run.id }}' } }",
    "sql: { database: x.sqlite, query: select 1 }",
    "wait: 5m",
    "approve: { message: ok?, expires: 1d }",
    "notify: done",
    "flow: other",
];

const OPTIONS: [&str; 9] = [
    "when: '{{ params.p > 1 }}'",
    "for_each: '{{ range(3) | list }}'",
    "matrix: { os: [linux, mac], n: [1, 2] }",
    "repeat: { until: '{{ output }}', max: 3 }",
    "retries: { max: 2, delay: [1s, 2s], jitter: 0.1 }",
    "timeout: 1h",
    "allow_failure: true",
    "env: { A: '{{ env.HOME }}', B: ~ }",
    "tags: [a, b]",
];

/// Tasks that need only those before them.
fn right_flow() -> impl Strategy<Value = String> {
    let task = (
        0..KINDS.len() + 1,
        vec(any::<bool>(), OPTIONS.len()),
        vec(any::<prop::sample::Index>(), 0..3),
        any::<bool>(),
        any::<bool>(),
    );
    vec(task, 1..12).prop_map(|tasks| {
        let mut text = "name: made\nparameters: { p: 3 }\ntasks:\n".to_owned();
        for (number, (kind, options, needs, expression, grouped)) in tasks.into_iter().enumerate() {
            let upstream: BTreeSet<usize> = match number {
                0 => BTreeSet::new(),
                _ => needs.iter().map(|need| need.index(number)).collect(),
            };
            let read = upstream.first().filter(|_| expression);
            let kind = match (KINDS.get(kind), read) {
                (Some(kind), _) => (*kind).to_owned(),
                (None, Some(read)) => format!("value: '{{{{ tasks.t{read}.output }}}}'"),
                (None, None) => "value: [1, '{{ params.p }}']".to_owned(),
            };
            let mut indent = "    ".to_owned();
            text += &format!("  t{number}:\n");
            if grouped {
                text += "    tasks:\n      inner:\n";
                indent += "    ";
            }
            text += &format!("{indent}{kind}\n");
            for (place, option) in OPTIONS.iter().enumerate() {
                // `matrix`, which comes behind `for_each`, cannot stand beside it.
                let beside = place == 2 && options[1];
                if options[place] && !beside {
                    text += &format!("{indent}{option}\n");
                }
            }
            let named: Vec<String> = upstream
                .iter()
                .filter(|need| Some(*need) != read)
                .map(|need| format!("t{need}"))
                .collect();
            if !named.is_empty() {
                text += &format!("    needs: [{}]\n", named.join(", "));
            }
        }
        text
    })
}
