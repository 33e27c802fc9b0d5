//! What can be typed about the home's own tables: secrets, variables, limits, settings.

use clap::Subcommand;

use super::{JsonArguments, number::whole};

/// The commands of `secrets`.
#[derive(Debug, Subcommand)]
pub(crate) enum SecretsCommand {
    /// Keep a secret; its value comes from a prompt, or from standard input
    Set {
        /// The secret's name
        name: String,
    },
    /// List the names; values are never shown
    Ls(JsonArguments),
    /// Forget a secret
    Rm {
        /// The secret's name
        name: String,
    },
}

/// The commands of `vars`.
#[derive(Debug, Subcommand)]
pub(crate) enum VarsCommand {
    /// Keep a variable: JSON where the value parses as such, else text
    #[command(allow_negative_numbers = true)]
    Set {
        /// The variable's name
        name: String,
        /// Its value
        value: String,
    },
    /// List names and values
    Ls(JsonArguments),
    /// Forget a variable
    Rm {
        /// The variable's name
        name: String,
    },
}

/// The commands of `limits`.
#[derive(Debug, Subcommand)]
pub(crate) enum LimitsCommand {
    /// Make a limit, or change how many slots it has
    Set {
        /// The limit's name
        name: String,
        /// How many at once; 0 lets none start
        #[arg(value_parser = whole)]
        slots: u32,
    },
    /// List names, slots, and how many are taken
    Ls(JsonArguments),
    /// Forget a limit
    Rm {
        /// The limit's name
        name: String,
    },
}

/// The commands of `settings`.
#[derive(Debug, Subcommand)]
pub(crate) enum SettingsCommand {
    /// List every setting, its value and its meaning
    Ls(JsonArguments),
    /// Change a setting
    Set {
        /// The setting
        key: String,
        /// Its value
        value: String,
    },
    /// Go back to a setting's default
    Rm {
        /// The setting
        key: String,
    },
}
