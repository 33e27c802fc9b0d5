use jiff::Timestamp;
use tidemill_flow::Value;
use tidemill_orchestrate::{RunId, State};
use tidemill_store::{NewRun, Steering};

use crate::{
    Close, Engine, Steered,
    testbed::{Testbed, close, runs, stored, tasks, until},
};

/// Notes how many run at once, in the workspace.
const WORK: &str = "mkdir one || touch two; sleep 0.05; rmdir one";

async fn set_limit(engine: &Engine, slots: u32) {
    let set = engine.store().writer().set_limit("gate".to_owned(), slots);
    set.committed().await.unwrap();
}

#[tokio::test]
async fn a_limit_holds_over_two_engines() {
    let bed = Testbed::new();
    let engines = [bed.engine().await, bed.engine().await];
    set_limit(&engines[0], 1).await;
    let mut handles = Vec::new();
    for engine in &engines {
        let text = format!(
            "{{ name: limited, tasks: {{ a: {{ for_each: [1, 2, 3], shell: '{WORK}', limits: [gate] }} }} }}"
        );
        handles.push(engine.start(bed.request(&text)).await.unwrap());
    }
    for (engine, handle) in engines.iter().zip(&handles) {
        bed.ended(engine, handle).await.is(State::Completed);
    }
    assert!(!bed.file("two").exists());
    let limits = engines[0].store().reader().unwrap().limits().unwrap();
    assert_eq!(limits[0].taken, 0);
    for engine in &engines {
        close(engine).await;
    }
}

#[tokio::test]
async fn a_task_run_that_waits_for_a_slot_says_so_and_can_be_cancelled() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    set_limit(&engine, 0).await;
    let text = "{ name: limited, tasks: { a: { shell: 'true', limits: [gate] } } }";
    let handle = engine.start(bed.request(text)).await.unwrap();
    until("it waits", || {
        tasks(&engine, handle.id)
            .iter()
            .any(|task| task.state == State::AwaitingSlot)
    })
    .await;
    handle.cancel("enough");
    bed.ended(&engine, &handle).await.is(State::Cancelled);
    close(&engine).await;
}

#[tokio::test]
async fn a_slot_that_never_comes_free_fails_who_waits_for_it() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    bed.flow(
        "{ name: child, tasks: { each: { for_each: [1, 2], limits: [gate], shell: 'true' } } }",
    );
    let text = "
name: parent
tasks:
  outer: { limits: [gate], tasks: { call: { flow: child, limits: [gate] } } }
";
    // Its two tasks around the child's hold both slots, then only one of three.
    for (slots, state) in [(2, State::Failed), (3, State::Completed)] {
        set_limit(&engine, slots).await;
        let ended = bed.run(&engine, text).await;
        ended.is(state);
        if state == State::Completed {
            continue;
        }
        let all = runs(&engine);
        let child = all.iter().find(|run| run.flow == "child").unwrap();
        let messages: Vec<_> = tasks(&engine, child.id)
            .into_iter()
            .filter(|task| task.item.is_some())
            .filter_map(|task| task.message)
            .collect();
        let parent = &ended.run.name;
        let holders = format!(
            "each of the 2 slots of limit `gate` is held by task `outer/call` of run {parent} \
             and task `outer` of run {parent}, which wait for this task, so none comes free"
        );
        let told = messages.iter().filter(|message| message.contains(&holders));
        assert_eq!(told.count(), 2, "{messages:#?}");
    }
    let limits = engine.store().reader().unwrap().limits().unwrap();
    assert_eq!(limits[0].taken, 0);
    // Inside one run, and with one slot.
    set_limit(&engine, 1).await;
    let text = "{ name: inner, tasks: { g: { limits: [gate], tasks: { a: { limits: [gate], value: 1 } } } } }";
    let ended = bed.run(&engine, text).await;
    ended.is(State::Failed);
    let messages = ended.messages();
    let said = messages.iter().any(|message| {
        message.contains("the only slot of limit `gate`") && message.contains("task `g` of run")
    });
    assert!(said, "{messages:#?}");
    close(&engine).await;
}

/// A parent that holds a slot of the gate, and whose child waits for one once the file
/// `go` is there.
fn parent_of_a_waiter(bed: &Testbed) -> String {
    bed.flow(
        "{ name: child, tasks: { \
           ready: { shell: 'echo x >> ready; until test -e go; do sleep 0.02; done' }, \
           inner: { needs: [ready], limits: [gate], shell: 'true' } } }",
    );
    "{ name: parent, tasks: { call: { flow: child, limits: [gate] } } }".to_owned()
}

#[tokio::test]
async fn of_parents_whose_children_wait_for_each_other_s_slot_one_gives_way() {
    let bed = Testbed::new();
    let engines = [bed.engine().await, bed.engine().await];
    set_limit(&engines[0], 2).await;
    let text = parent_of_a_waiter(&bed);
    let mut handles = Vec::new();
    for engine in &engines {
        handles.push((engine, engine.start(bed.request(&text)).await.unwrap()));
    }
    until("both hold a slot", || {
        bed.read("ready").lines().count() == 2
    })
    .await;
    bed.write("go", "");
    let mut ended = Vec::new();
    for (engine, handle) in &handles {
        ended.push(bed.ended(engine, handle).await);
    }
    // That of the younger child gives way, and the other one goes on with its slot.
    ended.sort_by_key(|ended| ended.end.state == State::Failed);
    ended[0].is(State::Completed);
    ended[1].is(State::Failed);
    let messages = ended[1].messages().join("\n");
    for run in ended.iter().map(|ended| &ended.run.name) {
        let holder = format!("task `call` of run {run}");
        assert!(messages.contains(&holder), "{holder}: {messages}");
    }
    assert!(messages.contains("in turn"), "{messages}");
    let limits = engines[0].store().reader().unwrap().limits().unwrap();
    assert_eq!(limits[0].taken, 0);
    for engine in &engines {
        close(engine).await;
    }
}

#[tokio::test]
async fn who_waits_for_one_that_only_takes_long_is_not_failed() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    set_limit(&engine, 2).await;
    let text = parent_of_a_waiter(&bed);
    let long = "{ name: long, tasks: { a: { limits: [gate], \
        shell: 'touch holds; until test -e end; do sleep 0.02; done' } } }";
    let holds = engine.start(bed.request(long)).await.unwrap();
    until("it holds a slot", || bed.file("holds").exists()).await;
    bed.write("go", "");
    let waits = engine.start(bed.request(&text)).await.unwrap();
    until("its child waits", || {
        let all = runs(&engine);
        let child = all.iter().find(|run| run.flow == "child");
        child.is_some_and(|child| {
            let found = engine.store().reader().unwrap();
            let waits = tasks(&engine, child.id)
                .iter()
                .find(|task| task.state == State::AwaitingSlot)
                .map(|task| found.knot(child.id, task.number).unwrap());
            waits == Some(None)
        })
    })
    .await;
    bed.write("end", "");
    bed.ended(&engine, &holds).await.is(State::Completed);
    bed.ended(&engine, &waits).await.is(State::Completed);
    close(&engine).await;
}

fn overlapping(on_conflict: &str) -> String {
    format!(
        "
name: overlapping
concurrency: {{ limit: 1, on_conflict: {on_conflict} }}
tasks: {{ a: {{ shell: 'echo x >> runs; until test -e go; do sleep 0.02; done' }} }}
"
    )
}

#[tokio::test]
async fn a_run_waits_for_its_flow_s_turn() {
    let bed = Testbed::new();
    let (one, other) = (bed.engine().await, bed.engine().await);
    let text = overlapping("queue");
    let first = one.start(bed.request(&text)).await.unwrap();
    let second = other.start(bed.request(&text)).await.unwrap();
    until("the first runs", || bed.file("runs").exists()).await;
    assert!(
        tasks(&other, second.id)
            .iter()
            .all(|task| task.state == State::Pending)
    );
    bed.write("go", "");
    bed.ended(&one, &first).await.is(State::Completed);
    bed.ended(&other, &second).await.is(State::Completed);
    assert_eq!(bed.read("runs").lines().count(), 2);
    close(&one).await;
    close(&other).await;
}

#[tokio::test]
async fn a_run_that_waited_for_its_turn_is_settled_once_and_cancelled_at_once() {
    let bed = Testbed::new();
    let (one, other) = (bed.engine().await, bed.engine().await);
    let text = overlapping("queue");
    let first = one.start(bed.request(&text)).await.unwrap();
    until("the first runs", || bed.file("runs").exists()).await;
    let second = other.start(bed.request(&text)).await.unwrap().id;
    other.close(Close::LetGo).await.unwrap();
    let other = bed.engine().await;
    assert_eq!(other.settle().await.unwrap().len(), 1);
    assert_eq!(stored(&other, second).state, State::AwaitingRetry);
    assert!(other.settle().await.unwrap().is_empty());
    // The flow's turn is taken: ending needs none.
    let cancel = Steering::Cancel {
        reason: "enough".to_owned(),
    };
    let steered = other.steer(second, cancel, "me").await.unwrap();
    let Steered::Carried(second) = steered else {
        panic!("{steered:?}");
    };
    bed.ended(&other, &second).await.is(State::Cancelled);
    bed.write("go", "");
    bed.ended(&one, &first).await.is(State::Completed);
    close(&one).await;
    close(&other).await;
}

#[tokio::test]
async fn a_retry_that_waits_for_its_turn_can_be_given_up() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let text = overlapping("queue");
    let first = engine.start(bed.request(&text)).await.unwrap();
    until("the first runs", || bed.file("runs").exists()).await;
    first.cancel("enough");
    bed.ended(&engine, &first).await.is(State::Cancelled);
    let second = engine.start(bed.request(&text)).await.unwrap();
    let retry = engine.retry(first.id, true).await.unwrap();
    retry.cancel("enough");
    bed.ended(&engine, &retry).await.is(State::Cancelled);
    assert_eq!(stored(&engine, first.id).owner, None);
    bed.write("go", "");
    bed.ended(&engine, &second).await.is(State::Completed);
    assert_eq!(stored(&engine, first.id).run_attempt, 1);
    close(&engine).await;
}

#[tokio::test]
async fn a_run_waits_where_the_one_in_its_place_cannot_be_cancelled() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let text = overlapping("cancel_running");
    let request = bed.request(&text);
    let writer = engine.store().writer();
    // It was recorded by a version that knew more.
    let id = RunId::new(1, 1);
    let old = NewRun {
        id,
        name: "old".to_owned(),
        flow: "overlapping".to_owned(),
        flow_text: Some("name: overlapping\nlater: true\n".into()),
        file: None,
        workspace: Some(bed.workspace().to_string_lossy().into_owned()),
        parameters: Value::from_pairs(Vec::<(String, Value)>::new()),
        trigger: Value::from(()),
        variables: Value::from_pairs(Vec::<(String, Value)>::new()),
        environment: None,
        trial: None,
        parent: None,
        scheduled_for: None,
        owner: None,
        created_at: Timestamp::now(),
        request: None,
        due: None,
    };
    writer.begin_run(old, Vec::new()).committed().await.unwrap();
    let name = super::turn_name(&bed.workspace(), &request.flow.flow.name);
    let holder = super::holder(id, super::whole_run());
    writer.take_turn(name, 1, holder).committed().await.unwrap();
    let handle = engine.start(request).await.unwrap();
    bed.write("go", "");
    super::free_turn(&engine.shared, id);
    bed.ended(&engine, &handle).await.is(State::Completed);
    close(&engine).await;
}

#[tokio::test]
async fn runs_take_turns_in_order() {
    let bed = Testbed::new();
    let engines = [bed.engine().await, bed.engine().await];
    let text = "
name: ordered
parameters: { n: 0 }
concurrency: { limit: 1, on_conflict: queue }
tasks: { a: { shell: 'echo $N >> order; until test -e go; do sleep 0.02; done', env: { N: '{{ params.n }}' } } }
";
    let mut handles = Vec::new();
    for n in 0..6 {
        let mut request = bed.request(text);
        request.parameters.insert("n".to_owned(), n.into());
        let engine = &engines[n % 2];
        handles.push((engine, engine.start(request).await.unwrap()));
        // Ids are in order of time.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    bed.write("go", "");
    for (engine, handle) in &handles {
        bed.ended(engine, handle).await.is(State::Completed);
    }
    assert_eq!(bed.read("order").replace('\n', ""), "012345");
    for engine in &engines {
        close(engine).await;
    }
}

#[tokio::test]
async fn a_run_too_many_is_recorded_as_skipped() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let text = overlapping("skip");
    let first = engine.start(bed.request(&text)).await.unwrap();
    bed.run(&engine, &text).await.is(State::Skipped);
    bed.write("go", "");
    bed.ended(&engine, &first).await.is(State::Completed);
    close(&engine).await;
}

#[tokio::test]
async fn a_run_takes_the_place_of_the_one_that_runs() {
    let bed = Testbed::new();
    let (one, other) = (bed.engine().await, bed.engine().await);
    let text = overlapping("cancel_running");
    let first = one.start(bed.request(&text)).await.unwrap();
    until("the first runs", || bed.file("runs").exists()).await;
    let second = other.start(bed.request(&text)).await.unwrap();
    bed.ended(&one, &first).await.is(State::Cancelled);
    bed.write("go", "");
    bed.ended(&other, &second).await.is(State::Completed);
    assert_eq!(runs(&one).len(), 2);
    assert_eq!(stored(&one, first.id).state, State::Cancelled);
    close(&one).await;
    close(&other).await;
}
