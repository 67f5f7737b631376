//! PyO3 bindings of the engine: they convert, nothing else.
