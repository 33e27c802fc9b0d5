use super::*;

const WHOLE: &str = include_str!("tests/whole.flow.yaml");

fn diagnostics(text: &str) -> Vec<String> {
    let checked = check(text, &CheckContext::default());
    checked
        .diagnostics
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn the_whole_example_is_a_flow() {
    assert_eq!(diagnostics(WHOLE), Vec::<String>::new());
    let flow = check(WHOLE, &CheckContext::default()).flow.unwrap();
    assert_eq!(flow.name.as_str(), "city-weather");
    let names: Vec<_> = flow
        .tasks
        .iter()
        .map(|task| task.name.to_string())
        .collect();
    assert_eq!(names, ["fetch", "table", "warn", "tidy"]);
}
