use std::sync::Arc;

use serde_json::json;
use tidemill_orchestrate::State;

use super::*;
use crate::testbed::{Testbed, close};

#[test]
fn ages_are_told_coarsely() {
    let check = |seconds: u64, expected: &str| {
        assert_eq!(
            duration_text(coarse(Duration::from_secs(seconds))),
            expected
        );
    };
    check(0, "0s");
    check(42, "42s");
    check(3 * 3_600 + 59, "3h");
    check(90_061, "25h");
}

#[tokio::test]
async fn a_result_stands_for_the_next_run_s() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let text = |script: &str| {
        format!(
            "{{ name: kept, tasks: {{ a: {{ shell: '{script}', cache: true }} }}, output: '{{{{ tasks.a.output }}}}' }}"
        )
    };
    let first = bed
        .run(&engine, &text("echo x >> count; wc -l < count"))
        .await;
    let second = bed
        .run(&engine, &text("echo x >> count; wc -l < count"))
        .await;
    second.is(State::Completed);
    assert_eq!(second.count(State::Cached), 1);
    assert_eq!(second.output(), first.output());
    let messages = second.messages();
    assert!(messages[0].contains(&first.run.name), "{messages:?}");
    let other = bed.run(&engine, &text("echo x >> count; echo other")).await;
    assert_eq!(other.output(), json!("other"));
    assert_eq!(bed.read("count").lines().count(), 2);
    close(&engine).await;
}

#[tokio::test]
async fn a_result_does_not_stand_where_the_flow_lies_elsewhere() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let text = "{ name: moved, tasks: { a: { shell: cat data, cache: true } }, output: '{{ tasks.a.output }}' }";
    for place in ["a", "b"] {
        std::fs::create_dir(bed.file(place)).unwrap();
        bed.write(&format!("{place}/data"), place);
        let mut request = bed.request(text);
        request.flow.file = bed.file(&format!("{place}/moved.flow.yaml"));
        let handle = engine.start(request).await.unwrap();
        let ended = bed.ended(&engine, &handle).await;
        assert_eq!(ended.output(), json!(place));
    }
    close(&engine).await;
}

#[tokio::test]
async fn a_child_run_s_result_does_not_stand_for_other_variables() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    bed.flow(
        "{ name: child, tasks: { a: { value: '{{ vars.x }}' } }, output: '{{ tasks.a.output }}' }",
    );
    let text = "{ name: parent, tasks: { a: { flow: child, cache: true } }, output: '{{ tasks.a.output }}' }";
    for x in [1, 2] {
        let set = engine
            .store()
            .writer()
            .set_variable("x".to_owned(), &json!(x));
        set.committed().await.unwrap();
        assert_eq!(bed.run(&engine, text).await.output(), json!(x));
    }
    close(&engine).await;
}

#[tokio::test]
async fn a_child_run_s_result_does_not_stand_where_what_it_is_made_of_changed() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let text = "{ name: parent, tasks: { a: { flow: child, cache: true } }, output: '{{ tasks.a.output }}' }";
    bed.flow("{ name: child, tasks: { a: { flow: grandchild }, b: { python: { file: b.body } }, c: { python: { call: 'c.py:f' } }, d: { when: '{{ false }}', shell: { file: missing } } }, output: '{{ [tasks.a.output, tasks.b.output, tasks.c.output] }}' }");
    let made = |grandchild: u32, body: u32, called: u32| {
        bed.flow(&format!(
            "{{ name: grandchild, tasks: {{ a: {{ value: {grandchild} }} }}, output: '{{{{ tasks.a.output }}}}' }}"
        ));
        bed.write("b.body", &format!("return {body}\n"));
        bed.write("c.py", &format!("def f(): return {called}\n"));
        json!([grandchild, body, called])
    };
    for (grandchild, body, called) in [(1, 2, 3), (4, 2, 3), (4, 5, 3), (4, 5, 60)] {
        let made = made(grandchild, body, called);
        let first = bed.run(&engine, text).await;
        assert_eq!(
            (first.output(), first.count(State::Cached)),
            (made.clone(), 0)
        );
        let second = bed.run(&engine, text).await;
        assert_eq!((second.output(), second.count(State::Cached)), (made, 1));
    }
    close(&engine).await;
}

#[tokio::test]
async fn a_look_up_that_goes_wrong_inside_fails_its_task() {
    let bed = Testbed::new();
    let engine = bed
        .engine_loading(Arc::new(|reference| panic!("{reference:?} is asked for")))
        .await;
    let text = "
name: parent
tasks:
  a: { flow: child, cache: true }
  b: { value: 1, needs: { a: failed } }
";
    let ended = bed.run(&engine, text).await;
    ended.is(State::Failed);
    assert_eq!(ended.count(State::Completed), 1);
    let messages = ended.messages();
    assert!(messages[0].contains("Tidemill itself"), "{messages:?}");
    close(&engine).await;
}
