// Flows that the tests write beside the examples: one for each way in which a run can stand or end.

/** Fails until the file `mended` lies in the workspace, so that a retry has something to come to. */
export const NIGHTLY = `
name: nightly
description: |
  Loads what came in over night. **Fails** until somebody mends the table.
tags: [report]
parameters:
  year: { type: integer, minimum: 2000, maximum: 2100, default: 2026, description: The year that is loaded. }
  region: { type: string, enum: [north, south, east, west], default: north }
  dry: { type: boolean, default: false }
schedules:
  - cron: "30 2 * * *"
tasks:
  fetch: { shell: "echo fetched $YEAR", env: { YEAR: "{{ params.year }}" } }
  load:
    needs: [fetch]
    retries: { max: 2, delay: 100ms }
    shell: |
      test -e mended && exit 0
      echo "connecting to the warehouse"
      echo "no such table: visits_$TIDEMILL_ATTEMPT" >&2
      exit 3
  report: { needs: [load], shell: "echo reported" }
  tell: { needs: { load: failed }, value: "the table is not there" }
`;

/** A mapped task of which some items fail, in a group, with a task that depends on it. */
export const INGEST = `
name: ingest
tasks:
  list: { value: "{{ range(40) | list }}" }
  parts:
    needs: [list]
    tasks:
      read:
        for_each: "{{ tasks.list.output }}"
        concurrency: 8
        env: { N: "{{ item }}" }
        shell: |
          echo "reading part $N"
          test $((N % 13)) -ne 5 || { echo "part $N is torn" >&2; exit 4; }
  index: { needs: [parts], shell: "echo indexed" }
`;

export const CACHED = `
name: thumbnails
tasks:
  scale: { cache: true, shell: "echo scaled" }
  page: { needs: [scale], when: false, value: 1 }
`;

/** Writes its process's number of attempts and then waits until it is ended. */
export const SLOW = `
name: slow
tasks:
  first: { shell: "echo begun" }
  wait: { needs: [first], shell: "echo waiting; sleep 300" }
  after: { needs: [wait], shell: "echo over" }
`;

export const ASKS = `
name: asks
tasks:
  draft: { value: { to: 4210, subject: News of November } }
  ask:
    needs: [draft]
    approve:
      message: |
        Send **News of November** to 4210 readers?
      fields:
        type: object
        properties:
          note: { type: string, description: It stands in the record. }
          copies: { type: integer, minimum: 1, maximum: 5, default: 1 }
  sent: { needs: [ask], env: { COPIES: "{{ tasks.ask.output.copies }}" }, shell: "echo sent $COPIES" }
`;

/** A step a beat: the test makes the files \`step-1\` … \`step-3\`, and each lets one task end. */
export const STEPS = `
name: steps
tasks:
  one: { shell: "echo one begins; until test -e step-1; do sleep 0.05; done; echo one is over" }
  two: { needs: [one], shell: "echo two begins; until test -e step-2; do sleep 0.05; done" }
  three: { needs: [two], shell: "echo three begins; until test -e step-3; do sleep 0.05; done" }
output: done
`;

/** Calls another flow, which goes on until the test makes the file `let-go`. */
export const CALLS = `
name: calls
tasks:
  before: { value: 1 }
  call: { needs: [before], flow: called }
  after: { needs: [call], value: 2 }
`;
export const CALLED = `
name: called
tasks:
  begin: { shell: "echo begun" }
  wait: { needs: [begin], shell: "until test -e let-go; do sleep 0.05; done" }
`;

/** Nothing in it is right. */
export const WRONG = `
name: wrong
tasks:
  a: { shell: "echo a", needs: [b] }
  b: { shell: "echo b", retrys: 3 }
`;
