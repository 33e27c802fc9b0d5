//! A flow file turned into a checked flow, or into diagnostics with places. No IO.
