//! A call to Claude Code as its lines tell it: events while it works, and how it ended.

use std::{collections::BTreeMap, future::ready, path::PathBuf};

use domain::ports::agent::{AgentEvent, AgentOutcome, AgentResult, TokenCount, Usage};

use super::parse::{Item, Report, parse};
use crate::{
    driver::{Dialogue, Ending, Step, merged},
    text::{Said, one_line},
};

const NEEDS_KEY: &str = "Set ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN where the server is started.";

/// What has been read of a call.
#[derive(Debug, Default)]
pub(super) struct Reading {
    prompt: String,
    workspace: PathBuf,
    said: Said,
    /// The model has said or done something.
    has_acted: bool,
    /// Tokens by message: the same message comes in several lines.
    messages: BTreeMap<String, TokenCount>,
    usage: Usage,
    /// Why the model's service last failed, unless it has answered since.
    failure: Option<String>,
    report: Option<Report>,
}

impl Reading {
    pub(super) fn new(prompt: String, workspace: PathBuf) -> Self {
        Self { prompt, workspace, ..Self::default() }
    }

    fn take(&mut self, item: Item) -> Vec<Step> {
        match item {
            Item::Text(text) => {
                self.answers();
                self.said.add(&text);
                self.said.close();
                vec![Step::Event(AgentEvent::Text(text))]
            }
            Item::Thought(text) => {
                self.failure = None;
                vec![Step::Event(AgentEvent::Thought(text))]
            }
            Item::Tool { name, on } => {
                self.answers();
                vec![Step::Event(AgentEvent::Tool(self.tool_line(&name, &on)))]
            }
            Item::Output(text) => vec![Step::Event(AgentEvent::Output(text))],
            Item::Tokens { message, count } => self.take_tokens(message, count),
            Item::ServiceFailed { kind, text } => {
                self.failure = Some(kind);
                vec![Step::Stray(text)]
            }
            Item::Retry(text) => vec![Step::Stray(text)],
            Item::Result(report) => self.take_report(report),
        }
    }

    fn answers(&mut self) {
        self.has_acted = true;
        self.failure = None;
    }

    fn tool_line(&self, name: &str, on: &str) -> String {
        let workspace = format!("{}/", self.workspace.display());
        one_line(&format!("{name} {}", on.strip_prefix(&workspace).unwrap_or(on)))
    }

    /// Input is told with the first line of a message; output only at the end of the call, so until then this is a lower bound.
    fn take_tokens(&mut self, message: String, count: TokenCount) -> Vec<Step> {
        let known = self.messages.entry(message).or_default();
        let before = *known;
        *known = largest(before, count);
        if *known == before {
            return Vec::new();
        }
        let tokens = self.messages.values().copied().fold(TokenCount::default(), sum);
        self.usage.tokens = Some(largest(tokens, self.usage.tokens.unwrap_or_default()));
        vec![Step::Event(AgentEvent::Usage(self.usage))]
    }

    fn take_report(&mut self, report: Report) -> Vec<Step> {
        // What was seen of single messages stays where a report knows less.
        let seen = self.usage.tokens.unwrap_or_default();
        let tokens = report.tokens.map(|told| largest(told, seen));
        self.usage = merged(self.usage, Usage { cost_usd: report.cost_usd, tokens });
        self.report = Some(report);
        vec![Step::Event(AgentEvent::Usage(self.usage)), Step::Closing]
    }

    fn outcome(&self, report: &Report, why: Ending) -> AgentOutcome {
        if !report.is_error {
            let silent = !self.has_acted && report.text.trim().is_empty();
            return if silent { AgentOutcome::Silent } else { AgentOutcome::Finished };
        }
        let detail = report.text.clone();
        match (report.subtype.as_str(), report.api_status, self.failure.as_deref()) {
            ("error_max_budget_usd", ..) => AgentOutcome::OverBudget,
            ("error_max_turns", ..) => AgentOutcome::Finished,
            (_, Some(401 | 403), _) | (_, None, Some("authentication_failed" | "billing_error")) => {
                AgentOutcome::Unauthorized { detail: format!("{detail}. {NEEDS_KEY}") }
            }
            (_, Some(429), _) | (_, None, Some("rate_limit")) => AgentOutcome::RateLimited { detail },
            (_, Some(500..=599), _) | (_, None, Some("server_error" | "overloaded")) => AgentOutcome::Unreachable { detail },
            _ => match why.outcome() {
                AgentOutcome::Crashed { exit, .. } => AgentOutcome::Crashed { exit, detail },
                AgentOutcome::Finished => AgentOutcome::Crashed { exit: "none".to_owned(), detail },
                other => other,
            },
        }
    }

    fn said(&self) -> String {
        match &self.report {
            Some(report) if !report.is_error && !report.text.trim().is_empty() => {
                let mut said = Said::default();
                said.add(&report.text);
                said.closing_words()
            }
            _ => self.said.closing_words(),
        }
    }
}

impl Dialogue for Reading {
    fn opening(&mut self) -> Vec<Step> {
        vec![Step::Send(std::mem::take(&mut self.prompt)), Step::CloseInput]
    }

    fn line(&mut self, line: &str) -> impl Future<Output = Vec<Step>> + Send {
        ready(match parse(line) {
            Some(items) => items.into_iter().flat_map(|item| self.take(item)).collect(),
            None => vec![Step::Stray(line.to_owned())],
        })
    }

    fn result(&self, why: Ending) -> AgentResult {
        let outcome = match &self.report {
            Some(report) if why != Ending::Cancelled => self.outcome(report, why),
            _ if self.has_acted => why.outcome(),
            _ => why.silent_outcome(),
        };
        AgentResult { outcome, said: self.said(), usage: self.usage }
    }
}

fn largest(a: TokenCount, b: TokenCount) -> TokenCount {
    TokenCount { input: a.input.max(b.input), cached: a.cached.max(b.cached), output: a.output.max(b.output) }
}

fn sum(a: TokenCount, b: TokenCount) -> TokenCount {
    TokenCount {
        input: a.input.saturating_add(b.input),
        cached: a.cached.saturating_add(b.cached),
        output: a.output.saturating_add(b.output),
    }
}
