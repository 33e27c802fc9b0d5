use super::*;
use crate::testbed::{Testbed, close};

#[tokio::test]
async fn a_plan_tells_what_is_known_and_runs_nothing() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let text = "
name: planned
tasks:
  last: { needs: [runs], shell: 'true' }
  kept: { shell: 'echo 1', cache: true }
  after: { value: '{{ tasks.kept.output }}' }
  never: { when: '{{ 1 > 2 }}', shell: 'true' }
  items: { for_each: [1, 2, 3], shell: 'echo $N', env: { N: '{{ item }}' }, cache: true }
  runs: { shell: 'touch ran' }
  group: { tasks: { inner: { shell: 'true' } } }
";
    let plan = async || {
        let plan = engine.plan(bed.request(text)).await.unwrap();
        let outlooks = plan
            .into_iter()
            .map(|task| (task.path.to_string(), task.outlook));
        outlooks.collect::<Vec<_>>()
    };
    let before = plan().await;
    let outlook = |plan: &[(String, Outlook)], path: &str| {
        let found = plan.iter().find(|(own, _)| own == path);
        found.map(|(_, outlook)| outlook.clone())
    };
    assert_eq!(outlook(&before, "kept"), Some(Outlook::Runs));
    assert_eq!(outlook(&before, "after"), Some(Outlook::Depends));
    assert_eq!(outlook(&before, "last"), Some(Outlook::Depends));
    assert_eq!(outlook(&before, "runs"), Some(Outlook::Runs));
    assert_eq!(outlook(&before, "group/inner"), Some(Outlook::Runs));
    let items = Outlook::Items {
        count: 3,
        cached: 0,
    };
    assert_eq!(outlook(&before, "items"), Some(items));
    assert!(matches!(
        outlook(&before, "never"),
        Some(Outlook::Skipped(_))
    ));
    let place = |path: &str| before.iter().position(|(own, _)| own == path).unwrap();
    assert!(place("last") > place("runs") && place("group/inner") > place("group"));
    assert!(!bed.file("ran").exists());

    bed.run(&engine, text).await.is(State::Completed);
    let after = plan().await;
    assert!(matches!(outlook(&after, "kept"), Some(Outlook::Cached(_))));
    assert_eq!(outlook(&after, "after"), Some(Outlook::Known));
    let items = Outlook::Items {
        count: 3,
        cached: 3,
    };
    assert_eq!(outlook(&after, "items"), Some(items));
    close(&engine).await;
}
