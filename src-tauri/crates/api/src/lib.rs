//! The verbs: functions from a typed request to a typed answer.
