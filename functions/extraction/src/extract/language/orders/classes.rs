//! The classes of the words of orders to the machine.

/// What a system does when it is told to. Decides which further words make a verb an order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Grants something or leaves out a check: "approve", "waive", "skip".
    Grant,
    /// Gives a benefit, if one is named: "give".
    Give,
    /// Moves money or a call: "refund", "transfer".
    Move,
    /// Checks who is calling. An order only if it is denied or about every caller.
    Verify,
    /// Asks the caller for something. An order only if it is denied.
    Ask,
    /// Says what is secret or what was put into its mouth: "reveal", "say".
    Say,
    /// Says something to somebody: "tell me".
    Tell,
    /// Answers in a certain way: "respond only".
    Answer,
    /// Leaves rules aside: "ignore", "forget".
    Override,
    /// Plays a role: "act as".
    Role,
    /// Regards the caller as somebody: "treat this caller as".
    Treat,
    /// Deletes: "erase all".
    Delete,
}

/// The form of a verb.
pub(super) mod form {
    /// An imperative.
    pub(in super::super) const IMPERATIVE: u8 = 1;
    /// An imperative that is also a noun: "refund".
    pub(in super::super) const AMBIGUOUS: u8 = 2;
    /// An infinitive, as behind "must".
    pub(in super::super) const INFINITIVE: u8 = 4;
    /// An imperative that also says what the caller does: Spanish "aprueba".
    pub(in super::super) const STATEMENT: u8 = 8;
}

/// The classes of the other words. A word may have several.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// May precede an imperative: "please", "always".
    Filler,
    /// "not", "never" before an imperative.
    Not,
    /// Joins two clauses: "and".
    And,
    /// Begins a subordinate clause: "when".
    When,
    /// Extends an order to everything: "all", "only", "without".
    Universal,
    /// The caller, as a text names them.
    Caller,
    /// "you", "your".
    Second,
    /// "I", "my".
    First,
    /// "me", "us" as the one who is told.
    Me,
    /// What a system is protected by, or what it was told before: "rules", "password", "previous".
    System,
    /// Something a caller may be given: "discount".
    Benefit,
    /// Asks: "when", "whether".
    Question,
    /// The subject "you".
    You,
    /// "must", "should" with any subject.
    Must,
    /// "may", "can".
    May,
    /// "must" in the second person, which needs no subject.
    YouMust,
    /// "are" in the second person.
    Are,
    /// "are" in the second person, which needs no subject.
    YouAre,
    /// "now".
    Now,
    /// The machine as the subject of an obligation.
    Agent,
    /// A role that a machine may be given: "administrator".
    RoleNoun,
    /// An article or pronoun before an object, which shows that "refund" is a verb.
    Object,
    /// A subject, auxiliary or particle that shows that a final infinitive is no order.
    Finite,
    /// "as".
    As,
    /// Before a channel: "answer by e-mail".
    By,
    /// Shows that the English word before it is a noun: "transfer from".
    Preposition,
    /// May precede a role or the agent.
    Article,
    /// An English word after which a verb is an infinitive or a statement: "to", "would".
    Governor,
}
