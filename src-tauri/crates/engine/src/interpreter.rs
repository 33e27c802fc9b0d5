//! Which Python interpreter a task runs with: the flow's `python`, else
//! `$VIRTUAL_ENV`, else the workspace's `.venv`, else `python3` on `PATH`;
//! and, when it asks for packages, an environment that `uv` makes for it.
