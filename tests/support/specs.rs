//! Specs that several tests build.

/// Three requirements that the demo agent can do, each with an example.
pub const GREET: &str = "# Greeter\n\n## Requirements\n\n- `greet NAME` prints `Hello, NAME!`\n- `greet` exits with 2\n- `greet --version` prints `greet 1.0`\n";

/// One requirement that the demo agent can do.
pub const ONE: &str = "# Greeter\n\n- `greet NAME` prints `Hello, NAME!`\n";

/// Two requirements that it can do.
pub const TWO: &str = "# Greeter\n\n- `greet NAME` prints `Hello, NAME!`\n- `greet --version` prints `greet 1.0`\n";

/// A second requirement for the project that `ONE` built.
pub const ONE_MORE: &str = "# Farewell\n\n- `greet --bye NAME` prints `Goodbye, NAME.`\n";

/// One requirement that it can do and one that nobody can build from an example.
pub const HALF: &str =
    "# Greeter\n\n- `greet NAME` prints `Hello, NAME!`\n- Users sign in with their company account and see their invoices\n";
