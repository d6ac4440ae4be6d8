package io.vigil.console.cases;

import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a case's events come to. Only {@link #apply} changes it. Not thread-safe: its row is locked
 * while it changes.
 */
public final class CaseView {
  final long caseId;
  long version;
  Status status = Status.OPEN;
  Team team = Team.CARDS;
  String kind = "";
  String account = "";
  @Nullable String merchant;
  String channel = "";
  @Nullable String country;
  final Set<String> accounts = new LinkedHashSet<>();
  int alerts;
  int newAlerts;
  long amountMinor;
  long expectedLossMinor;
  String baseCurrency = "";
  @Nullable Double score;
  String outcome = "";
  @Nullable String reason;
  final Set<String> codes = new LinkedHashSet<>();
  long leadLossMinor = Long.MIN_VALUE;
  Instant openedAt = Instant.EPOCH;
  Instant dueAt = Instant.EPOCH;
  Instant changedAt = Instant.EPOCH;
  Instant firstEventTime = Instant.MAX;
  Instant lastEventTime = Instant.MIN;
  double rank;
  @Nullable Instant until;
  @Nullable Verdict verdict;
  @Nullable String scheme;
  @Nullable UUID verdictId;
  @Nullable String decidedBy;
  @Nullable Instant decidedAt;
  @Nullable Instant claimedAt;
  @Nullable Long mergedInto;

  CaseView(long caseId) {
    this.caseId = caseId;
  }

  /** What the events come to, from the first one on. */
  static CaseView of(long caseId, Collection<Recorded> events, CaseRules rules) {
    CaseView view = new CaseView(caseId);
    for (Recorded each : events) {
      view.apply(each.event(), each.at(), each.actor(), rules);
    }
    return view;
  }

  /** An event with when it happened, and by whom. */
  record Recorded(CaseEvent event, Instant at, String actor) {}

  void apply(CaseEvent event, Instant at, String actor, CaseRules rules) {
    version++;
    if (event instanceof CaseEvent.AlertAdded added) {
      add(added, at, rules);
    } else if (event instanceof CaseEvent.MergedInto merged) {
      status = Status.MERGED;
      mergedInto = merged.into();
    } else if (event instanceof CaseEvent.Claimed) {
      claimedAt = at;
      newAlerts = 0;
    } else if (event instanceof CaseEvent.Decided decided) {
      decide(Status.DECIDED, decided.verdictId(), decided.verdict(), decided.scheme(), actor, at);
    } else if (event instanceof CaseEvent.Proposed proposed) {
      decide(
          Status.PENDING, proposed.verdictId(), proposed.verdict(), proposed.scheme(), actor, at);
    } else if (event instanceof CaseEvent.Approved) {
      status = Status.DECIDED;
      decidedAt = at;
    } else if (event instanceof CaseEvent.Refused
        || event instanceof CaseEvent.Undone
        || event instanceof CaseEvent.Reopened) {
      open();
    } else if (event instanceof CaseEvent.Waiting waiting) {
      putAway(Status.WAITING, waiting.until());
    } else if (event instanceof CaseEvent.Snoozed snoozed) {
      putAway(Status.SNOOZED, snoozed.until());
    } else if (event instanceof CaseEvent.Woken) {
      open();
    } else if (event instanceof CaseEvent.Escalated) {
      team = Team.LEAD;
    }
    // Released, Noted, Trusted, ActionRequested and WhatIf are history only.
  }

  private void add(CaseEvent.AlertAdded added, Instant at, CaseRules rules) {
    AlertFacts alert = added.alert();
    boolean first = alerts == 0;
    if (first) {
      openedAt = at;
      dueAt = at.plus(rules.sla());
      team = Team.ofChannel(alert.channel());
      baseCurrency = alert.baseCurrency();
    }
    alerts++;
    accounts.add(alert.account());
    codes.addAll(alert.codes());
    amountMinor += alert.amountMinor();
    firstEventTime = min(firstEventTime, alert.eventTime());
    lastEventTime = max(lastEventTime, alert.eventTime());
    if (alert.score() != null && (score == null || alert.score() > score)) {
      score = alert.score();
    }
    if (first || OUTCOMES.indexOf(alert.outcome()) > OUTCOMES.indexOf(outcome)) {
      outcome = alert.outcome();
    }
    if (alert.expectedLossMinor() > leadLossMinor) {
      leadLossMinor = alert.expectedLossMinor();
      kind = alert.kind();
      account = alert.account();
      merchant = alert.party();
      channel = alert.channel();
      country = alert.country();
      reason = alert.reason();
    }
    if (!added.trusted()) {
      expectedLossMinor += alert.expectedLossMinor();
      changedAt = at;
      if (claimedAt != null) {
        newAlerts++;
      }
      if (status == Status.WAITING || status == Status.SNOOZED) {
        open();
      }
    }
    rank = Priority.rank(expectedLossMinor, alerts, openedAt, rules.boostDoubling());
  }

  private void decide(
      Status status,
      UUID verdictId,
      Verdict verdict,
      @Nullable String scheme,
      String actor,
      Instant at) {
    this.status = status;
    this.verdictId = verdictId;
    this.verdict = verdict;
    this.scheme = scheme;
    this.decidedBy = actor;
    this.decidedAt = at;
    this.until = null;
    this.newAlerts = 0;
  }

  private void putAway(Status status, Instant until) {
    this.status = status;
    this.until = until;
    this.newAlerts = 0;
  }

  private void open() {
    status = Status.OPEN;
    until = null;
    verdict = null;
    scheme = null;
    verdictId = null;
    decidedBy = null;
    decidedAt = null;
  }

  /** Whether a verdict on it needs a second person, and why. */
  @Nullable String fourEyes(CaseRules rules) {
    if (amountMinor >= rules.fourEyesAmountMinor()) {
      return "amount";
    }
    return alerts >= rules.fourEyesAlerts() ? "group" : null;
  }

  /** From mild to strict, as in the contract. */
  private static final java.util.List<String> OUTCOMES =
      java.util.List.of("APPROVE", "STEP_UP", "REVIEW", "DECLINE");

  private static Instant min(Instant a, Instant b) {
    return a.isBefore(b) ? a : b;
  }

  private static Instant max(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }
}
