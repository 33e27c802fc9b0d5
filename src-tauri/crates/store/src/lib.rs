//! The SQLite store: transitions, runs, logs, search, settings.
